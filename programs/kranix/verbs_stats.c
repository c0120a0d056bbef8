/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/model/results.h"
#include "programs/kranix/output.h"
#include "programs/kranix/signals.h"

#define ROWS_MAX 1000
#define DRAW_EVERY_NS (500 * KRX_NS_PER_MS)

typedef struct stats_row {
    char instance[128];
    krx_stats stats; /* numbers only */
    double cores;
} stats_row;

typedef struct stats_table {
    krx_sink sink;
    krx_cli *cli;
    krx_arena *arena;
    krx_ptrs rows;
    cJSON *json;
    bool live;
    int64_t last_draw_ns;
} stats_table;

static stats_row *row_of(stats_table *t, const char *instance)
{
    for (size_t i = 0; i < t->rows.count; i++) {
        stats_row *row = t->rows.items[i];
        if (strncmp(row->instance, instance, sizeof row->instance - 1) == 0)
            return row;
    }
    stats_row *row = t->rows.count < ROWS_MAX ? krx_arena_new_of(t->arena, stats_row) : NULL;
    if (!row || krx_ptrs_add(t->arena, &t->rows, row) < 0)
        return NULL;
    (void)snprintf(row->instance, sizeof row->instance, "%s", instance);
    return row;
}

/* Cores in use: the backend's figure, else from two samples. */
static double cores(const stats_row *row, const krx_stats *now)
{
    const krx_stats *old = &row->stats;
    if (!isnan(now->cpu_cores))
        return now->cpu_cores;
    if (!old->time_ns || now->time_ns <= old->time_ns || now->cpu_total_ns < old->cpu_total_ns)
        return NAN;
    return (double)(now->cpu_total_ns - old->cpu_total_ns) / (double)(now->time_ns - old->time_ns);
}

static void add_pair(krx_cli_table *table, int64_t first, int64_t second)
{
    char a[24], b[24];
    krx_cli_table_addf(table, "%s / %s", krx_cli_size(first, a), krx_cli_size(second, b));
}

static void add_row(krx_cli_table *table, const stats_row *row)
{
    const krx_stats *s = &row->stats;
    krx_cli_table_add(table, row->instance);
    if (isnan(row->cores))
        krx_cli_table_add(table, NULL);
    else
        krx_cli_table_addf(table, "%.2f%%", row->cores * 100);
    add_pair(table, s->memory_bytes, s->memory_limit_bytes);
    add_pair(table, s->network_rx_bytes, s->network_tx_bytes);
    add_pair(table, s->block_read_bytes, s->block_write_bytes);
    if (s->pids == KRX_UNSET)
        krx_cli_table_add(table, NULL);
    else
        krx_cli_table_addf(table, "%lld", (long long)s->pids);
}

static void draw(stats_table *t)
{
    static const char *const titles[] = {"INSTANCE",    "CPU",           "MEMORY / LIMIT",
                                         "NET RX / TX", "DISK IN / OUT", "PIDS"};
    krx_auto_table krx_cli_table table;
    krx_cli_table_init(&table, titles, KRX_COUNT(titles));
    for (size_t i = 0; i < t->rows.count; i++)
        add_row(&table, t->rows.items[i]);
    if (t->live)
        (void)fputs("\033[H\033[J", stdout);
    krx_cli_table_print(&table, t->cli->color_out);
    (void)fflush(stdout);
    t->last_draw_ns = krx_now_monotonic();
}

static int32_t take_stats(krx_sink *sink, uint32_t kind, const void *item)
{
    stats_table *t = sink->ctx;
    const krx_stats *stats = item;
    if (kind != KRX_ITEM_STATS)
        return 0;
    if (t->json)
        return cJSON_AddItemToArray(t->json, krx_stats_to_json(stats)) ? 0
                                                                       : KRX_E_RESOURCE_EXHAUSTED;
    stats_row *row = row_of(t, stats->instance);
    if (!row)
        return KRX_E_RESOURCE_EXHAUSTED;
    row->cores = cores(row, stats);
    row->stats = *stats;
    row->stats.instance = row->stats.workload = NULL;
    row->stats.namespace_ = row->stats.source = NULL;
    if (t->live && krx_now_monotonic() - t->last_draw_ns >= DRAW_EVERY_NS)
        draw(t);
    return 0;
}

static const krx_ref *const *refs(krx_cli *cli, krx_cli_op *op)
{
    krx_ptrs list = {0};
    for (size_t i = 0; i < cli->options.arg_count; i++) {
        krx_ref *ref = krx_arena_new_of(op->arena, krx_ref);
        if (!ref)
            return NULL;
        *ref = krx_cli_ref(cli, op, cli->options.args[i], NULL);
        (void)krx_ptrs_add(op->arena, &list, ref);
    }
    return (const krx_ref *const *)list.items;
}

static int print_result(krx_cli *cli, stats_table *t, const krx_cli_call *call, int32_t code)
{
    if (code && !(code == KRX_E_CANCELLED && krx_cli_interrupted())) {
        cJSON_Delete(t->json);
        return krx_cli_error(cli, &call->error);
    }
    int status = code ? KRX_EXIT_INTERRUPTED : 0;
    if (t->json) {
        int printed = krx_cli_print_json(cli, t->json);
        return status ? status : printed;
    }
    if (cli->format == KRX_FORMAT_NAME) {
        for (size_t i = 0; i < t->rows.count; i++)
            (void)printf("%s\n", ((const stats_row *)t->rows.items[i])->instance);
        return status;
    }
    if (!t->live)
        draw(t);
    return status;
}

int krx_cli_stats(krx_cli *cli)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_backend *backend = NULL;
    krx_cli_call call;
    int status = 0;
    krx_stats_req *req = op ? krx_arena_new_of(op->arena, krx_stats_req) : NULL;
    if (!req)
        return krx_cli_no_memory(cli);
    if (!krx_cli_runtime(cli, &status))
        return status;
    bool live =
        cli->tty_out && cli->format <= KRX_FORMAT_WIDE && !krx_cli_flag(cli, KRX_OPT_NO_STREAM);
    stats_table table = {.cli = cli,
                         .arena = op->arena,
                         .live = live,
                         .json = krx_cli_structured(cli) ? cJSON_CreateArray() : NULL};
    table.sink = (krx_sink){.struct_size = sizeof table.sink,
                            .kind = KRX_ITEM_STATS,
                            .emit = take_stats,
                            .ctx = &table};
    krx_cli_call_init(cli, &call, live ? KRX_CLI_FOREVER : KRX_CLI_UNARY_NS);
    *req = (krx_stats_req){.struct_size = sizeof *req,
                           .stream = live,
                           .refs = refs(cli, op),
                           .namespace_ = krx_cli_value(cli, KRX_OPT_NAMESPACE)};
    int32_t code = krx_cli_backend(cli, &call.call, NULL, &backend);
    if (!code)
        code = krx_cli_invoke(&call.call, backend, KRX_OP_container_stats, req, &table.sink, op);
    return print_result(cli, &table, &call, code);
}
