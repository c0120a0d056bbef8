/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/deploy/deploy.h"

#include "lib/base/clock.h"
#include "modules/oci/containers/status.h"
#include "modules/oci/deploy/change.h"
#include "modules/oci/store/lock.h"

/* Of two deploys of one workload the second one waits. A dry run writes nothing, so it needs no
 * lock either. */
static int32_t change_alone(krx_replica_deploy *d)
{
    krx_oci_making *making = krx_oci_own(d);
    if (d->req->flags & KRX_DEPLOY_DRY_RUN)
        return krx_replicas_deploy(d);
    int32_t code = krx_oci_lock_workload(d->call, &making->backend->store, making->base);
    if (code < 0)
        return code;
    krx_autoclose int lock = code;
    /* layers are unpacked before a container names them */
    krx_autoclose int hold = krx_oci_images_hold(d->call, krx_oci_own_images(d));
    making->generation = krx_now_unix();
    code = hold < 0 ? hold : krx_replicas_deploy(d);
    (void)lock;
    return code;
}

int32_t krx_oci_deploy_op(krx_call *call, void *backend, const krx_deploy_req *req,
                          krx_sink *status)
{
    krx_oci_backend *be = backend;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_deploy own = {0};
    krx_replica_deploy d = {.call = call,
                            .arena = arena,
                            .req = req,
                            .spec = req->spec,
                            .deeds = &krx_oci_deeds,
                            .own = &own};
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_replica_check_spec(call, req->spec, "the oci backend");
    if (!code)
        code = krx_oci_backend_ready(call, be, NULL);
    if (!code)
        code = krx_oci_making_init(call, arena, be, req->spec, req->spec_json, krx_now_unix(),
                                   &own.making);
    if (code)
        return code;
    d.namespace_ = own.making.namespace_;
    d.hash = own.making.hash;
    krx_oci_images_of(be, &own.images);
    code = change_alone(&d);
    if (code || req->flags & KRX_DEPLOY_DRY_RUN || !status)
        return code;
    return krx_oci_emit_status(call, be, d.namespace_, req->spec->name, true, status);
}
