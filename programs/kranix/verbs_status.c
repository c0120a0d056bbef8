/* SPDX-License-Identifier: Apache-2.0 */
/* status and inspect. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/model/results.h"
#include "programs/kranix/list.h"

static void print_field(const char *name, const char *value)
{
    krx_autofree char *clean = krx_cli_clean(value);
    if (!krx_blank(clean))
        (void)printf("%-12s %s\n", name, clean);
}

static void print_time(const char *name, int64_t time_ns)
{
    char text[KRX_TIME_TEXT_MAX];
    if (time_ns != KRX_UNSET && time_ns > 0)
        print_field(name, krx_time_text(time_ns, text));
}

static void print_instances(krx_cli *cli, const krx_status *status)
{
    size_t count = 0;
    krx_auto_str krx_str text = {0};
    while (status->instances && status->instances[count])
        count++;
    krx_autofree const void **items = calloc(count + 1, sizeof *items);
    krx_autofree const char **backends = calloc(count + 1, sizeof *backends);
    if (!count || !items || !backends)
        return;
    for (size_t i = 0; i < count; i++) {
        items[i] = status->instances[i];
        backends[i] = status->backend;
    }
    krx_cli_rows rows = {items, backends, count};
    krx_cli_sort_instances(&rows);
    if (krx_cli_instance_table(cli, &rows, &text))
        (void)printf("\n%s", krx_str_get(&text));
}

/* Why instances are not as they should be, which the table has no room for. */
static void print_reasons(const krx_status *status)
{
    for (size_t i = 0; status->instances && status->instances[i]; i++) {
        const krx_instance *instance = status->instances[i];
        krx_autofree char *name = krx_cli_clean(instance->name);
        krx_autofree char *message = krx_cli_clean(instance->message);
        if (!krx_blank(message))
            (void)printf("%s: %s\n", name ? name : "", message);
    }
}

static void print_events(krx_cli *cli, const krx_status *status)
{
    static const char *const titles[] = {"AGE", "EVENT", "INSTANCE", "MESSAGE"};
    krx_auto_table krx_cli_table table = {0};
    int64_t now = krx_now_unix();
    char age[24];
    if (!status->events || !status->events[0])
        return;
    krx_cli_table_init(&table, titles, KRX_COUNT(titles));
    for (size_t i = 0; status->events[i]; i++) {
        const krx_event *event = status->events[i];
        krx_cli_table_add(&table, krx_cli_age(event->time_ns, now, age));
        krx_cli_table_add(&table, event->type);
        krx_cli_table_add(&table, event->instance);
        krx_cli_table_add(&table, event->message);
    }
    (void)fputc('\n', stdout);
    krx_cli_table_print(&table, cli->color_out);
}

static void print_status(krx_cli *cli, const krx_status *status)
{
    char ready[64];
    (void)snprintf(ready, sizeof ready, "%lld of %lld ready", (long long)status->ready_replicas,
                   (long long)status->replicas);
    print_field("Name:", status->name);
    print_field("Namespace:", status->namespace_);
    print_field("Backend:", status->backend);
    print_field("State:", status->state);
    print_field("Phase:", status->phase);
    print_field("Replicas:", ready);
    print_field("Image:", status->image);
    print_field("Host:", status->host);
    print_field("Id:", status->id);
    print_time("Created:", status->created_ns);
    print_time("Updated:", status->last_updated_ns);
    print_field("Message:", status->message);
    print_instances(cli, status);
    print_reasons(status);
    print_events(cli, status);
}

static int one_status(krx_cli *cli, const char *name, bool first, cJSON *results)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_backend *backend = NULL;
    krx_status *status = NULL;
    krx_cli_call call;
    if (!op)
        return krx_cli_no_memory(cli);
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    if (krx_cli_backend(cli, &call.call, NULL, &backend) < 0 ||
        krx_cli_get_status(cli, &call.call, backend, op, name, NULL, &status) < 0)
        return krx_cli_error_on(cli, cli->options.arg_count > 1 ? name : NULL, &call.error);
    if (krx_cli_structured(cli)) {
        cJSON_AddItemToArray(results, krx_status_to_json(status));
    } else if (cli->format == KRX_FORMAT_NAME) {
        (void)printf("%s\n", status->name);
    } else {
        if (!first)
            (void)fputc('\n', stdout);
        print_status(cli, status);
    }
    return 0;
}

