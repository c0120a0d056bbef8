/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of what runs: counters of its control groups and of its network. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "modules/oci/containers/cgroup.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/containers/stats.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
#define PROC_MAX ((size_t)256 << 10)
#define APART_NS (200 * KRX_NS_PER_MS) /* two looks, for what is used now */

/* The use of processors when it was looked at last. */
typedef struct earlier {
    krx_oci_process init;
    int64_t cpu_ns, time_ns;
} earlier;

typedef struct measuring {
    krx_call *call;
    krx_oci_backend *backend;
    const krx_stats_req *req;
    krx_sink *sink; /* NULL: only to look */
    char *shared;   /* the groups of this process */
    earlier *now, *before;
    size_t now_count, before_count;
} measuring;

static char *read_proc(const measuring *m, int64_t pid, const char *file)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%" PRId64 "/%s", pid, file);
    krx_side_call_init(&side, m->call);
    return krx_read_file(&side.call, path, PROC_MAX, &text) ? NULL : krx_str_take(&text);
}

static double cores_used(const measuring *m, const earlier *now)
{
    for (size_t i = 0; i < m->before_count; i++) {
        const earlier *b = &m->before[i];
        if (b->init.pid != now->init.pid || b->init.token != now->init.token)
            continue;
        int64_t passed = now->time_ns - b->time_ns;
        return passed > 0 && now->cpu_ns >= b->cpu_ns
                   ? (double)(now->cpu_ns - b->cpu_ns) / (double)passed
                   : NAN;
    }
    return NAN;
}

static const char *source_of(const krx_oci_container *c)
{
    static const char *const texts[][2] = {
        [KRX_OCI_CGROUP_NONE] = {"proc", "proc of the sandbox"},
        [KRX_OCI_CGROUP_V1] = {"cgroup v1", "cgroup v1 of the sandbox"},
        [KRX_OCI_CGROUP_HYBRID] = {"cgroup v1 (hybrid)", "cgroup v1 (hybrid) of the sandbox"},
        [KRX_OCI_CGROUP_V2] = {"cgroup v2", "cgroup v2 of the sandbox"},
    };
    int mode = krx_oci_cgroup_mode();
    if (mode < 0 || (size_t)mode >= KRX_COUNT(texts))
        mode = KRX_OCI_CGROUP_NONE;
    return texts[mode][krx_streq(c->runtime, "runsc")];
}

/* True unless it went away meanwhile. */
static bool figures_of(measuring *m, const krx_oci_container *c, krx_oci_figures *figures)
{
    krx_autofree char *cgroups = read_proc(m, c->init.pid, "cgroup");
    earlier *now = &m->now[m->now_count];
    if (!cgroups)
        return false;
    (void)krx_oci_figures_read(cgroups, m->shared, CGROUP_ROOT, figures);
    if (!krx_oci_process_alive(&c->init))
        return false;
    *now = (earlier){c->init, figures->cpu_total_ns, krx_now_monotonic()};
    m->now_count += figures->cpu_total_ns != KRX_UNSET;
    return true;
}

static int32_t measure_one(measuring *m, const krx_oci_container *c)
{
    krx_oci_figures f;
    if (krx_oci_container_phase(c) != KRX_OCI_RUNNING || !figures_of(m, c, &f) || !m->sink)
        return 0;
    krx_autofree char *net =
        krx_streq(c->network, "host") ? NULL : read_proc(m, c->init.pid, "net/dev");
    krx_stats item = {.struct_size = sizeof item,
                      .instance = c->name,
                      .workload = c->workload,
                      .namespace_ = c->namespace_,
                      .source = source_of(c),
                      .time_ns = krx_now_unix(),
                      .cpu_total_ns = f.cpu_total_ns,
                      .cpu_cores = NAN,
                      .cpu_limit_milli = f.cpu_quota_milli,
                      .memory_bytes = f.memory_bytes,
                      .memory_cache_bytes = f.memory_cache_bytes,
                      .memory_limit_bytes = f.memory_limit_bytes,
                      .network_rx_bytes = KRX_UNSET,
                      .network_tx_bytes = KRX_UNSET,
                      .block_read_bytes = f.block_read_bytes,
                      .block_write_bytes = f.block_write_bytes,
                      .pids = f.pids};
    if (f.cpu_total_ns != KRX_UNSET)
        item.cpu_cores = cores_used(m, &m->now[m->now_count - 1]);
    if (net)
        krx_oci_network_read(net, &item.network_rx_bytes, &item.network_tx_bytes);
    return krx_emit(m->sink, KRX_ITEM_STATS, &item);
}

static int32_t measure_list(measuring *m, krx_oci_container *const *items, const char *namespace_)
{
    size_t count = m->now_count;
    int32_t code = 0;
    for (size_t i = 0; items[i]; i++)
        count++;
    earlier *grown = realloc(m->now, (count + 1) * sizeof *grown);
    if (!grown)
        return krx_no_memory(m->call);
    m->now = grown;
    for (; *items && !code; items++)
        if (!namespace_ || krx_streq((*items)->namespace_, namespace_))
            code = measure_one(m, *items);
    return code;
}

static int32_t measure_all(measuring *m)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_container **items = NULL;
    int32_t code = 0;
    if (!arena)
        return krx_no_memory(m->call);
    free(m->before);
    m->before = m->now;
    m->before_count = m->now_count;
    m->now = NULL;
    m->now_count = 0;
    if (!m->req->refs || !m->req->refs[0]) {
        code = krx_oci_containers(m->call, arena, m->backend, &items);
        return code ? code : measure_list(m, items, m->req->namespace_);
    }
    for (size_t i = 0; m->req->refs[i] && !code; i++) {
        code = krx_oci_resolve(m->call, arena, m->backend, m->req->refs[i], &items);
        if (!code)
            code = measure_list(m, items, NULL);
    }
    return code;
}

/* The first look only begins to count. */
static int32_t measure(measuring *m, krx_sink *stats)
{
    int32_t code = measure_all(m);
    if (!code && m->now_count)
        code = krx_sleep(m->call, APART_NS);
    m->sink = stats;
    while (code >= 0) {
        int64_t begin = krx_now_monotonic();
        code = measure_all(m);
        if (code || !m->req->stream)
            return code;
        int64_t left = KRX_NS_PER_S - (krx_now_monotonic() - begin);
        code = left > 0 ? krx_sleep(m->call, left) : krx_check(m->call);
    }
    return code;
}

int32_t krx_oci_stats_op(krx_call *call, void *backend, const krx_stats_req *req, krx_sink *stats)
{
    const krx_oci_runtime *runtime;
    measuring m = {.call = call, .backend = backend, .req = req};
    int32_t code = krx_oci_backend_ready(call, backend, &runtime);
    if (code)
        return code;
    m.shared = read_proc(&m, getpid(), "cgroup");
    code = measure(&m, stats);
    free(m.shared);
    free(m.now);
    free(m.before);
    return code;
}
