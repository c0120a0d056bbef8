/* SPDX-License-Identifier: Apache-2.0 */
/* Looking after containers whose keeper was killed. */
#include "lib/base/parallel.h"
#include "modules/oci/backend/backend.h"
#include "modules/oci/store/lock.h"

typedef struct revival {
    krx_oci_backend *backend;
    krx_ptrs ids;
} revival;

static int32_t revive_one(krx_call *call, void *ctx, size_t index)
{
    const revival *r = ctx;
    krx_side_call side;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const char *id = r->ids.items[index];
    if (!arena)
        return krx_no_memory(call);
    const char *args[] = {krx_oci_path(arena, &r->backend->store, "containers", id, NULL), NULL};
    krx_oci_keeper_job job = {
        .keeper = r->backend->choice.keeper, .verb = "revive", .args = args, .stdin_fd = -1};
    int32_t code = args[0] ? krx_oci_keeper_run(krx_side_call_init(&side, call), arena, &job, NULL)
                           : krx_no_memory(&side.call);
    if (code < 0 && code != KRX_E_NOT_FOUND) /* removed meanwhile */
        krx_log(call, KRX_LOG_WARN, "container '%s' could not be looked after: %s", id,
                side.error.message);
    return krx_check(call);
}

/* One that is being started or ended right now is looked after by whoever has its lock. */
static int32_t find_lost(krx_call *call, krx_arena *arena, const krx_oci_backend *backend,
                         krx_oci_container *const *all, krx_ptrs *ids)
{
    for (; *all; all++) {
        krx_oci_container *c = *all;
        if (krx_oci_container_lost(c, c->phase_now) &&
            krx_oci_lock_is_free(&backend->store, c->id) && krx_ptrs_add(arena, ids, c->id) < 0)
            return krx_no_memory(call);
    }
    return 0;
}

int32_t krx_oci_containers(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                           krx_oci_container ***out)
{
    krx_side_call side;
    revival r = {.backend = backend};
    int32_t code = krx_oci_containers_read(call, arena, &backend->store, out);
    if (!code && krx_oci_rebuild(call, arena, backend, *out))
        code = krx_oci_containers_read(call, arena, &backend->store, out);
    if (!code)
        code = find_lost(call, arena, backend, *out, &r.ids);
    if (code || !r.ids.count)
        return code;
    if (krx_oci_backend_ready(krx_side_call_init(&side, call), backend, NULL)) {
        krx_log(call, KRX_LOG_WARN, "%zu containers could not be looked after: %s", r.ids.count,
                side.error.message);
        return krx_check(call);
    }
    code = krx_parallel(call, r.ids.count, revive_one, &r);
    return code ? code : krx_oci_containers_read(call, arena, &backend->store, out);
}
