/* SPDX-License-Identifier: Apache-2.0 */
/* Scaling by load: a HorizontalPodAutoscaler, in the version that the server has. */
#include <inttypes.h>
#include <string.h>

#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

#define COOLDOWN_MAX 3600 /* the server takes no longer stabilizationWindowSeconds */
#define DEFAULT_CPU_PERCENT 80
#define OLD_API "autoscaling/v2beta1"

static bool old_api(const krx_k8s_build *b)
{
    return krx_streq(b->scope->hpa_api, OLD_API);
}

static void put_resource(krx_k8s_build *b, cJSON *metrics, const char *name, int64_t percent)
{
    krx_json_maker *m = &b->maker;
    if (percent == KRX_UNSET)
        return;
    cJSON *metric = krx_json_add_object(m, metrics, NULL);
    krx_json_add_text(m, metric, "type", "Resource");
    cJSON *resource = krx_json_add_object(m, metric, "resource");
    krx_json_add_text(m, resource, "name", name);
    if (old_api(b)) {
        krx_json_add_int(m, resource, "targetAverageUtilization", percent);
        return;
    }
    cJSON *target = krx_json_add_object(m, resource, "target");
    krx_json_add_text(m, target, "type", "Utilization");
    krx_json_add_int(m, target, "averageUtilization", percent);
}

/* The object of an object metric: the workload itself. */
static void put_self(krx_k8s_build *b, cJSON *parent, const char *key)
{
    krx_json_maker *m = &b->maker;
    cJSON *self = krx_json_add_object(m, parent, key);
    krx_json_add_text(m, self, "apiVersion", "apps/v1");
    krx_json_add_text(m, self, "kind", "Deployment");
    krx_json_add_text(m, self, "name", b->spec->name);
}

static void put_target(krx_k8s_build *b, cJSON *source, const char *name, bool average,
                       const char *value, bool pods)
{
    krx_json_maker *m = &b->maker;
    if (old_api(b)) {
        krx_json_add_text(m, source, "metricName", name);
        krx_json_add_text(m, source,
                          pods      ? "targetAverageValue"
                          : average ? "averageValue"
                                    : "targetValue",
                          value);
        if (!pods && average) /* v2beta1 wants this one in any case */
            krx_json_add_text(m, source, "targetValue", "0");
        if (!pods)
            put_self(b, source, "target");
        return;
    }
    krx_json_add_text(m, krx_json_add_object(m, source, "metric"), "name", name);
    if (!pods)
        put_self(b, source, "describedObject");
    cJSON *target = krx_json_add_object(m, source, "target");
    krx_json_add_text(m, target, "type", average ? "AverageValue" : "Value");
    krx_json_add_text(m, target, average ? "averageValue" : "value", value);
}

static void put_custom(krx_k8s_build *b, cJSON *metrics, size_t index)
{
    krx_json_maker *m = &b->maker;
    const krx_custom_metric *custom = b->spec->auto_scaling->custom_metrics[index];
    const char *field = krx_k8s_text(b, "autoScaling.customMetrics[%zu]", index);
    const krx_metric_target *t = custom->target;
    bool pods = !krx_strcaseeq(custom->type, "object");
    bool average = t && krx_strcaseeq(t->type, "average");
    const char *value = !t ? NULL : average ? t->average_value : t->value;
    const char *bad = krx_blank(value) ? "given" : krx_k8s_bad_quantity(value);
    if (!t)
        krx_k8s_refuse(b, field, "'target' is required");
    else if (pods && !average)
        krx_k8s_refuse(b, field,
                       "a metric of pods is held by its average: target.type must be "
                       "average");
    else if (bad)
        krx_k8s_refuse(b, field, "target.%s must be %s", average ? "averageValue" : "value", bad);
    cJSON *metric = krx_json_add_object(m, metrics, NULL);
    krx_json_add_text(m, metric, "type", pods ? "Pods" : "Object");
    put_target(b, krx_json_add_object(m, metric, pods ? "pods" : "object"),
               krx_blank(custom->metric_name) ? custom->name : custom->metric_name, average, value,
               pods);
}

/* CPU comes last: servers that store autoscaling/v1 move it there, and equal objects stay equal. */
static void put_metrics(krx_k8s_build *b, cJSON *spec)
{
    const krx_autoscaling *a = b->spec->auto_scaling;
    cJSON *metrics = krx_json_add_array(&b->maker, spec, "metrics");
    put_resource(b, metrics, "memory", a->target_memory_utilization);
    for (size_t i = 0; a->custom_metrics && a->custom_metrics[i]; i++)
        put_custom(b, metrics, i);
    bool none = !cJSON_GetArraySize(metrics) && a->target_cpu_utilization == KRX_UNSET;
    put_resource(b, metrics, "cpu", none ? DEFAULT_CPU_PERCENT : a->target_cpu_utilization);
}

static void put_cooldown(krx_k8s_build *b, cJSON *behavior, const char *direction,
                         const char *field, int64_t seconds)
{
    if (seconds == KRX_UNSET)
        return;
    if (seconds > COOLDOWN_MAX)
        krx_k8s_refuse(b, field, "must be at most %d", COOLDOWN_MAX);
    cJSON *rules = krx_json_add_object(&b->maker, behavior, direction);
    krx_json_add_int(&b->maker, rules, "stabilizationWindowSeconds", seconds);
}

static void put_behavior(krx_k8s_build *b, cJSON *spec)
{
    const krx_autoscaling *a = b->spec->auto_scaling;
    if (a->scale_down_cooldown_seconds == KRX_UNSET && a->scale_up_cooldown_seconds == KRX_UNSET)
        return;
    if (old_api(b))
        return;
    cJSON *behavior = krx_json_add_object(&b->maker, spec, "behavior");
    put_cooldown(b, behavior, "scaleDown", "autoScaling.scaleDownCooldownSeconds",
                 a->scale_down_cooldown_seconds);
    put_cooldown(b, behavior, "scaleUp", "autoScaling.scaleUpCooldownSeconds",
                 a->scale_up_cooldown_seconds);
}

static int64_t least(krx_k8s_build *b)
{
    const krx_autoscaling *a = b->spec->auto_scaling;
    int64_t replicas = b->spec->replicas > 0 ? b->spec->replicas : 1;
    if (a->min_replicas == 0)
        krx_k8s_refuse(b, "autoScaling.minReplicas", "must be at least 1");
    if (a->min_replicas != KRX_UNSET)
        return a->min_replicas;
    return a->max_replicas != KRX_UNSET && replicas > a->max_replicas ? a->max_replicas : replicas;
}

void krx_k8s_build_autoscaler(krx_k8s_build *b)
{
    krx_json_maker *m = &b->maker;
    const krx_autoscaling *a = b->spec->auto_scaling;
    if (!a || a->enabled != 1 || b->cron)
        return;
    if (a->max_replicas == KRX_UNSET)
        krx_k8s_refuse(b, "autoScaling.maxReplicas", "is required when autoScaling is enabled");
    cJSON *object = krx_k8s_object(b, KRX_KUBE_HPA, b->scope->hpa_api, "HorizontalPodAutoscaler",
                                   b->spec->name);
    cJSON *spec = krx_json_add_object(m, object, "spec");
    put_self(b, spec, "scaleTargetRef");
    krx_json_add_int(m, spec, "minReplicas", least(b));
    krx_json_add_int(m, spec, "maxReplicas", a->max_replicas);
    put_metrics(b, spec);
    put_behavior(b, spec);
}
