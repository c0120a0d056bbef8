/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/containers/stats.h"

#include <math.h>

#include "lib/base/clock.h"
#include "lib/base/parallel.h"
#include "lib/base/units.h"

/* ------------------------------------------------------------------------------------ arithmetic
 */

static int64_t cpu_count(const cJSON *cpu)
{
    int64_t online = krx_json_int(cpu, "online_cpus", 0);
    if (online > 0)
        return online;
    int listed =
        cJSON_GetArraySize(krx_json_array(krx_json_object(cpu, "cpu_usage"), "percpu_usage"));
    return listed > 0 ? listed : 1;
}

static double cores_used(const cJSON *json)
{
    const cJSON *now = krx_json_object(json, "cpu_stats");
    const cJSON *before = krx_json_object(json, "precpu_stats");
    double used = krx_json_double(krx_json_object(now, "cpu_usage"), "total_usage", 0) -
                  krx_json_double(krx_json_object(before, "cpu_usage"), "total_usage", 0);
    double first = krx_json_double(before, "system_cpu_usage", 0);
    double passed = krx_json_double(now, "system_cpu_usage", 0) - first;
    if (first <= 0)
        return NAN; /* a first sample: nothing to compare with */
    return used > 0 && passed > 0 ? used / passed * (double)cpu_count(now) : 0;
}

/* File pages that could be dropped any time are no use of memory; named by cgroup version. */
static int64_t page_cache(const cJSON *memory)
{
    const cJSON *stats = krx_json_object(memory, "stats");
    int64_t cache = krx_json_int(stats, "total_inactive_file", -1);
    if (cache < 0)
        cache = krx_json_int(stats, "inactive_file", 0);
    return cache > 0 ? cache : 0;
}

