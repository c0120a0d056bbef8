/* SPDX-License-Identifier: Apache-2.0 */
/* nodes list, cordon, uncordon, drain. */
#include <stdlib.h>
#include <string.h>

#include "lib/model/results.h"
#include "programs/kranix/progress.h"
#include "programs/kranix/records.h"

static cJSON *node_json(const void *item, const char *backend)
{
    return krx_node_health_to_json(item, backend);
}

static const char *node_name(const void *item)
{
    return ((const krx_node_health *)item)->name;
}

static void node_row(krx_cli_records *r, const void *item)
{
    const krx_node_health *n = item;
    char age[24];
    krx_auto_str krx_str conditions = {0};
    for (size_t i = 0; n->conditions && n->conditions[i]; i++)
        krx_str_addf(&conditions, "%s%s", i ? "," : "", n->conditions[i]);
    krx_cli_records_cell(r, n->name);
    krx_cli_records_cellf(r, "%s%s%s", n->ready ? "Ready" : "NotReady",
                          n->unschedulable ? ",SchedulingDisabled" : "",
                          n->draining ? ",Draining" : "");
    krx_cli_records_cell(r, n->roles);
    krx_cli_records_cell(r, krx_cli_age(n->created_ns, r->now_ns, age));
    krx_cli_records_cell(r, n->version);
    krx_cli_records_cellf(r, "%lld", (long long)n->score);
    krx_cli_records_cell(r, n->architecture);
    krx_cli_records_cell(r, n->ip);
    krx_cli_records_cell(r, krx_str_get(&conditions));
}

static const char *const node_titles[] = {"NAME",  "STATUS",       "ROLES", "AGE",       "VERSION",
                                          "SCORE", "ARCHITECTURE", "IP",    "CONDITIONS"};
const krx_cli_shape krx_cli_node_shape = {.kind = KRX_ITEM_NODE,
                                          .titles = node_titles,
                                          .plain = 6,
                                          .wide = KRX_COUNT(node_titles),
                                          .json = node_json,
                                          .name = node_name,
                                          .row = node_row};

static krx_node_req *node_request(krx_cli_op *op, const char *name)
{
    krx_node_req *req = op ? krx_arena_new_of(op->arena, krx_node_req) : NULL;
    if (req)
        *req =
            (krx_node_req){.struct_size = sizeof *req, .node = krx_arena_strdup(op->arena, name)};
    return req;
}

int krx_cli_nodes_list(krx_cli *cli)
{
    const krx_cli_options *o = &cli->options;
    krx_auto_records krx_cli_records records = {0};
    int status = 0;
    if (!krx_cli_records_init(&records, cli, &krx_cli_node_shape))
        return krx_cli_no_memory(cli);
    if (!krx_cli_runtime(cli, &status))
        return status;
    for (size_t i = 0; i == 0 || i < o->arg_count; i++) {
        krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
        int one = krx_cli_records_run(&records, NULL, KRX_OP_node_list_node_health,
                                      node_request(op, o->arg_count ? o->args[i] : NULL), op,
                                      KRX_CLI_UNARY_NS);
        status = status ? status : one;
    }
    if (status && !records.count)
        return status;
    int printed = krx_cli_records_print(&records, o->arg_count == 1);
    return status ? status : printed;
}

/* ------------------------------------------------------------------------------ cordon, uncordon
 */

static int mark_one(krx_cli *cli, const char *name, const char *past, cJSON *results)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_node_req *req = node_request(op, name);
    krx_backend *backend = NULL;
    krx_cli_call call;
    if (!req)
        return krx_cli_no_memory(cli);
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    int32_t code = krx_cli_backend(cli, &call.call, NULL, &backend);
    if (!code)
        code = krx_cli_invoke(&call.call, backend, cli->options.verb->op, req, NULL, op);
    if (code)
        return krx_cli_error_on(cli, cli->options.arg_count > 1 ? name : NULL, &call.error);
    if (krx_cli_structured(cli)) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddStringToObject(json, "nodeName", name);
        cJSON_AddStringToObject(json, "action", past);
        cJSON_AddItemToArray(results, json);
    } else if (cli->format == KRX_FORMAT_NAME) {
        (void)printf("%s\n", name);
    } else if (!cli->quiet) {
        (void)printf("%s %s\n", name, past);
    }
    return 0;
}

static int print_list(krx_cli *cli, cJSON *results)
{
    int status = 0;
    if (krx_cli_structured(cli) && cJSON_GetArraySize(results))
        status = krx_cli_print_json(cli, cli->options.arg_count == 1
                                             ? cJSON_DetachItemFromArray(results, 0)
                                             : cJSON_Duplicate(results, true));
    cJSON_Delete(results);
    return status;
}

int krx_cli_nodes_mark(krx_cli *cli)
{
    const krx_cli_options *o = &cli->options;
    bool cordon = o->verb->op == KRX_OP_node_cordon;
    int status = 0;
    if (!krx_cli_runtime(cli, &status))
        return status;
    cJSON *results = cJSON_CreateArray();
    for (size_t i = 0; i < o->arg_count; i++) {
        int one = mark_one(cli, o->args[i], cordon ? "cordoned" : "uncordoned", results);
        status = status ? status : one;
        if (one == KRX_EXIT_INTERRUPTED)
            break;
    }
    int printed = print_list(cli, results);
    return status ? status : printed;
}

