/* SPDX-License-Identifier: Apache-2.0 */
/* destroy, restart, start, stop, pause, unpause, kill: one op on each of several workloads. */
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "programs/kranix/bulk.h"
#include "programs/kranix/output.h"
#include "programs/kranix/specs.h"

typedef struct change_item {
    const char *name;
    const char *namespace_;
    const char *backend; /* of the spec, or NULL */
    bool namespace_implied;
    bool asked; /* the backend was there to be asked */
    int32_t code;
    krx_error error;
} change_item;

typedef struct change_run {
    krx_cli *cli;
    const char *past; /* "destroyed" */
    change_item *items;
    size_t count;
    cJSON *results;
    int status;
} change_run;

static const struct {
    const char *verb, *past;
} pasts[] = {
    {"destroy", "destroyed"}, {"restart", "restarted"}, {"start", "started"},  {"stop", "stopped"},
    {"pause", "paused"},      {"unpause", "unpaused"},  {"kill", "signalled"},
};

static const char *past_of(const char *verb)
{
    for (size_t i = 0; i < KRX_COUNT(pasts); i++)
        if (strcmp(pasts[i].verb, verb) == 0)
            return pasts[i].past;
    return verb;
}

static int64_t grace(const krx_cli *cli)
{
    return krx_cli_duration(cli, KRX_OPT_GRACE, KRX_UNSET);
}

static bool remove_volumes(const krx_cli *cli)
{
    return krx_cli_flag(cli, KRX_OPT_VOLUMES) ||
           krx_streq(krx_config_value(cli->runtime, "volumes.auto_cleanup_on_destroy"), "true");
}

static const void *request(krx_cli *cli, krx_cli_op *op, const change_item *item, bool by_instance)
{
    uint32_t which = cli->options.verb->op;
    krx_ref ref =
        krx_cli_ref(cli, op, item->name, item->namespace_implied ? NULL : item->namespace_);
    if (by_instance) {
        ref.instance = ref.workload;
        ref.workload = NULL;
    }
    if (which == KRX_OP_driver_destroy) {
        krx_destroy_req *req = krx_arena_new_of(op->arena, krx_destroy_req);
        if (req)
            *req = (krx_destroy_req){.struct_size = sizeof *req,
                                     .remove_volumes = remove_volumes(cli),
                                     .ref = ref,
                                     .grace_ns = grace(cli)};
        return req;
    }
    if (which == KRX_OP_driver_restart) {
        krx_restart_req *req = krx_arena_new_of(op->arena, krx_restart_req);
        if (req)
            *req =
                (krx_restart_req){.struct_size = sizeof *req, .ref = ref, .grace_ns = grace(cli)};
        return req;
    }
    krx_container_req *req = krx_arena_new_of(op->arena, krx_container_req);
    if (req)
        *req = (krx_container_req){
            .struct_size = sizeof *req,
            .ref = ref,
            .grace_ns = grace(cli),
            .signal = krx_arena_strdup(op->arena, krx_cli_value(cli, KRX_OPT_SIGNAL))};
    return req;
}

/* Stopping takes the grace period of every instance in the worst case. */
static int64_t patience(const krx_cli *cli)
{
    int64_t given = grace(cli);
    return given == KRX_UNSET ? KRX_CLI_UNARY_NS * 2 : KRX_CLI_UNARY_NS * 2 + given;
}

