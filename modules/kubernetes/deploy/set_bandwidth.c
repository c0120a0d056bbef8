/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other rate limits for what runs already: annotations of the pod template. The network's plugin
 * reads them when a pod starts, so a Deployment replaces its pods; a CronJob's next job has them.
 */
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/objects/build.h"

#define BPS_MIN 1000

/* null takes the annotation away. */
static void put_rate(krx_json_maker *maker, krx_arena *arena, cJSON *notes, const char *key,
                     int64_t bps)
{
    if (bps == KRX_UNSET)
        return;
    if (bps == 0)
        krx_json_add_item(maker, notes, key, cJSON_CreateNull());
    else
        krx_json_add_text(maker, notes, key, krx_k8s_bitrate(arena, bps));
}

static cJSON *make_patch(krx_arena *arena, krx_kube_kind kind, const krx_bandwidth_req *req)
{
    krx_json_maker maker = {0};
    cJSON *patch = cJSON_CreateObject();
    cJSON *at = krx_json_add_object(&maker, patch, "spec");
    if (kind == KRX_KUBE_CRON_JOB)
        at = krx_json_add_object(&maker, krx_json_add_object(&maker, at, "jobTemplate"), "spec");
    at = krx_json_add_object(&maker, at, "template");
    at = krx_json_add_object(&maker, krx_json_add_object(&maker, at, "metadata"), "annotations");
    put_rate(&maker, arena, at, KRX_K8S_EGRESS, req->egress_bps);
    put_rate(&maker, arena, at, KRX_K8S_INGRESS, req->ingress_bps);
    if (patch && !maker.failed && !krx_arena_failed(arena))
        return patch;
    cJSON_Delete(patch);
    return NULL;
}

static int32_t check(krx_call *call, const krx_k8s_backend *backend, const krx_bandwidth_req *req)
{
    if (krx_blank(req->ref.workload))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                        "a pod keeps the rate limits that it started with; name its workload");
    if (!backend->settings.bandwidth)
        return krx_fail(call, KRX_E_FAILED_PRECONDITION,
                        "rate limits are switched off (bandwidth.enabled)");
    if ((req->egress_bps > 0 && req->egress_bps < BPS_MIN) ||
        (req->ingress_bps > 0 && req->ingress_bps < BPS_MIN))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "a rate limit is at least 1kbit");
    return 0;
}

int32_t krx_k8s_bandwidth_op(krx_call *call, void *opened, const krx_bandwidth_req *req,
                             krx_sink *none)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_k8s_found krx_k8s_found found = {0};
    krx_k8s_backend *backend = opened;
    (void)none;
    int32_t code = arena ? check(call, backend, req) : krx_no_memory(call);
    if (!code)
        code = krx_k8s_require(call, backend, arena, &req->ref, &found);
    if (code)
        return code;
    krx_auto_json cJSON *patch = make_patch(arena, found.kind, req);
    krx_kube_ref at = {
        .kind = found.kind, .namespace_ = found.namespace_, .name = req->ref.workload};
    if (!patch)
        return krx_no_memory(call);
    return krx_kube_patch(call, backend->kube, &at, "merge", patch, 0, NULL);
}
