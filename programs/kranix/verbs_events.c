/* SPDX-License-Identifier: Apache-2.0 */
/* events: a line each, in the order in which the backend tells them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/model/results.h"
#include "programs/kranix/output.h"
#include "programs/kranix/signals.h"
#include "programs/kranix/values.h"

typedef struct event_view {
    krx_sink sink;
    krx_cli *cli;
    cJSON *list; /* JSON without -f: one array */
    int failed_errno;
} event_view;

static bool wanted(const krx_cli *cli, const krx_event *event)
{
    const krx_cli_options *o = &cli->options;
    for (size_t i = 0; i < o->arg_count; i++)
        if (krx_streq(o->args[i], event->workload) || krx_streq(o->args[i], event->instance))
            return true;
    return o->arg_count == 0;
}

static void add_field(krx_str *line, const char *text)
{
    krx_autofree char *clean = krx_cli_clean(text);
    krx_str_addf(line, " %s", krx_blank(clean) ? "-" : clean);
}

/* TIME TYPE NAMESPACE/WORKLOAD INSTANCE MESSAGE */
static void text_line(const krx_event *event, krx_str *line)
{
    char time[KRX_TIME_TEXT_MAX];
    krx_autofree char *place = krx_format("%s/%s", event->namespace_ ? event->namespace_ : "",
                                          event->workload ? event->workload : "");
    krx_autofree char *message = krx_cli_clean(event->message);
    krx_str_add(line, event->time_ns > 0 ? krx_time_text(event->time_ns, time) : "-");
    add_field(line, event->type);
    add_field(line, place);
    add_field(line, event->instance);
    if (event->exit_code != KRX_UNSET)
        krx_str_addf(line, " (exit status %lld)", (long long)event->exit_code);
    if (!krx_blank(message))
        krx_str_addf(line, " %s", message);
    krx_str_addc(line, '\n');
}

/* -f: each is whole by itself. */
static void json_line(const krx_cli *cli, const krx_event *event, krx_str *line)
{
    krx_autofree char *text = NULL;
    cJSON *json = krx_event_to_json(event);
    if (json && cli->format == KRX_FORMAT_YAML) {
        krx_str_add(line, "---\n");
        krx_cli_yaml(json, line);
    } else if (json) {
        text = cJSON_PrintUnformatted(json);
        krx_str_addf(line, "%s\n", text ? text : "{}");
    }
    cJSON_Delete(json);
}

static int32_t take_event(krx_sink *sink, uint32_t kind, const void *item)
{
    event_view *view = sink->ctx;
    krx_auto_str krx_str line = {0};
    const krx_event *event = item;
    if (kind != KRX_ITEM_EVENT || !wanted(view->cli, event))
        return 0;
    if (view->list)
        return cJSON_AddItemToArray(view->list, krx_event_to_json(event))
                   ? 0
                   : KRX_E_RESOURCE_EXHAUSTED;
    if (krx_cli_structured(view->cli))
        json_line(view->cli, event, &line);
    else if (view->cli->format == KRX_FORMAT_NAME)
        krx_str_addf(&line, "%s\n", event->instance ? event->instance : "");
    else
        text_line(event, &line);
    if (krx_str_failed(&line))
        return KRX_E_RESOURCE_EXHAUSTED;
    if (krx_write_all(STDOUT_FILENO, line.data, line.length) == 0)
        return 0;
    view->failed_errno = errno;
    return KRX_E_CANCELLED;
}

static krx_events_req *request(krx_cli *cli, krx_cli_op *op)
{
    const char *since = krx_cli_value(cli, KRX_OPT_SINCE);
    krx_events_req *req = krx_arena_new_of(op->arena, krx_events_req);
    if (!req)
        return NULL;
    *req = (krx_events_req){.struct_size = sizeof *req,
                            .follow = krx_cli_flag(cli, KRX_OPT_FOLLOW),
                            .since_ns = KRX_UNSET,
                            .until_ns = KRX_UNSET,
                            .namespace_implied = krx_cli_namespace_implied(cli)};
    if (!krx_cli_flag(cli, KRX_OPT_ALL_NAMESPACES))
        req->namespace_ = krx_arena_strdup(op->arena, krx_cli_namespace(cli));
    if (since)
        (void)krx_cli_parse_since(since, krx_now_unix(), &req->since_ns);
    return req;
}

static int run(krx_cli *cli, event_view *view)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_events_req *req = op ? request(cli, op) : NULL;
    krx_backend *backend = NULL;
    krx_cli_call call;
    if (!req)
        return krx_cli_no_memory(cli);
    krx_cli_call_init(cli, &call, req->follow ? KRX_CLI_FOREVER : KRX_CLI_UNARY_NS);
    int32_t code = krx_cli_backend(cli, &call.call, NULL, &backend);
    if (!code)
        code = krx_cli_invoke(&call.call, backend, KRX_OP_container_events, req, &view->sink, op);
    if (view->failed_errno == EPIPE)
        return 0;
    if (view->failed_errno)
        (void)krx_fail(&call.call, KRX_E_UNKNOWN, "writing events: %s",
                       strerror(view->failed_errno));
    if (code == KRX_E_CANCELLED && krx_cli_interrupted())
        return KRX_EXIT_INTERRUPTED;
    return code ? krx_cli_error(cli, &call.error) : 0;
}

int krx_cli_events(krx_cli *cli)
{
    event_view view = {.cli = cli};
    int status = 0;
    if (krx_cli_flag(cli, KRX_OPT_ALL_NAMESPACES) && krx_cli_flag(cli, KRX_OPT_NAMESPACE))
        return krx_cli_usage(cli, NULL, "--namespace and --all-namespaces exclude each other");
    if (!krx_cli_runtime(cli, &status))
        return status;
    if (krx_cli_structured(cli) && !krx_cli_flag(cli, KRX_OPT_FOLLOW))
        view.list = cJSON_CreateArray();
    view.sink = (krx_sink){
        .struct_size = sizeof view.sink, .kind = KRX_ITEM_EVENT, .emit = take_event, .ctx = &view};
    status = run(cli, &view);
    if (view.list && !status)
        return krx_cli_print_json(cli, view.list);
    cJSON_Delete(view.list);
    return status;
}
