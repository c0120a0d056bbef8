/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start and stop. Kubernetes has no pods that are there and do not run: what keeps a pod is scaled
 * to nothing, or suspended, and remembers what it had.
 */
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/lifecycle/keeper.h"
#include "modules/kubernetes/lifecycle/scale.h"

#define SUSPENDS_JOBS 1021 /* Job.spec.suspend is there since 1.21, and ignored before */

/* ---------------------------------------------------------------------------------- what can't be
 */

static int32_t no_job_switch(krx_call *call, krx_k8s_backend *backend, const char *text)
{
    int32_t number = 0;
    const char *version = "";
    int32_t code = krx_kube_server_version(call, backend->kube, &number, &version);
    if (code || number >= SUSPENDS_JOBS)
        return code;
    (void)krx_fail(call, KRX_E_UNSUPPORTED,
                   "%s can't be stopped: this server (%s) can't suspend a Job, which needs 1.21",
                   text, version);
    return krx_hint(call, "kill ends the pod, and the Job starts another; delete the Job to be "
                          "rid of both");
}

/* 0 when the keeper can be brought down and up. */
static int32_t check_keeper(krx_call *call, krx_k8s_backend *backend, const krx_k8s_keeper *k)
{
    const char *pod = k->pod ? krx_k8s_name(k->pod) : krx_k8s_name(k->object);
    switch (k->kind) {
    case KRX_KUBE_DEPLOYMENT:
    case KRX_KUBE_STATEFUL_SET:
    case KRX_KUBE_REPLICA_SET:
    case KRX_KUBE_REPLICATION_CONTROLLER:
    case KRX_KUBE_CRON_JOB:
        return 0;
    case KRX_KUBE_JOB:
        return no_job_switch(call, backend, k->text);
    case KRX_KUBE_DAEMON_SET:
        (void)krx_fail(call, KRX_E_UNSUPPORTED,
                       "%s can't be stopped or started: a DaemonSet has one pod on every node that "
                       "fits, and no count",
                       k->text);
        return krx_hint(call, "change its node selector or delete it; `kranix restart` replaces a "
                              "single pod");
    case KRX_KUBE_NODE:
        (void)krx_fail(call, KRX_E_UNSUPPORTED,
                       "pod %s is static: the kubelet of node %s keeps it, not the API server", pod,
                       krx_json_text(krx_k8s_owner(k->pod), "name"));
        return krx_hint(call, "its manifest lies in a folder of that node");
    default:
        (void)krx_fail(call, KRX_E_UNSUPPORTED,
                       "pod %s is kept by %s, a kind that kranix does not know how to stop", pod,
                       k->text);
        return krx_hint(call, "stop it by that kind's own means");
    }
}

/* Who names a pod is told that its keeper is what was acted on. */
static void state_keeper(krx_call *call, const krx_k8s_keeper *k, const char *deed)
{
    krx_auto_str krx_str text = {0};
    if (!k->pod_name)
        return;
    krx_str_addf(&text, "pod %s belongs to %s, which is %s as a whole", k->pod_name, k->text, deed);
    krx_log(call, KRX_LOG_WARN, "%s", krx_str_get(&text));
    krx_tell_progress(call, "owner", k->text, krx_str_get(&text));
}

/* ----------------------------------------------------------------------------------------- stop */

static krx_kube_ref ref_of(const krx_k8s_keeper *k)
{
    return (krx_kube_ref){
        .kind = k->kind, .namespace_ = k->namespace_, .name = krx_k8s_name(k->object)};
}

static int32_t edit_down(void *ctx, krx_call *call, cJSON *object)
{
    const krx_k8s_keeper *k = ctx;
    if (krx_k8s_is_down(k->kind, object))
        return 1;
    return krx_k8s_bring_down(k->kind, object, "stop") ? 0 : krx_no_memory(call);
}

/* Controllers work behind: they must have seen the change before pods can be counted. */
static bool has_settled(const cJSON *object)
{
    const cJSON *status = krx_json_object(object, "status");
    int64_t generation = krx_json_int(krx_json_object(object, "metadata"), "generation", 0);
    return krx_json_int(status, "observedGeneration", generation) >= generation &&
           krx_json_int(status, "replicas", 0) == 0;
}

