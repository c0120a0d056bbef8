/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/model/results.h"
#include "programs/kranix/bulk.h"
#include "programs/kranix/capabilities.h"
#include "programs/kranix/output.h"

typedef struct backend_row {
    const char *name;
    bool chosen; /* what a command takes that names none */
    krx_cli_caps caps;
    int64_t latency_ns;
    int32_t code;
    krx_error error;
} backend_row;

typedef struct backend_list {
    krx_cli *cli;
    backend_row *rows;
} backend_list;

static int32_t take_latency(krx_sink *sink, uint32_t kind, const void *item)
{
    if (kind == KRX_ITEM_LATENCY)
        *(int64_t *)sink->ctx = ((const krx_latency *)item)->latency_ns;
    return 0;
}

static int32_t ping(krx_call *call, krx_backend *backend, int64_t *latency_ns)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_ping_req *req = op ? krx_arena_new_of(op->arena, krx_ping_req) : NULL;
    krx_sink sink = {.struct_size = sizeof sink,
                     .kind = KRX_ITEM_LATENCY,
                     .emit = take_latency,
                     .ctx = latency_ns};
    if (!req)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    req->struct_size = sizeof *req;
    return krx_cli_invoke(call, backend, KRX_OP_driver_ping, req, &sink, op);
}

static void ask(void *ctx, size_t i)
{
    backend_list *list = ctx;
    backend_row *row = &list->rows[i];
    krx_backend *backend = NULL;
    krx_cli_call call, info;
    krx_cli_call_init(list->cli, &call, KRX_CLI_UNARY_NS / 6);
    row->latency_ns = KRX_UNSET;
    row->code = krx_runtime_backend(&call.call, list->cli->runtime, row->name, &backend);
    if (!row->code)
        row->code = ping(&call.call, backend, &row->latency_ns);
    if (backend) {
        krx_cli_call_init(list->cli, &info, KRX_CLI_UNARY_NS / 6);
        (void)krx_cli_caps_load(list->cli, &info.call, backend, &row->caps);
    }
    row->error = call.error;
}

/* Which one a command takes that names none, or why there is none. */
static void mark_chosen(krx_cli *cli, backend_row *rows, size_t count)
{
    krx_backend *backend = NULL;
    krx_cli_call call;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    if (krx_runtime_backend(&call.call, cli->runtime, NULL, &backend) < 0) {
        krx_cli_note(cli, "note", "a command without --backend has none: %s", call.error.message);
        return;
    }
    const char *name = krx_backend_module(backend)->name;
    for (size_t i = 0; i < count; i++)
        rows[i].chosen = strcmp(rows[i].name, name) == 0;
}

static void nothing(void *ctx, size_t i)
{
    (void)ctx;
    (void)i;
}

static size_t count_level(const krx_cli_caps *caps, uint32_t level)
{
    size_t count = 0;
    for (size_t i = 0; i < caps->list.count; i++)
        count += ((const krx_capability *)caps->list.items[i])->level == level;
    return count;
}

/* From the one ping there was. */
static int64_t score(const backend_row *row)
{
    return row->code ? krx_health_score(0, 1) : krx_health_score(row->latency_ns, 0);
}

static cJSON *row_json(const backend_row *row)
{
    cJSON *json = row->caps.info ? krx_backend_info_to_json(row->caps.info) : cJSON_CreateObject();
    cJSON_DeleteItemFromObjectCaseSensitive(json, "name");
    cJSON_AddStringToObject(json, "name", row->name);
    cJSON_AddBoolToObject(json, "default", row->chosen);
    cJSON_AddBoolToObject(json, "reachable", row->code == 0);
    if (row->latency_ns != KRX_UNSET)
        cJSON_AddNumberToObject(json, "latencyMs", (double)row->latency_ns / 1e6);
    cJSON_AddNumberToObject(json, "score", (double)score(row));
    cJSON *levels = cJSON_AddObjectToObject(json, "capabilityCounts");
    cJSON_AddNumberToObject(levels, "native", (double)count_level(&row->caps, KRX_CAP_NATIVE));
    cJSON_AddNumberToObject(levels, "emulated", (double)count_level(&row->caps, KRX_CAP_EMULATED));
    cJSON_AddNumberToObject(levels, "unsupported",
                            (double)count_level(&row->caps, KRX_CAP_UNSUPPORTED));
    if (row->code) {
        cJSON_AddStringToObject(json, "error", row->error.message);
        cJSON_AddStringToObject(json, "code", krx_error_name(row->code));
        cJSON_AddStringToObject(json, "hint", row->error.hint);
    }
    return json;
}

