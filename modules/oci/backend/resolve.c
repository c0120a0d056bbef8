/* SPDX-License-Identifier: Apache-2.0 */
/* What a ref points at. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/replicas/names.h"
#include "modules/oci/backend/backend.h"

#define SHORT_ID 6u

static int by_replica(const void *a, const void *b)
{
    const krx_oci_container *x = *(krx_oci_container *const *)a;
    const krx_oci_container *y = *(krx_oci_container *const *)b;
    int order = (x->replica > y->replica) - (x->replica < y->replica);
    if (!order)
        order = (x->generation < y->generation) - (x->generation > y->generation);
    return order ? order : strcmp(x->id, y->id);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return tail >= SHORT_ID && tail <= length && strcmp(text + length - tail, end) == 0;
}

/* Of two that have the name while one takes over from the other, the newer one. */
static bool is_better(const krx_oci_container *c, const krx_oci_container *found)
{
    return !found || c->generation > found->generation;
}

static int32_t resolve_instance(krx_call *call, krx_arena *arena, krx_oci_container *const *all,
                                const char *name, krx_oci_container ***out)
{
    krx_oci_container *by_id = NULL, *by_name = NULL, *by_end = NULL;
    size_t ends = 0;
    for (; *all; all++) {
        krx_oci_container *c = *all;
        if (krx_streq(c->id, name))
            by_id = c;
        if (krx_streq(c->name, name) && is_better(c, by_name))
            by_name = c;
        if (ends_with(c->id, name)) {
            by_end = c;
            ends++;
        }
    }
    krx_oci_container *found = by_id ? by_id : by_name ? by_name : ends == 1 ? by_end : NULL;
    if (!found && ends)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                        "'%s' is the end of the ids of %zu containers", name, ends);
    if (!found)
        return krx_fail(call, KRX_E_NOT_FOUND, "there is no container '%s'", name);
    krx_ptrs list = {0};
    if (krx_ptrs_add(arena, &list, found) < 0)
        return krx_no_memory(call);
    *out = (krx_oci_container **)(void *)list.items;
    return 0;
}

static bool is_of(const krx_oci_container *c, const krx_ref *ref)
{
    const char *space = krx_blank(c->namespace_) ? "default" : c->namespace_;
    const char *wanted = krx_blank(ref->namespace_) ? "default" : ref->namespace_;
    return krx_streq(c->workload, ref->workload) && krx_streq(space, wanted);
}

/* None of its containers is there: is the workload? */
static int32_t none_there(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                          const krx_ref *ref, bool others)
{
    krx_side_call scratch;
    krx_oci_record record;
    char *base = krx_replica_base_name(arena, ref->namespace_, ref->workload);
    if (!base)
        return krx_no_memory(call);
    if (others)
        return krx_fail(call, KRX_E_NOT_FOUND, "workload '%s' has no replica %" PRId64,
                        ref->workload, ref->replica);
    int32_t code = krx_oci_record_read(krx_side_call_init(&scratch, call), arena, &backend->store,
                                       base, &record);
    if (code)
        return krx_oci_workload_not_found(call, ref->namespace_, ref->workload);
    if (ref->replica)
        return krx_fail(call, KRX_E_NOT_FOUND, "workload '%s' has no replica %" PRId64,
                        ref->workload, ref->replica);
    krx_fail(call, KRX_E_FAILED_PRECONDITION,
             "workload '%s' has no instances: it is scaled to 0 replicas", ref->workload);
    return krx_hint(call, "deploy it with replicas of 1 or more");
}

int32_t krx_oci_resolve(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                        const krx_ref *ref, krx_oci_container ***out)
{
    krx_oci_container **all;
    krx_ptrs list = {0};
    bool others = false;
    int32_t code = krx_oci_containers(call, arena, backend, &all);
    if (code)
        return code;
    if (!krx_blank(ref->instance))
        return resolve_instance(call, arena, all, ref->instance, out);
    for (; *all; all++) {
        if (!is_of(*all, ref))
            continue;
        bool wanted = !ref->replica || (*all)->replica == ref->replica;
        others |= !wanted;
        if (wanted && krx_ptrs_add(arena, &list, *all) < 0)
            return krx_no_memory(call);
    }
    if (!list.count)
        return none_there(call, arena, backend, ref, others);
    qsort(list.items, list.count, sizeof *list.items, by_replica);
    *out = (krx_oci_container **)(void *)list.items;
    return 0;
}
