/* SPDX-License-Identifier: Apache-2.0 */
/* Priority classes: which one a spec asks for, and those that setup installs. */
#include <string.h>

#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/priority.h"
#include "modules/kubernetes/objects/syntax.h"

#define TIER "kranix.io/tier"

static const struct {
    const char *name;
    int64_t value;
    const char *tier; /* NULL: without that label */
    bool preempts;
} classes[] = {
    {"kranix-critical", 1000000, "critical", true},    {"kranix-high", 750000, "high", true},
    {"kranix-normal", 500000, "normal", true},         {"kranix-low", 250000, "low", true},
    {"kranix-critical-np", 990000, "critical", false}, {"kranix-high-np", 740000, NULL, false},
    {"kranix-normal-np", 490000, NULL, false},         {"kranix-low-np", 240000, NULL, false},
};

const char *krx_k8s_priority(krx_k8s_build *b)
{
    static const char *const tiers[] = {"critical", "high", "normal", "low"};
    const krx_scheduling *s = b->spec->scheduling;
    const char *tier = "normal";
    if (!s)
        return NULL;
    if (!krx_blank(s->priority_class_name)) {
        const char *bad = krx_k8s_bad_subdomain(s->priority_class_name);
        if (bad)
            krx_k8s_refuse(b, "scheduling.priorityClassName", "must be %s", bad);
        return s->priority_class_name;
    }
    if (krx_blank(s->workload_priority))
        return NULL;
    for (size_t i = 0; i < KRX_COUNT(tiers); i++)
        if (krx_strcaseeq(s->workload_priority, tiers[i]))
            tier = tiers[i];
    return krx_k8s_text(b, "kranix-%s%s", tier, s->preemption_enabled == 0 ? "-np" : "");
}

cJSON *krx_k8s_priority_class(size_t i, bool *end)
{
    krx_json_maker m = {0};
    *end = i >= KRX_COUNT(classes);
    if (*end)
        return NULL;
    cJSON *object = cJSON_CreateObject();
    krx_json_add_text(&m, object, "apiVersion", "scheduling.k8s.io/v1");
    krx_json_add_text(&m, object, "kind", "PriorityClass");
    cJSON *metadata = krx_json_add_object(&m, object, "metadata");
    krx_json_add_text(&m, metadata, "name", classes[i].name);
    cJSON *labels = krx_json_add_object(&m, metadata, "labels");
    krx_json_add_text(&m, labels, KRX_K8S_STANDARD_MANAGED_BY, KRX_K8S_KRANIX);
    krx_json_add_text(&m, labels, TIER, classes[i].tier);
    krx_json_add_int(&m, object, "value", classes[i].value);
    krx_json_add_bool(&m, object, "globalDefault", false);
    krx_json_add_text(&m, object, "preemptionPolicy",
                      classes[i].preempts ? "PreemptLowerPriority" : "Never");
    krx_json_add_text(&m, object, "description", "Workloads of kranix");
    if (!m.failed)
        return object;
    cJSON_Delete(object);
    return NULL;
}
