/* SPDX-License-Identifier: Apache-2.0 */
/* Attraction to nodes and to other workloads. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

#define ARCHITECTURE "kubernetes.io/arch"
#define REQUIRED "requiredDuringSchedulingIgnoredDuringExecution"
#define PREFERRED "preferredDuringSchedulingIgnoredDuringExecution"

/* --------------------------------------------------------------------------------------- nodes */

static size_t length_of(const char *const *list)
{
    size_t count = 0;
    while (list && list[count])
        count++;
    return count;
}

static bool whole_number(const char *text)
{
    text += *text == '-';
    return *text && strlen(text) <= 18 && strspn(text, "0123456789") == strlen(text);
}

static void check_values(krx_k8s_build *b, const char *field, const krx_selector_requirement *r)
{
    size_t count = length_of(r->values);
    if (krx_streq(r->operator_, "In") || krx_streq(r->operator_, "NotIn")) {
        if (count == 0)
            krx_k8s_refuse(b, field, "'values' must have at least one for operator %s",
                           r->operator_);
    } else if (krx_streq(r->operator_, "Gt") || krx_streq(r->operator_, "Lt")) {
        if (count != 1 || !whole_number(r->values[0]))
            krx_k8s_refuse(b, field, "'values' must be one whole number for operator %s",
                           r->operator_);
    } else if (count != 0)
        krx_k8s_refuse(b, field, "'values' must be absent for operator %s", r->operator_);
}

static void put_requirements(krx_k8s_build *b, cJSON *term, const char *key, const char *field,
                             const krx_selector_requirement *const *list)
{
    krx_json_maker *m = &b->maker;
    if (!list || !list[0])
        return;
    cJSON *array = krx_json_add_array(m, term, key);
    for (size_t i = 0; list[i]; i++) {
        const char *place = krx_k8s_text(b, "%s.%s[%zu]", field, key, i);
        const char *bad = krx_k8s_bad_label_key(list[i]->key);
        bool by_field = strcmp(key, "matchFields") == 0;
        check_values(b, place, list[i]);
        if (by_field && !krx_streq(list[i]->key, "metadata.name"))
            krx_k8s_refuse(b, place, "'key' must be metadata.name, the one field there is");
        else if (by_field && (length_of(list[i]->values) != 1 || !strstr(list[i]->operator_, "In")))
            krx_k8s_refuse(b, place, "must be operator In or NotIn with one value");
        else if (bad)
            krx_k8s_refuse(b, place, "'key' must be %s", bad);
        cJSON *item = krx_json_add_object(m, array, NULL);
        krx_json_add_text(m, item, "key", list[i]->key);
        krx_json_add_text(m, item, "operator", list[i]->operator_);
        krx_json_add_texts(m, item, "values", list[i]->values);
    }
}

static void put_term(krx_k8s_build *b, cJSON *term, const char *field,
                     const krx_node_selector_term *from)
{
    put_requirements(b, term, "matchExpressions", field, from ? from->match_expressions : NULL);
    put_requirements(b, term, "matchFields", field, from ? from->match_fields : NULL);
    if (term && !term->child)
        krx_k8s_refuse(b, field,
                       "must have matchExpressions or matchFields: what asks for nothing "
                       "matches no node");
}

static bool speaks_of(const cJSON *term, const char *key)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_array(term, "matchExpressions")) {
        if (krx_streq(krx_json_text(item, "key"), key))
            return true;
    }
    return false;
}

static void demand(krx_k8s_build *b, cJSON *term, const char *key, const char *operator,
                   const char * value)
{
    krx_json_maker *m = &b->maker;
    cJSON *list = cJSON_GetObjectItemCaseSensitive(term, "matchExpressions");
    if (speaks_of(term, key))
        return;
    if (!list)
        list = krx_json_add_array(m, term, "matchExpressions");
    cJSON *item = krx_json_add_object(m, list, NULL);
    krx_json_add_text(m, item, "key", key);
    krx_json_add_text(m, item, "operator", operator);
    krx_json_add_text(m, krx_json_add_array(m, item, "values"), NULL, value);
}

