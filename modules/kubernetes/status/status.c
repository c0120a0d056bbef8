/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/status/status.h"

#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/pods/pods.h"
#include "modules/kubernetes/status/reason.h"
#include "modules/kubernetes/status/rollout.h"

int32_t krx_k8s_emit_status(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                            const krx_k8s_found *found, bool with_instances, krx_sink *status)
{
    krx_auto_json cJSON *pods = NULL, *events = NULL;
    const char *workload = krx_k8s_name(found->object);
    const char *selector = krx_k8s_selector(arena, workload);
    if (!selector)
        return krx_no_memory(call);
    int32_t code = krx_k8s_pods_by(call, backend, found->namespace_, selector, &pods);
    if (!code)
        code = krx_k8s_events_of(call, backend->kube, found->namespace_, workload, pods, &events);
    if (code)
        return code;
    krx_status *item =
        krx_k8s_status(arena, found->kind, found->object, pods, events, with_instances);
    return item ? krx_emit(status, KRX_ITEM_STATUS, item) : krx_no_memory(call);
}

int32_t krx_k8s_status_op(krx_call *call, void *backend, const krx_status_req *req,
                          krx_sink *status)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_k8s_found krx_k8s_found found = {0};
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_k8s_require(call, backend, arena, &req->ref, &found);
    if (code)
        return code;
    return krx_k8s_emit_status(call, backend, arena, &found, req->with_instances, status);
}
