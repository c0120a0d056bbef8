/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/status/rollout.h"

#include <inttypes.h>
#include <stdlib.h>

#include "modules/kubernetes/pods/pods.h"
#include "modules/kubernetes/status/reason.h"

#define DEADLINE_REASON "ProgressDeadlineExceeded"

/* The figures of a Deployment. */
typedef struct figures {
    int64_t wanted;
    int64_t total;   /* pods, of old revisions too */
    int64_t updated; /* pods of the newest revision */
    int64_t ready;
    int64_t available;
    bool seen;   /* the controller has seen the newest spec */
    bool stuck;  /* and gave it up as making no progress */
    bool before; /* a rollout was completed before: what is wrong now is no start */
} figures;

static int64_t count_of(const cJSON *object, const char *key, int64_t absent)
{
    int64_t value = krx_json_int(object, key, absent);
    return value < 0 ? absent : value;
}

static figures figures_of(const cJSON *object)
{
    const cJSON *meta = krx_json_object(object, "metadata");
    const cJSON *status = krx_json_object(object, "status");
    const char *progress = krx_json_text(krx_k8s_condition(object, "Progressing"), "reason");
    figures f = {.wanted = count_of(krx_json_object(object, "spec"), "replicas", 1),
                 .total = count_of(status, "replicas", 0),
                 .updated = count_of(status, "updatedReplicas", 0),
                 .ready = count_of(status, "readyReplicas", 0),
                 .available = count_of(status, "availableReplicas", 0)};
    f.seen = krx_json_int(status, "observedGeneration", 0) >= krx_json_int(meta, "generation", 0);
    f.stuck = f.seen && krx_streq(progress, DEADLINE_REASON);
    f.before = krx_streq(progress, "NewReplicaSetAvailable");
    return f;
}

/* Stopped on purpose: by stop, by a checkpoint, or scaled to 0. */
static const char *stopped_state(const cJSON *object, const figures *f)
{
    const char *why = krx_k8s_annotation(object, KRX_K8S_STOPPED);
    if (f->wanted > 0)
        return NULL;
    if (f->total > 0)
        return "Updating";
    return *why && !krx_streq(why, "stop") ? "Paused" : "Stopped";
}

static const char *deployment_state(const cJSON *object, const figures *f)
{
    const char *stopped = f->seen ? stopped_state(object, f) : NULL;
    if (stopped)
        return stopped;
    if (f->stuck)
        return f->ready ? "Degraded" : "Failed";
    if (!f->seen)
        return f->total ? "Updating" : "Pending";
    if (f->updated < f->wanted || f->total > f->updated)
        return f->total > f->updated || f->ready || f->before ? "Updating" : "Pending";
    if (f->ready >= f->wanted)
        return f->available >= f->wanted ? "Running" : "Updating";
    if (f->before)
        return "Degraded";
    return f->ready ? "Updating" : "Pending";
}

/* A pod that crashes again and again runs in a way, and one whose image can have no such name
 * never will. */
static const char *state_by_pods(krx_arena *arena, const cJSON *pods, const char *state)
{
    const cJSON *pod;
    bool crashing = false, running = false, hopeless = false;
    if (!krx_streq(state, "Pending"))
        return state;
    cJSON_ArrayForEach (pod, pods) {
        const char *why;
        const char *now = krx_k8s_pod_state(arena, pod, &why);
        crashing |= krx_streq(now, "Failed");
        running |= krx_streq(now, "Running");
        hopeless |= why && krx_has_prefix(why, "InvalidImageName");
    }
    if (hopeless && !running)
        return "Failed";
    return crashing ? "Degraded" : state;
}

static const char *deployment_message(krx_arena *arena, const cJSON *object, const figures *f,
                                      const cJSON *pods, const cJSON *events)
{
    const char *reason = krx_k8s_reason(arena, object, pods, events);
    const cJSON *progress = krx_k8s_condition(object, "Progressing");
    if (f->stuck)
        return krx_arena_printf(arena, "%s%s%s (%s)", reason ? reason : "", reason ? "; " : "",
                                krx_json_text(progress, "message"), DEADLINE_REASON);
    if (reason)
        return reason;
    if (krx_json_bool(krx_json_object(object, "spec"), "paused", false))
        return "the rollout is paused: kubectl rollout resume goes on with it";
    if (!f->seen)
        return "the change has not been seen by the cluster's controller yet";
    if (f->total > f->updated)
        return krx_arena_printf(arena,
                                "%" PRId64 " of %" PRId64 " updated, %" PRId64
                                " of the old revision still there",
                                f->updated, f->wanted, f->total - f->updated);
    if (f->updated < f->wanted)
        return krx_arena_printf(arena, "%" PRId64 " of %" PRId64 " pods created", f->updated,
                                f->wanted);
    return NULL;
}

/* ------------------------------------------------------------------------------- common members
 */

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static const cJSON *pod_spec_of(krx_kube_kind kind, const cJSON *object)
{
    return krx_json_dig(object, kind == KRX_KUBE_CRON_JOB ? "spec/jobTemplate/spec/template/spec"
                                                          : "spec/template/spec");
}

