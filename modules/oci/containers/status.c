/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/containers/status.h"

#include <string.h>

#include "lib/json/json.h"
#include "lib/replicas/names.h"

/* Everything of ours, and for status the records, which carry the specs. */
typedef struct view {
    krx_oci_container **containers;
    krx_replica_group **groups;
} view;

static const krx_kv *const no_labels[] = {NULL};

/* Labels of a workload that has no container are those of its spec. */
static const krx_kv *const *labels_of_spec(krx_arena *arena, const char *spec_json)
{
    krx_auto_json cJSON *spec = krx_blank(spec_json) ? NULL : cJSON_Parse(spec_json);
    const cJSON *item, *labels = krx_json_object(spec, "labels");
    krx_ptrs list = {0};
    cJSON_ArrayForEach (item, labels) {
        krx_kv *kv = krx_arena_new_of(arena, krx_kv);
        if (!kv || !cJSON_IsString(item))
            return no_labels;
        *kv = (krx_kv){.struct_size = sizeof *kv,
                       .key = krx_arena_strdup(arena, item->string),
                       .value = krx_arena_strdup(arena, item->valuestring)};
        if (!kv->key || !kv->value || krx_ptrs_add(arena, &list, kv) < 0)
            return no_labels;
    }
    return list.count ? (const krx_kv *const *)list.items : no_labels;
}

/* The record of a workload as a replica that never runs; labels are those of a container. */
static krx_replica *of_record(krx_arena *arena, const krx_oci_record *record)
{
    krx_replica *r = krx_arena_new_of(arena, krx_replica);
    if (r)
        *r = (krx_replica){.id = record->name,
                           .name = record->name,
                           .status = "",
                           .workload = record->name,
                           .namespace_ = record->namespace_,
                           .spec_json = record->spec_json,
                           .hash = record->hash,
                           .phase = KRX_REPLICA_CREATED,
                           .ours = true,
                           .record = true,
                           .generation = record->generation,
                           .created_ns = record->generation,
                           .started_ns = KRX_UNSET,
                           .restarts = KRX_UNSET,
                           .exit_code = KRX_UNSET,
                           .labels = no_labels};
    return r;
}

static void lend_labels(krx_arena *arena, const krx_replica_group *group)
{
    krx_replica *record = NULL;
    if (!group->record)
        return;
    memcpy(&record, &group->record, sizeof record);
    record->labels =
        group->count ? group->containers[0]->labels : labels_of_spec(arena, record->spec_json);
}

static int32_t add_records(krx_call *call, krx_arena *arena, const krx_oci_backend *backend,
                           krx_ptrs *replicas)
{
    krx_oci_record **records = NULL;
    int32_t code = krx_oci_records_read(call, arena, &backend->store, &records);
    for (size_t i = 0; !code && records[i]; i++) {
        krx_replica *r = of_record(arena, records[i]);
        if (!r || krx_ptrs_add(arena, replicas, r) < 0)
            return krx_oci_no_memory(call);
    }
    return code;
}

static int32_t look(krx_call *call, krx_arena *arena, krx_oci_backend *backend, view *out)
{
    krx_ptrs replicas = {0};
    int32_t code = krx_oci_containers_read(call, arena, &backend->store, &out->containers);
    for (size_t i = 0; !code && out->containers[i]; i++) {
        krx_replica *r = krx_oci_replica(arena, out->containers[i], NULL);
        if (!r || krx_ptrs_add(arena, &replicas, r) < 0)
            return krx_oci_no_memory(call);
    }
    if (!code)
        code = add_records(call, arena, backend, &replicas);
    if (code)
        return code;
    krx_replica **all = (krx_replica **)krx_ptrs_end(arena, &replicas);
    out->groups = all ? krx_replicas_group(arena, all) : NULL;
    if (!out->groups)
        return krx_oci_no_memory(call);
    for (size_t i = 0; out->groups[i]; i++)
        lend_labels(arena, out->groups[i]);
    return 0;
}

/* ---------------------------------------------------------------------------------- one workload
 */

static int32_t emit_group(krx_call *call, krx_arena *arena, const krx_replica_group *group,
                          bool with_instances, krx_sink *status)
{
    krx_auto_replica_intent krx_replica_intent intent = {0};
    krx_replica_intent_read(group->current->spec_json, &intent);
    krx_status *item = krx_replica_group_status(arena, group, &intent, with_instances);
    return item ? krx_emit(status, KRX_ITEM_STATUS, item) : krx_oci_no_memory(call);
}

int32_t krx_oci_emit_status(krx_call *call, krx_oci_backend *backend, const char *namespace_,
                            const char *workload, bool with_instances, krx_sink *status)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    view v = {0};
    if (!arena)
        return krx_oci_no_memory(call);
    int32_t code = look(call, arena, backend, &v);
    if (code)
        return code;
    for (krx_replica_group **g = v.groups; *g; g++)
        if (krx_streq((*g)->name, workload) && krx_streq((*g)->namespace_, namespace_))
            return emit_group(call, arena, *g, with_instances, status);
    return krx_fail(call, KRX_E_NOT_FOUND, "there is no workload '%s' in namespace '%s'", workload,
                    namespace_);
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
                       const krx_list_req *req, const view *v, krx_replica ***out)
{
    static krx_replica *nothing[] = {NULL};
    *out = nothing;
    return req->unmanaged ? krx_oci_foreign(call, arena, backend, v->containers, out) : 0;
}

int32_t krx_oci_list_op(krx_call *call, void *backend, const krx_list_req *req, krx_sink *status)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_replica **others = NULL;
    view v = {0};
    if (!arena)
        return krx_oci_no_memory(call);
    int32_t code = look(call, arena, backend, &v);
    if (!code)
        code = foreign(call, arena, backend, req, &v, &others);
    for (size_t i = 0; !code && v.groups[i]; i++)
        if (selected(req, v.groups[i]->current))
            code = emit_group(call, arena, v.groups[i], req->with_instances, status);
    for (size_t i = 0; !code && others[i]; i++) {
        if (!selected(req, others[i]))
            continue;
        krx_status *item = krx_replica_foreign_status(arena, others[i], req->with_instances);
        code = item ? krx_emit(status, KRX_ITEM_STATUS, item) : krx_oci_no_memory(call);
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
    return item ? krx_emit(out, KRX_ITEM_INSTANCE, item) : krx_oci_no_memory(call);
}

int32_t krx_oci_instances_op(krx_call *call, void *backend, const krx_list_req *req,
                             krx_sink *instance)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_backend *be = backend;
    krx_replica **others = NULL;
    view v = {0};
    if (!arena)
        return krx_oci_no_memory(call);
    int32_t code = krx_oci_containers_read(call, arena, &be->store, &v.containers);
    if (!code)
        code = foreign(call, arena, be, req, &v, &others);
    for (size_t i = 0; !code && v.containers[i]; i++) {
        const krx_oci_container *c = v.containers[i];
        const krx_replica *r = krx_oci_replica(arena, c, NULL);
        code = r ? emit_instance(call, arena, req, r, c->restart_policy, instance)
                 : krx_oci_no_memory(call);
    }
    for (size_t i = 0; !code && others[i]; i++)
        code = emit_instance(call, arena, req, others[i], "always", instance);
    return code;
}