/* ----------------------------------------------------------------------------------------- drain
 */

typedef struct drain_view {
    krx_sink sink;
    krx_cli_progress *progress;
    bool any;
    int64_t evicted, remaining;
    char phase[32];
    char message[512];
} drain_view;

static int32_t take_drain(krx_sink *sink, uint32_t kind, const void *item)
{
    drain_view *view = sink->ctx;
    const krx_drain_result *d = item;
    if (kind != KRX_ITEM_DRAIN)
        return 0;
    view->any = true;
    view->evicted = d->evicted;
    view->remaining = d->remaining;
    (void)snprintf(view->phase, sizeof view->phase, "%s", d->phase ? d->phase : "");
    (void)snprintf(view->message, sizeof view->message, "%s", d->message ? d->message : "");
    krx_cli_progress_say(view->progress, "%s, %lld evicted, %lld to go%s%s", view->phase,
                         (long long)d->evicted, (long long)d->remaining,
                         krx_blank(d->message) ? "" : ": ", d->message ? d->message : "");
    return 0;
}

/* --ignore-daemonsets[=true|false], else the configuration's word. */
static bool ignore_daemonsets(const krx_cli *cli)
{
    const char *value = krx_cli_value(cli, KRX_OPT_IGNORE_DAEMONSETS);
    if (!krx_cli_flag(cli, KRX_OPT_IGNORE_DAEMONSETS))
        value = krx_config_value(cli->runtime, "node_ops.drain.ignore_daemonsets");
    return !krx_streq(value, "false");
}

static krx_drain_req *drain_request(krx_cli *cli, krx_cli_op *op, const char *name)
{
    krx_drain_req *req = op ? krx_arena_new_of(op->arena, krx_drain_req) : NULL;
    if (req)
        *req = (krx_drain_req){.struct_size = sizeof *req,
                               .ignore_daemonsets = ignore_daemonsets(cli),
                               .delete_empty_dir = krx_cli_flag(cli, KRX_OPT_DELETE_EMPTYDIR_DATA),
                               .force = krx_cli_flag(cli, KRX_OPT_FORCE),
                               .node = krx_arena_strdup(op->arena, name),
                               .reason =
                                   krx_arena_strdup(op->arena, krx_cli_value(cli, KRX_OPT_REASON)),
                               .grace_ns = krx_cli_duration(cli, KRX_OPT_GRACE, KRX_UNSET)};
    return req;
}

static void show_drained(krx_cli *cli, const char *name, const drain_view *view, cJSON *results)
{
    krx_drain_result result = {.node = name,
                               .phase = view->any ? view->phase : "drained",
                               .evicted = view->evicted,
                               .remaining = view->remaining,
                               .message = view->message};
    if (krx_cli_structured(cli))
        cJSON_AddItemToArray(results, krx_drain_result_to_json(&result));
    else if (cli->format == KRX_FORMAT_NAME)
        (void)printf("%s\n", name);
    else if (!cli->quiet)
        (void)printf("%s drained, %lld evicted\n", name, (long long)view->evicted);
    (void)fflush(stdout);
}

static int drain_one(krx_cli *cli, const char *name, cJSON *results)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_drain_req *req = drain_request(cli, op, name);
    krx_backend *backend = NULL;
    krx_cli_progress progress;
    krx_cli_call call;
    drain_view view = {.progress = &progress};
    if (!req)
        return krx_cli_no_memory(cli);
    view.sink = (krx_sink){
        .struct_size = sizeof view.sink, .kind = KRX_ITEM_DRAIN, .emit = take_drain, .ctx = &view};
    krx_cli_call_init(cli, &call, krx_cli_duration(cli, KRX_OPT_WAIT, KRX_CLI_FOREVER));
    krx_cli_progress_init(&progress, cli, name);
    call.call.progress = &progress.sink;
    int32_t code = krx_cli_backend(cli, &call.call, NULL, &backend);
    if (!code)
        code = krx_cli_invoke(&call.call, backend, KRX_OP_node_drain_node, req, &view.sink, op);
    krx_cli_progress_end(&progress);
    if (!code) {
        show_drained(cli, name, &view, results);
        return 0;
    }
    if (code == KRX_E_DEADLINE_EXCEEDED && view.any && krx_blank(call.error.hint))
        (void)krx_hint(&call.call, "it stays cordoned; 'kranix nodes drain %s' goes on with it",
                       name);
    return krx_cli_error_on(cli, cli->options.arg_count > 1 ? name : NULL, &call.error);
}

int krx_cli_nodes_drain(krx_cli *cli)
{
    const krx_cli_options *o = &cli->options;
    int status = 0;
    if (!krx_cli_runtime(cli, &status))
        return status;
    cJSON *results = cJSON_CreateArray();
    for (size_t i = 0; i < o->arg_count; i++) {
        int one = drain_one(cli, o->args[i], results);
        status = status ? status : one;
        if (one == KRX_EXIT_INTERRUPTED)
            break;
    }
    int printed = print_list(cli, results);
    return status ? status : printed;
}
