/* SPDX-License-Identifier: Apache-2.0 */
/* A workload that always runs. */
#include "modules/kubernetes/objects/build.h"

#define DEFAULT_SHARE "25%"

/* The old pod must be gone before the new one can start: it holds a port or the storage. */
static bool exclusive(const krx_workload *spec)
{
    for (size_t i = 0; spec->ports && spec->ports[i]; i++)
        if (spec->ports[i]->host_port > 0)
            return true;
    for (size_t i = 0; spec->volumes && spec->volumes[i]; i++)
        if (krx_blank(spec->volumes[i]->access_mode) ||
            krx_strcaseeq(spec->volumes[i]->access_mode, "ReadWriteOnce"))
            return true;
    return false;
}

static void put_amount(krx_k8s_build *b, cJSON *rolling, const char *key, int64_t count)
{
    if (count == KRX_UNSET)
        krx_json_add_text(&b->maker, rolling, key, DEFAULT_SHARE);
    else
        krx_json_add_int(&b->maker, rolling, key, count);
}

/* Also the server's defaults are spelled out: only what an apply set can a later one take away, and
 * the server refuses Recreate while they are there. */
static void put_rolling(krx_k8s_build *b, cJSON *strategy, const krx_rollout *rollout)
{
    int64_t surge = rollout ? rollout->max_surge : KRX_UNSET;
    int64_t unavailable = rollout ? rollout->max_unavailable : KRX_UNSET;
    if (surge == 0 && unavailable == 0)
        krx_k8s_refuse(b, "rolloutStrategy",
                       "maxSurge and maxUnavailable can't both be 0: nothing could be replaced");
    if (surge == KRX_UNSET && unavailable == KRX_UNSET && exclusive(b->spec))
        surge = 0;
    if (surge == 0 && unavailable == KRX_UNSET)
        unavailable = 1;
    if (unavailable == 0 && surge == KRX_UNSET)
        surge = 1;
    cJSON *rolling = krx_json_add_object(&b->maker, strategy, "rollingUpdate");
    put_amount(b, rolling, "maxSurge", surge);
    put_amount(b, rolling, "maxUnavailable", unavailable);
}

static void put_strategy(krx_k8s_build *b, cJSON *spec)
{
    const krx_rollout *rollout = b->spec->rollout_strategy;
    bool recreate = rollout && krx_strcaseeq(rollout->type, "recreate");
    cJSON *strategy = krx_json_add_object(&b->maker, spec, "strategy");
    krx_json_add_text(&b->maker, strategy, "type", recreate ? "Recreate" : "RollingUpdate");
    if (!recreate)
        put_rolling(b, strategy, rollout);
}

/* The autoscaler owns the count, unless the workload is scaled to nothing on purpose. */
static bool counted(const krx_workload *spec)
{
    return !spec->auto_scaling || spec->auto_scaling->enabled != 1 || spec->replicas == 0;
}

void krx_k8s_build_deployment(krx_k8s_build *b)
{
    krx_json_maker *m = &b->maker;
    b->out->workload = b->out->count;
    cJSON *object = krx_k8s_object(b, KRX_KUBE_DEPLOYMENT, "apps/v1", "Deployment", b->spec->name);
    krx_k8s_put_annotations(b, cJSON_GetObjectItemCaseSensitive(object, "metadata"));
    krx_k8s_put_spec(b, cJSON_GetObjectItemCaseSensitive(object, "metadata"));
    cJSON *spec = krx_json_add_object(m, object, "spec");
    if (counted(b->spec))
        krx_json_add_int(m, spec, "replicas", b->spec->replicas);
    krx_k8s_put_selector(b, krx_json_add_object(m, spec, "selector"), "matchLabels");
    put_strategy(b, spec);
    krx_k8s_put_pod(b, krx_json_add_object(m, spec, "template"));
}
