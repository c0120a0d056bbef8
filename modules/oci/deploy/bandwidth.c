/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "lib/base/str.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/deploy/deploy.h"
#include "modules/oci/store/lock.h"

static const char *rate_text(krx_arena *arena, int64_t bps)
{
    return bps == KRX_UNSET ? "-" : krx_arena_printf(arena, "%" PRId64, bps);
}

static void change_rate(int64_t *kept, int64_t wanted)
{
    if (wanted != KRX_UNSET)
        *kept = wanted ? wanted : KRX_UNSET;
}

/* What it begins with when it is started again. */
static int32_t keep_rates(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                          const krx_oci_container *c, const krx_bandwidth_req *req)
{
    krx_oci_store store = backend->store;
    krx_oci_launch launch;
    int32_t code = krx_oci_lock_container(call, &store, c->id);
    if (code < 0)
        return code;
    krx_autoclose int lock = code;
    code = krx_oci_launch_read(call, arena, &store, c->id, &launch);
    if (code)
        return code;
    change_rate(&launch.egress_bps, req->egress_bps);
    change_rate(&launch.ingress_bps, req->ingress_bps);
    (void)lock;
    return krx_oci_launch_write(call, &store, c->id, &launch);
}

static int32_t set_one(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                       const krx_oci_container *c, const krx_bandwidth_req *req)
{
    int phase = krx_oci_container_phase(c);
    const char *args[] = {krx_oci_path(arena, &backend->store, "containers", c->id, NULL),
                          rate_text(arena, req->egress_bps), rate_text(arena, req->ingress_bps),
                          NULL};
    krx_oci_keeper_job job = {
        .keeper = backend->choice.keeper, .verb = "bandwidth", .args = args, .stdin_fd = -1};
    if (!args[0] || !args[1] || !args[2])
        return krx_no_memory(call);
    int32_t code = 0;
    if (phase == KRX_OCI_RUNNING || phase == KRX_OCI_PAUSED)
        code = krx_oci_keeper_run(call, arena, &job, NULL);
    return code ? code : keep_rates(call, arena, backend, c, req);
}

/* A deploy sets again what the spec says. */
int32_t krx_oci_set_bandwidth_op(krx_call *call, void *backend, const krx_bandwidth_req *req,
                                 krx_sink *none)
{
    krx_oci_backend *be = backend;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_container **found;
    (void)none;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_backend_ready(call, be, NULL);
    if (!code)
        code = krx_oci_resolve(call, arena, be, &req->ref, &found);
    for (; !code && *found; found++)
        code = set_one(call, arena, be, *found, req);
    return code;
}
