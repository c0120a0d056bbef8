/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/containers/status.h"

#include "lib/replicas/names.h"

/* ---------------------------------------------------------------------------------- one workload
 */

static int32_t emit_group(krx_call *call, krx_arena *arena, const krx_replica_group *group,
                          bool with_instances, krx_sink *status)
{
    krx_auto_replica_intent krx_replica_intent intent = {0};
    krx_replica_intent_read(group->current->spec_json, &intent);
    krx_status *item = krx_replica_group_status(arena, group, &intent, with_instances);
    return item ? krx_emit(status, KRX_ITEM_STATUS, item) : krx_no_memory(call);
}

int32_t krx_oci_emit_status(krx_call *call, krx_oci_backend *backend, const char *namespace_,
                            const char *workload, bool with_instances, krx_sink *status)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_replica_group *group = NULL;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_group(call, arena, backend, namespace_, workload, &group);
    if (code)
        return code;
    return group ? emit_group(call, arena, group, with_instances, status)
                 : krx_oci_workload_not_found(call, namespace_, workload);
}

int32_t krx_oci_status_op(krx_call *call, void *backend, const krx_status_req *req,
                          krx_sink *status)
{
    if (krx_blank(req->ref.workload))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "a status needs the name of a workload");
    return krx_oci_emit_status(call, backend, req->ref.namespace_, req->ref.workload,
                               req->with_instances, status);
}

/* ----------------------------------------------------------------------------------------- lists
 */

static const char *label(const krx_replica *r, const char *key)
{
    const struct {
        const char *key, *value;
    } fixed[] = {{KRX_LABEL_MANAGED_BY, r->ours ? KRX_LABEL_KRANIX : NULL},
                 {KRX_LABEL_WORKLOAD, r->workload},
                 {KRX_LABEL_NAMESPACE, r->namespace_}};
    for (size_t i = 0; i < KRX_COUNT(fixed); i++)
        if (krx_streq(fixed[i].key, key))
            return fixed[i].value;
    for (const krx_kv *const *kv = r->labels; kv && *kv; kv++)
        if (krx_streq((*kv)->key, key))
            return (*kv)->value;
    return NULL;
}

static bool selected(const krx_list_req *req, const krx_replica *r)
{
    if (r->ours && req->namespace_ && !krx_streq(req->namespace_, r->namespace_))
        return false;
    for (const krx_kv *const *want = req->selector; want && *want; want++)
        if (!krx_streq(label(r, (*want)->key), (*want)->value))
            return false;
    return true;
}

static int32_t foreign(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                       const krx_list_req *req, krx_replica ***out)
{
    static krx_replica *nothing[] = {NULL};
    *out = nothing;
    return req->unmanaged ? krx_oci_foreign(call, arena, backend, out) : 0;
}

int32_t krx_oci_list_op(krx_call *call, void *backend, const krx_list_req *req, krx_sink *status)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_replica **others = NULL;
    krx_replica_group **groups = NULL;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_groups(call, arena, backend, req->namespace_, &groups);
    if (!code)
        code = foreign(call, arena, backend, req, &others);
    for (; !code && *groups; groups++)
        if (selected(req, (*groups)->current))
            code = emit_group(call, arena, *groups, req->with_instances, status);
    for (; !code && *others; others++) {
        if (!selected(req, *others))
            continue;
        krx_status *item = krx_replica_foreign_status(arena, *others, req->with_instances);
        code = item ? krx_emit(status, KRX_ITEM_STATUS, item) : krx_no_memory(call);
    }
    return code;
}

/* ------------------------------------------------------------------------------------- instances
 */

static bool runs(int phase)
{
    return phase == KRX_REPLICA_RUNNING || phase == KRX_REPLICA_PAUSED ||
           phase == KRX_REPLICA_RESTARTING;
}

static int32_t emit_instance(krx_call *call, krx_arena *arena, const krx_list_req *req,
                             const krx_replica *r, const char *policy, krx_sink *out)
{
    if ((!req->all && !runs(r->phase)) || !selected(req, r))
        return 0;
    krx_instance *item = krx_replica_instance(arena, r, policy);
    return item ? krx_emit(out, KRX_ITEM_INSTANCE, item) : krx_no_memory(call);
}

int32_t krx_oci_instances_op(krx_call *call, void *backend, const krx_list_req *req,
                             krx_sink *instance)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_backend *be = backend;
    krx_replica **others = NULL;
    krx_oci_container **containers = NULL;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_containers(call, arena, be, &containers);
    if (!code)
        code = foreign(call, arena, be, req, &others);
    for (size_t i = 0; !code && containers[i]; i++) {
        const krx_oci_container *c = containers[i];
        const krx_replica *r = krx_oci_replica(arena, c, NULL);
        code = r ? emit_instance(call, arena, req, r, c->restart_policy, instance)
                 : krx_no_memory(call);
    }
    for (size_t i = 0; !code && others[i]; i++)
        code = emit_instance(call, arena, req, others[i], "always", instance);
    return code;
}