/* Figures are the engine's: any number may come. */
static int64_t add(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t sum_network(const cJSON *networks, const char *key)
{
    const cJSON *network;
    int64_t sum = networks ? 0 : KRX_UNSET;
    cJSON_ArrayForEach (network, networks)
        sum = add(sum, krx_json_int(network, key, 0));
    return sum;
}

static int64_t sum_block(const cJSON *json, const char *operation)
{
    const cJSON *item;
    int64_t sum = 0;
    const cJSON *list =
        krx_json_array(krx_json_object(json, "blkio_stats"), "io_service_bytes_recursive");
    cJSON_ArrayForEach (item, list) {
        if (krx_strcaseeq(krx_json_text(item, "op"), operation))
            sum = add(sum, krx_json_int(item, "value", 0));
    }
    return list ? sum : KRX_UNSET;
}

void krx_dk_stats_read(const cJSON *json, krx_stats *out)
{
    const cJSON *memory = krx_json_object(json, "memory_stats");
    const cJSON *networks = krx_json_object(json, "networks");
    int64_t usage = krx_json_int(memory, "usage", KRX_UNSET);
    *out = (krx_stats){.struct_size = sizeof *out, .source = "docker"};
    if (!krx_time_parse(krx_json_text(json, "read"), &out->time_ns))
        out->time_ns = krx_now_unix();
    out->cpu_total_ns = krx_json_int(
        krx_json_object(krx_json_object(json, "cpu_stats"), "cpu_usage"), "total_usage", KRX_UNSET);
    out->cpu_cores = cores_used(json);
    out->cpu_limit_milli = KRX_UNSET;
    out->memory_cache_bytes = usage == KRX_UNSET ? KRX_UNSET : page_cache(memory);
    out->memory_bytes = usage;
    if (usage != KRX_UNSET && out->memory_cache_bytes < usage)
        out->memory_bytes = usage - out->memory_cache_bytes;
    out->memory_limit_bytes = krx_json_int(memory, "limit", KRX_UNSET);
    out->network_rx_bytes = sum_network(networks, "rx_bytes");
    out->network_tx_bytes = sum_network(networks, "tx_bytes");
    out->block_read_bytes = sum_block(json, "read");
    out->block_write_bytes = sum_block(json, "write");
    out->pids = krx_json_int(krx_json_object(json, "pids_stats"), "current", KRX_UNSET);
}

/* ------------------------------------------------------------------------------------- the op */

typedef struct sample {
    const krx_replica *container;
    cJSON *json; /* NULL: it went away meanwhile */
} sample;

typedef struct measuring {
    krx_dk_backend *backend;
    krx_arena *arena;
    sample *samples;
    size_t count;
} measuring;

static int32_t take_sample(krx_call *call, void *ctx, size_t index)
{
    measuring *r = ctx;
    sample *s = &r->samples[index];
    KRX_DK_PATH(path, "/containers", s->container->id, "/stats?stream=0");
    krx_auto_str krx_str what = {0};
    krx_str_addf(&what, "measuring container %s", s->container->name);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(call);
    int32_t code =
        krx_engine_get(call, r->backend->engine, krx_str_get(&path), krx_str_get(&what), &s->json);
    bool gone = code == KRX_E_NOT_FOUND || code == KRX_E_FAILED_PRECONDITION;
    return gone ? krx_forgive(call) : code;
}

static void limit_of_spec(const krx_replica *container, krx_stats *stats)
{
    krx_auto_json cJSON *spec =
        krx_blank(container->spec_json) ? NULL : cJSON_Parse(container->spec_json);
    const char *limit = krx_json_text(krx_json_object(spec, "resources"), "cpuLimit");
    int64_t milli;
    if (*limit && !krx_parse_cpu(limit, &milli))
        stats->cpu_limit_milli = milli;
}

static int32_t emit_samples(measuring *r, krx_sink *out)
{
    int32_t code = 0;
    for (size_t i = 0; i < r->count && !code; i++) {
        krx_stats item;
        if (!r->samples[i].json)
            continue;
        krx_dk_stats_read(r->samples[i].json, &item);
        item.instance = r->samples[i].container->name;
        item.workload = r->samples[i].container->workload;
        item.namespace_ = r->samples[i].container->namespace_;
        limit_of_spec(r->samples[i].container, &item);
        code = krx_emit(out, KRX_ITEM_STATS, &item);
    }
    return code;
}

static int32_t measure(krx_call *call, krx_dk_backend *backend,
                       const krx_replica *const *containers, krx_sink *out)
{
    measuring r = {.backend = backend};
    size_t all = 0;
    while (containers[all])
        all++;
    r.samples = calloc(all + 1, sizeof *r.samples);
    if (!r.samples)
        return krx_no_memory(call);
    for (size_t i = 0; i < all; i++)
        if (containers[i]->phase == KRX_REPLICA_RUNNING && !containers[i]->record)
            r.samples[r.count++].container = containers[i];
    int32_t code = r.count ? krx_parallel(call, r.count, take_sample, &r) : 0;
    if (!code)
        code = emit_samples(&r, out);
    for (size_t i = 0; i < r.count; i++)
        cJSON_Delete(r.samples[i].json);
    free(r.samples);
    return code;
}

static int32_t measure_all(krx_call *call, krx_dk_backend *backend, const char *namespace_,
                           krx_sink *out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *json = NULL;
    const char *labels[] = {KRX_LABEL_MANAGED_BY "=" KRX_LABEL_KRANIX, NULL, NULL};
    if (arena && namespace_)
        labels[1] = krx_arena_printf(arena, KRX_LABEL_NAMESPACE "=%s", namespace_);
    if (!arena || (namespace_ && !labels[1]))
        return krx_no_memory(call);
    int32_t code = krx_dk_list_json(call, backend, labels, false, &json);
    if (code)
        return code;
    krx_replica **all = krx_dk_containers_listed(arena, json);
    return all ? measure(call, backend, (const krx_replica *const *)all, out) : krx_no_memory(call);
}

static int32_t measure_round(krx_call *call, krx_dk_backend *backend, const krx_stats_req *req,
                             krx_sink *out)
{
    if (!req->refs || !req->refs[0])
        return measure_all(call, backend, req->namespace_, out);
    for (size_t i = 0; req->refs[i]; i++) {
        krx_auto_dk_targets krx_dk_targets targets = {0};
        int32_t code = krx_dk_resolve(call, backend, req->refs[i], &targets);
        if (!code)
            code = measure(call, backend, targets.items, out);
        if (code)
            return code;
    }
    return 0;
}

int32_t krx_dk_stats_op(krx_call *call, void *backend, const krx_stats_req *req, krx_sink *stats)
{
    for (;;) {
        int64_t begin = krx_now_monotonic();
        int32_t code = measure_round(call, backend, req, stats);
        if (code || !req->stream)
            return code;
        int64_t left = KRX_NS_PER_S - (krx_now_monotonic() - begin);
        if (left > 0 && (code = krx_sleep(call, left)) < 0)
            return code;
    }
}
