/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened to what is ours: the cluster's Event objects, and the ends of containers, which
 * have no Event. Event objects have no labels: whose they are is known by the names of their
 * objects, from the workloads that there are and from the notes that we left about others.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/events/queue.h"
#include "modules/kubernetes/events/read.h"

#define KEPT_MAX 100000u

static const char *const object_members[] = {"metadata/name", "metadata/namespace", NULL};
static const char *const event_members[] = {"metadata/name",   "metadata/namespace",
                                            "metadata/labels", "metadata/creationTimestamp",
                                            "involvedObject",  "reason",
                                            "message",         "lastTimestamp",
                                            "firstTimestamp",  "eventTime",
                                            "series",          NULL};
static const char *const pod_members[] = {"metadata/name", "metadata/namespace", "metadata/labels",
                                          "status/containerStatuses", NULL};

typedef struct reader {
    krx_call *call;
    krx_k8s_backend *backend;
    krx_arena *arena;
    krx_sink *out;
    int64_t since_ns; /* KRX_UNSET: nothing of the past */
    int64_t until_ns;
    int64_t latest_ns;     /* of what was told */
    krx_k8s_names ours;    /* namespace, workload */
    krx_k8s_names foreign; /* namespace, workload: looked up in vain */
    krx_k8s_names ends;    /* namespace/pod, ending */
    krx_ptrs kept;         /* krx_event of the past */
} reader;

/* ------------------------------------------------------------------------------------ one event */

static krx_event *event_of(krx_arena *arena, const cJSON *json)
{
    krx_event *e = krx_arena_new_of(arena, krx_event);
    if (!e)
        return NULL;
    *e =
        (krx_event){.struct_size = sizeof *e,
                    .time_ns = krx_k8s_event_time(json),
                    .type = krx_arena_strdup(arena, krx_k8s_event_type(json)),
                    .instance = krx_arena_strdup(arena, krx_k8s_event_pod(json)),
                    .workload = krx_arena_strdup(arena, krx_k8s_event_workload(arena, json)),
                    .namespace_ = krx_arena_strdup(
                        arena, krx_json_text(krx_json_object(json, "involvedObject"), "namespace")),
                    .exit_code = KRX_UNSET,
                    .message = krx_arena_strdup(arena, krx_json_text(json, "message"))};
    return e->type && e->namespace_ && e->message ? e : NULL;
}

static krx_event *event_of_end(krx_arena *arena, const cJSON *pod, const krx_k8s_ending *end,
                               const char *type)
{
    krx_event *e = krx_arena_new_of(arena, krx_event);
    const char *workload = krx_k8s_label(pod, KRX_K8S_WORKLOAD);
    if (!*workload)
        workload = krx_k8s_label(pod, KRX_K8S_APP);
    if (!e)
        return NULL;
    *e = (krx_event){.struct_size = sizeof *e,
                     .time_ns = end ? end->time_ns : krx_now_unix(),
                     .type = type,
                     .instance = krx_arena_strdup(arena, krx_k8s_name(pod)),
                     .workload = krx_arena_strdup(arena, workload),
                     .namespace_ = krx_arena_strdup(arena, krx_k8s_namespace_of(pod)),
                     .exit_code = end ? end->exit_code : KRX_UNSET,
                     .message = end ? krx_arena_strdup(arena, end->message) : "the pod is gone"};
    return e->instance && e->workload && e->namespace_ && e->message ? e : NULL;
}

static int32_t tell(reader *r, const krx_event *e)
{
    if (e->time_ns > r->latest_ns)
        r->latest_ns = e->time_ns;
    return krx_emit(r->out, KRX_ITEM_EVENT, e);
}

/* ------------------------------------------------------------------------------------- the past */

static bool in_window(const reader *r, int64_t time_ns)
{
    return r->since_ns != KRX_UNSET && time_ns != KRX_UNSET && time_ns >= r->since_ns &&
           (r->until_ns == KRX_UNSET || time_ns <= r->until_ns);
}

static int32_t keep(reader *r, const krx_event *e)
{
    if (!e)
        return krx_no_memory(r->call);
    if (!e->workload || !in_window(r, e->time_ns))
        return 0;
    if (r->kept.count >= KEPT_MAX)
        return krx_fail(r->call, KRX_E_RESOURCE_EXHAUSTED,
                        "there are more than %u events: name a later time to begin with", KEPT_MAX);
    return krx_ptrs_add(r->arena, &r->kept, e) < 0 ? krx_no_memory(r->call) : 0;
}

