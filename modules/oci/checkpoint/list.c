/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/checkpoint/checkpoint.h"
#include "modules/oci/checkpoint/criu.h"
#include "modules/oci/checkpoint/saved.h"

int32_t krx_oci_saved_host_of(krx_call *call, krx_arena *arena, const krx_oci_runtime *runtime,
                              krx_oci_saved_host *out)
{
    bool criu = krx_oci_by_criu(runtime);
    *out = (krx_oci_saved_host){.runtime = runtime->name,
                                .runtime_version = runtime->version,
                                .platform = criu ? NULL : runtime->platform,
                                .criu = criu ? runtime->criu_version : NULL};
    return krx_oci_saved_host_here(call, arena, out);
}

int32_t krx_oci_list_checkpoints_op(krx_call *call, void *opened, const krx_checkpoint_req *req,
                                    krx_sink *checkpoint)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_backend *backend = opened;
    krx_oci_manifest **all;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_check(call);
    if (code)
        return code;
    code = krx_oci_saved_read(call, arena, &backend->store, req->ref.namespace_, req->ref.workload,
                              &all);
    for (size_t i = 0; code == 0 && all[i]; i++) {
        krx_checkpoint item = krx_oci_saved_item(all[i], "checkpointed");
        code = krx_emit(checkpoint, KRX_ITEM_CHECKPOINT, &item);
    }
    return code;
}
