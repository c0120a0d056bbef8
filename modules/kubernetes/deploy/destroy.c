/* SPDX-License-Identifier: Apache-2.0 */
/* Removes a workload with all that was made for it, and waits until it is gone. */
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/deploy/parts.h"
#include "modules/kubernetes/events/note.h"
#include "modules/kubernetes/pods/pods.h"

#define GONE_LOOK_NS (250 * KRX_NS_PER_MS)

/* The workload itself first, so that nothing of it starts again; then what stands beside it. */
static const krx_kube_kind removed_kinds[] = {KRX_KUBE_HPA,      KRX_KUBE_DEPLOYMENT,
                                              KRX_KUBE_CRON_JOB, KRX_KUBE_JOB,
                                              KRX_KUBE_SERVICE,  KRX_KUBE_NETWORK_POLICY};

typedef struct removal {
    krx_call *call;
    krx_k8s_backend *backend;
    krx_kube *kube;
    krx_arena *arena;
    const krx_destroy_req *req;
    const char *namespace_;
    const char *workload;
    bool auto_cleanup; /* of the backend: every volume goes */
    size_t removed;
} removal;

static bool keeps_claim(const removal *r, const cJSON *claim)
{
    return !r->req->remove_volumes && !r->auto_cleanup &&
           !krx_streq(krx_k8s_annotation(claim, KRX_K8S_AUTO_CLEANUP), "true");
}

static int32_t remove_part(removal *r, krx_kube_kind kind, const cJSON *object)
{
    krx_kube_ref ref = {.kind = kind, .namespace_ = r->namespace_, .name = krx_k8s_name(object)};
    krx_kube_delete_options options = {.propagation = "Background", .grace_seconds = KRX_UNSET};
    krx_tell_progress(r->call, "remove", ref.name, "removing");
    int32_t code = krx_kube_delete(r->call, r->kube, &ref, &options);
    if (code == KRX_E_NOT_FOUND)
        return krx_forgive(r->call);
    if (!code)
        r->removed++;
    return code;
}

static int32_t remove_kind(removal *r, krx_kube_kind kind)
{
    krx_auto_json cJSON *parts = NULL;
    const cJSON *part;
    int32_t code = krx_k8s_parts_of(r->call, r->kube, kind, r->namespace_, r->workload, &parts);
    cJSON_ArrayForEach (part, parts) {
        if (code)
            break;
        if (kind != KRX_KUBE_PVC || !keeps_claim(r, part))
            code = remove_part(r, kind, part);
    }
    return code;
}

/* Whether a pod is yet to be told to stop in the time asked for. */
static bool dawdles(const cJSON *pod, int64_t seconds)
{
    const cJSON *meta = krx_json_object(pod, "metadata");
    return !krx_k8s_pod_leaving(pod) ||
           krx_json_int(meta, "deletionGracePeriodSeconds", seconds) > seconds;
}

/* Pods whose own time to stop is not the one asked for. */
static int32_t hurry_pods(removal *r, const cJSON *pods)
{
    const cJSON *pod;
    int64_t seconds = (r->req->grace_ns + KRX_NS_PER_S - 1) / KRX_NS_PER_S;
    if (r->req->grace_ns == KRX_UNSET)
        return 0;
    cJSON_ArrayForEach (pod, pods) {
        krx_kube_ref ref = {
            .kind = KRX_KUBE_POD, .namespace_ = r->namespace_, .name = krx_k8s_name(pod)};
        krx_kube_delete_options options = {.grace_seconds = seconds};
        if (!dawdles(pod, seconds))
            continue;
        int32_t code = krx_kube_delete(r->call, r->kube, &ref, &options);
        if (code == KRX_E_NOT_FOUND)
            code = krx_forgive(r->call);
        if (code)
            return code;
    }
    return 0;
}

static int32_t out_of_time(removal *r, const cJSON *pods)
{
    if (r->call->error->code == KRX_E_DEADLINE_EXCEEDED) {
        krx_fail(r->call, KRX_E_DEADLINE_EXCEEDED,
                 "'%s' is removed, but %d of its pods are still stopping, such as %s", r->workload,
                 cJSON_GetArraySize(pods), krx_k8s_name(cJSON_GetArrayItem(pods, 0)));
        return krx_hint(r->call, "they go by themselves; with --grace 0s they are killed");
    }
    return r->call->error->code;
}

