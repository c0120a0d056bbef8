/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/lifecycle/scale.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/clock.h"

/* ---------------------------------------------------------------------------- on the object alone
 */

bool krx_k8s_has_count(krx_kube_kind kind)
{
    return kind == KRX_KUBE_DEPLOYMENT || kind == KRX_KUBE_STATEFUL_SET ||
           kind == KRX_KUBE_REPLICA_SET || kind == KRX_KUBE_REPLICATION_CONTROLLER;
}

static const cJSON *spec_of(const cJSON *object)
{
    return krx_json_object(object, "spec");
}

int64_t krx_k8s_count(const cJSON *object)
{
    return krx_json_int(spec_of(object), "replicas", 1);
}

bool krx_k8s_is_down(krx_kube_kind kind, const cJSON *object)
{
    return krx_k8s_has_count(kind) ? krx_k8s_count(object) == 0
                                   : krx_json_bool(spec_of(object), "suspend", false);
}

int64_t krx_k8s_remembered(const cJSON *object)
{
    const char *text = krx_k8s_annotation(object, KRX_K8S_REPLICAS);
    char *end;
    long long count = strtoll(text, &end, 10);
    return *text && !*end && count > 0 && count <= INT32_MAX ? count : KRX_UNSET;
}

/* The member as an object, made when it is missing. */
static cJSON *part(cJSON *object, const char *key)
{
    cJSON *found = cJSON_GetObjectItemCaseSensitive(object, key);
    if (cJSON_IsObject(found))
        return found;
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    return cJSON_AddObjectToObject(object, key);
}

static bool put(cJSON *object, const char *key, cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    if (object && value && cJSON_AddItemToObject(object, key, value))
        return true;
    cJSON_Delete(value);
    return false;
}

bool krx_k8s_set_annotation(cJSON *object, const char *key, const char *value)
{
    cJSON *annotations = part(part(object, "metadata"), "annotations");
    if (value)
        return put(annotations, key, cJSON_CreateString(value));
    cJSON_DeleteItemFromObjectCaseSensitive(annotations, key);
    return annotations != NULL;
}

static bool set_wanted(krx_kube_kind kind, cJSON *object, int64_t count)
{
    cJSON *spec = part(object, "spec");
    return krx_k8s_has_count(kind) ? put(spec, "replicas", cJSON_CreateNumber((double)count))
                                   : put(spec, "suspend", cJSON_CreateBool(count == 0));
}

bool krx_k8s_bring_down(krx_kube_kind kind, cJSON *object, const char *by)
{
    char text[24];
    bool done = true;
    if (krx_k8s_has_count(kind) && !krx_k8s_is_down(kind, object)) {
        (void)snprintf(text, sizeof text, "%" PRId64, krx_k8s_count(object));
        done = krx_k8s_set_annotation(object, KRX_K8S_REPLICAS, text);
    }
    return done && krx_k8s_set_annotation(object, KRX_K8S_STOPPED, by) &&
           set_wanted(kind, object, 0);
}

bool krx_k8s_bring_up(krx_kube_kind kind, cJSON *object, int64_t count)
{
    return krx_k8s_set_annotation(object, KRX_K8S_REPLICAS, NULL) &&
           krx_k8s_set_annotation(object, KRX_K8S_STOPPED, NULL) && set_wanted(kind, object, count);
}

const char *krx_k8s_object_text(krx_arena *arena, krx_kube_kind kind, const cJSON *object)
{
    return krx_arena_printf(arena, "%s/%s", krx_kube_kind_name(kind), krx_k8s_name(object));
}

/* -------------------------------------------------------------------------------------- the count
 */

typedef struct scaler_search {
    const char *kind;
    const char *name;
    int64_t least;
} scaler_search;

static int32_t look_at_scaler(void *ctx, const cJSON *item)
{
    scaler_search *s = ctx;
    const cJSON *target = krx_json_object(spec_of(item), "scaleTargetRef");
    if (krx_streq(krx_json_text(target, "kind"), s->kind) &&
        krx_streq(krx_json_text(target, "name"), s->name))
        s->least = krx_json_int(spec_of(item), "minReplicas", 1);
    return 0;
}

int32_t krx_k8s_count_to_return(krx_call *call, krx_k8s_backend *backend, krx_kube_kind kind,
                                const cJSON *object, int64_t *count)
{
    krx_kube *kube;
    const char *spec_text = krx_k8s_annotation(object, KRX_K8S_SPEC);
    scaler_search search = {
        .kind = krx_kube_kind_name(kind), .name = krx_k8s_name(object), .least = 1};
    krx_kube_select select = {.kind = KRX_KUBE_HPA, .namespace_ = krx_k8s_namespace_of(object)};
    *count = krx_k8s_remembered(object);
    if (*count != KRX_UNSET)
        return 0;
    krx_auto_json cJSON *spec = *spec_text ? cJSON_Parse(spec_text) : NULL;
    *count = krx_json_int(spec, "replicas", 0);
    if (*count > 0)
        return 0;
    int32_t code = krx_k8s_kube(call, backend, &kube);
    if (!code)
        code = krx_kube_list(call, kube, &select, look_at_scaler, &search, NULL);
    if (code == KRX_E_UNIMPLEMENTED || code == KRX_E_PERMISSION_DENIED)
        code = krx_forgive(call);
    *count = search.least > 0 ? search.least : 1;
    return code;
}

/* ------------------------------------------------------------------------------------------ waits
 */

#define FIRST_PAUSE (100 * KRX_NS_PER_MS)
#define LONGEST_PAUSE KRX_NS_PER_S