int32_t krx_k8s_wait_down(krx_call *call, krx_k8s_backend *backend, krx_kube_kind kind,
                          const cJSON *object, const char *text)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const char *selector = arena ? krx_k8s_selector_text(arena, kind, object) : NULL;
    krx_kube_ref ref = {
        .kind = kind, .namespace_ = krx_k8s_namespace_of(object), .name = krx_k8s_name(object)};
    if (!selector)
        return arena ? 0 : krx_no_memory(call);
    for (;;) {
        krx_auto_json cJSON *now = NULL;
        int32_t code = krx_kube_look(call, backend->kube, &ref, &now);
        if (code)
            return code;
        if (!now || has_settled(now))
            return krx_k8s_wait_gone(call, backend, ref.namespace_, selector, text);
        if (krx_sleep(call, KRX_NS_PER_S / 5) < 0)
            return krx_wrap(call, "%s: waiting until its pods are gone", text);
    }
}

/* A run that a stopped CronJob has begun ends with it, as the container of a stopped one would. */
static int32_t end_runs(krx_call *call, krx_k8s_backend *backend, const krx_k8s_keeper *k)
{
    const cJSON *run;
    int32_t code = 0;
    cJSON_ArrayForEach (run, krx_json_array(krx_json_object(k->object, "status"), "active")) {
        krx_kube_ref ref = {
            .kind = KRX_KUBE_JOB, .namespace_ = k->namespace_, .name = krx_json_text(run, "name")};
        krx_kube_delete_options options = {.propagation = "Foreground", .grace_seconds = KRX_UNSET};
        if (!*ref.name)
            continue;
        krx_tell_progress(call, "stop", ref.name, "ends the run in progress");
        code = krx_kube_delete(call, backend->kube, &ref, &options);
        if (code == KRX_E_NOT_FOUND)
            code = krx_forgive(call);
        while (!code) {
            krx_auto_json cJSON *left = NULL;
            code = krx_kube_look(call, backend->kube, &ref, &left);
            if (code || !left)
                break;
            if (krx_sleep(call, KRX_NS_PER_S / 5) < 0)
                return krx_wrap(call, "%s: waiting until run %s has ended", k->text, ref.name);
        }
        if (code)
            return code;
    }
    return code;
}

static int32_t delete_pod(krx_call *call, krx_k8s_backend *backend, const cJSON *pod,
                          int64_t grace_ns)
{
    krx_kube_ref ref = {
        .kind = KRX_KUBE_POD, .namespace_ = krx_k8s_namespace_of(pod), .name = krx_k8s_name(pod)};
    krx_kube_delete_options options = {
        .grace_seconds =
            grace_ns == KRX_UNSET ? KRX_UNSET : (grace_ns + KRX_NS_PER_S - 1) / KRX_NS_PER_S,
        .uid = krx_json_text(krx_json_object(pod, "metadata"), "uid")};
    int32_t code = krx_kube_delete(call, backend->kube, &ref, &options);
    return code == KRX_E_NOT_FOUND ? krx_forgive(call) : code;
}

static void warn_alone(krx_call *call, const cJSON *pod)
{
    krx_auto_str krx_str text = {0};
    krx_str_addf(&text, "pod %s stands alone: it is removed, and nothing starts it again",
                 krx_k8s_name(pod));
    krx_log(call, KRX_LOG_WARN, "%s", krx_str_get(&text));
    krx_tell_progress(call, "stop", krx_k8s_name(pod), krx_str_get(&text));
}

/* Nothing keeps it, so to stop it is to remove it. */
static int32_t stop_alone(krx_call *call, krx_k8s_backend *backend, const cJSON *pod,
                          int64_t grace_ns)
{
    warn_alone(call, pod);
    int32_t code = delete_pod(call, backend, pod, grace_ns);
    return code ? code : krx_k8s_wait_pod_gone(call, backend, pod);
}

/* A grace of the caller's own: a pod that leaves already can only be hurried. */
static int32_t hurry(krx_call *call, krx_k8s_backend *backend, const krx_k8s_keeper *k,
                     int64_t grace_ns)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *pods = NULL;
    const cJSON *pod;
    const char *selector = arena ? krx_k8s_selector_text(arena, k->kind, k->object) : NULL;
    if (grace_ns == KRX_UNSET || !selector)
        return 0;
    int32_t code = krx_k8s_pods_by(call, backend, k->namespace_, selector, &pods);
    cJSON_ArrayForEach (pod, pods) {
        if (!code)
            code = delete_pod(call, backend, pod, grace_ns);
    }
    return code;
}

