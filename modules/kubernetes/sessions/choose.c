/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/sessions/choose.h"

void krx_k8s_chosen_free(krx_k8s_chosen *chosen)
{
    cJSON_Delete(chosen->pods);
    chosen->pods = NULL;
}

static bool runs(const cJSON *pod)
{
    const char *name = krx_json_text(krx_k8s_main_container(pod), "name");
    const cJSON *status = krx_k8s_container_status(pod, "containerStatuses", name);
    return krx_json_object(krx_json_object(status, "state"), "running") != NULL;
}

/* One that is on its way out serves when there is no other. */
static const cJSON *best(const cJSON *pods)
{
    const cJSON *pod, *leaving = NULL;
    cJSON_ArrayForEach (pod, pods) {
        if (runs(pod) && !krx_k8s_pod_leaving(pod))
            return pod;
        if (runs(pod) && !leaving)
            leaving = pod;
    }
    return leaving;
}

static int32_t none_runs(krx_call *call, krx_arena *arena, const krx_ref *ref, const cJSON *pods)
{
    const char *name = krx_blank(ref->workload) ? ref->instance : ref->workload;
    const cJSON *first = cJSON_GetArrayItem(pods, 0);
    if (!first) {
        (void)krx_fail(call, KRX_E_FAILED_PRECONDITION, "'%s' has no pods at present", name);
        return krx_hint(call,
                        "kranix status %s tells why; one that was stopped is started by "
                        "kranix start %s",
                        name, name);
    }
    const char *status = krx_k8s_pod_status(arena, first);
    (void)krx_fail(call, KRX_E_FAILED_PRECONDITION, "no pod of '%s' is running (%s: %s)", name,
                   krx_k8s_name(first), status ? status : "unknown");
    return krx_hint(call, "kranix status %s tells why", name);
}

int32_t krx_k8s_choose(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                       const krx_ref *ref, krx_k8s_chosen *out)
{
    int32_t code = krx_k8s_pods_of(call, backend, arena, ref, &out->pods);
    if (code)
        return code;
    if (!(out->pod = best(out->pods)))
        return none_runs(call, arena, ref, out->pods);
    out->container = krx_k8s_main_container(out->pod);
    out->namespace_ = krx_k8s_namespace_of(out->pod);
    out->pod_name = krx_k8s_name(out->pod);
    out->container_name = krx_json_text(out->container, "name");
    return 0;
}
