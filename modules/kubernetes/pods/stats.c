/* SPDX-License-Identifier: Apache-2.0 */
/* What pods use. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/pods/metrics.h"
#include "modules/kubernetes/pods/pods.h"

/* Who watches wants new figures sooner than who asks now and then. */
#define STREAM_INTERVAL (2 * KRX_NS_PER_S)

/* Pods of several refs, as the lists came. */
typedef struct gathering {
    krx_ptrs lists; /* cJSON arrays to be deleted */
    krx_ptrs pods;  /* those that run */
    krx_arena *arena;
} gathering;

static void gathering_free(gathering *g)
{
    for (size_t i = 0; i < g->lists.count; i++)
        cJSON_Delete(g->lists.items[i]);
    krx_arena_free(g->arena);
}

static bool known_already(const gathering *g, const cJSON *pod)
{
    for (size_t i = 0; i < g->pods.count; i++) {
        const cJSON *other = g->pods.items[i];
        if (krx_streq(krx_k8s_name(other), krx_k8s_name(pod)) &&
            krx_streq(krx_k8s_namespace_of(other), krx_k8s_namespace_of(pod)))
            return true;
    }
    return false;
}

static bool is_up(const cJSON *pod)
{
    return krx_streq(krx_json_text(krx_json_object(pod, "status"), "phase"), "Running") &&
           *krx_json_text(krx_json_object(pod, "spec"), "nodeName");
}

/* Takes the list over. Pods of a single list are different ones. */
static int32_t add_list(krx_call *call, gathering *g, cJSON *list)
{
    const cJSON *pod;
    bool first = g->lists.count == 0;
    if (krx_ptrs_add(g->arena, &g->lists, list) < 0) {
        cJSON_Delete(list);
        return krx_no_memory(call);
    }
    cJSON_ArrayForEach (pod, list) {
        if (!is_up(pod) || (!first && known_already(g, pod)))
            continue;
        if (krx_ptrs_add(g->arena, &g->pods, pod) < 0)
            return krx_no_memory(call);
    }
    return 0;
}

/* Who has rights in one namespace only gets what is there, when none is named. */
static int32_t list_ours(krx_call *call, krx_k8s_backend *backend, const char *namespace_,
                         cJSON **list)
{
    const char *usual = backend->settings.default_namespace;
    int32_t code = krx_k8s_pods_by(call, backend, namespace_, KRX_K8S_OURS, list);
    if (code != KRX_E_PERMISSION_DENIED || namespace_)
        return code;
    krx_error before = *call->error;
    (void)krx_forgive(call);
    code = krx_k8s_pods_by(call, backend, usual, KRX_K8S_OURS, list);
    if (code == KRX_E_PERMISSION_DENIED)
        *call->error = before;
    else if (!code)
        krx_log(call, KRX_LOG_WARN, "only those of namespace '%s' are shown: %s", usual,
                before.message);
    return code;
}

static int32_t gather(krx_call *call, krx_k8s_backend *backend, const krx_stats_req *req,
                      gathering *g)
{
    cJSON *list = NULL;
    int32_t code = 0;
    if (!req->refs || !req->refs[0]) {
        code = list_ours(call, backend, req->namespace_, &list);
        return code ? code : add_list(call, g, list);
    }
    for (size_t i = 0; req->refs[i] && !code; i++) {
        list = NULL;
        code = krx_k8s_pods_of(call, backend, g->arena, req->refs[i], &list);
        if (!code)
            code = add_list(call, g, list);
    }
    return code;
}

/* ------------------------------------------------------------------------------------- one item
 */

static const char *limit_text(const cJSON *container, const char *key)
{
    return krx_json_text(krx_json_object(krx_json_object(container, "resources"), "limits"), key);
}

/* A pod with a container that has no limit has none. */
static void read_limits(const cJSON *pod, krx_stats *item)
{
    const cJSON *container;
    double cpu = 0;
    double memory = 0;
    cJSON_ArrayForEach (container, krx_json_array(krx_json_object(pod, "spec"), "containers")) {
        int64_t bytes = krx_k8s_bytes_quantity(limit_text(container, "memory"));
        cpu += krx_k8s_cpu_quantity(limit_text(container, "cpu"));
        memory += bytes == KRX_UNSET ? NAN : (double)bytes;
    }
    item->cpu_limit_milli = isnan(cpu) || cpu > 1e9 ? KRX_UNSET : llround(cpu * 1000);
    item->memory_limit_bytes = isnan(memory) || memory >= 0x1p62 ? KRX_UNSET : llround(memory);
}

static int32_t emit_one(const cJSON *pod, const krx_k8s_figures *f, krx_sink *out)
{
    const char *workload = krx_k8s_label(pod, KRX_K8S_WORKLOAD);
    if (!*workload)
        workload = krx_k8s_label(pod, KRX_K8S_APP);
    krx_stats item = {.struct_size = sizeof item,
                      .instance = krx_k8s_name(pod),
                      .workload = krx_k8s_ours(pod) && *workload ? workload : NULL,
                      .namespace_ = krx_k8s_namespace_of(pod),
                      .source = f->source ? f->source : "none yet",
                      .time_ns = f->time_ns == KRX_UNSET ? krx_now_unix() : f->time_ns,
                      .cpu_total_ns = f->cpu_total_ns,
                      .cpu_cores = f->cpu_cores,
                      .memory_bytes = f->memory_bytes,
                      .memory_cache_bytes = f->cache_bytes,
                      .network_rx_bytes = f->rx_bytes,
                      .network_tx_bytes = f->tx_bytes,
                      .block_read_bytes = KRX_UNSET,
                      .block_write_bytes = KRX_UNSET,
                      .pids = f->pids};
    read_limits(pod, &item);
    return krx_emit(out, KRX_ITEM_STATS, &item);
}

/* ------------------------------------------------------------------------------------- the op */

static int32_t measure_round(krx_call *call, krx_k8s_backend *backend, const krx_stats_req *req,
                             krx_sink *out)
{
    KRX_CLEANUP(gathering_free) gathering g = {.arena = krx_arena_new()};
    int64_t max_age = backend->settings.metrics_cache_ns;
    if (req->stream && max_age > STREAM_INTERVAL)
        max_age = STREAM_INTERVAL - KRX_NS_PER_S / 2;
    if (!g.arena)
        return krx_no_memory(call);
    int32_t code = gather(call, backend, req, &g);
    if (code || !g.pods.count)
        return code;
    krx_k8s_figures *figures = krx_arena_alloc(g.arena, g.pods.count * sizeof *figures);
    if (!figures)
        return krx_no_memory(call);
    const cJSON *const *pods = (const cJSON *const *)g.pods.items;
    code = krx_k8s_measure(call, backend, pods, g.pods.count, max_age, figures);
    for (size_t i = 0; i < g.pods.count && !code; i++)
        code = emit_one(pods[i], &figures[i], out);
    return code;
}

int32_t krx_k8s_stats_op(krx_call *call, void *backend, const krx_stats_req *req, krx_sink *stats)
{
    for (;;) {
        int64_t begin = krx_now_monotonic();
        int32_t code = measure_round(call, backend, req, stats);
        if (code || !req->stream)
            return code;
        int64_t left = STREAM_INTERVAL - (krx_now_monotonic() - begin);
        if (left > 0 && (code = krx_sleep(call, left)) < 0)
            return code;
    }
}
