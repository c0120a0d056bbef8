/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/backend/names.h"

#include <ctype.h>
#include <inttypes.h>

#include "lib/base/str.h"
#include "modules/docker/backend/jsonw.h"

char *krx_dk_base_name(krx_arena *arena, const char *namespace_, const char *workload)
{
    if (krx_blank(namespace_) || krx_streq(namespace_, "default"))
        return krx_arena_strdup(arena, workload);
    return krx_arena_printf(arena, "%s.%s", namespace_, workload);
}

char *krx_dk_container_name(krx_arena *arena, const char *namespace_, const char *workload,
                            int64_t replica)
{
    char *base = krx_dk_base_name(arena, namespace_, workload);
    return base ? krx_arena_printf(arena, "%s-%" PRId64, base, replica) : NULL;
}

char *krx_dk_next_name(krx_arena *arena, const char *container_name)
{
    return krx_arena_printf(arena, "%s.next", container_name);
}

char *krx_dk_record_name(krx_arena *arena, const char *namespace_, const char *workload)
{
    char *base = krx_dk_base_name(arena, namespace_, workload);
    return base ? krx_arena_printf(arena, "%s-spec", base) : NULL;
}

char *krx_dk_volume_name(krx_arena *arena, const char *namespace_, const char *workload,
                         const char *volume)
{
    char *base = krx_dk_base_name(arena, namespace_, workload);
    char *name = base ? krx_arena_printf(arena, "%s-%s", base, volume) : NULL;
    for (char *c = name; c && *c; c++)
        *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
    return name;
}

bool krx_dk_label_reserved(const char *key)
{
    static const char *const reserved[] = {KRX_DK_MANAGED_BY,  KRX_DK_WORKLOAD, KRX_DK_NAMESPACE,
                                           KRX_DK_REPLICA,     KRX_DK_SPEC,     KRX_DK_SPEC_HASH,
                                           KRX_DK_GENERATION,  KRX_DK_RECORD,   KRX_DK_VOLUME,
                                           KRX_DK_AUTO_CLEANUP};
    for (size_t i = 0; i < KRX_COUNT(reserved); i++)
        if (krx_streq(key, reserved[i]))
            return true;
    return false;
}

char *krx_dk_label_filter(krx_arena *arena, const char *const *labels)
{
    krx_auto_dk_json krx_dk_json json = {0};
    krx_dk_json_open(&json, NULL, '{');
    krx_dk_json_texts(&json, "label", labels);
    krx_dk_json_close(&json, '}');
    if (krx_str_failed(&json.text))
        return NULL;
    return krx_arena_strdup(arena, krx_str_get(&json.text));
}