/* One thing is the object, several are an array. */
static int print_results(krx_cli *cli, cJSON *results, bool one)
{
    int status = 0;
    if (krx_cli_structured(cli) && (cJSON_GetArraySize(results) || !one))
        status = krx_cli_print_json(cli, one ? cJSON_DetachItemFromArray(results, 0)
                                             : cJSON_Duplicate(results, true));
    cJSON_Delete(results);
    return status;
}

int krx_cli_status(krx_cli *cli)
{
    const krx_cli_options *o = &cli->options;
    int status = 0;
    if (!krx_cli_runtime(cli, &status))
        return status;
    cJSON *results = cJSON_CreateArray();
    for (size_t i = 0; i < o->arg_count; i++) {
        int one = one_status(cli, o->args[i], i == 0, results);
        status = status ? status : one;
        if (one == KRX_EXIT_INTERRUPTED)
            break;
    }
    int printed = print_results(cli, results, o->arg_count == 1);
    return status ? status : printed;
}

/* ---------------------------------------------------------------------------------- inspect */

static int32_t inspect_ref(krx_cli *cli, krx_call *call, krx_backend *backend, krx_cli_op *op,
                           bool by_instance, krx_cli_items *items)
{
    const char *name = cli->options.args[0];
    krx_container_req *req = krx_arena_new_of(op->arena, krx_container_req);
    if (!req)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    *req = (krx_container_req){.struct_size = sizeof *req, .grace_ns = KRX_UNSET};
    req->ref = krx_cli_ref(cli, op, name, NULL);
    if (by_instance) {
        req->ref.instance = req->ref.workload;
        req->ref.workload = NULL;
    }
    krx_cli_items_init(items, op->arena, KRX_ITEM_INSTANCE);
    return krx_cli_invoke(call, backend, KRX_OP_container_inspect, req, &items->sink, op);
}

static cJSON *raw_of(const krx_instance *instance)
{
    return instance->raw ? cJSON_Parse(instance->raw) : cJSON_CreateNull();
}

static int print_inspected(krx_cli *cli, const krx_cli_items *items, bool raw)
{
    cJSON *results = cJSON_CreateArray();
    for (size_t i = 0; i < items->list.count; i++) {
        const krx_instance *instance = items->list.items[i];
        cJSON *json = raw ? raw_of(instance) : krx_instance_to_json(instance);
        if (!raw)
            cJSON_DeleteItemFromObjectCaseSensitive(json, "raw");
        cJSON_AddItemToArray(results, json ? json : cJSON_CreateNull());
    }
    return print_results(cli, results, items->list.count == 1);
}

static cJSON *workload_json(const krx_status *status)
{
    cJSON *json = krx_status_to_json(status);
    cJSON *spec = krx_blank(status->spec_json) ? NULL : cJSON_Parse(status->spec_json);
    if (json && spec) {
        cJSON_DeleteItemFromObjectCaseSensitive(json, "spec");
        cJSON_AddItemToObject(json, "spec", spec);
    }
    return json;
}

/* A name is a workload first; else an instance by the backend's own name or id. */
int krx_cli_inspect(krx_cli *cli)
{
    const char *name = cli->options.args[0];
    bool raw = krx_cli_flag(cli, KRX_OPT_RAW);
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_backend *backend = NULL;
    krx_status *found = NULL;
    krx_cli_items items;
    krx_cli_call call, second;
    int status = 0;
    if (cli->format != KRX_FORMAT_YAML)
        cli->format = KRX_FORMAT_JSON;
    if (!op)
        return krx_cli_no_memory(cli);
    if (!krx_cli_runtime(cli, &status))
        return status;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    int32_t code = krx_cli_backend(cli, &call.call, NULL, &backend);
    if (!code)
        code = krx_cli_get_status(cli, &call.call, backend, op, name, NULL, &found);
    if (!code && !raw)
        return krx_cli_print_json(cli, workload_json(found));
    bool by_instance = code == KRX_E_NOT_FOUND && backend;
    if (!code || by_instance) {
        krx_cli_call_init(cli, &second, KRX_CLI_UNARY_NS);
        if (inspect_ref(cli, &second.call, backend, op, by_instance, &items) == 0)
            return print_inspected(cli, &items, raw);
        return krx_cli_error(cli, by_instance ? &call.error : &second.error);
    }
    return krx_cli_error(cli, &call.error);
}