/* One term of several is enough for Kubernetes: what must hold in any case goes into each. */
static void demand_everywhere(krx_k8s_build *b, cJSON *terms, const char *architecture)
{
    const krx_scheduling *s = b->spec->scheduling;
    bool avoid = s && s->avoid_draining_nodes == 1;
    cJSON *term;
    if (!cJSON_GetArraySize(terms) && (architecture || avoid))
        (void)krx_json_add_object(&b->maker, terms, NULL);
    cJSON_ArrayForEach (term, terms) {
        if (architecture)
            demand(b, term, ARCHITECTURE, "In", architecture);
        if (avoid)
            demand(b, term, KRX_K8S_DRAIN, "NotIn", "true");
    }
}

static void put_required_nodes(krx_k8s_build *b, cJSON *nodes, const krx_node_affinity *from,
                               const char *architecture)
{
    krx_json_maker *m = &b->maker;
    cJSON *required = krx_json_add_object(m, nodes, REQUIRED);
    cJSON *terms = krx_json_add_array(m, required, "nodeSelectorTerms");
    const krx_node_selector_term *const *list = from ? from->required_during_scheduling : NULL;
    for (size_t i = 0; list && list[i]; i++)
        put_term(
            b, krx_json_add_object(m, terms, NULL),
            krx_k8s_text(b, "scheduling.affinity.nodeAffinity.requiredDuringScheduling[%zu]", i),
            list[i]);
    demand_everywhere(b, terms, architecture);
    if (!cJSON_GetArraySize(terms))
        cJSON_DeleteItemFromObjectCaseSensitive(nodes, REQUIRED);
}

static cJSON *add_preference(krx_k8s_build *b, cJSON *list, int64_t weight)
{
    cJSON *item = krx_json_add_object(&b->maker, list, NULL);
    krx_json_add_int(&b->maker, item, "weight", weight > 0 ? weight : 1);
    return krx_json_add_object(&b->maker, item, "preference");
}

static void put_preferred_label(krx_k8s_build *b, cJSON *list, size_t index)
{
    const krx_preferred_label *label = b->spec->scheduling->node_placement->preferred_labels[index];
    const char *field = krx_k8s_text(b, "scheduling.nodePlacement.preferredLabels[%zu]", index);
    const char *bad_key = krx_k8s_bad_label_key(label->key);
    const char *bad_value = krx_k8s_bad_label_value(label->value);
    if (bad_key)
        krx_k8s_refuse(b, field, "'key' must be %s", bad_key);
    else if (bad_value)
        krx_k8s_refuse(b, field, "'value' must be %s", bad_value);
    demand(b, add_preference(b, list, label->weight), label->key, "In", label->value);
}

static void put_preferred_nodes(krx_k8s_build *b, cJSON *nodes, const krx_node_affinity *from)
{
    krx_json_maker *m = &b->maker;
    const krx_scheduling *s = b->spec->scheduling;
    const krx_preferred_node_term *const *list = from ? from->preferred_during_scheduling : NULL;
    cJSON *all = krx_json_add_array(m, nodes, PREFERRED);
    for (size_t i = 0; list && list[i]; i++)
        put_term(
            b, add_preference(b, all, list[i]->weight),
            krx_k8s_text(
                b, "scheduling.affinity.nodeAffinity.preferredDuringScheduling[%zu].preference", i),
            list[i]->preference);
    for (size_t i = 0; s && s->node_placement && s->node_placement->preferred_labels &&
                       s->node_placement->preferred_labels[i];
         i++)
        put_preferred_label(b, all, i);
    if (!cJSON_GetArraySize(all))
        cJSON_DeleteItemFromObjectCaseSensitive(nodes, PREFERRED);
}

/* ---------------------------------------------------------------------------------------- pods */

