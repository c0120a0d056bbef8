/* SPDX-License-Identifier: Apache-2.0 */
/* What condition a pod is in: for programs (state), for people (status) and why. */
#include <inttypes.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/pods/pods.h"

#define DEFAULT_CONTAINER "kubectl.kubernetes.io/default-container"

/* ------------------------------------------------------------------------------------ small facts
 */

static const cJSON *status_of(const cJSON *pod)
{
    return krx_json_object(pod, "status");
}

static const char *phase_of(const cJSON *pod)
{
    return krx_json_text(status_of(pod), "phase");
}

static const cJSON *statuses(const cJSON *pod, const char *list)
{
    return krx_json_array(status_of(pod), list);
}

static const cJSON *condition(const cJSON *pod, const char *type)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, statuses(pod, "conditions")) {
        if (krx_streq(krx_json_text(item, "type"), type))
            return item;
    }
    return NULL;
}

static bool condition_is(const cJSON *pod, const char *type, const char *value)
{
    return krx_streq(krx_json_text(condition(pod, type), "status"), value);
}

static const cJSON *named(const cJSON *list, const char *name)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, list) {
        if (krx_streq(krx_json_text(item, "name"), name))
            return item;
    }
    return NULL;
}

static const cJSON *step(const cJSON *container_status, const char *which)
{
    return krx_json_object(krx_json_object(container_status, "state"), which);
}

static int64_t exit_code(const cJSON *terminated)
{
    return krx_json_int(terminated, "exitCode", 0);
}

bool krx_k8s_pod_ready(const cJSON *pod)
{
    return condition_is(pod, "Ready", "True") && !krx_k8s_pod_leaving(pod);
}

bool krx_k8s_pod_leaving(const cJSON *pod)
{
    return *krx_json_text(krx_json_object(pod, "metadata"), "deletionTimestamp") != '\0';
}

bool krx_k8s_pod_ended(const cJSON *pod)
{
    const char *phase = phase_of(pod);
    return krx_streq(phase, "Succeeded") || krx_streq(phase, "Failed");
}

const cJSON *krx_k8s_container_status(const cJSON *pod, const char *list, const char *name)
{
    return named(statuses(pod, list), name);
}

const cJSON *krx_k8s_main_container(const cJSON *pod)
{
    const cJSON *all = krx_json_array(krx_json_object(pod, "spec"), "containers");
    const cJSON *found = named(all, krx_k8s_annotation(pod, DEFAULT_CONTAINER));
    if (!found)
        found = named(all, krx_k8s_label(pod, KRX_K8S_APP));
    return found ? found : cJSON_GetArrayItem(all, 0);
}

int64_t krx_k8s_pod_restarts(const cJSON *pod)
{
    const cJSON *item;
    int64_t sum = 0;
    cJSON_ArrayForEach (item, statuses(pod, "containerStatuses")) {
        int64_t count = krx_json_int(item, "restartCount", 0);
        if (count > 0 && count < INT32_MAX)
            sum += count;
    }
    return sum;
}

/* ----------------------------------------------------------------------------------- for people */

static const char *ended_words(krx_arena *arena, const char *prefix, const cJSON *terminated)
{
    const char *reason = krx_json_text(terminated, "reason");
    int64_t signal = krx_json_int(terminated, "signal", 0);
    if (*reason)
        return krx_arena_printf(arena, "%s%s", prefix, reason);
    if (signal)
        return krx_arena_printf(arena, "%sSignal:%" PRId64, prefix, signal);
    return krx_arena_printf(arena, "%sExitCode:%" PRId64, prefix, exit_code(terminated));
}

/* A container that is to run beside the others for ever is listed with those that must end. */
static bool is_sidecar(const cJSON *pod, const char *name)
{
    const cJSON *container =
        named(krx_json_array(krx_json_object(pod, "spec"), "initContainers"), name);
    return krx_streq(krx_json_text(container, "restartPolicy"), "Always");
}

/* The first of the initial containers that is not done yet, and its number; NULL when all are. */
static const cJSON *initial(const cJSON *pod, int *number)
{
    const cJSON *item;
    *number = 0;
    cJSON_ArrayForEach (item, statuses(pod, "initContainerStatuses")) {
        const cJSON *terminated = step(item, "terminated");
        bool up =
            is_sidecar(pod, krx_json_text(item, "name")) && krx_json_bool(item, "started", false);
        if (!up && !(terminated && exit_code(terminated) == 0))
            return condition_is(pod, "Initialized", "True") ? NULL : item;
        ++*number;
    }
    return NULL;
}

