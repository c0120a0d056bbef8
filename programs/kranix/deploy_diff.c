/* SPDX-License-Identifier: Apache-2.0 */
/* --diff: the spec that runs against the one given, field by field. */
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/model/results.h"
#include "programs/kranix/deploy.h"
#include "programs/kranix/output.h"

typedef struct difference_ctx {
    const krx_cli *cli;
    cJSON *list;
    krx_arena *arena;
    krx_ptrs paths; /* said already */
    size_t count;
} difference_ctx;

static bool said(const difference_ctx *d, const char *path)
{
    for (size_t i = 0; i < d->paths.count; i++)
        if (krx_streq(d->paths.items[i], path))
            return true;
    return false;
}

static void print_side(const difference_ctx *d, char sign, const char *path, const char *value)
{
    krx_autofree char *clean = krx_cli_clean(value);
    const char *color = sign == '-' ? "\033[31m" : "\033[32m";
    (void)printf("%s%c%s: %s%s\n", d->cli->color_out ? color : "", sign, path, clean ? clean : "",
                 d->cli->color_out ? "\033[0m" : "");
}

static void differ(void *ctx, const char *path, const char *old_value, const char *new_value)
{
    difference_ctx *d = ctx;
    d->count++;
    (void)krx_ptrs_add(d->arena, &d->paths, krx_arena_strdup(d->arena, path));
    if (!krx_cli_structured(d->cli)) {
        if (old_value)
            print_side(d, '-', path, old_value);
        if (new_value)
            print_side(d, '+', path, new_value);
        return;
    }
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "path", path);
    cJSON_AddItemToObject(item, "old",
                          old_value ? cJSON_CreateString(old_value) : cJSON_CreateNull());
    cJSON_AddItemToObject(item, "new",
                          new_value ? cJSON_CreateString(new_value) : cJSON_CreateNull());
    cJSON_AddItemToArray(d->list, item);
}

static void diff_new(const krx_cli_target *target, difference_ctx *d)
{
    krx_workload empty;
    krx_struct_init(krx_schema_workload(), &empty, true);
    (void)krx_workload_diff(&empty, target->spec->workload, differ, d);
}

static bool diff_old(const krx_cli_target *target, const krx_status *status, difference_ctx *d)
{
    krx_error error = {.struct_size = sizeof error};
    krx_diags diags KRX_CLEANUP(krx_diags_free) = {0};
    krx_specs specs KRX_CLEANUP(krx_specs_free) = {0};
    krx_call call;
    if (krx_blank(status->spec_json))
        return false;
    krx_call_init(&call, &error);
    krx_diags_init(&diags);
    if (krx_specs_parse(&call, "deployed", status->spec_json, strlen(status->spec_json),
                        KRX_SPEC_NO_FILES, &specs, &diags) < 0 ||
        specs.count != 1)
        return false;
    (void)krx_workload_diff(specs.items[0]->workload, target->spec->workload, differ, d);
    return true;
}

/*
 * What the backend names as cause of its changes and the specs do not show: fields of its own live
 * objects, also where somebody else has changed them.
 */
static void diff_changes(const krx_cli_target *target, bool no_spec, difference_ctx *d)
{
    for (size_t i = 0; i < target->changes.count; i++) {
        const krx_change *change = target->changes.items[i];
        krx_autofree char *path = NULL;
        if (!change->field || change->action == KRX_CHANGE_NONE || said(d, change->field))
            continue;
        path = no_spec ? krx_format("%s", change->field)
                       : krx_format("%s/%s %s", change->kind, change->object, change->field);
        if (path && !said(d, path))
            differ(d, path, change->old_value, change->new_value);
    }
}

static void print_objects(const krx_cli_target *target)
{
    const krx_change *last = NULL;
    for (size_t i = 0; i < target->changes.count; i++) {
        const krx_change *change = target->changes.items[i];
        krx_autofree char *object = krx_cli_clean(change->object);
        bool again = last && last->action == change->action &&
                     krx_streq(last->kind, change->kind) && krx_streq(last->object, change->object);
        last = change;
        if (change->action != KRX_CHANGE_NONE && !again)
            (void)printf("# %s %s %s\n", krx_change_name(change->action), change->kind,
                         object ? object : "");
    }
}

static void print_json(const krx_cli_target *target, bool changed, cJSON *list, cJSON *results)
{
    cJSON *json = krx_cli_target_json(target);
    cJSON_AddBoolToObject(json, "changed", changed);
    cJSON_AddItemToObject(json, "differences", list);
    cJSON_AddItemToArray(results, json);
}

int krx_cli_deploy_diff(krx_cli *cli, krx_cli_target *target, cJSON *results)
{
    const krx_workload *workload = target->spec->workload;
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_status *status = NULL;
    krx_cli_progress progress;
    krx_cli_call call;
    if (!op)
        return krx_cli_no_memory(cli);
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    int32_t code = krx_cli_get_status(cli, &call.call, target->backend, op, workload->name,
                                      krx_cli_spec_namespace(target->spec), &status);
    if (code < 0 && code != KRX_E_NOT_FOUND)
        return krx_cli_error_on(cli, workload->name, &call.error);
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    krx_cli_progress_init(&progress, cli, workload->name);
    int32_t failed = krx_cli_deploy_run(&call, target, true, &progress);
    krx_cli_progress_end(&progress);
    if (failed < 0)
        return krx_cli_deploy_error(cli, target, &call.error);
    bool changed = krx_cli_deploy_changes(target) || code == KRX_E_NOT_FOUND;
    difference_ctx d = {.cli = cli, .list = cJSON_CreateArray(), .arena = op->arena};
    if (changed && !krx_cli_structured(cli))
        (void)printf("--- %s/%s (%s)\n+++ %s/%s (%s)\n", workload->namespace_, workload->name,
                     code == KRX_E_NOT_FOUND ? "absent" : "deployed", workload->namespace_,
                     workload->name, "wanted");
    if (code == KRX_E_NOT_FOUND)
        diff_new(target, &d);
    else if (changed)
        diff_changes(target, !diff_old(target, status, &d), &d);
    if (krx_cli_structured(cli)) {
        print_json(target, changed, d.list, results);
    } else {
        print_objects(target);
        cJSON_Delete(d.list);
    }
    return changed ? KRX_EXIT_CHANGED : 0;
}