static void print_table(krx_cli *cli, const backend_row *rows, size_t count)
{
    static const char *const titles[] = {"NAME",         "DEFAULT", "REACHABLE", "VERSION",
                                         "API",          "LATENCY", "SCORE",     "ENDPOINT",
                                         "CAPABILITIES", "MESSAGE"};
    krx_auto_table krx_cli_table table;
    krx_cli_table_init(&table, titles, KRX_COUNT(titles));
    for (size_t i = 0; i < count; i++) {
        const backend_row *row = &rows[i];
        const krx_backend_info *info = row->caps.info;
        krx_cli_table_add(&table, row->name);
        krx_cli_table_add(&table, row->chosen ? "*" : NULL);
        krx_cli_table_add(&table, row->code ? "no" : "yes");
        krx_cli_table_add(&table, info ? info->version : NULL);
        krx_cli_table_add(&table, info ? info->api_version : NULL);
        if (row->latency_ns == KRX_UNSET)
            krx_cli_table_add(&table, NULL);
        else
            krx_cli_table_addf(&table, "%.1fms", (double)row->latency_ns / 1e6);
        krx_cli_table_addf(&table, "%" PRId64, score(row));
        krx_cli_table_add(&table, info ? info->endpoint : NULL);
        krx_cli_table_addf(&table, "%zu native, %zu emulated, %zu unsupported",
                           count_level(&row->caps, KRX_CAP_NATIVE),
                           count_level(&row->caps, KRX_CAP_EMULATED),
                           count_level(&row->caps, KRX_CAP_UNSUPPORTED));
        krx_cli_table_add(&table, row->code ? row->error.message : NULL);
    }
    krx_cli_table_print(&table, cli->color_out);
}

static int print_rows(krx_cli *cli, const backend_row *rows, size_t count)
{
    if (krx_cli_structured(cli)) {
        cJSON *list = cJSON_CreateArray();
        for (size_t i = 0; i < count; i++)
            cJSON_AddItemToArray(list, row_json(&rows[i]));
        return krx_cli_print_json(cli, list);
    }
    if (cli->format == KRX_FORMAT_NAME)
        for (size_t i = 0; i < count; i++)
            (void)printf("%s\n", rows[i].name);
    else
        print_table(cli, rows, count);
    return 0;
}

int krx_cli_backends_list(krx_cli *cli)
{
    const char *const *names = NULL;
    size_t count = 0;
    krx_cli_call call;
    int status = 0;
    if (!krx_cli_runtime(cli, &status))
        return status;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    if (krx_runtime_backend_names(&call.call, cli->runtime, &names) < 0)
        return krx_cli_error(cli, &call.error);
    while (names[count])
        count++;
    krx_autofree backend_row *rows = calloc(count + 1, sizeof *rows);
    if (!rows)
        return krx_cli_no_memory(cli);
    for (size_t i = 0; i < count; i++)
        rows[i].name = names[i];
    backend_list list = {cli, rows};
    if (cli->format != KRX_FORMAT_NAME)
        krx_cli_parallel(count, count, ask, nothing, &list);
    if (count && cli->format != KRX_FORMAT_NAME)
        mark_chosen(cli, rows, count);
    status = print_rows(cli, rows, count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].code == KRX_E_CANCELLED)
            status = KRX_EXIT_INTERRUPTED;
        krx_cli_caps_free(&rows[i].caps);
    }
    if (!count)
        krx_cli_note(cli, "note", "no backend is allowed and installed; see 'kranix plugins list'");
    return status;
}

static cJSON *caps_json(const krx_cli_caps *caps)
{
    cJSON *json = caps->info ? krx_backend_info_to_json(caps->info) : cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(json, "capabilities");
    for (size_t i = 0; i < caps->list.count; i++)
        cJSON_AddItemToArray(list, krx_capability_to_json(caps->list.items[i]));
    return json;
}

static void print_caps(krx_cli *cli, const krx_cli_caps *caps)
{
    static const char *const titles[] = {"KIND", "NAME", "LEVEL", "REASON"};
    krx_auto_table krx_cli_table table;
    krx_cli_table_init(&table, titles, KRX_COUNT(titles));
    for (size_t i = 0; i < caps->list.count; i++) {
        const krx_capability *cap = caps->list.items[i];
        krx_cli_table_add(&table, cap->kind == KRX_CAP_OP ? "op" : "field");
        krx_cli_table_add(&table, cap->name);
        krx_cli_table_add(&table, krx_capability_name(cap->level));
        krx_cli_table_add(&table, cap->reason);
    }
    krx_cli_table_print(&table, cli->color_out);
}

int krx_cli_backends_show(krx_cli *cli)
{
    krx_cli_caps caps KRX_CLEANUP(krx_cli_caps_free) = {0};
    krx_backend *backend = NULL;
    krx_cli_call call;
    int status = 0;
    if (!krx_cli_runtime(cli, &status))
        return status;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    if (krx_runtime_backend(&call.call, cli->runtime, cli->options.args[0], &backend) < 0 ||
        krx_cli_caps_load(cli, &call.call, backend, &caps) < 0)
        return krx_cli_error(cli, &call.error);
    if (krx_cli_structured(cli))
        return krx_cli_print_json(cli, caps_json(&caps));
    if (cli->format == KRX_FORMAT_NAME) {
        (void)printf("%s\n", krx_backend_name(backend));
        return 0;
    }
    for (size_t i = 0; caps.info && caps.info->warnings && caps.info->warnings[i]; i++)
        krx_cli_note(cli, "warning", "%s", caps.info->warnings[i]);
    print_caps(cli, &caps);
    return 0;
}
