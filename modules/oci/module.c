/* SPDX-License-Identifier: Apache-2.0 */
/* The module's descriptor. */
#include <stdlib.h>

#include "lib/base/str.h"
#include "modules/oci/about.h"
#include "modules/oci/checkpoint/checkpoint.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/containers/status.h"
#include "modules/oci/deploy/deploy.h"
#include "modules/oci/image/image.h"
#include "modules/oci/settings.h"

static void oci_close(void *opened)
{
    krx_oci_backend *backend = opened;
    krx_arena_free(backend->chosen);
    krx_arena_free(backend->arena);
    pthread_mutex_destroy(&backend->lock);
    free(backend);
}

static int32_t oci_open(krx_call *call, const krx_open_req *req, void **out)
{
    krx_oci_backend *backend = calloc(1, sizeof *backend);
    if (!backend)
        return krx_no_memory(call);
    pthread_mutex_init(&backend->lock, NULL);
    backend->arena = krx_arena_new();
    int32_t code = backend->arena ? krx_oci_settings_read(call, req, backend) : krx_no_memory(call);
    if (code)
        oci_close(backend);
    else
        *out = backend;
    return code;
}

/* What was kept of a workload goes with its volumes. */
static int32_t oci_destroy(krx_call *call, void *opened, const krx_destroy_req *req, krx_sink *none)
{
    int32_t code = krx_oci_destroy_op(call, opened, req, none);
    return code == 0 && req->remove_volumes && req->ref.workload && !req->ref.replica
               ? krx_oci_checkpoints_remove(call, opened, req->ref.namespace_, req->ref.workload)
               : code;
}

/* What nothing here can is told before what is not there. */
static int32_t refuse(krx_call *call, void *opened, int32_t code)
{
    const krx_oci_runtime *usual;
    krx_side_call scratch;
    if (code != KRX_E_NOT_FOUND ||
        krx_oci_backend_ready(krx_side_call_init(&scratch, call), opened, &usual) ||
        usual->can & KRX_OCI_CAN_CHECKPOINT)
        return code;
    return krx_fail(
        call, KRX_E_UNSUPPORTED, "no checkpoints by %s %s: %s", usual->name, usual->version,
        krx_blank(usual->checkpoint_refusal) ? "it makes none" : usual->checkpoint_refusal);
}

static int32_t checkpoint(krx_call *call, void *backend, const krx_checkpoint_req *req,
                          krx_sink *out)
{
    return refuse(call, backend, krx_oci_checkpoint_op(call, backend, req, out));
}

static int32_t restore(krx_call *call, void *backend, const krx_checkpoint_req *req, krx_sink *out)
{
    return refuse(call, backend, krx_oci_restore_op(call, backend, req, out));
}

static const krx_driver_ops driver = {.struct_size = sizeof driver,
                                      .deploy = krx_oci_deploy_op,
                                      .destroy = oci_destroy,
                                      .restart = krx_oci_restart_op,
                                      .get_status = krx_oci_status_op,
                                      .list_workloads = krx_oci_list_op,
                                      .stream_logs = krx_oci_logs_op,
                                      .ping = krx_oci_ping_op,
                                      .backend = krx_oci_backend_op};

static const krx_extended_ops extended = {.struct_size = sizeof extended,
                                          .checkpoint = checkpoint,
                                          .restore = restore,
                                          .list_checkpoints = krx_oci_list_checkpoints_op,
                                          .provision_volumes = krx_oci_provision_volumes_op,
                                          .cleanup_volumes = krx_oci_cleanup_volumes_op,
                                          .set_bandwidth = krx_oci_set_bandwidth_op,
                                          .list_revisions = krx_oci_list_revisions_op,
                                          .rollback = krx_oci_rollback_op,
                                          .list_volumes = krx_oci_list_volumes_op};

KRX_MODULE(oci, "oci", "0.1.0", 0, .thread_model = KRX_THREADS_PARALLEL,
           .description = "Workloads as containers of crun, runc or runsc, without an engine",
           .license = "Apache-2.0", .settings = krx_oci_settings, .open = oci_open,
           .close = oci_close, .driver = &driver, .extended = &extended,
           .container = &krx_oci_container_ops, .image = &krx_oci_image_ops);
