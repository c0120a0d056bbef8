/* SPDX-License-Identifier: Apache-2.0 */
/* health: of every backend, and of the nodes of those that have some. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/model/results.h"
#include "programs/kranix/bulk.h"
#include "programs/kranix/records.h"

typedef struct health_row {
    const char *name; /* asked for; NULL: the configured one */
    krx_backend_health health;
    bool known; /* the backend said how it is */
    int32_t code;
    krx_error error;
    krx_cli_records nodes;
} health_row;

typedef struct health_run {
    krx_cli *cli;
    health_row *rows;
    size_t count;
} health_run;

static int32_t take_health(krx_sink *sink, uint32_t kind, const void *item)
{
    health_row *row = sink->ctx;
    if (kind != KRX_ITEM_BACKEND_HEALTH)
        return 0;
    row->health = *(const krx_backend_health *)item;
    row->health.backend = NULL;
    row->known = true;
    return 0;
}

static int32_t take_latency(krx_sink *sink, uint32_t kind, const void *item)
{
    health_row *row = sink->ctx;
    if (kind == KRX_ITEM_LATENCY)
        row->health.latency_ns = ((const krx_latency *)item)->latency_ns;
    return 0;
}

/* For backends that don't say it themselves. */
static int32_t ping(krx_call *call, krx_backend *backend, health_row *row)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_ping_req *req = op ? krx_arena_new_of(op->arena, krx_ping_req) : NULL;
    krx_sink sink = {
        .struct_size = sizeof sink, .kind = KRX_ITEM_LATENCY, .emit = take_latency, .ctx = row};
    if (!req)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    req->struct_size = sizeof *req;
    int32_t code = krx_cli_invoke(call, backend, KRX_OP_driver_ping, req, &sink, op);
    row->health.score = krx_health_score(code ? 0 : row->health.latency_ns, code ? 1 : 0);
    row->health.error_rate = code ? 1 : 0;
    row->health.healthy = code == 0;
    row->health.checked_ns = krx_now_unix();
    row->known = code == 0;
    return code;
}

static int32_t ask_nodes(krx_call *call, krx_backend *backend, uint32_t which, krx_sink *sink)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_node_req *req = op ? krx_arena_new_of(op->arena, krx_node_req) : NULL;
    if (!req)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    req->struct_size = sizeof *req;
    return krx_cli_invoke(call, backend, which, req, sink, op);
}

static void ask(void *ctx, size_t i)
{
    health_run *run = ctx;
    health_row *row = &run->rows[i];
    krx_backend *backend = NULL;
    krx_cli_call call;
    krx_sink sink = {.struct_size = sizeof sink,
                     .kind = KRX_ITEM_BACKEND_HEALTH,
                     .emit = take_health,
                     .ctx = row};
    krx_cli_call_init(run->cli, &call, KRX_CLI_UNARY_NS / 6);
    row->health.latency_ns = row->health.checked_ns = KRX_UNSET;
    row->code = row->name ? krx_runtime_backend(&call.call, run->cli->runtime, row->name, &backend)
                          : krx_cli_backend(run->cli, &call.call, NULL, &backend);
    if (!row->code) {
        row->name = row->nodes.backend = krx_backend_name(backend);
        row->code = ask_nodes(&call.call, backend, KRX_OP_node_list_backend_health, &sink);
        if (row->code == KRX_E_UNSUPPORTED)
            row->code = ping(&call.call, backend, row);
    }
    if (!row->code && run->cli->format != KRX_FORMAT_NAME) {
        row->code = ask_nodes(&call.call, backend, KRX_OP_node_list_node_health, &row->nodes.sink);
        if (row->code == KRX_E_UNSUPPORTED)
            row->code = 0;
    }
    row->error = call.error;
}

static void nothing(void *ctx, size_t i)
{
    (void)ctx;
    (void)i;
}

static void print_backends(krx_cli *cli, const health_run *run)
{
    static const char *const titles[] = {"BACKEND", "HEALTHY", "SCORE",
                                         "LATENCY", "ERRORS",  "MESSAGE"};
    krx_auto_table krx_cli_table table;
    krx_cli_table_init(&table, titles, KRX_COUNT(titles));
    for (size_t i = 0; i < run->count; i++) {
        const health_row *row = &run->rows[i];
        krx_cli_table_add(&table, row->name);
        krx_cli_table_add(&table, row->known && row->health.healthy ? "yes" : "no");
        krx_cli_table_addf(&table, "%lld", (long long)row->health.score);
        if (row->health.latency_ns == KRX_UNSET)
            krx_cli_table_add(&table, NULL);
        else
            krx_cli_table_addf(&table, "%.1fms", (double)row->health.latency_ns / 1e6);
        krx_cli_table_addf(&table, "%.0f%%", row->health.error_rate * 100);
        krx_cli_table_add(&table, row->code ? row->error.message : NULL);
    }
    krx_cli_table_print(&table, cli->color_out);
}

