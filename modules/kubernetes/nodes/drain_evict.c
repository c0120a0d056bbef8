/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for evictions, which disruption budgets may put off. */
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/nodes/drain.h"

#define BUDGET_PAUSE_NS (2 * KRX_NS_PER_S)

void krx_k8s_drain_say(const krx_k8s_drain *drain, const krx_k8s_leaving *pod, bool done,
                       const char *text)
{
    krx_autofree char *id = krx_format("%s/%s", pod->namespace_, pod->name);
    krx_progress item = {.struct_size = sizeof item,
                         .done = done,
                         .phase = "drain",
                         .id = id,
                         .text = text,
                         .current = (int64_t)drain->gone,
                         .total = (int64_t)drain->pods.count,
                         .unit = "pods"};
    if (id && drain->call->progress)
        (void)krx_emit(drain->call->progress, KRX_ITEM_PROGRESS, &item);
}

int32_t krx_k8s_drain_find_eviction(krx_k8s_drain *drain)
{
    krx_auto_json cJSON *core = NULL;
    krx_kube_request request = {.path = "/api/v1"};
    const cJSON *resource;
    int32_t code = krx_kube_call(drain->call, drain->kube, &request, &core);
    if (code < 0)
        return code;
    cJSON_ArrayForEach (resource, krx_json_array(core, "resources")) {
        const char *version = krx_json_text(resource, "version");
        if (!krx_streq(krx_json_text(resource, "name"), "pods/eviction"))
            continue;
        drain->eviction_api =
            krx_arena_printf(drain->arena, "policy/%s", *version ? version : "v1beta1");
        return drain->eviction_api ? 0 : krx_no_memory(drain->call);
    }
    return krx_fail(drain->call, KRX_E_UNSUPPORTED,
                    "%s has no eviction, which keeps to disruption budgets",
                    krx_kube_label(drain->kube));
}

static cJSON *make_eviction(const krx_k8s_drain *d, const krx_k8s_leaving *pod)
{
    krx_json_maker maker = {0};
    krx_auto_json cJSON *body = cJSON_CreateObject();
    krx_json_add_text(&maker, body, "apiVersion", d->eviction_api);
    krx_json_add_text(&maker, body, "kind", "Eviction");
    cJSON *meta = krx_json_add_object(&maker, body, "metadata");
    krx_json_add_text(&maker, meta, "name", pod->name);
    krx_json_add_text(&maker, meta, "namespace", pod->namespace_);
    cJSON *options = krx_json_add_object(&maker, body, "deleteOptions");
    krx_json_add_int(&maker, options, "gracePeriodSeconds", d->grace_seconds);
    /* never its successor of the same name */
    cJSON *only = krx_json_add_object(&maker, options, "preconditions");
    krx_json_add_text(&maker, only, "uid", pod->uid);
    return !body || maker.failed ? NULL : krx_move_ptr(body);
}

/* The part of the server's text that says what is in the way; the pod is named beside it. */
static const char *reason_in(const char *text)
{
    const char *budget = strstr(text, "The disruption budget ");
    const char *place = strstr(text, " in namespace ");
    const char *rest = place ? strstr(place, ": ") : NULL;
    return budget ? budget : rest ? rest + 2 : text;
}

static void put_off(const krx_k8s_drain *d, krx_k8s_leaving *pod)
{
    const char *why = reason_in(d->call->error->message);
    pod->next_try_ns = krx_now_monotonic() + BUDGET_PAUSE_NS;
    if (!krx_streq(pod->why, why)) {
        free(pod->why);
        pod->why = strdup(why);
        krx_k8s_drain_say(d, pod, false, pod->why);
    }
    (void)krx_forgive(d->call);
}

/* What an answer means that is not yes. 0: try again later, or never. */
static int32_t refused(const krx_k8s_drain *d, krx_k8s_leaving *pod, int32_t code, int32_t status)
{
    bool ending = status == 403 && strstr(d->call->error->message, "being terminated");
    if (status == 404 || status == 409) { /* gone, or another of the name: the next look tells */
        pod->next_try_ns = krx_now_monotonic() + BUDGET_PAUSE_NS;
        return krx_forgive(d->call);
    }
    if (status == 500 && strstr(d->call->error->message, "more than one PodDisruptionBudget"))
        pod->hopeless = true; /* evictions know of one only */
    else if (status != 429 && status / 100 != 5 && !ending && (status || code != KRX_E_UNAVAILABLE))
        return krx_wrap(d->call, "evicting pod %s/%s", pod->namespace_, pod->name);
    put_off(d, pod);
    return 0;
}

static int32_t evict(krx_k8s_drain *d, krx_k8s_leaving *pod)
{
    int32_t status = 0;
    krx_auto_json cJSON *body = make_eviction(d, pod);
    if (!body)
        return krx_no_memory(d->call);
    krx_kube_request request = {.method = "POST",
                                .ref = {.kind = KRX_KUBE_POD,
                                        .namespace_ = pod->namespace_,
                                        .name = pod->name,
                                        .subresource = "eviction"},
                                .json = body,
                                .status = &status};
    int32_t code = krx_kube_call(d->call, d->kube, &request, NULL);
    if (code < 0) {
        krx_error kept = *d->call->error;
        int32_t ended = krx_check(d->call);
        if (ended < 0)
            return ended;
        *d->call->error = kept;
        return refused(d, pod, code, status);
    }
    pod->stopping = true;
    krx_k8s_drain_say(d, pod, false, "evicted, stopping");
    return 0;
}

int32_t krx_k8s_drain_evict(krx_k8s_drain *drain)
{
    for (size_t i = 0; i < drain->pods.count; i++) {
        krx_k8s_leaving *pod = drain->pods.items[i];
        if (!pod->present || pod->stopping || pod->hopeless ||
            pod->next_try_ns > krx_now_monotonic())
            continue;
        int32_t code = evict(drain, pod);
        if (code < 0)
            return code;
    }
    return 0;
}
