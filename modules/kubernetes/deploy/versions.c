/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/deploy/versions.h"

#include "lib/model/wanted.h"

void krx_k8s_newest_versions(krx_k8s_scope *scope)
{
    scope->cron_api = "batch/v1";
    scope->hpa_api = "autoscaling/v2";
    scope->server = 0;
}

int32_t krx_k8s_server_versions(krx_call *call, krx_kube *kube, const krx_workload *spec,
                                krx_k8s_scope *scope)
{
    const krx_autoscaling *scaling = spec->auto_scaling;
    krx_k8s_scope found = *scope;
    int32_t code = krx_kube_server_version(call, kube, &found.server, NULL);
    if (!code && krx_cron_active(spec))
        code = krx_kube_api_version(call, kube, KRX_KUBE_CRON_JOB, &found.cron_api);
    if (!code && scaling && scaling->enabled == 1)
        code = krx_kube_api_version(call, kube, KRX_KUBE_HPA, &found.hpa_api);
    if (!code)
        *scope = found;
    return code;
}
