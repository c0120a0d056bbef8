/* SPDX-License-Identifier: Apache-2.0 */
/* `kranix backends setup kubernetes`: the priority classes that specs may refer to. */
#include "modules/kubernetes/backend/backend.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/objects/priority.h"

/* Value and policy of a class never change; what else it says may. */
static bool same_class(const cJSON *live, const cJSON *wanted)
{
    static const char *const fixed[] = {"value", "globalDefault", "description"};
    for (size_t i = 0; i < KRX_COUNT(fixed); i++)
        if (!cJSON_Compare(krx_json_get(live, fixed[i]), krx_json_get(wanted, fixed[i]), true) &&
            !(cJSON_IsFalse(krx_json_get(wanted, fixed[i])) && !krx_json_get(live, fixed[i])))
            return false;
    const char *policy = krx_json_text(live, "preemptionPolicy");
    if (*policy && !krx_streq(policy, krx_json_text(wanted, "preemptionPolicy")))
        return false;
    const cJSON *label;
    cJSON_ArrayForEach (label, krx_json_dig(wanted, "metadata/labels")) {
        if (!krx_streq(krx_k8s_label(live, label->string), label->valuestring))
            return false;
    }
    return true;
}

static int32_t check_owner(krx_call *call, const cJSON *live, const char *name)
{
    if (krx_streq(krx_k8s_label(live, KRX_K8S_STANDARD_MANAGED_BY), KRX_K8S_KRANIX))
        return 0;
    krx_fail(call, KRX_E_ALREADY_EXISTS, "there is a PriorityClass '%s' that kranix did not make",
             name);
    return krx_hint(call,
                    "label it: kubectl label priorityclass %s " KRX_K8S_STANDARD_MANAGED_BY
                    "=" KRX_K8S_KRANIX,
                    name);
}

/* A server forbids to change a class' value: it is made anew. Pods keep the number they have. */
static int32_t write_class(krx_call *call, krx_kube *kube, const krx_kube_ref *at,
                           const cJSON *live, cJSON *wanted, uint32_t flags)
{
    bool same_value = !live || krx_json_int(live, "value", 0) == krx_json_int(wanted, "value", 0);
    const char *was = krx_json_text(live, "preemptionPolicy");
    bool same_policy = !*was || krx_streq(was, krx_json_text(wanted, "preemptionPolicy"));
    if (same_value && same_policy)
        return krx_kube_apply(call, kube, at, wanted, flags | KRX_KUBE_FORCE, NULL);
    krx_kube_delete_options options = {.grace_seconds = KRX_UNSET, .flags = flags};
    int32_t code = krx_kube_delete(call, kube, at, &options);
    if (!code && !(flags & KRX_KUBE_DRY_RUN))
        code = krx_kube_apply(call, kube, at, wanted, KRX_KUBE_FORCE, NULL);
    return code;
}

static int32_t install(krx_call *call, krx_kube *kube, cJSON *wanted, uint32_t flags, krx_sink *out)
{
    krx_auto_json cJSON *live = NULL;
    krx_kube_ref at = {.kind = KRX_KUBE_PRIORITY_CLASS, .name = krx_k8s_name(wanted)};
    krx_change change = {.struct_size = sizeof change,
                         .action = KRX_CHANGE_NONE,
                         .kind = "PriorityClass",
                         .object = at.name};
    int32_t code = krx_kube_look(call, kube, &at, &live);
    if (!code && live)
        code = check_owner(call, live, at.name);
    if (!code && (!live || !same_class(live, wanted))) {
        change.action = live ? KRX_CHANGE_UPDATE : KRX_CHANGE_CREATE;
        krx_tell_progress(call, "create", at.name, "installing the priority class");
        code = write_class(call, kube, &at, live, wanted, flags);
    }
    return code ? code : krx_emit(out, KRX_ITEM_CHANGE, &change);
}

static int32_t install_all(krx_call *call, krx_kube *kube, uint32_t flags, krx_sink *out)
{
    const char *api = NULL;
    int32_t code = krx_kube_api_version(call, kube, KRX_KUBE_PRIORITY_CLASS, &api);
    for (size_t i = 0; !code; i++) {
        bool end = false;
        krx_auto_json cJSON *wanted = krx_k8s_priority_class(i, &end);
        if (end)
            break;
        cJSON *version = wanted ? cJSON_CreateString(api) : NULL;
        if (!version || !cJSON_ReplaceItemInObjectCaseSensitive(wanted, "apiVersion", version)) {
            cJSON_Delete(version);
            return krx_no_memory(call);
        }
        code = install(call, kube, wanted, flags, out);
    }
    return code;
}

int32_t krx_k8s_setup_op(krx_call *call, void *backend, const krx_setup_req *req, krx_sink *out)
{
    krx_kube *kube = NULL;
    int32_t code = krx_k8s_kube(call, backend, &kube);
    if (code)
        return code;
    return install_all(call, kube, req->flags & KRX_DEPLOY_DRY_RUN ? KRX_KUBE_DRY_RUN : 0, out);
}
