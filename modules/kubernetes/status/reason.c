/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/status/reason.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/side_call.h"
#include "modules/kubernetes/events/read.h"
#include "modules/kubernetes/pods/pods.h"

#define EVENTS_KEPT 20
#define EVENTS_TOLD 10

const cJSON *krx_k8s_condition(const cJSON *object, const char *type)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_array(krx_json_object(object, "status"), "conditions")) {
        if (krx_streq(krx_json_text(item, "type"), type))
            return item;
    }
    return NULL;
}

/* -------------------------------------------------------------------------------------- events */

static const cJSON *subject(const cJSON *event)
{
    return krx_json_object(event, "involvedObject");
}

static bool is_present(const cJSON *pods, const char *name)
{
    const cJSON *pod;
    cJSON_ArrayForEach (pod, pods) {
        if (krx_streq(krx_k8s_name(pod), name))
            return true;
    }
    return false;
}

/* The controllers call what they make "web-<hash or number>", and pods of that "...-<five>". */
static bool is_part(const char *name, const char *workload, size_t segments)
{
    size_t length = strlen(workload);
    if (strncmp(name, workload, length) != 0)
        return false;
    for (name += length; segments && *name == '-'; segments--) {
        size_t n = strcspn(++name, "-");
        if (n < 5)
            return false;
        name += n;
    }
    return !segments && !*name;
}

static bool concerns(const cJSON *event, const char *workload, const cJSON *pods)
{
    const char *kind = krx_json_text(subject(event), "kind");
    const char *name = krx_json_text(subject(event), "name");
    if (krx_streq(kind, "Pod"))
        return is_present(pods, name) || is_part(name, workload, 2);
    if (krx_streq(kind, "ReplicaSet") || krx_streq(kind, "Job"))
        return is_part(name, workload, 1);
    return krx_streq(name, workload) &&
           (krx_streq(kind, "Deployment") || krx_streq(kind, "CronJob") ||
            krx_streq(kind, "HorizontalPodAutoscaler"));
}

typedef struct gathering {
    krx_call *call;
    const char *workload;
    const cJSON *pods;
    cJSON *array; /* oldest first */
} gathering;

/* cJSON_InsertItemInArray() of some releases of cJSON refuses all places but the first and last. */
static bool insert_at(cJSON *array, int place, cJSON *item)
{
    int after = cJSON_GetArraySize(array) - place;
    if (!cJSON_AddItemToArray(array, item))
        return false;
    for (; after > 0; after--)
        (void)cJSON_AddItemToArray(array, cJSON_DetachItemFromArray(array, place));
    return true;
}

/* Keeps the latest few in order of time. */
static int32_t gather(void *ctx, const cJSON *event)
{
    gathering *g = ctx;
    if (!concerns(event, g->workload, g->pods))
        return 0;
    int64_t at = krx_k8s_event_time(event);
    int place = cJSON_GetArraySize(g->array);
    while (place > 0 && krx_k8s_event_time(cJSON_GetArrayItem(g->array, place - 1)) > at)
        place--;
    if (place == 0 && cJSON_GetArraySize(g->array) >= EVENTS_KEPT)
        return 0;
    cJSON *copy = cJSON_Duplicate(event, 1);
    if (!copy || !insert_at(g->array, place, copy)) {
        cJSON_Delete(copy);
        return krx_no_memory(g->call);
    }
    if (cJSON_GetArraySize(g->array) > EVENTS_KEPT)
        cJSON_DeleteItemFromArray(g->array, 0);
    return 0;
}

int32_t krx_k8s_events_of(krx_call *call, krx_kube *kube, const char *namespace_,
                          const char *workload, const cJSON *pods, cJSON **out)
{
    krx_side_call side;
    krx_auto_json cJSON *array = cJSON_CreateArray();
    krx_kube_select select = {.kind = KRX_KUBE_EVENT, .namespace_ = namespace_};
    if (!array)
        return krx_no_memory(call);
    krx_side_call_init(&side, call);
    gathering g = {.call = &side.call, .workload = workload, .pods = pods, .array = array};
    int32_t code = krx_kube_list(&side.call, kube, &select, gather, &g, NULL);
    if (code && krx_check(call) < 0)
        return call->error->code;
    if (code)
        krx_log(call, KRX_LOG_INFO, "events of '%s' can't be read: %s", workload,
                side.error.message);
    *out = krx_move_ptr(array);
    return 0;
}

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static const krx_event *as_result(krx_arena *arena, const char *workload, const cJSON *event)
{
    krx_event *out = krx_arena_new_of(arena, krx_event);
    if (!out)
        return NULL;
    *out = (krx_event){.struct_size = sizeof *out,
                       .time_ns = krx_k8s_event_time(event),
                       .type = krx_k8s_event_type(event),
                       .instance = krx_k8s_event_pod(event),
                       .workload = workload,
                       .namespace_ = or_null(krx_json_text(subject(event), "namespace")),
                       .exit_code = KRX_UNSET,
                       .message = or_null(krx_json_text(event, "message"))};
    return out;
}

