/* SPDX-License-Identifier: Apache-2.0 */
/* Both views of what runs are made from a single list call. */
#include "modules/docker/containers/status.h"

static int32_t fetch(krx_call *call, krx_dk_backend *backend, const krx_list_req *req, bool all,
                     krx_arena *arena, cJSON **json, krx_replica ***out)
{
    krx_ptrs labels = {0};
    bool failed = false;
    if (!req->unmanaged)
        failed |= krx_ptrs_add(arena, &labels, KRX_LABEL_MANAGED_BY "=" KRX_LABEL_KRANIX) < 0;
    if (!req->unmanaged && !krx_blank(req->namespace_)) {
        char *label = krx_arena_printf(arena, KRX_LABEL_NAMESPACE "=%s", req->namespace_);
        failed |= !label || krx_ptrs_add(arena, &labels, label) < 0;
    }
    for (size_t i = 0; req->selector && req->selector[i]; i++) {
        const krx_kv *pair = req->selector[i];
        char *label = krx_arena_printf(arena, "%s=%s", pair->key, pair->value);
        failed |= !label || krx_ptrs_add(arena, &labels, label) < 0;
    }
    if (failed)
        return krx_no_memory(call);
    int32_t code = krx_dk_list_json(call, backend, (const char *const *)labels.items, all, json);
    if (code)
        return code;
    *out = krx_dk_containers_listed(arena, *json);
    return *out ? 0 : krx_no_memory(call);
}

static bool in_namespace(const krx_list_req *req, const char *namespace_)
{
    return krx_blank(req->namespace_) || krx_streq(req->namespace_, namespace_);
}

static int32_t emit_workload(krx_call *call, krx_arena *arena, const krx_replica_group *workload,
                             bool with_instances, krx_sink *status)
{
    krx_auto_replica_intent krx_replica_intent intent = {0};
    krx_replica_intent_read(workload->current->spec_json, &intent);
    krx_status *item = krx_replica_group_status(arena, workload, &intent, with_instances);
    return item ? krx_emit(status, KRX_ITEM_STATUS, item) : krx_no_memory(call);
}

int32_t krx_dk_list_op(krx_call *call, void *backend, const krx_list_req *req, krx_sink *status)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *json = NULL;
    krx_replica **all = NULL;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = fetch(call, backend, req, true, arena, &json, &all);
    if (code)
        return code;
    krx_replica_group **groups = krx_replicas_group(arena, all);
    if (!groups)
        return krx_no_memory(call);
    for (size_t i = 0; groups[i] && !code; i++)
        if (in_namespace(req, groups[i]->namespace_))
            code = emit_workload(call, arena, groups[i], req->with_instances, status);
    for (size_t i = 0; req->unmanaged && all[i] && !code; i++) {
        if (all[i]->ours)
            continue;
        krx_status *item = krx_replica_foreign_status(arena, all[i], req->with_instances);
        code = item ? krx_emit(status, KRX_ITEM_STATUS, item) : krx_no_memory(call);
    }
    return code;
}

int32_t krx_dk_instances_op(krx_call *call, void *backend, const krx_list_req *req,
                            krx_sink *instance)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *json = NULL;
    krx_replica **all = NULL;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = fetch(call, backend, req, req->all, arena, &json, &all);
    for (size_t i = 0; !code && all[i]; i++) {
        krx_auto_replica_intent krx_replica_intent intent = {0};
        if (all[i]->record || (all[i]->ours && !in_namespace(req, all[i]->namespace_)))
            continue;
        krx_replica_intent_read(all[i]->ours ? all[i]->spec_json : NULL, &intent);
        krx_instance *item = krx_replica_instance(arena, all[i], intent.policy);
        code = item ? krx_emit(instance, KRX_ITEM_INSTANCE, item) : krx_no_memory(call);
    }
    return code;
}
