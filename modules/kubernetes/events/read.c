/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/events/read.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"

/* --------------------------------------------------------------------------------- Event objects
 */

static const cJSON *object_of(const cJSON *event)
{
    return krx_json_object(event, "involvedObject");
}

int64_t krx_k8s_event_time(const cJSON *event)
{
    static const char *const keys[] = {"lastTimestamp", "eventTime", "firstTimestamp"};
    int64_t time = krx_k8s_time(krx_json_object(event, "series"), "lastObservedTime");
    for (size_t i = 0; i < KRX_COUNT(keys) && time == KRX_UNSET; i++)
        time = krx_k8s_time(event, keys[i]);
    return time != KRX_UNSET
               ? time
               : krx_k8s_time(krx_json_object(event, "metadata"), "creationTimestamp");
}

const char *krx_k8s_event_type(const cJSON *event)
{
    static const struct {
        const char *reason, *type;
    } types[] = {{"Created", "create"},      {"Started", "start"},        {"Killing", "kill"},
                 {"Pulling", "pull"},        {"Unhealthy", "health"},     {"OOMKilling", "oom"},
                 {"KranixDeploy", "deploy"}, {"KranixDestroy", "destroy"}};
    const char *reason = krx_json_text(event, "reason");
    for (size_t i = 0; i < KRX_COUNT(types); i++)
        if (krx_streq(reason, types[i].reason))
            return types[i].type;
    return *reason ? reason : "event";
}

/* Length of the text without "-" and a last part of `least` to `most` of these characters. */
static size_t without_part(const char *text, size_t length, const char *set, size_t least,
                           size_t most)
{
    size_t part = 0;
    while (part < length && strchr(set, text[length - part - 1]))
        part++;
    if (part < least || part > most || part + 2 > length || text[length - part - 1] != '-')
        return 0;
    return length - part - 1;
}

#define RANDOM_SET "bcdfghjklmnpqrstvwxz2456789"
#define DIGITS "0123456789"

const char *krx_k8s_event_workload(krx_arena *arena, const cJSON *event)
{
    const char *kind = krx_json_text(object_of(event), "kind");
    const char *name = krx_json_text(object_of(event), "name");
    size_t length = strlen(name), stem;
    const char *labelled = krx_k8s_label(event, KRX_K8S_WORKLOAD);
    if (*labelled)
        return labelled;
    if (krx_streq(kind, "Deployment") || krx_streq(kind, "CronJob") ||
        krx_streq(kind, "HorizontalPodAutoscaler"))
        return *name ? name : NULL;
    if (krx_streq(kind, "Pod") && !(length = without_part(name, length, RANDOM_SET, 5, 5)))
        return NULL;
    if (krx_streq(kind, "Pod") || krx_streq(kind, "Job")) {
        stem = without_part(name, length, DIGITS, 6, 12);
        if (stem || krx_streq(kind, "Job"))
            return stem ? krx_arena_strndup(arena, name, stem) : NULL;
    }
    if (!krx_streq(kind, "Pod") && !krx_streq(kind, "ReplicaSet"))
        return NULL;
    stem = without_part(name, length, RANDOM_SET, 1, 10);
    return stem ? krx_arena_strndup(arena, name, stem) : NULL;
}

const char *krx_k8s_event_pod(const cJSON *event)
{
    const char *name = krx_json_text(object_of(event), "name");
    return krx_streq(krx_json_text(object_of(event), "kind"), "Pod") && *name ? name : NULL;
}

/* ------------------------------------------------------------------------------------------- pods
 */

static bool add_ending(krx_arena *arena, krx_ptrs *list, const cJSON *status, const char *which)
{
    const cJSON *ended = krx_json_object(krx_json_object(status, which), "terminated");
    const char *reason = krx_json_text(ended, "reason");
    if (krx_k8s_time(ended, "finishedAt") == KRX_UNSET)
        return true; /* also one that the kubelet lost sight of */
    krx_k8s_ending *e = krx_arena_new_of(arena, krx_k8s_ending);
    if (!e)
        return false;
    e->container = krx_json_text(status, "name");
    e->time_ns = krx_k8s_time(ended, "finishedAt");
    e->exit_code = krx_json_int(ended, "exitCode", 0);
    e->oom = krx_streq(reason, "OOMKilled");
    e->key = krx_arena_printf(arena, "%s/%s/%s", e->container, krx_json_text(ended, "containerID"),
                              krx_json_text(ended, "finishedAt"));
    e->message =
        krx_arena_printf(arena, "container %s ended with exit code %" PRId64 "%s%s%s", e->container,
                         e->exit_code, *reason ? " (" : "", reason, *reason ? ")" : "");
    return e->key && e->message && krx_ptrs_add(arena, list, e) == 0;
}

const krx_k8s_ending *const *krx_k8s_endings(krx_arena *arena, const cJSON *pod)
{
    krx_ptrs list = {0};
    const cJSON *status;
    cJSON_ArrayForEach (status,
                        krx_json_array(krx_json_object(pod, "status"), "containerStatuses")) {
        if (!add_ending(arena, &list, status, "lastState") ||
            !add_ending(arena, &list, status, "state"))
            return NULL;
    }
    return (const krx_k8s_ending *const *)krx_ptrs_end(arena, &list);
}

/* ------------------------------------------------------------------------------------------ names
 */

#define BUCKETS 1024u
#define NAMES_MAX 100000u

struct krx_k8s_name_entry {
    struct krx_k8s_name_entry *next;
    const char *scope;
    const char *name;
};

static uint32_t bucket_of(const char *scope, const char *name)
{
    uint32_t hash = 2166136261u;
    for (const char *c = scope; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    hash = (hash ^ '/') * 16777619u;
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    return hash % BUCKETS;
}

bool krx_k8s_names_has(const krx_k8s_names *names, const char *scope, const char *name)
{
    const struct krx_k8s_name_entry *e =
        names->buckets ? names->buckets[bucket_of(scope, name)] : NULL;
    while (e && (strcmp(e->name, name) != 0 || strcmp(e->scope, scope) != 0))
        e = e->next;
    return e != NULL;
}

bool krx_k8s_names_add(krx_k8s_names *names, const char *scope, const char *name)
{
    if (krx_k8s_names_has(names, scope, name) || names->count >= NAMES_MAX)
        return false;
    if (!names->buckets)
        names->buckets =
            krx_arena_alloc(names->arena, BUCKETS * sizeof(struct krx_k8s_name_entry *));
    struct krx_k8s_name_entry *e = krx_arena_new_of(names->arena, struct krx_k8s_name_entry);
    if (!names->buckets || !e)
        return false;
    e->scope = krx_arena_strdup(names->arena, scope);
    e->name = krx_arena_strdup(names->arena, name);
    if (!e->scope || !e->name)
        return false;
    struct krx_k8s_name_entry **slot = &names->buckets[bucket_of(scope, name)];
    e->next = *slot;
    *slot = e;
    names->count++;
    return true;
}