const krx_event *const *krx_k8s_latest_events(krx_arena *arena, const char *workload,
                                              const cJSON *events)
{
    krx_ptrs list = {0};
    int count = cJSON_GetArraySize(events);
    for (int i = count > EVENTS_TOLD ? count - EVENTS_TOLD : 0; i < count; i++) {
        const krx_event *item = as_result(arena, workload, cJSON_GetArrayItem(events, i));
        if (!item || krx_ptrs_add(arena, &list, item) < 0)
            return NULL;
    }
    return (const krx_event *const *)krx_ptrs_end(arena, &list);
}

/* Text of the latest event with this reason about this object (name NULL: any) that begins so,
 * "" when there is none. */
static const char *last_words(const cJSON *events, const char *kind, const char *name,
                              const char *reason, const char *start)
{
    for (int i = cJSON_GetArraySize(events) - 1; i >= 0; i--) {
        const cJSON *event = cJSON_GetArrayItem(events, i);
        if (krx_streq(krx_json_text(event, "reason"), reason) &&
            krx_streq(krx_json_text(subject(event), "kind"), kind) &&
            (!name || krx_streq(krx_json_text(subject(event), "name"), name)) &&
            krx_has_prefix(krx_json_text(event, "message"), start))
            return krx_json_text(event, "message");
    }
    return "";
}

/* ------------------------------------------------------------------------------------- reasons */

/* Refusals of the API server when the ReplicaSet makes pods: quota, policies, webhooks. */
static const char *refusal(krx_arena *arena, const cJSON *object, const cJSON *pods,
                           const cJSON *events)
{
    const cJSON *found = krx_k8s_condition(object, "ReplicaFailure");
    const char *text = "";
    if (krx_streq(krx_json_text(found, "status"), "True"))
        text = krx_json_text(found, "message");
    else if (!cJSON_GetArraySize(pods))
        text = last_words(events, "ReplicaSet", NULL, "FailedCreate", "");
    if (!*text)
        return NULL;
    bool quota = strstr(text, "exceeded quota") != NULL;
    return krx_arena_printf(arena, "%s: %s", quota ? "quota" : "pods can't be created", text);
}

/* Some reasons say that something fails, but not why: an event then does. */
static const struct detail {
    const char *why; /* begins so */
    const char *event;
    const char *start; /* of the event's text */
    const char *word;  /* put before it */
} details[] = {
    {"ImagePullBackOff", "Failed", "Failed to pull image", "ImagePullBackOff"},
    {"ErrImagePull", "Failed", "Failed to pull image", "ImagePullBackOff"},
    {"ContainersNotReady", "Unhealthy", "", "Unhealthy"},
    {"CrashLoopBackOff", "Unhealthy", "Liveness", "CrashLoopBackOff"},
    {"CrashLoopBackOff", "Unhealthy", "Startup", "CrashLoopBackOff"},
    {"ContainerCreating", "FailedMount", "", "FailedMount"},
    {"ContainerCreating", "FailedAttachVolume", "", "FailedAttachVolume"},
    {"ContainerCreating", "FailedCreatePodSandBox", "", "FailedCreatePodSandBox"},
};

static const char *better(krx_arena *arena, const cJSON *pod, const char *why, const cJSON *events)
{
    for (size_t i = 0; i < KRX_COUNT(details); i++) {
        const struct detail *d = &details[i];
        if (!krx_has_prefix(why, d->why))
            continue;
        const char *text = last_words(events, "Pod", krx_k8s_name(pod), d->event, d->start);
        if (*text)
            return krx_arena_printf(arena, "%s: %s", d->word, text);
    }
    return why;
}

/* Of the pods that are not ready the newest, which is of the newest revision; one with a reason
 * before one without. */
static const cJSON *culprit(krx_arena *arena, const cJSON *pods, const char **why)
{
    const cJSON *pod, *found = NULL;
    *why = NULL;
    cJSON_ArrayForEach (pod, pods) {
        const char *reason;
        const char *state = krx_k8s_pod_state(arena, pod, &reason);
        if (krx_k8s_pod_leaving(pod) || krx_k8s_pod_ready(pod) || krx_streq(state, "Succeeded"))
            continue;
        if (found &&
            (!reason ||
             (*why &&
              strcmp(krx_json_text(krx_json_object(pod, "metadata"), "creationTimestamp"),
                     krx_json_text(krx_json_object(found, "metadata"), "creationTimestamp")) < 0)))
            continue;
        found = pod;
        *why = reason;
    }
    return found;
}

const char *krx_k8s_reason(krx_arena *arena, const cJSON *object, const cJSON *pods,
                           const cJSON *events)
{
    const char *why;
    const char *refused = refusal(arena, object, pods, events);
    if (refused)
        return refused;
    const cJSON *pod = culprit(arena, pods, &why);
    if (!pod || !why)
        return NULL;
    return krx_arena_printf(arena, "%s: %s", krx_k8s_name(pod), better(arena, pod, why, events));
}
