/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/deploy/parts.h"

typedef struct collecting {
    krx_call *call;
    cJSON *array;
    const char *workload;
} collecting;

/* The one label or the other: claims carry a sanitised name as "app". */
static bool belongs(const collecting *c, const cJSON *item)
{
    const char *workload = krx_k8s_label(item, KRX_K8S_WORKLOAD);
    return krx_streq(*workload ? workload : krx_k8s_label(item, KRX_K8S_APP), c->workload);
}

static int32_t collect(void *ctx, const cJSON *item)
{
    const collecting *c = ctx;
    if (!belongs(c, item))
        return 0;
    cJSON *copy = cJSON_Duplicate(item, 1);
    if (copy && cJSON_AddItemToArray(c->array, copy))
        return 0;
    cJSON_Delete(copy);
    return krx_no_memory(c->call);
}

int32_t krx_k8s_parts_of(krx_call *call, krx_kube *kube, krx_kube_kind kind, const char *namespace_,
                         const char *workload, cJSON **out)
{
    krx_auto_json cJSON *array = cJSON_CreateArray();
    krx_auto_str krx_str selector = {0};
    collecting c = {.call = call, .array = array, .workload = workload};
    if (!array)
        return krx_no_memory(call);
    krx_str_addf(&selector, KRX_K8S_OURS "," KRX_K8S_WORKLOAD "=%s", workload);
    if (krx_str_failed(&selector))
        return krx_no_memory(call);
    krx_kube_select select = {
        .kind = kind, .namespace_ = namespace_, .label_selector = krx_str_get(&selector)};
    int32_t code = krx_kube_list(call, kube, &select, collect, &c, NULL);
    if (code == KRX_E_PERMISSION_DENIED)
        krx_log(call, KRX_LOG_INFO, "%s", call->error->message);
    if (code == KRX_E_UNIMPLEMENTED || code == KRX_E_PERMISSION_DENIED)
        code = krx_forgive(call);
    if (!code)
        *out = krx_move_ptr(array);
    return code;
}