static const char *initial_words(krx_arena *arena, const cJSON *pod, const cJSON *item, int number)
{
    const cJSON *terminated = step(item, "terminated");
    const char *waits = krx_json_text(step(item, "waiting"), "reason");
    int all = cJSON_GetArraySize(krx_json_array(krx_json_object(pod, "spec"), "initContainers"));
    if (terminated)
        return ended_words(arena, "Init:", terminated);
    if (*waits && !krx_streq(waits, "PodInitializing"))
        return krx_arena_printf(arena, "Init:%s", waits);
    return krx_arena_printf(arena, "Init:%d/%d", number, all);
}

/* As kubectl does: the first container that is not well gives the word. */
static const char *main_words(krx_arena *arena, const cJSON *pod, const char *words)
{
    const cJSON *all = statuses(pod, "containerStatuses");
    bool runs = false;
    for (int i = cJSON_GetArraySize(all) - 1; i >= 0; i--) {
        const cJSON *item = cJSON_GetArrayItem(all, i);
        const char *waits = krx_json_text(step(item, "waiting"), "reason");
        const cJSON *terminated = step(item, "terminated");
        if (*waits)
            words = waits;
        else if (terminated)
            words = ended_words(arena, "", terminated);
        else if (krx_json_bool(item, "ready", false) && step(item, "running"))
            runs = true;
    }
    if (runs && krx_streq(words, "Completed"))
        return condition_is(pod, "Ready", "True") ? "Running" : "NotReady";
    return words;
}

static const char *with_ready(krx_arena *arena, const cJSON *pod)
{
    const cJSON *item;
    int ready = 0,
        total = cJSON_GetArraySize(krx_json_array(krx_json_object(pod, "spec"), "containers"));
    cJSON_ArrayForEach (item, statuses(pod, "containerStatuses"))
        ready += krx_json_bool(item, "ready", false);
    return krx_arena_printf(arena, "Running (%d/%d ready)", ready, total);
}

static bool node_lost(const cJSON *pod)
{
    return krx_streq(krx_json_text(status_of(pod), "reason"), "NodeLost");
}

const char *krx_k8s_pod_status(krx_arena *arena, const cJSON *pod)
{
    const char *reason = krx_json_text(status_of(pod), "reason");
    const char *words = *reason ? reason : *phase_of(pod) ? phase_of(pod) : "Pending";
    const cJSON *scheduled = condition(pod, "PodScheduled");
    int number;
    if (krx_k8s_pod_leaving(pod) && !krx_k8s_pod_ended(pod))
        return node_lost(pod) ? "Unknown" : "Terminating";
    if (krx_streq(krx_json_text(scheduled, "reason"), "SchedulingGated"))
        words = "SchedulingGated";
    const cJSON *first = initial(pod, &number);
    words = first ? initial_words(arena, pod, first, number) : main_words(arena, pod, words);
    return krx_streq(words, "Running") ? with_ready(arena, pod) : words;
}

/* --------------------------------------------------------------------------------- for programs */

static bool crashed(const cJSON *item)
{
    const cJSON *terminated = step(item, "terminated");
    return krx_streq(krx_json_text(step(item, "waiting"), "reason"), "CrashLoopBackOff") ||
           (terminated && exit_code(terminated) != 0);
}

static const char *state_while_running(const cJSON *pod)
{
    const cJSON *item;
    const char *state = "Pending";
    cJSON_ArrayForEach (item, statuses(pod, "containerStatuses")) {
        if (step(item, "running"))
            return "Running";
        if (crashed(item))
            state = "Failed";
    }
    return krx_k8s_pod_leaving(pod) ? "Stopped" : state;
}

static const char *state_word(const cJSON *pod)
{
    const char *phase = phase_of(pod);
    int number;
    if (node_lost(pod))
        return "Unknown";
    if (krx_streq(phase, "Succeeded") || krx_streq(phase, "Failed"))
        return phase;
    if (krx_streq(phase, "Running"))
        return state_while_running(pod);
    if (krx_streq(phase, "Pending") || !*phase)
        return crashed(initial(pod, &number)) ? "Failed" : "Pending";
    return "Unknown";
}

/* "Reason: message", either of which may be missing. */
static const char *both(krx_arena *arena, const char *reason, const char *message)
{
    if (!*reason || !*message)
        return *reason ? reason : *message ? message : NULL;
    return krx_arena_printf(arena, "%s: %s", reason, message);
}

