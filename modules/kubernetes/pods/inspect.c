/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/pods/pods.h"

/* Who wrote which field is of no use to a reader, and longer than all the rest. */
static cJSON *readable(const cJSON *pod)
{
    cJSON *copy = cJSON_CreateObject();
    bool done = copy && cJSON_AddStringToObject(copy, "apiVersion", "v1") &&
                cJSON_AddStringToObject(copy, "kind", "Pod");
    for (const cJSON *part = pod->child; done && part; part = part->next) {
        if (krx_streq(part->string, "apiVersion") || krx_streq(part->string, "kind"))
            continue;
        cJSON *item = cJSON_Duplicate(part, 1);
        done = item && cJSON_AddItemToObject(copy, part->string, item);
        if (!done)
            cJSON_Delete(item);
    }
    if (done) {
        cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(copy, "metadata"),
                                                "managedFields");
        return copy;
    }
    cJSON_Delete(copy);
    return NULL;
}

static int32_t emit_pod(krx_call *call, krx_arena *arena, const cJSON *pod, krx_sink *out)
{
    krx_auto_json cJSON *object = readable(pod);
    krx_autofree char *raw = object ? cJSON_PrintUnformatted(object) : NULL;
    krx_instance *item = raw ? krx_k8s_instance(arena, pod) : NULL;
    if (!item)
        return krx_no_memory(call);
    item->raw = raw;
    return krx_emit(out, KRX_ITEM_INSTANCE, item);
}

int32_t krx_k8s_inspect_op(krx_call *call, void *backend, const krx_container_req *req,
                           krx_sink *instance)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *pods = NULL;
    const cJSON *pod;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_k8s_pods_of(call, backend, arena, &req->ref, &pods);
    cJSON_ArrayForEach (pod, pods) {
        if (!code)
            code = emit_pod(call, arena, pod, instance);
    }
    return code;
}