static const krx_kv *const *labels_of(krx_arena *arena, const cJSON *object)
{
    krx_ptrs list = {0};
    const cJSON *label;
    bool ours = krx_k8s_ours(object);
    cJSON_ArrayForEach (label, krx_json_dig(object, "metadata/labels")) {
        if (!cJSON_IsString(label) || (ours && krx_k8s_key_reserved(label->string)))
            continue;
        krx_kv *pair = krx_arena_new_of(arena, krx_kv);
        if (!pair)
            return NULL;
        *pair = (krx_kv){
            .struct_size = sizeof *pair, .key = label->string, .value = label->valuestring};
        if (krx_ptrs_add(arena, &list, pair) < 0)
            return NULL;
    }
    return (const krx_kv *const *)krx_ptrs_end(arena, &list);
}

/* Pods on their way out are none of a workload any more that runs as it should without them. */
static const krx_instance *const *instances_of(krx_arena *arena, const cJSON *pods, bool complete)
{
    krx_ptrs list = {0};
    const cJSON *pod;
    cJSON_ArrayForEach (pod, pods) {
        if (complete && krx_k8s_pod_leaving(pod))
            continue;
        const krx_instance *item = krx_k8s_instance(arena, pod);
        if (!item || krx_ptrs_add(arena, &list, item) < 0)
            return NULL;
    }
    return (const krx_instance *const *)krx_ptrs_end(arena, &list);
}

/* The latest time that the object itself tells of. */
static int64_t last_updated(const cJSON *object)
{
    const cJSON *item;
    int64_t latest = krx_k8s_time(krx_json_object(object, "metadata"), "creationTimestamp");
    cJSON_ArrayForEach (item, krx_json_array(krx_json_object(object, "status"), "conditions")) {
        int64_t at = krx_k8s_time(item, "lastUpdateTime");
        if (at != KRX_UNSET && at > latest)
            latest = at;
    }
    return latest;
}

static krx_status *common(krx_arena *arena, krx_kube_kind kind, const cJSON *object)
{
    krx_status *out = krx_arena_new_of(arena, krx_status);
    const cJSON *meta = krx_json_object(object, "metadata");
    const cJSON *containers = krx_json_array(pod_spec_of(kind, object), "containers");
    if (!out)
        return NULL;
    *out = (krx_status){.struct_size = sizeof *out,
                        .managed = krx_k8s_ours(object),
                        .id = krx_json_text(meta, "uid"),
                        .name = krx_k8s_name(object),
                        .namespace_ = or_null(krx_k8s_namespace_of(object)),
                        .image = or_null(krx_json_text(cJSON_GetArrayItem(containers, 0), "image")),
                        .created_ns = krx_k8s_time(meta, "creationTimestamp"),
                        .last_updated_ns = last_updated(object),
                        .labels = labels_of(arena, object),
                        .spec_json = or_null(krx_k8s_annotation(object, KRX_K8S_SPEC)),
                        .last_schedule_ns = KRX_UNSET};
    return out->labels ? out : NULL;
}

/* What is stopped still wants what it had, as a stopped container does elsewhere. */
static int64_t wanted_of(const cJSON *object, const figures *f)
{
    const char *kept = krx_k8s_annotation(object, KRX_K8S_REPLICAS);
    if (f->wanted > 0 || krx_blank(krx_k8s_annotation(object, KRX_K8S_STOPPED)) || !*kept)
        return f->wanted;
    long long count = strtoll(kept, NULL, 10);
    return count > 0 ? count : 0;
}

static void fill_deployment(krx_arena *arena, const cJSON *object, const cJSON *pods,
                            const cJSON *events, krx_status *out)
{
    figures f = figures_of(object);
    out->replicas = wanted_of(object, &f);
    out->ready_replicas = f.ready;
    out->state = state_by_pods(arena, pods, deployment_state(object, &f));
    bool well = krx_streq(out->state, "Running") || krx_streq(out->state, "Stopped") ||
                krx_streq(out->state, "Paused");
    if (!well)
        out->message = deployment_message(arena, object, &f, pods, events);
}

/* -------------------------------------------------------------------------------------- CronJob
 */

static void fill_cron(krx_arena *arena, const cJSON *object, const cJSON *pods, const cJSON *events,
                      krx_status *out)
{
    const cJSON *spec = krx_json_object(object, "spec");
    const cJSON *status = krx_json_object(object, "status");
    const char *stopped = krx_k8s_annotation(object, KRX_K8S_STOPPED);
    out->replicas = count_of(krx_json_dig(spec, "jobTemplate/spec"), "parallelism", 1);
    out->ready_replicas = cJSON_GetArraySize(krx_json_array(status, "active"));
    out->last_schedule_ns = krx_k8s_time(status, "lastScheduleTime");
    if (krx_json_bool(spec, "suspend", false))
        out->state = *stopped && !krx_streq(stopped, "stop") ? "Paused" : "Stopped";
    else
        out->state = out->last_schedule_ns == KRX_UNSET ? "PendingSchedule" : "Scheduled";
    if (pods)
        out->message = krx_k8s_reason(arena, object, pods, events);
}

krx_status *krx_k8s_status(krx_arena *arena, krx_kube_kind kind, const cJSON *object,
                           const cJSON *pods, const cJSON *events, bool with_instances)
{
    krx_status *out = common(arena, kind, object);
    if (!out)
        return NULL;
    if (kind == KRX_KUBE_CRON_JOB)
        fill_cron(arena, object, pods, events, out);
    else
        fill_deployment(arena, object, pods, events, out);
    if (with_instances) {
        out->instances = instances_of(arena, pods, krx_streq(out->state, "Running"));
        out->events = krx_k8s_latest_events(arena, out->name, events);
    }
    return krx_arena_failed(arena) ? NULL : out;
}