static const char *why_ended(krx_arena *arena, const char *name, const cJSON *terminated)
{
    const char *reason = krx_json_text(terminated, "reason");
    const char *message = krx_json_text(terminated, "message");
    return krx_arena_printf(arena, "%s%scontainer %s ended with exit code %" PRId64 "%s%s",
                            *reason ? reason : "", *reason ? ": " : "", name, exit_code(terminated),
                            *message ? ": " : "", message);
}

/* Why one container does not run; NULL when it does, or ended well. */
static const char *why_container(krx_arena *arena, const cJSON *item)
{
    const cJSON *waiting = step(item, "waiting"), *terminated = step(item, "terminated");
    const cJSON *last = krx_json_object(krx_json_object(item, "lastState"), "terminated");
    const char *name = krx_json_text(item, "name");
    const char *reason = krx_json_text(waiting, "reason");
    if (krx_streq(reason, "CrashLoopBackOff") && last)
        return krx_arena_printf(arena, "%s: %s", reason, why_ended(arena, name, last));
    if (*reason)
        return both(arena, reason, krx_json_text(waiting, "message"));
    return terminated && exit_code(terminated) != 0 ? why_ended(arena, name, terminated) : NULL;
}

/* Those that wait for nothing in particular say least, so any other goes first. */
static const char *why_containers(krx_arena *arena, const cJSON *list)
{
    const cJSON *item;
    const char *found = NULL;
    cJSON_ArrayForEach (item, list) {
        const char *why = why_container(arena, item);
        if (!why)
            continue;
        if (!krx_streq(why, "PodInitializing") && !krx_streq(why, "ContainerCreating"))
            return why;
        found = why;
    }
    return found;
}

static const char *why_condition(krx_arena *arena, const cJSON *pod, const char *type)
{
    const cJSON *found = condition(pod, type);
    if (!krx_streq(krx_json_text(found, "status"), "False"))
        return NULL;
    return both(arena, krx_json_text(found, "reason"), krx_json_text(found, "message"));
}

static const char *find_why(krx_arena *arena, const cJSON *pod, const char *state)
{
    int number;
    const char *why = both(arena, krx_json_text(status_of(pod), "reason"),
                           krx_json_text(status_of(pod), "message"));
    if (!why)
        why = why_condition(arena, pod, "PodScheduled");
    const cJSON *first = initial(pod, &number);
    if (!why && first)
        why = why_container(arena, first);
    if (!why)
        why = why_containers(arena, statuses(pod, "containerStatuses"));
    if (!why && krx_streq(state, "Running"))
        why = why_condition(arena, pod, "Ready");
    return why;
}

const char *krx_k8s_pod_state(krx_arena *arena, const cJSON *pod, const char **why)
{
    const char *state = state_word(pod);
    bool well = krx_streq(state, "Succeeded") ||
                (krx_streq(state, "Running") && condition_is(pod, "Ready", "True"));
    *why = well ? NULL : find_why(arena, pod, state);
    return state;
}

/* -------------------------------------------------------------------------------------- probes */

static bool has_probe(const cJSON *container)
{
    return krx_json_object(container, "readinessProbe") ||
           krx_json_object(container, "livenessProbe") ||
           krx_json_object(container, "startupProbe");
}

/* Still before its startup probe, or not ready within the first delay of its readiness probe. */
static bool starting(const cJSON *container, const cJSON *status)
{
    int64_t started = krx_k8s_time(step(status, "running"), "startedAt");
    const cJSON *probe = krx_json_object(container, "readinessProbe");
    int64_t delay =
        krx_json_int(probe, "initialDelaySeconds", 0) +
        krx_json_int(probe, "periodSeconds", 10) * krx_json_int(probe, "failureThreshold", 3);
    if (!krx_json_bool(status, "started", true))
        return true;
    if (!probe || started == KRX_UNSET || delay < 0 || delay > INT32_MAX)
        return false;
    return krx_now_unix() < started + delay * KRX_NS_PER_S &&
           krx_json_int(status, "restartCount", 0) == 0;
}

const char *krx_k8s_pod_health(const cJSON *pod)
{
    const cJSON *container;
    const char *health = NULL;
    if (!krx_streq(state_word(pod), "Running"))
        return NULL;
    cJSON_ArrayForEach (container, krx_json_array(krx_json_object(pod, "spec"), "containers")) {
        const cJSON *status =
            krx_k8s_container_status(pod, "containerStatuses", krx_json_text(container, "name"));
        if (!has_probe(container))
            continue;
        if (!krx_json_bool(status, "ready", false)) {
            if (!starting(container, status))
                return "unhealthy";
            health = "starting";
        } else if (!health) {
            health = "healthy";
        }
    }
    return health;
}