static int32_t pause_longer(krx_call *call, int64_t *pause)
{
    int32_t code = krx_sleep(call, *pause);
    *pause = *pause * 3 / 2 < LONGEST_PAUSE ? *pause * 3 / 2 : LONGEST_PAUSE;
    return code < 0 ? code : 0;
}

/* The call ended while waiting: says for what. */
static int32_t gave_up(krx_call *call, const char *text, const char *what, const char *why)
{
    if (call->error->code != KRX_E_DEADLINE_EXCEEDED)
        return call->error->code;
    return krx_fail(call, KRX_E_DEADLINE_EXCEEDED, "%s: waiting until %s took too long%s%s", text,
                    what, *why ? ": " : "", why);
}

static void tell_count(krx_call *call, const char *phase, int64_t done, int64_t total)
{
    krx_progress item = {.struct_size = sizeof item,
                         .phase = phase,
                         .current = done,
                         .total = total,
                         .unit = "instances"};
    if (call->progress)
        (void)krx_emit(call->progress, KRX_ITEM_PROGRESS, &item);
}

int32_t krx_k8s_wait_gone(krx_call *call, krx_k8s_backend *backend, const char *namespace_,
                          const char *selector, const char *text)
{
    int64_t pause = FIRST_PAUSE, most = 0, told = -1;
    for (;;) {
        krx_auto_json cJSON *pods = NULL;
        const cJSON *pod;
        char why[160] = "";
        int64_t left = 0;
        int32_t code = krx_k8s_pods_by(call, backend, namespace_, selector, &pods);
        if (code)
            return gave_up(call, text, "its pods are gone", "");
        cJSON_ArrayForEach (pod, pods) {
            if (krx_k8s_pod_ended(pod))
                continue;
            if (!left++)
                (void)snprintf(why, sizeof why, "pod %s is still there", krx_k8s_name(pod));
        }
        most = left > most ? left : most;
        if (left != told && most)
            tell_count(call, "stop", most - left, most);
        told = left;
        if (!left)
            return 0;
        if (pause_longer(call, &pause) < 0)
            return gave_up(call, text, "its pods are gone", why);
    }
}

/* Reasons that do not go away by waiting. */
static bool is_stuck(const cJSON *pod)
{
    static const char *const reasons[] = {"ImagePullBackOff",           "CrashLoopBackOff",
                                          "InvalidImageName",           "ErrImageNeverPull",
                                          "CreateContainerConfigError", "Init:ImagePullBackOff",
                                          "Init:CrashLoopBackOff"};
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const char *words = arena ? krx_k8s_pod_status(arena, pod) : NULL;
    for (size_t i = 0; words && i < KRX_COUNT(reasons); i++)
        if (krx_streq(words, reasons[i]))
            return true;
    return false;
}

/* How many run. *odd gets one that does not. */
static int64_t count_running(krx_arena *arena, const cJSON *pods, const cJSON **odd,
                             const char **why)
{
    const cJSON *pod;
    int64_t running = 0;
    *odd = NULL;
    *why = NULL;
    cJSON_ArrayForEach (pod, pods) {
        const char *reason;
        if (krx_k8s_pod_leaving(pod) || krx_k8s_pod_ended(pod))
            continue;
        if (krx_streq(krx_k8s_pod_state(arena, pod, &reason), "Running")) {
            running++;
        } else if (!*odd || is_stuck(pod)) {
            *odd = pod;
            *why = reason;
        }
    }
    return running;
}

int32_t krx_k8s_wait_running(krx_call *call, krx_k8s_backend *backend, const char *namespace_,
                             const char *selector, int64_t count, const char *text)
{
    int64_t pause = FIRST_PAUSE, told = -1;
    for (;;) {
        krx_auto_arena krx_arena *arena = krx_arena_new();
        krx_auto_json cJSON *pods = NULL;
        const cJSON *odd;
        const char *why;
        if (!arena)
            return krx_no_memory(call);
        int32_t code = krx_k8s_pods_by(call, backend, namespace_, selector, &pods);
        if (code)
            return gave_up(call, text, "its pods run", "");
        int64_t running = count_running(arena, pods, &odd, &why);
        if (running != told)
            tell_count(call, "start", running, count);
        told = running;
        if (running >= count)
            return 0;
        if (odd && is_stuck(odd)) {
            (void)krx_fail(call, KRX_E_FAILED_PRECONDITION,
                           "%s was started, but pod %s does not run: %s", text, krx_k8s_name(odd),
                           why ? why : "no reason given");
            return krx_hint(call, "kranix logs and kranix events tell more; mend the spec and "
                                  "deploy it again");
        }
        if (pause_longer(call, &pause) < 0)
            return gave_up(call, text, "its pods run", why ? why : "");
    }
}

int32_t krx_k8s_wait_pod_gone(krx_call *call, krx_k8s_backend *backend, const cJSON *pod)
{
    krx_kube *kube;
    int64_t pause = FIRST_PAUSE;
    const char *uid = krx_json_text(krx_json_object(pod, "metadata"), "uid");
    krx_kube_ref ref = {
        .kind = KRX_KUBE_POD, .namespace_ = krx_k8s_namespace_of(pod), .name = krx_k8s_name(pod)};
    int32_t code = krx_k8s_kube(call, backend, &kube);
    while (!code) {
        krx_auto_json cJSON *now = NULL;
        code = krx_kube_look(call, kube, &ref, &now);
        if (!code &&
            (!now || !krx_streq(krx_json_text(krx_json_object(now, "metadata"), "uid"), uid)))
            return 0;
        if (!code)
            code = pause_longer(call, &pause);
    }
    return gave_up(call, krx_k8s_name(pod), "the pod is gone", "");
}