/* Pods that nothing keeps go with what kept them; a pod that never had an owner does not. */
static int32_t await_pods(removal *r)
{
    const char *selector = krx_k8s_selector(r->arena, r->workload);
    if (!selector)
        return krx_no_memory(r->call);
    for (;;) {
        krx_auto_json cJSON *pods = NULL;
        int32_t code = krx_k8s_pods_by(r->call, r->backend, r->namespace_, selector, &pods);
        if (code || !cJSON_GetArraySize(pods))
            return code;
        r->removed++; /* what is left of a removal that was cut short */
        code = hurry_pods(r, pods);
        krx_tell_progress(r->call, "wait", r->workload, "waiting for the pods to end");
        if (code || krx_sleep(r->call, GONE_LOOK_NS) < 0)
            return code ? code : out_of_time(r, pods);
    }
}

/* Claims stay until the last pod that uses them has gone, so they come last. */
static int32_t remove_all(removal *r)
{
    int32_t code = 0;
    for (size_t i = 0; i < KRX_COUNT(removed_kinds) && !code; i++)
        code = remove_kind(r, removed_kinds[i]);
    if (!code)
        code = await_pods(r);
    return code ? code : remove_kind(r, KRX_KUBE_PVC);
}

/* --------------------------------------------------------------------------------------- one pod
 */

static int32_t remove_pod(removal *r, const cJSON *pod)
{
    krx_kube_ref ref = {
        .kind = KRX_KUBE_POD, .namespace_ = krx_k8s_namespace_of(pod), .name = krx_k8s_name(pod)};
    krx_kube_delete_options options = {.grace_seconds = KRX_UNSET,
                                       .uid = krx_json_text(krx_json_get(pod, "metadata"), "uid")};
    if (r->req->grace_ns != KRX_UNSET)
        options.grace_seconds = (r->req->grace_ns + KRX_NS_PER_S - 1) / KRX_NS_PER_S;
    if (!krx_k8s_ours(pod))
        return krx_fail(r->call, KRX_E_PERMISSION_DENIED,
                        "pod '%s' was not made by kranix and is not removed", ref.name);
    int32_t code = krx_kube_delete(r->call, r->kube, &ref, &options);
    return code == KRX_E_NOT_FOUND ? krx_forgive(r->call) : code;
}

static int32_t remove_pods(removal *r)
{
    krx_auto_json cJSON *pods = NULL;
    const cJSON *pod;
    int32_t code = krx_k8s_pods_of(r->call, r->backend, r->arena, &r->req->ref, &pods);
    cJSON_ArrayForEach (pod, pods) {
        if (!code)
            code = remove_pod(r, pod);
    }
    return code;
}

/* Somebody removed the Deployment by hand and left what it kept: nothing else would remove that. */
static int32_t remove_orphans(removal *r)
{
    static const krx_kube_kind kinds[] = {KRX_KUBE_REPLICA_SET, KRX_KUBE_POD};
    int32_t code = 0;
    for (size_t i = 0; i < KRX_COUNT(kinds) && !code; i++) {
        krx_auto_json cJSON *parts = NULL;
        const cJSON *part;
        code = krx_k8s_parts_of(r->call, r->kube, kinds[i], r->namespace_, r->workload, &parts);
        cJSON_ArrayForEach (part, parts) {
            if (!code && !krx_k8s_owner(part) && !krx_k8s_pod_leaving(part))
                code = remove_part(r, kinds[i], part);
        }
    }
    return code;
}

/* --------------------------------------------------------------------------------------- the op */

static int32_t remove_workload(removal *r)
{
    krx_auto_k8s_found krx_k8s_found found = {0};
    int32_t code = krx_k8s_find(r->call, r->backend, r->arena, &r->req->ref, &found);
    if (code)
        return code;
    r->namespace_ = found.namespace_;
    bool there = found.object != NULL;
    if (there)
        code = remove_part(r, found.kind, found.object);
    if (!code && !there && !strchr(r->workload, '/'))
        code = remove_orphans(r);
    if (!code && !strchr(r->workload, '/'))
        code = remove_all(r);
    if (code)
        return code;
    if (!there && !r->removed)
        return krx_k8s_require(r->call, r->backend, r->arena, &r->req->ref, &found);
    if (there)
        krx_k8s_note(r->call, r->backend, found.kind, found.object, r->namespace_,
                     KRX_K8S_NOTE_DESTROY, "destroyed by kranix");
    return krx_k8s_remember(r->call, r->backend, r->workload, NULL);
}

int32_t krx_k8s_destroy_op(krx_call *call, void *opened, const krx_destroy_req *req, krx_sink *none)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_k8s_backend *backend = opened;
    removal r = {.call = call,
                 .backend = backend,
                 .arena = arena,
                 .req = req,
                 .workload = req->ref.workload,
                 .auto_cleanup = backend->settings.auto_cleanup};
    (void)none;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_k8s_kube(call, backend, &r.kube);
    if (code)
        return code;
    return krx_blank(req->ref.workload) || req->ref.replica ? remove_pods(&r) : remove_workload(&r);
}