/* NodeHealthListResponse: nodes, backends, count. */
static int print_json(krx_cli *cli, const health_run *run)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *nodes = cJSON_AddArrayToObject(json, "nodes");
    cJSON *backends = cJSON_AddArrayToObject(json, "backends");
    for (size_t i = 0; i < run->count; i++) {
        const health_row *row = &run->rows[i];
        cJSON *item = krx_backend_health_to_json(&row->health, row->name);
        if (item && row->code) {
            cJSON_AddStringToObject(item, "error", row->error.message);
            cJSON_AddStringToObject(item, "code", krx_error_name(row->code));
        }
        cJSON_AddItemToArray(backends, item);
        cJSON *node;
        while ((node = cJSON_DetachItemFromArray(row->nodes.list, 0)) != NULL)
            cJSON_AddItemToArray(nodes, node);
    }
    cJSON_AddNumberToObject(json, "count", cJSON_GetArraySize(nodes));
    return krx_cli_print_json(cli, json);
}

static int print_all(krx_cli *cli, health_run *run)
{
    if (krx_cli_structured(cli))
        return print_json(cli, run);
    if (cli->format == KRX_FORMAT_NAME) {
        for (size_t i = 0; i < run->count; i++)
            (void)printf("%s\n", run->rows[i].name ? run->rows[i].name : "");
        return 0;
    }
    print_backends(cli, run);
    for (size_t i = 0; i < run->count; i++)
        if (run->rows[i].nodes.count) {
            (void)fputc('\n', stdout);
            (void)krx_cli_records_print(&run->rows[i].nodes, false);
        }
    return 0;
}

/* 0 only when all that was asked is well. */
static int verdict(krx_cli *cli, const health_run *run)
{
    int status = 0;
    for (size_t i = 0; i < run->count; i++) {
        const health_row *row = &run->rows[i];
        int one = row->code                           ? krx_cli_exit_status(row->code)
                  : row->known && row->health.healthy ? 0
                                                      : KRX_EXIT_FAILED;
        if (row->code == KRX_E_CANCELLED)
            return KRX_EXIT_INTERRUPTED;
        if (row->code && run->count == 1 && krx_cli_structured(cli))
            (void)krx_cli_error(cli, &row->error);
        status = status ? status : one;
    }
    return status;
}

static int find_rows(krx_cli *cli, health_run *run)
{
    const char *const *names = NULL;
    bool one = krx_cli_flag(cli, KRX_OPT_BACKEND);
    krx_cli_call call;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    if (!one && krx_runtime_backend_names(&call.call, cli->runtime, &names) < 0)
        return krx_cli_error(cli, &call.error);
    while (names && names[run->count])
        run->count++;
    run->count = one ? 1 : run->count;
    run->rows = calloc(run->count + 1, sizeof *run->rows);
    if (!run->rows)
        return krx_cli_no_memory(cli);
    for (size_t i = 0; i < run->count; i++) {
        run->rows[i].name = one ? NULL : names[i];
        if (!krx_cli_records_init(&run->rows[i].nodes, cli, &krx_cli_node_shape))
            return krx_cli_no_memory(cli);
    }
    return 0;
}

int krx_cli_health(krx_cli *cli)
{
    health_run run = {.cli = cli};
    int status = 0;
    if (!krx_cli_runtime(cli, &status))
        return status;
    status = find_rows(cli, &run);
    if (!status) {
        krx_cli_parallel(run.count, run.count, ask, nothing, &run);
        status = print_all(cli, &run);
        status = status ? status : verdict(cli, &run);
        if (!run.count)
            krx_cli_note(cli, "note",
                         "no backend is allowed and installed; see 'kranix plugins list'");
    }
    for (size_t i = 0; run.rows && i < run.count; i++)
        krx_cli_records_free(&run.rows[i].nodes);
    free(run.rows);
    return status;
}
