/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/pods/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/parallel.h"

#define SUMMARY_MAX ((size_t)64 << 20)

/* ------------------------------------------------------------------------------------ quantities
 */

static double factor_of(const char *suffix)
{
    static const struct {
        const char *suffix;
        double factor;
    } factors[] = {{"", 1},        {"n", 1e-9},    {"u", 1e-6},    {"m", 1e-3},
                   {"k", 1e3},     {"M", 1e6},     {"G", 1e9},     {"T", 1e12},
                   {"P", 1e15},    {"E", 1e18},    {"Ki", 0x1p10}, {"Mi", 0x1p20},
                   {"Gi", 0x1p30}, {"Ti", 0x1p40}, {"Pi", 0x1p50}, {"Ei", 0x1p60}};
    for (size_t i = 0; i < KRX_COUNT(factors); i++)
        if (strcmp(suffix, factors[i].suffix) == 0)
            return factors[i].factor;
    return NAN;
}

/* Digits, a point, an exponent, and a suffix. Read by hand: strtod knows more forms than these. */
double krx_k8s_cpu_quantity(const char *text)
{
    double value = 0, scale = 1;
    const char *c = text;
    if (!(*c >= '0' && *c <= '9') && *c != '.')
        return NAN;
    for (; *c >= '0' && *c <= '9'; c++)
        value = value * 10 + (*c - '0');
    if (*c == '.')
        for (c++; *c >= '0' && *c <= '9'; c++)
            value += (*c - '0') * (scale /= 10);
    if ((*c == 'e' || *c == 'E') && (c[1] == '-' || c[1] == '+' || (c[1] >= '0' && c[1] <= '9'))) {
        char *end;
        long exponent = strtol(c + 1, &end, 10);
        if (exponent < -30 || exponent > 30)
            return NAN;
        value *= pow(10, (double)exponent);
        c = end;
    }
    return value * factor_of(c);
}

int64_t krx_k8s_bytes_quantity(const char *text)
{
    double value = krx_k8s_cpu_quantity(text);
    return isnan(value) || value >= 0x1p63 ? KRX_UNSET : (int64_t)llround(value);
}

/* --------------------------------------------------------------------------------------- reading
 */

static void start_blank(krx_k8s_figures *out)
{
    *out = (krx_k8s_figures){.time_ns = KRX_UNSET,
                             .cpu_total_ns = KRX_UNSET,
                             .cpu_cores = NAN,
                             .memory_bytes = KRX_UNSET,
                             .cache_bytes = KRX_UNSET,
                             .rx_bytes = KRX_UNSET,
                             .tx_bytes = KRX_UNSET,
                             .pids = KRX_UNSET};
}

/* Sums in which a figure that is not known leaves the others. */
static void add_int(int64_t *sum, int64_t value)
{
    int64_t start = *sum == KRX_UNSET ? 0 : *sum;
    if (value != KRX_UNSET && __builtin_add_overflow(start, value, sum))
        *sum = INT64_MAX;
}

static void add_double(double *sum, double value)
{
    if (!isnan(value))
        *sum = isnan(*sum) ? value : *sum + value;
}

void krx_k8s_read_metrics(const cJSON *item, krx_k8s_figures *out)
{
    const cJSON *container;
    start_blank(out);
    out->time_ns = krx_k8s_time(item, "timestamp");
    cJSON_ArrayForEach (container, krx_json_array(item, "containers")) {
        const cJSON *usage = krx_json_object(container, "usage");
        add_double(&out->cpu_cores, krx_k8s_cpu_quantity(krx_json_text(usage, "cpu")));
        add_int(&out->memory_bytes, krx_k8s_bytes_quantity(krx_json_text(usage, "memory")));
    }
    if (!isnan(out->cpu_cores) || out->memory_bytes != KRX_UNSET)
        out->source = "metrics.k8s.io";
}

/* Of the pod as a whole, or of one of its containers. */
static void add_summary(const cJSON *part, krx_k8s_figures *out)
{
    const cJSON *cpu = krx_json_object(part, "cpu"), *memory = krx_json_object(part, "memory");
    int64_t used = krx_json_int(memory, "usageBytes", KRX_UNSET);
    int64_t set = krx_json_int(memory, "workingSetBytes", KRX_UNSET);
    add_int(&out->cpu_total_ns, krx_json_int(cpu, "usageCoreNanoSeconds", KRX_UNSET));
    add_double(&out->cpu_cores, krx_json_double(cpu, "usageNanoCores", NAN) / 1e9);
    add_int(&out->memory_bytes, set);
    if (used != KRX_UNSET && set != KRX_UNSET)
        add_int(&out->cache_bytes, used > set ? used - set : 0);
    int64_t time = krx_k8s_time(cpu, "time");
    if (time != KRX_UNSET && (out->time_ns == KRX_UNSET || time > out->time_ns))
        out->time_ns = time;
}