static int32_t try_it(change_run *run, change_item *item, bool by_instance, krx_cli_call *call,
                      krx_backend *backend, krx_cli_op *op)
{
    const void *req = request(run->cli, op, item, by_instance);
    return req ? krx_cli_invoke(&call->call, backend, run->cli->options.verb->op, req, NULL, op)
               : krx_fail(&call->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

/* The name may be that of one container or pod; to remove one takes the name of a workload. */
static void try_instance(change_run *run, change_item *item, krx_cli_call *call,
                         krx_backend *backend, krx_cli_op *op)
{
    krx_error before = call->error;
    if (run->cli->options.verb->op == KRX_OP_driver_destroy)
        return;
    call->error = (krx_error){.struct_size = sizeof call->error};
    item->code = try_it(run, item, true, call, backend, op);
    if (item->code == KRX_E_NOT_FOUND)
        call->error = before;
}

static void work(void *ctx, size_t i)
{
    change_run *run = ctx;
    change_item *item = &run->items[i];
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_backend *backend = NULL;
    krx_cli_call call;
    krx_cli_call_init(run->cli, &call, patience(run->cli));
    item->code = op ? krx_cli_backend(run->cli, &call.call, item->backend, &backend)
                    : krx_fail(&call.call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    item->asked = !item->code;
    if (item->asked)
        item->code = try_it(run, item, false, &call, backend, op);
    if (item->asked && item->code == KRX_E_NOT_FOUND)
        try_instance(run, item, &call, backend, op);
    item->error = call.error;
    item->error.code = item->code;
}

static void done(void *ctx, size_t i)
{
    change_run *run = ctx;
    change_item *item = &run->items[i];
    bool missing_is_fine = krx_cli_flag(run->cli, KRX_OPT_IGNORE_NOT_FOUND);
    bool missing = item->asked && item->code == KRX_E_NOT_FOUND && missing_is_fine;
    if (item->code && !missing) {
        int status = krx_cli_error_on(run->cli, run->count > 1 ? item->name : NULL, &item->error);
        run->status = run->status ? run->status : status;
        return;
    }
    const char *word = missing ? "not found" : run->past;
    if (krx_cli_structured(run->cli)) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddStringToObject(json, "name", item->name);
        cJSON_AddStringToObject(json, "namespace", item->namespace_);
        cJSON_AddStringToObject(json, "action", word);
        cJSON_AddItemToArray(run->results, json);
    } else if (run->cli->format == KRX_FORMAT_NAME) {
        if (!missing)
            (void)printf("%s\n", item->name);
    } else if (!run->cli->quiet) {
        (void)printf("%s %s\n", item->name, word);
        (void)fflush(stdout);
    }
}

static int run_all(krx_cli *cli, change_item *items, size_t count)
{
    change_run run = {.cli = cli,
                      .past = past_of(cli->options.verb->name),
                      .items = items,
                      .count = count,
                      .results = cJSON_CreateArray()};
    int status = 0;
    if (!run.results)
        return krx_cli_no_memory(cli);
    if (krx_cli_runtime(cli, &status)) {
        krx_cli_parallel(count, (size_t)krx_cli_int(cli, KRX_OPT_PARALLEL, KRX_CLI_PARALLEL), work,
                         done, &run);
        status = run.status;
    }
    if (krx_cli_structured(cli) && (cJSON_GetArraySize(run.results) || count > 1))
        (void)krx_cli_print_json(cli, count == 1 ? cJSON_DetachItemFromArray(run.results, 0)
                                                 : cJSON_Duplicate(run.results, true));
    cJSON_Delete(run.results);
    return status;
}

static int run_names(krx_cli *cli)
{
    const krx_cli_options *o = &cli->options;
    krx_autofree change_item *items = calloc(o->arg_count + 1, sizeof *items);
    if (!items)
        return krx_cli_no_memory(cli);
    for (size_t i = 0; i < o->arg_count; i++) {
        items[i].name = o->args[i];
        items[i].namespace_ = krx_cli_namespace(cli);
        items[i].namespace_implied = krx_cli_namespace_implied(cli);
    }
    return run_all(cli, items, o->arg_count);
}

static int run_specs(krx_cli *cli)
{
    krx_specs specs KRX_CLEANUP(krx_specs_free) = {0};
    int status = krx_cli_read_specs(cli, &specs);
    if (status)
        return status;
    krx_autofree change_item *items = calloc(specs.count + 1, sizeof *items);
    if (!items)
        return krx_cli_no_memory(cli);
    for (size_t i = 0; i < specs.count; i++) {
        const krx_workload *workload = specs.items[i]->workload;
        items[i].name = workload->name;
        items[i].namespace_ = workload->namespace_;
        items[i].backend = workload->backend;
        items[i].namespace_implied = specs.items[i]->namespace_implied;
    }
    return run_all(cli, items, specs.count);
}

int krx_cli_destroy(krx_cli *cli)
{
    bool files = krx_cli_flag(cli, KRX_OPT_FILE);
    if (files && cli->options.arg_count)
        return krx_cli_usage(cli, NULL, "names and --file exclude each other");
    if (!files && !cli->options.arg_count)
        return krx_cli_usage(cli, "usage: kranix destroy NAME... | -f FILE...",
                             "kranix destroy needs a name or a file");
    return files ? run_specs(cli) : run_names(cli);
}

int krx_cli_lifecycle(krx_cli *cli)
{
    return run_names(cli);
}