static int32_t note_workload(void *ctx, const cJSON *object)
{
    reader *r = ctx;
    (void)krx_k8s_names_add(&r->ours, krx_k8s_namespace_of(object), krx_k8s_name(object));
    return 0;
}

/* Notes that we left tell of workloads that are gone. */
static void learn(reader *r, const cJSON *event)
{
    const char *workload = krx_k8s_label(event, KRX_K8S_WORKLOAD);
    if (krx_k8s_ours(event) && *workload)
        (void)krx_k8s_names_add(&r->ours, krx_k8s_namespace_of(event), workload);
}

static int32_t keep_event(void *ctx, const cJSON *json)
{
    reader *r = ctx;
    learn(r, json);
    return in_window(r, krx_k8s_event_time(json)) ? keep(r, event_of(r->arena, json)) : 0;
}

/* An end that was not told before; *out is in the arena. */
static bool is_new_end(reader *r, const cJSON *pod, const krx_k8s_ending *end)
{
    krx_auto_str krx_str scope = {0};
    krx_str_addf(&scope, "%s/%s", krx_k8s_namespace_of(pod), krx_k8s_name(pod));
    return !krx_str_failed(&scope) && krx_k8s_names_add(&r->ends, krx_str_get(&scope), end->key);
}

static int32_t keep_ends(void *ctx, const cJSON *pod)
{
    reader *r = ctx;
    const krx_k8s_ending *const *ends = krx_k8s_endings(r->arena, pod);
    int32_t code = ends ? 0 : krx_no_memory(r->call);
    for (size_t i = 0; !code && ends[i]; i++) {
        if (!is_new_end(r, pod, ends[i]))
            continue;
        if (ends[i]->oom)
            code = keep(r, event_of_end(r->arena, pod, ends[i], "oom"));
        if (!code)
            code = keep(r, event_of_end(r->arena, pod, ends[i], "die"));
    }
    return code;
}

static int by_time(const void *a, const void *b)
{
    const krx_event *x = *(krx_event *const *)a, *y = *(krx_event *const *)b;
    return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

static int32_t tell_past(reader *r)
{
    int32_t code = 0;
    if (r->kept.count)
        qsort(r->kept.items, r->kept.count, sizeof *r->kept.items, by_time);
    for (size_t i = 0; i < r->kept.count && !code; i++) {
        const krx_event *e = r->kept.items[i];
        if (krx_k8s_names_has(&r->ours, e->namespace_, e->workload))
            code = tell(r, e);
    }
    return code;
}

/* Where the watches go on is told by the lists of Events and pods. */
static int32_t read_past(reader *r, krx_kube *kube, const char *namespace_, char **event_version,
                         char **pod_version)
{
    const struct {
        krx_kube_kind kind;
        const char *labels;
        const char *const *members;
        krx_kube_item_fn *fn;
        char **version;
    } lists[] = {{KRX_KUBE_DEPLOYMENT, KRX_K8S_OURS, object_members, note_workload, NULL},
                 {KRX_KUBE_CRON_JOB, KRX_K8S_OURS, object_members, note_workload, NULL},
                 {KRX_KUBE_EVENT, NULL, event_members, keep_event, event_version},
                 {KRX_KUBE_POD, KRX_K8S_OURS, pod_members, keep_ends, pod_version}};
    int32_t code = 0;
    for (size_t i = 0; i < KRX_COUNT(lists) && !code; i++) {
        krx_kube_select select = {.kind = lists[i].kind,
                                  .namespace_ = namespace_,
                                  .label_selector = lists[i].labels,
                                  .keep = lists[i].members};
        code = krx_kube_list(r->call, kube, &select, lists[i].fn, r, lists[i].version);
    }
    return code ? code : tell_past(r);
}

/* ---------------------------------------------------------------------------------- from now on */

/* Of a workload that was not there before: asks, once for each name. */
static int32_t is_ours(reader *r, const char *namespace_, const char *workload, bool *ours)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_k8s_found krx_k8s_found found = {0};
    krx_ref ref = {.struct_size = sizeof ref, .workload = workload, .namespace_ = namespace_};
    *ours = krx_k8s_names_has(&r->ours, namespace_, workload);
    if (*ours || krx_k8s_names_has(&r->foreign, namespace_, workload))
        return 0;
    if (!arena)
        return krx_no_memory(r->call);
    int32_t code = krx_k8s_find(r->call, r->backend, arena, &ref, &found);
    if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED)
        return code;
    *ours = !code && found.object;
    if (!code)
        (void)krx_k8s_names_add(*ours ? &r->ours : &r->foreign, namespace_, workload);
    return code ? krx_forgive(r->call) : 0;
}

