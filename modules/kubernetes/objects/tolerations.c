/* SPDX-License-Identifier: Apache-2.0 */
/* Taints that a workload accepts, and those of nodes that may vanish. */
#include <string.h>

#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

#define EVICTION_SECONDS 300

typedef struct wanted {
    const char *key;
    const char *operator_;
    const char *value;
    const char *effect;
    int64_t seconds;
} wanted;

/* How clouds taint what they may take away. */
static const wanted spot_taints[] = {
    {"cloud.google.com/gke-spot", "Equal", "true", "NoSchedule", KRX_UNSET},
    {"cloud.google.com/gke-preemptible", "Equal", "true", "NoSchedule", KRX_UNSET},
    {"kubernetes.azure.com/scalesetpriority", "Equal", "spot", "NoSchedule", KRX_UNSET},
    {"eks.amazonaws.com/capacityType", "Equal", "SPOT", "NoSchedule", KRX_UNSET},
    {"karpenter.sh/capacity-type", "Equal", "spot", "NoSchedule", KRX_UNSET}};

/* Away from a node that is gone, but not at the first hiccup. */
static const wanted eviction[] = {
    {"node.kubernetes.io/not-ready", "Exists", NULL, "NoExecute", EVICTION_SECONDS},
    {"node.kubernetes.io/unreachable", "Exists", NULL, "NoExecute", EVICTION_SECONDS}};

static void add_toleration(krx_k8s_build *b, cJSON *list, const wanted *w)
{
    krx_json_maker *m = &b->maker;
    const cJSON *other;
    cJSON *item = cJSON_CreateObject();
    if (!krx_blank(w->key))
        krx_json_add_text(m, item, "key", w->key);
    krx_json_add_text(m, item, "operator", w->operator_);
    if (!krx_blank(w->value))
        krx_json_add_text(m, item, "value", w->value);
    krx_json_add_text(m, item, "effect", w->effect);
    krx_json_add_int(m, item, "tolerationSeconds", w->seconds);
    cJSON_ArrayForEach (other, list) {
        if (cJSON_Compare(item, other, true)) {
            cJSON_Delete(item);
            return;
        }
    }
    krx_json_add_item(m, list, NULL, item);
}

static void check(krx_k8s_build *b, const char *field, const wanted *w)
{
    bool exists = strcmp(w->operator_, "Exists") == 0;
    const char *bad_key = krx_blank(w->key) ? NULL : krx_k8s_bad_label_key(w->key);
    const char *bad_value = krx_blank(w->value) ? NULL : krx_k8s_bad_label_value(w->value);
    if (bad_key)
        krx_k8s_refuse(b, field, "'key' must be %s", bad_key);
    else if (krx_blank(w->key) && !exists)
        krx_k8s_refuse(b, field, "without 'key' the operator must be Exists, which accepts all");
    else if (exists && !krx_blank(w->value))
        krx_k8s_refuse(b, field, "'value' must be absent for operator Exists");
    else if (bad_value)
        krx_k8s_refuse(b, field, "'value' must be %s", bad_value);
    else if (w->seconds != KRX_UNSET && !krx_streq(w->effect, "NoExecute"))
        krx_k8s_refuse(b, field, "'tolerationSeconds' must be absent unless effect is NoExecute");
}

void krx_k8s_put_tolerations(krx_k8s_build *b, cJSON *pod)
{
    const krx_scheduling *s = b->spec->scheduling;
    bool spot = s && s->spot && s->spot->enabled == 1;
    if (!s || (!(s->tolerations && s->tolerations[0]) && !spot))
        return;
    cJSON *list = krx_json_add_array(&b->maker, pod, "tolerations");
    for (size_t i = 0; s->tolerations && s->tolerations[i]; i++) {
        const krx_toleration *t = s->tolerations[i];
        wanted w = {t->key, krx_blank(t->operator_) ? "Equal" : t->operator_, t->value, t->effect,
                    t->toleration_seconds};
        check(b, krx_k8s_text(b, "scheduling.tolerations[%zu]", i), &w);
        add_toleration(b, list, &w);
    }
    for (size_t i = 0; spot && i < KRX_COUNT(spot_taints); i++)
        add_toleration(b, list, &spot_taints[i]);
    for (size_t i = 0;
         spot && s->spot->reschedule_on_node_termination == 1 && i < KRX_COUNT(eviction); i++)
        add_toleration(b, list, &eviction[i]);
}
