/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/deploy/spaces.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"

#define SEEN_NS (5 * KRX_NS_PER_S)

struct krx_k8s_space {
    struct krx_k8s_space *next;
    size_t users;
    int64_t seen_ns; /* 0: never */
    bool claimed;
    char name[];
};

static struct krx_k8s_space *find(const krx_k8s_backend *backend, const char *name)
{
    struct krx_k8s_space *s = backend->spaces;
    while (s && strcmp(s->name, name) != 0)
        s = s->next;
    return s;
}

static bool is_fresh(const struct krx_k8s_space *s)
{
    return s->seen_ns && krx_now_monotonic() - s->seen_ns < SEEN_NS;
}

/* With `all` those in use, too. */
static void drop(krx_k8s_backend *backend, bool all)
{
    for (struct krx_k8s_space **at = &backend->spaces; *at;) {
        struct krx_k8s_space *s = *at;
        if (!all && (s->users || is_fresh(s))) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        free(s);
    }
}

int32_t krx_k8s_space_enter(krx_call *call, krx_k8s_backend *backend, const char *name)
{
    size_t size = strlen(name) + 1;
    KRX_LOCK_SCOPE(&backend->lock);
    drop(backend, false);
    struct krx_k8s_space *s = find(backend, name);
    if (s && s->claimed) {
        krx_fail(call, KRX_E_FAILED_PRECONDITION, "namespace '%s' is being removed", name);
        return krx_hint(call, "try again when it is gone");
    }
    if (!s) {
        s = calloc(1, sizeof *s + size);
        if (!s)
            return krx_no_memory(call);
        memcpy(s->name, name, size);
        s->next = backend->spaces;
        backend->spaces = s;
    }
    s->users++;
    return 0;
}

void krx_k8s_space_leave(krx_k8s_backend *backend, const char *name)
{
    KRX_LOCK_SCOPE(&backend->lock);
    struct krx_k8s_space *s = find(backend, name);
    if (!s)
        return;
    s->users--;
    if (s->claimed)
        s->seen_ns = 0;
    s->claimed = false;
}

bool krx_k8s_space_seen(krx_k8s_backend *backend, const char *name)
{
    KRX_LOCK_SCOPE(&backend->lock);
    const struct krx_k8s_space *s = find(backend, name);
    return s && is_fresh(s);
}

void krx_k8s_space_note(krx_k8s_backend *backend, const char *name)
{
    KRX_LOCK_SCOPE(&backend->lock);
    struct krx_k8s_space *s = find(backend, name);
    if (s)
        s->seen_ns = krx_now_monotonic();
}

bool krx_k8s_space_claim(krx_k8s_backend *backend, const char *name)
{
    KRX_LOCK_SCOPE(&backend->lock);
    struct krx_k8s_space *s = find(backend, name);
    if (!s || s->users > 1)
        return false;
    s->claimed = true;
    return true;
}

void krx_k8s_spaces_free(krx_k8s_backend *backend)
{
    drop(backend, true);
}
