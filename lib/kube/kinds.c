/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds, and in which version the server has each of them. */
#include <string.h>

#include "lib/kube/internal.h"

#define ROW(id, group, versions, plural, kind, namespaced)                                         \
    {group, versions, plural, kind, (namespaced) != 0},
static const krx_kube_kind_row rows[KRX_KUBE_KIND_COUNT_] = {KRX_KUBE_KINDS(ROW)};

const krx_kube_kind_row *krx_kube_row(krx_kube_kind kind)
{
    return (size_t)kind < KRX_KUBE_KIND_COUNT_ ? &rows[kind] : NULL;
}

const char *krx_kube_kind_name(krx_kube_kind kind)
{
    const krx_kube_kind_row *row = krx_kube_row(kind);
    return row ? row->name : "";
}

const char *krx_kube_kind_plural(krx_kube_kind kind)
{
    const krx_kube_kind_row *row = krx_kube_row(kind);
    return row ? row->plural : "";
}

krx_kube_kind krx_kube_kind_of(const char *name)
{
    for (size_t i = 0; i < KRX_KUBE_KIND_COUNT_; i++)
        if (krx_streq(rows[i].name, name))
            return (krx_kube_kind)i;
    return KRX_KUBE_KIND_COUNT_;
}

bool krx_kube_init_versions(krx_kube *kube)
{
    for (size_t i = 0; i < KRX_KUBE_KIND_COUNT_; i++) {
        const char *p = rows[i].versions;
        for (size_t n = 0; *p && n < KRX_KUBE_VERSIONS_MAX; n++) {
            size_t length = strcspn(p, " ");
            kube->versions[i][n] = krx_arena_printf(kube->arena, "%s%s%.*s", rows[i].group,
                                                    *rows[i].group ? "/" : "", (int)length, p);
            p += length + strspn(p + length, " ");
        }
    }
    return !krx_arena_failed(kube->arena);
}

uint8_t krx_kube_chosen_version(krx_kube *kube, krx_kube_kind kind)
{
    KRX_LOCK_SCOPE(&kube->lock);
    return kube->chosen[kind];
}

void krx_kube_choose_version(krx_kube *kube, krx_kube_kind kind, uint8_t number)
{
    KRX_LOCK_SCOPE(&kube->lock);
    kube->chosen[kind] = number;
}

void krx_kube_forget_version(krx_kube *kube, krx_kube_kind kind)
{
    if (krx_kube_row(kind))
        krx_kube_choose_version(kube, kind, 0);
}