void krx_k8s_read_summary(const cJSON *item, krx_k8s_figures *out)
{
    const cJSON *network = krx_json_object(item, "network"), *container;
    start_blank(out);
    add_summary(item, out);
    if (out->cpu_total_ns == KRX_UNSET && out->memory_bytes == KRX_UNSET)
        cJSON_ArrayForEach (container, krx_json_array(item, "containers"))
            add_summary(container, out);
    out->rx_bytes = krx_json_int(network, "rxBytes", KRX_UNSET);
    out->tx_bytes = krx_json_int(network, "txBytes", KRX_UNSET);
    int64_t count = krx_json_int(krx_json_object(item, "process_stats"), "process_count", 0);
    out->pids = count > 0 ? count : KRX_UNSET; /* without a counter the kubelet says 0 */
    bool measured = out->cpu_total_ns > 0 || out->memory_bytes > 0;
    if (measured)
        out->source = "kubelet";
    else
        start_blank(out); /* all 0: it has only just begun */
}

/* --------------------------------------------------------------------------------------- fetching
 */

typedef struct wanted {
    const char *namespace_;
    const char *name;
    const char *node;
    const cJSON *pod;
    krx_k8s_figures *out;
} wanted;

/* One go at what was not kept. The jobs of the nodes share it; each writes what is of its pods. */
typedef struct asking {
    krx_call *call;
    krx_k8s_backend *backend;
    wanted *items; /* by namespace and name */
    size_t count;
    const char **nodes;
    krx_error *failures; /* of each node */
    size_t node_count;
} asking;

static int by_name(const void *a, const void *b)
{
    const wanted *x = a, *y = b;
    int order = strcmp(x->namespace_, y->namespace_);
    return order ? order : strcmp(x->name, y->name);
}

static wanted *find(const asking *r, const char *namespace_, const char *name)
{
    wanted key = {.namespace_ = namespace_, .name = name};
    return bsearch(&key, r->items, r->count, sizeof key, by_name);
}

/* What was not in the answer has nothing yet. */
static void keep_all(const asking *r)
{
    for (size_t i = 0; i < r->count; i++)
        krx_k8s_metrics_put(r->backend->metrics, r->items[i].pod, r->items[i].out);
}

static int32_t take_metrics(void *ctx, const cJSON *item)
{
    const asking *r = ctx;
    wanted *w = find(r, krx_k8s_namespace_of(item), krx_k8s_name(item));
    if (w)
        krx_k8s_read_metrics(item, w->out);
    return 0;
}

/* Answers 1 when the server has no Metrics API that can be used. */
static int32_t ask_metrics_api(krx_call *call, const asking *r)
{
    const wanted *first = &r->items[0], *last = &r->items[r->count - 1];
    bool one = krx_streq(first->namespace_, last->namespace_);
    krx_kube_select select = {.kind = KRX_KUBE_POD_METRICS,
                              .namespace_ = one ? first->namespace_ : NULL};
    int32_t code = krx_kube_list(call, r->backend->kube, &select, take_metrics, (void *)r, NULL);
    if (code != KRX_E_UNIMPLEMENTED && code != KRX_E_NOT_FOUND && code != KRX_E_UNAVAILABLE &&
        code != KRX_E_PERMISSION_DENIED)
        return code;
    (void)krx_forgive(call);
    krx_k8s_metrics_note_absent(r->backend->metrics);
    return 1;
}

/* ------------------------------------------------------------------------------------ by node */