static int32_t tell_event(reader *r, const krx_k8s_news *news)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    bool ours;
    learn(r, news->object);
    const krx_event *e = arena ? event_of(arena, news->object) : NULL;
    if (!e)
        return krx_no_memory(r->call);
    bool told_before = news->change == KRX_KUBE_PRESENT && e->time_ns <= r->latest_ns;
    if (news->change == KRX_KUBE_DELETED || told_before || !e->workload || e->time_ns == KRX_UNSET)
        return 0;
    int32_t code = is_ours(r, e->namespace_, e->workload, &ours);
    return code || !ours ? code : tell(r, e);
}

static int32_t tell_ends(reader *r, const krx_k8s_news *news)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const krx_k8s_ending *const *ends = arena ? krx_k8s_endings(arena, news->object) : NULL;
    int32_t code = ends ? 0 : krx_no_memory(r->call);
    for (size_t i = 0; !code && ends[i]; i++) {
        if (!is_new_end(r, news->object, ends[i]))
            continue;
        const krx_event *oom = event_of_end(arena, news->object, ends[i], "oom");
        const krx_event *die = event_of_end(arena, news->object, ends[i], "die");
        if (!oom || !die)
            return krx_no_memory(r->call);
        code = ends[i]->oom ? tell(r, oom) : 0;
        if (!code)
            code = tell(r, die);
    }
    if (code || news->change != KRX_KUBE_DELETED)
        return code;
    const krx_event *gone = event_of_end(arena, news->object, NULL, "destroy");
    return gone ? tell(r, gone) : krx_no_memory(r->call);
}

static int32_t on_news(void *ctx, const krx_k8s_news *news)
{
    reader *r = ctx;
    if (news->change == KRX_KUBE_LOST)
        krx_log(r->call, KRX_LOG_INFO, "the API server can't be reached: trying on");
    if (!news->object)
        return 0;
    return news->kind == KRX_KUBE_EVENT ? tell_event(r, news) : tell_ends(r, news);
}

static int32_t follow(reader *r, const char *namespace_, char *event_version, char *pod_version)
{
    krx_k8s_watched watches[] = {
        {.select = {.kind = KRX_KUBE_EVENT, .namespace_ = namespace_, .keep = event_members},
         .version = event_version},
        {.select = {.kind = KRX_KUBE_POD,
                    .namespace_ = namespace_,
                    .label_selector = KRX_K8S_OURS,
                    .keep = pod_members},
         .version = pod_version}};
    return krx_k8s_watch_all(r->call, r->backend, watches, KRX_COUNT(watches), r->until_ns, on_news,
                             r);
}

/* -------------------------------------------------------------------------------------- the op */

int32_t krx_k8s_events_op(krx_call *call, void *backend, const krx_events_req *req, krx_sink *event)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_autofree char *event_version = NULL, *pod_version = NULL;
    krx_kube *kube;
    const char *namespace_ =
        krx_k8s_list_namespace(backend, req->namespace_, req->namespace_implied);
    reader r = {.call = call,
                .backend = backend,
                .arena = arena,
                .out = event,
                .since_ns = req->since_ns > 0 ? req->since_ns
                            : req->follow     ? KRX_UNSET
                                              : 0,
                .until_ns = req->until_ns > 0 ? req->until_ns : KRX_UNSET,
                .latest_ns = krx_now_unix() / KRX_NS_PER_S * KRX_NS_PER_S,
                .ours.arena = arena,
                .foreign.arena = arena,
                .ends.arena = arena};
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_k8s_kube(call, backend, &kube);
    if (!code)
        code = read_past(&r, kube, namespace_, &event_version, &pod_version);
    if (code || !req->follow)
        return code;
    return follow(&r, namespace_, event_version, pod_version);
}