int32_t krx_k8s_stop_op(krx_call *call, void *backend, const krx_container_req *req, krx_sink *none)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_k8s_keeper krx_k8s_keeper k = {0};
    (void)none;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_k8s_find_keeper(call, backend, arena, &req->ref, &k);
    if (!code && k.kind == KRX_KUBE_POD)
        return stop_alone(call, backend, k.pod, req->grace_ns);
    if (!code)
        code = check_keeper(call, backend, &k);
    if (code)
        return code;
    krx_kube_ref ref = ref_of(&k);
    krx_auto_json cJSON *now = NULL;
    state_keeper(call, &k, krx_k8s_has_count(k.kind) ? "scaled to 0" : "suspended");
    code = krx_kube_edit(call, ((krx_k8s_backend *)backend)->kube, &ref, edit_down, &k, 0, &now);
    if (!code)
        code = hurry(call, backend, &k, req->grace_ns);
    if (!code && k.kind == KRX_KUBE_CRON_JOB)
        return end_runs(call, backend, &k);
    return code ? code : krx_k8s_wait_down(call, backend, k.kind, now ? now : k.object, k.text);
}

/* ---------------------------------------------------------------------------------------- start */

typedef struct raising {
    krx_kube_kind kind;
    int64_t count;
} raising;

static int32_t edit_up(void *ctx, krx_call *call, cJSON *object)
{
    raising *r = ctx;
    if (!krx_k8s_is_down(r->kind, object)) {
        r->count = krx_k8s_count(object);
        return 1;
    }
    return krx_k8s_bring_up(r->kind, object, r->count) ? 0 : krx_no_memory(call);
}

int32_t krx_k8s_wait_up(krx_call *call, krx_k8s_backend *backend, krx_kube_kind kind,
                        const cJSON *object, int64_t count, const char *text)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const char *selector = arena ? krx_k8s_selector_text(arena, kind, object) : NULL;
    if (!selector || !krx_k8s_has_count(kind))
        return arena ? 0 : krx_no_memory(call);
    return krx_k8s_wait_running(call, backend, krx_k8s_namespace_of(object), selector, count, text);
}

static int32_t start_alone(krx_call *call, const cJSON *pod)
{
    if (!krx_k8s_pod_ended(pod))
        return 0;
    (void)krx_fail(call, KRX_E_FAILED_PRECONDITION,
                   "pod %s has ended and stands alone: Kubernetes runs no pod twice",
                   krx_k8s_name(pod));
    return krx_hint(call, "`kranix manifest %s` prints what to create it from again",
                    krx_k8s_name(pod));
}

int32_t krx_k8s_start_op(krx_call *call, void *backend, const krx_container_req *req,
                         krx_sink *none)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_k8s_keeper krx_k8s_keeper k = {0};
    krx_auto_json cJSON *now = NULL;
    (void)none;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_k8s_find_keeper(call, backend, arena, &req->ref, &k);
    if (code)
        return code;
    if (k.kind == KRX_KUBE_POD)
        return start_alone(call, k.pod);
    bool runs = k.pod && !krx_k8s_pod_ended(k.pod);
    if (runs && (k.kind == KRX_KUBE_NODE || k.kind == KRX_KUBE_DAEMON_SET ||
                 k.kind == KRX_KUBE_KIND_COUNT_))
        return 0;
    raising r = {.kind = k.kind};
    krx_kube_ref ref = ref_of(&k);
    code = check_keeper(call, backend, &k);
    if (!code)
        code = krx_k8s_count_to_return(call, backend, k.kind, k.object, &r.count);
    if (code)
        return code;
    if (krx_k8s_is_down(k.kind, k.object))
        state_keeper(call, &k, "started");
    code = krx_kube_edit(call, ((krx_k8s_backend *)backend)->kube, &ref, edit_up, &r, 0, &now);
    return code ? code
                : krx_k8s_wait_up(call, backend, k.kind, now ? now : k.object, r.count, k.text);
}

/* ----------------------------------------------------------------------------------------- kill */

int32_t krx_k8s_end_pod(krx_call *call, krx_k8s_backend *backend, const cJSON *pod,
                        int64_t grace_ns)
{
    krx_kube_kind kind = KRX_KUBE_POD;
    krx_auto_json cJSON *owner = NULL;
    int32_t code = krx_k8s_top_owner(call, backend, pod, &kind, &owner);
    if (code)
        return code;
    if (kind == KRX_KUBE_NODE)
        return krx_fail(call, KRX_E_UNSUPPORTED,
                        "pod %s is static: deleting it would stop nothing, the kubelet keeps it",
                        krx_k8s_name(pod));
    if (kind == KRX_KUBE_POD)
        warn_alone(call, pod);
    return delete_pod(call, backend, pod, grace_ns);
}