static int32_t ask_node(krx_call *call, void *ctx, size_t index)
{
    asking *r = ctx;
    krx_auto_str krx_str path = {0};
    krx_auto_json cJSON *json = NULL;
    const cJSON *item;
    krx_str_addf(&path, "/api/v1/nodes/%s/proxy/stats/summary", r->nodes[index]);
    if (krx_str_failed(&path))
        return krx_no_memory(call);
    krx_kube_request request = {.path = krx_str_get(&path), .retries = 1, .limit = SUMMARY_MAX};
    int32_t code = krx_kube_call(call, r->backend->kube, &request, &json);
    if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED)
        return code;
    if (code) {
        r->failures[index] = *call->error;
        return krx_forgive(call);
    }
    cJSON_ArrayForEach (item, krx_json_array(json, "pods")) {
        const cJSON *ref = krx_json_object(item, "podRef");
        wanted *w = find(r, krx_json_text(ref, "namespace"), krx_json_text(ref, "name"));
        if (w)
            krx_k8s_read_summary(item, w->out);
    }
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int32_t list_nodes(krx_call *call, krx_arena *arena, asking *r)
{
    r->nodes = krx_arena_alloc(arena, (r->count + 1) * sizeof *r->nodes);
    if (!r->nodes)
        return krx_no_memory(call);
    for (size_t i = 0; i < r->count; i++)
        r->nodes[i] = r->items[i].node;
    qsort(r->nodes, r->count, sizeof *r->nodes, by_text);
    for (size_t i = 0; i < r->count; i++)
        if (!i || !krx_streq(r->nodes[i], r->nodes[r->node_count - 1]))
            r->nodes[r->node_count++] = r->nodes[i];
    r->failures = krx_arena_alloc(arena, r->node_count * sizeof *r->failures);
    return r->failures ? 0 : krx_no_memory(call);
}

static int32_t no_source(krx_call *call, const char *node, const krx_error *why)
{
    (void)krx_fail(call, KRX_E_METRICS_UNAVAILABLE,
                   "no figures of pods: the cluster has no Metrics API that answers, and the "
                   "summary of node %s can't be had: %.400s",
                   node, why->message);
    if (why->code == KRX_E_PERMISSION_DENIED || why->code == KRX_E_UNAUTHENTICATED)
        return krx_hint(call, "install metrics-server, or add to a ClusterRole of yours: "
                              "{apiGroups: [\"\"], resources: [nodes/proxy], verbs: [get]}");
    return krx_hint(call,
                    "install metrics-server, or see whether the kubelet answers: "
                    "kubectl get --raw /api/v1/nodes/%s/proxy/stats/summary",
                    node);
}

/* A node that does not answer costs its own pods their figures, unless none does. */
static int32_t ask_nodes(krx_call *call, krx_arena *arena, asking *r)
{
    const krx_error *failure = NULL;
    const char *node = "";
    size_t failed = 0;
    int32_t code = list_nodes(call, arena, r);
    if (!code)
        code = krx_parallel(call, r->node_count, ask_node, r);
    for (size_t i = 0; !code && i < r->node_count; i++) {
        if (!r->failures[i].code)
            continue;
        failed++;
        failure = &r->failures[i];
        node = r->nodes[i];
    }
    if (code || !failed)
        return code;
    if (failed == r->node_count)
        return no_source(call, node, failure);
    krx_log(call, KRX_LOG_WARN, "no figures from node %s: %s", node, failure->message);
    return 0;
}

/* ----------------------------------------------------------------------------------------- all */

static int32_t prepare(krx_call *call, krx_k8s_backend *backend)
{
    krx_kube *kube;
    KRX_LOCK_SCOPE(&backend->lock);
    if (!backend->metrics)
        backend->metrics = krx_k8s_metrics_new();
    return backend->metrics ? krx_k8s_kube(call, backend, &kube) : krx_no_memory(call);
}

int32_t krx_k8s_measure(krx_call *call, krx_k8s_backend *backend, const cJSON *const *pods,
                        size_t count, int64_t max_age_ns, krx_k8s_figures *out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    asking r = {.call = call, .backend = backend};
    int32_t code = prepare(call, backend);
    if (code)
        return code;
    r.items = arena ? krx_arena_alloc(arena, (count + 1) * sizeof *r.items) : NULL;
    if (!r.items)
        return krx_no_memory(call);
    for (size_t i = 0; i < count; i++) {
        start_blank(&out[i]);
        if (krx_k8s_metrics_get(backend->metrics, pods[i], max_age_ns, &out[i]))
            continue;
        r.items[r.count++] =
            (wanted){.namespace_ = krx_k8s_namespace_of(pods[i]),
                     .name = krx_k8s_name(pods[i]),
                     .node = krx_json_text(krx_json_object(pods[i], "spec"), "nodeName"),
                     .pod = pods[i],
                     .out = &out[i]};
    }
    if (!r.count)
        return 0;
    qsort(r.items, r.count, sizeof *r.items, by_name);
    bool absent = krx_k8s_metrics_absent(backend->metrics, backend->settings.metrics_cache_ns);
    code = absent ? 1 : ask_metrics_api(call, &r);
    if (code > 0)
        code = ask_nodes(call, arena, &r);
    if (!code)
        keep_all(&r);
    return code;
}
