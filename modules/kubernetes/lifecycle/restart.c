/* SPDX-License-Identifier: Apache-2.0 */
/* A new timestamp in the pod template makes the cluster replace the pods by its own strategy. */
#include <stdlib.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/pods/kind_word.h"
#include "modules/kubernetes/pods/pods.h"

static void stamp(krx_json_maker *maker, krx_kube_kind kind, cJSON *spec)
{
    char now[KRX_TIME_TEXT_MAX];
    cJSON *at =
        krx_json_add_object(maker, spec, kind == KRX_KUBE_CRON_JOB ? "jobTemplate" : "template");
    at = krx_json_add_object(maker, krx_json_add_object(maker, at, "metadata"), "annotations");
    krx_json_add_text(maker, at, KRX_K8S_RESTARTED_AT, krx_time_text(krx_now_unix(), now));
}

/* As elsewhere, restarting what is stopped starts it: with as many pods as it had. */
static void wake(krx_json_maker *maker, const krx_k8s_found *found, cJSON *patch, cJSON *spec)
{
    long long count = strtoll(krx_k8s_annotation(found->object, KRX_K8S_REPLICAS), NULL, 10);
    cJSON *notes =
        krx_json_add_object(maker, krx_json_add_object(maker, patch, "metadata"), "annotations");
    krx_json_add_item(maker, notes, KRX_K8S_STOPPED, cJSON_CreateNull());
    krx_json_add_item(maker, notes, KRX_K8S_REPLICAS, cJSON_CreateNull());
    if (found->kind == KRX_KUBE_CRON_JOB)
        krx_json_add_bool(maker, spec, "suspend", false);
    else
        krx_json_add_int(maker, spec, "replicas", count > 0 ? count : 1);
}

static int32_t restart_workload(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                                const krx_restart_req *req)
{
    krx_auto_k8s_found krx_k8s_found found = {0};
    krx_auto_json cJSON *patch = cJSON_CreateObject();
    krx_json_maker maker = {0};
    int32_t code = krx_k8s_require(call, backend, arena, &req->ref, &found);
    if (code)
        return code;
    const char *stopped = krx_k8s_annotation(found.object, KRX_K8S_STOPPED);
    if (*stopped && !krx_streq(stopped, "stop")) {
        krx_fail(call, KRX_E_FAILED_PRECONDITION, "workload '%s' is frozen by checkpoint %s",
                 req->ref.workload, stopped);
        return krx_hint(call, "kranix restore %s", req->ref.workload);
    }
    cJSON *spec = krx_json_add_object(&maker, patch, "spec");
    stamp(&maker, found.kind, spec);
    if (*stopped)
        wake(&maker, &found, patch, spec);
    if (maker.failed)
        return krx_no_memory(call);
    krx_kube_ref at = {
        .kind = found.kind, .namespace_ = found.namespace_, .name = req->ref.workload};
    return krx_kube_patch(call, backend->kube, &at, "merge", patch, 0, NULL);
}

/* What keeps the pod makes another one; one that nothing keeps would be gone for good. */
static int32_t restart_pod(krx_call *call, krx_k8s_backend *backend, const cJSON *pod,
                           int64_t grace_ns)
{
    krx_kube_ref at = {
        .kind = KRX_KUBE_POD, .namespace_ = krx_k8s_namespace_of(pod), .name = krx_k8s_name(pod)};
    krx_kube_delete_options options = {.grace_seconds = KRX_UNSET,
                                       .uid = krx_json_text(krx_json_get(pod, "metadata"), "uid")};
    if (grace_ns != KRX_UNSET)
        options.grace_seconds = (grace_ns + KRX_NS_PER_S - 1) / KRX_NS_PER_S;
    if (!krx_k8s_owner(pod)) {
        krx_fail(call, KRX_E_FAILED_PRECONDITION, "pod '%s' has nothing that would start it again",
                 at.name);
        return krx_hint(call, "a pod without an owner can only be removed and made again");
    }
    int32_t code = krx_kube_delete(call, backend->kube, &at, &options);
    return code == KRX_E_NOT_FOUND ? krx_forgive(call) : code;
}

static int32_t restart_pods(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                            const krx_restart_req *req)
{
    krx_auto_json cJSON *pods = NULL;
    const cJSON *pod;
    int32_t code = krx_k8s_pods_of(call, backend, arena, &req->ref, &pods);
    cJSON_ArrayForEach (pod, pods) {
        if (!code)
            code = restart_pod(call, backend, pod, req->grace_ns);
    }
    return code;
}

/* "deployment/web": by its own strategy, as `kubectl rollout restart` does it. *code is the
 * outcome; false when the ref names no such thing. */
static bool restart_kind(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                         const krx_ref *ref, int32_t *code)
{
    krx_kube *kube;
    krx_auto_json cJSON *patch = cJSON_CreateObject();
    krx_json_maker maker = {0};
    krx_kube_ref at = {.kind = KRX_KUBE_KIND_COUNT_};
    if (!krx_blank(ref->instance))
        at.kind = krx_k8s_kind_word(ref->instance, &at.name);
    if (at.kind != KRX_KUBE_DEPLOYMENT && at.kind != KRX_KUBE_STATEFUL_SET &&
        at.kind != KRX_KUBE_DAEMON_SET)
        return false;
    stamp(&maker, at.kind, krx_json_add_object(&maker, patch, "spec"));
    *code = maker.failed ? krx_no_memory(call) : krx_k8s_kube(call, backend, &kube);
    if (!*code)
        *code = krx_k8s_namespace(call, backend, arena, ref, &at.namespace_);
    if (!*code)
        *code = krx_kube_patch(call, kube, &at, "merge", patch, 0, NULL);
    return true;
}

int32_t krx_k8s_restart_op(krx_call *call, void *backend, const krx_restart_req *req,
                           krx_sink *none)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    (void)none;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = 0;
    if (restart_kind(call, backend, arena, &req->ref, &code))
        return code;
    if (krx_blank(req->ref.workload) || req->ref.replica)
        return restart_pods(call, backend, arena, req);
    return restart_workload(call, backend, arena, req);
}
