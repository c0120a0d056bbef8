/* SPDX-License-Identifier: Apache-2.0 */
/* The op itself and what it says that it changed. */
#include "lib/model/results.h"
#include "programs/kranix/clean.h"
#include "programs/kranix/deploy.h"

static int32_t take_change(krx_sink *sink, uint32_t kind, const void *item)
{
    krx_cli_target *target = sink->ctx;
    krx_arena *arena = target->op->arena;
    const krx_change *from = item;
    if (kind != KRX_ITEM_CHANGE)
        return 0;
    krx_change *copy = krx_arena_new_of(arena, krx_change);
    if (!copy)
        return KRX_E_RESOURCE_EXHAUSTED;
    *copy = (krx_change){.struct_size = sizeof *copy,
                         .action = from->action,
                         .kind = krx_arena_strdup(arena, from->kind),
                         .object = krx_arena_strdup(arena, from->object),
                         .field = krx_arena_strdup(arena, from->field),
                         .old_value = krx_arena_strdup(arena, from->old_value),
                         .new_value = krx_arena_strdup(arena, from->new_value)};
    return krx_ptrs_add(arena, &target->changes, copy) < 0 ? KRX_E_RESOURCE_EXHAUSTED : 0;
}

void krx_cli_changes_into(krx_cli_target *target)
{
    target->changes_sink = (krx_sink){.struct_size = sizeof target->changes_sink,
                                      .kind = KRX_ITEM_CHANGE,
                                      .emit = take_change,
                                      .ctx = target};
    target->changes.count = 0;
}

int32_t krx_cli_deploy_run(krx_cli_call *call, krx_cli_target *target, bool dry_run,
                           krx_cli_progress *progress)
{
    krx_cli_items items;
    krx_cli_progress_part part;
    krx_deploy_req *req = krx_arena_new_of(target->op->arena, krx_deploy_req);
    if (!req)
        return krx_fail(&call->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (!target->op->spec)
        target->op->spec = krx_spec_ref(target->spec);
    krx_cli_changes_into(target);
    *req = (krx_deploy_req){
        .struct_size = sizeof *req,
        .flags = (dry_run ? (uint32_t)KRX_DEPLOY_DRY_RUN : 0) |
                 (target->spec->namespace_implied ? (uint32_t)KRX_DEPLOY_NAMESPACE_IMPLIED : 0),
        .spec = target->spec->workload,
        .spec_json = target->spec->json,
        .changes = &target->changes_sink};
    krx_cli_items_init(&items, target->op->arena, KRX_ITEM_STATUS);
    krx_cli_progress_part_init(&part, progress, target->spec->workload->name);
    call->call.progress = &part.sink;
    int32_t code = krx_cli_invoke(&call->call, target->backend, KRX_OP_driver_deploy, req,
                                  &items.sink, target->op);
    call->call.progress = NULL;
    if (code == 0 && items.list.count)
        target->status = items.list.items[0];
    return code;
}

int krx_cli_deploy_error(krx_cli *cli, const krx_cli_target *target, const krx_error *error)
{
    int status = krx_cli_error_on(cli, target->spec->workload->name, error);
    return error->code == KRX_E_NOT_FOUND ? KRX_EXIT_FAILED : status;
}

static bool has_action(const krx_cli_target *target, uint32_t action, bool with_cause)
{
    for (size_t i = 0; i < target->changes.count; i++) {
        const krx_change *change = target->changes.items[i];
        if (change->action == action && (!with_cause || change->field))
            return true;
    }
    return false;
}

const char *krx_cli_deploy_word(const krx_cli_target *target)
{
    if (has_action(target, KRX_CHANGE_REPLACE, false))
        return "replaced";
    if (has_action(target, KRX_CHANGE_UPDATE, false) ||
        has_action(target, KRX_CHANGE_REMOVE, false) || has_action(target, KRX_CHANGE_CREATE, true))
        return "updated";
    return has_action(target, KRX_CHANGE_CREATE, false) ? "created" : "unchanged";
}

char *krx_cli_change_text(const krx_change *change)
{
    krx_auto_str krx_str text = {0};
    krx_str_addf(&text, "%-8s %s %s", krx_change_name(change->action), change->kind,
                 change->object ? change->object : "");
    if (change->field)
        krx_str_addf(&text, " (%s: %s -> %s)", change->field,
                     change->old_value ? change->old_value : "none",
                     change->new_value ? change->new_value : "none");
    return krx_str_failed(&text) ? NULL : krx_cli_clean(krx_str_get(&text));
}

bool krx_cli_deploy_changes(const krx_cli_target *target)
{
    static const uint32_t real[] = {KRX_CHANGE_CREATE, KRX_CHANGE_UPDATE, KRX_CHANGE_REPLACE,
                                    KRX_CHANGE_REMOVE};
    for (size_t i = 0; i < KRX_COUNT(real); i++)
        if (has_action(target, real[i], false))
            return true;
    return false;
}

cJSON *krx_cli_target_json(const krx_cli_target *target)
{
    const krx_workload *workload = target->spec->workload;
    cJSON *json = target->status ? krx_status_to_json(target->status) : cJSON_CreateObject();
    if (!json)
        return NULL;
    if (!target->status) {
        cJSON_AddStringToObject(json, "name", workload->name);
        cJSON_AddStringToObject(json, "namespace", workload->namespace_);
        cJSON_AddStringToObject(json, "backend", krx_backend_name(target->backend));
    }
    cJSON_AddStringToObject(json, "action", krx_cli_deploy_word(target));
    cJSON *changes = cJSON_AddArrayToObject(json, "changes");
    for (size_t i = 0; i < target->changes.count; i++)
        cJSON_AddItemToArray(changes, krx_change_to_json(target->changes.items[i]));
    return json;
}
