/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/containers/status.h"

/* Adds what only an inspection tells: restarts, exact times, whether memory ran out. A container
 * that can't be inspected keeps what the list said. */
static void deepen(krx_call *call, krx_dk_backend *backend, krx_arena *arena,
                   krx_replica *container)
{
    krx_side_call scratch;
    krx_auto_json cJSON *json = NULL;
    krx_replica whole;
    krx_side_call_init(&scratch, call);
    if (krx_dk_inspect_json(&scratch.call, backend, container->id, &json) ||
        !krx_dk_container_inspected(arena, json, &whole))
        return;
    container->restarts = whole.restarts;
    container->started_ns = whole.started_ns;
    container->oom_killed = whole.oom_killed;
    if (container->exit_code != KRX_UNSET && whole.exit_code != KRX_UNSET)
        container->exit_code = whole.exit_code;
}

int32_t krx_dk_emit_status(krx_call *call, krx_dk_backend *backend, const char *namespace_,
                           const char *workload, bool with_instances, krx_sink *status)
{
    krx_auto_dk_found krx_dk_found found = {0};
    krx_auto_replica_intent krx_replica_intent intent = {0};
    int32_t code = krx_dk_find(call, backend, namespace_, workload, &found);
    if (code)
        return code;
    if (!found.workload)
        return krx_dk_not_found(call, namespace_, workload);
    for (size_t i = 0; with_instances && i < found.workload->count; i++)
        deepen(call, backend, found.arena, found.workload->containers[i]);
    krx_replica_intent_read(found.workload->current->spec_json, &intent);
    krx_status *item =
        krx_replica_group_status(found.arena, found.workload, &intent, with_instances);
    return item ? krx_emit(status, KRX_ITEM_STATUS, item) : krx_no_memory(call);
}

int32_t krx_dk_status_op(krx_call *call, void *backend, const krx_status_req *req, krx_sink *status)
{
    if (krx_blank(req->ref.workload))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "a status needs the name of a workload");
    return krx_dk_emit_status(call, backend, req->ref.namespace_, req->ref.workload,
                              req->with_instances, status);
}