static void put_pod_term(krx_k8s_build *b, cJSON *term, const char *field,
                         const krx_pod_affinity_term *from)
{
    krx_json_maker *m = &b->maker;
    if (!from) {
        krx_k8s_refuse(b, field, "is required");
        return;
    }
    const char *bad = krx_k8s_bad_label_key(from->topology_key);
    if (bad)
        krx_k8s_refuse(b, field, "'topologyKey' must be %s", bad);
    if (from->label_selector) {
        cJSON *selector = krx_json_add_object(m, term, "labelSelector");
        krx_json_add_pairs(m, selector, "matchLabels", from->label_selector);
        for (size_t i = 0; from->label_selector[i]; i++)
            if (krx_k8s_bad_label_key(from->label_selector[i]->key) ||
                krx_k8s_bad_label_value(from->label_selector[i]->value))
                krx_k8s_refuse(b, field, "'%.80s: %.80s' in 'labelSelector' is no label",
                               from->label_selector[i]->key, from->label_selector[i]->value);
    }
    krx_json_add_texts(m, term, "namespaces", from->namespaces);
    for (size_t i = 0; from->namespaces && from->namespaces[i]; i++) {
        bad = krx_k8s_bad_namespace(from->namespaces[i]);
        if (bad)
            krx_k8s_refuse(b, field, "'namespaces' must be %s", bad);
    }
    krx_json_add_text(m, term, "topologyKey", from->topology_key);
}

static void put_pods(krx_k8s_build *b, cJSON *affinity, const char *key,
                     const krx_pod_affinity *from)
{
    krx_json_maker *m = &b->maker;
    const krx_pod_affinity_term *const *required = from ? from->required_during_scheduling : NULL;
    const krx_weighted_pod_affinity_term *const *preferred =
        from ? from->preferred_during_scheduling : NULL;
    const char *field = krx_k8s_text(b, "scheduling.affinity.%s", key);
    if (!(required && required[0]) && !(preferred && preferred[0]))
        return;
    cJSON *pods = krx_json_add_object(m, affinity, key);
    cJSON *list = required && required[0] ? krx_json_add_array(m, pods, REQUIRED) : NULL;
    for (size_t i = 0; list && required[i]; i++)
        put_pod_term(b, krx_json_add_object(m, list, NULL),
                     krx_k8s_text(b, "%s.requiredDuringScheduling[%zu]", field, i), required[i]);
    list = preferred && preferred[0] ? krx_json_add_array(m, pods, PREFERRED) : NULL;
    for (size_t i = 0; list && preferred[i]; i++) {
        cJSON *item = krx_json_add_object(m, list, NULL);
        krx_json_add_int(m, item, "weight", preferred[i]->weight > 0 ? preferred[i]->weight : 1);
        put_pod_term(b, krx_json_add_object(m, item, "podAffinityTerm"),
                     krx_k8s_text(b, "%s.preferredDuringScheduling[%zu].podAffinityTerm", field, i),
                     preferred[i]->pod_affinity_term);
    }
}

/* ----------------------------------------------------------------------------------------- all */

void krx_k8s_put_affinity(krx_k8s_build *b, cJSON *pod, const char *architecture)
{
    krx_json_maker *m = &b->maker;
    const krx_affinity *from = b->spec->scheduling ? b->spec->scheduling->affinity : NULL;
    cJSON *affinity = krx_json_add_object(m, pod, "affinity");
    cJSON *nodes = krx_json_add_object(m, affinity, "nodeAffinity");
    put_required_nodes(b, nodes, from ? from->node_affinity : NULL, architecture);
    put_preferred_nodes(b, nodes, from ? from->node_affinity : NULL);
    if (nodes && !nodes->child)
        cJSON_DeleteItemFromObjectCaseSensitive(affinity, "nodeAffinity");
    put_pods(b, affinity, "podAffinity", from ? from->pod_affinity : NULL);
    put_pods(b, affinity, "podAntiAffinity", from ? from->pod_anti_affinity : NULL);
    if (affinity && !affinity->child)
        cJSON_DeleteItemFromObjectCaseSensitive(pod, "affinity");
}
