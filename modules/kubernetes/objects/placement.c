/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes a workload may run on. */
#include <string.h>

#include "lib/model/wanted.h"
#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

#define REGION "topology.kubernetes.io/region"
#define ZONE "topology.kubernetes.io/zone"
#define HARDWARE "kranix.io/hardware"
#define INSTANCE_TYPE "node.kubernetes.io/instance-type"
#define ARCHITECTURE "kubernetes.io/arch"
#define SYSTEM "kubernetes.io/os"

static void select_node(krx_k8s_build *b, cJSON *selector, const char *field, const char *key,
                        const char *value)
{
    if (krx_blank(value))
        return;
    const char *there = krx_json_text(selector, key);
    const char *bad_key = krx_k8s_bad_label_key(key), *bad_value = krx_k8s_bad_label_value(value);
    if (bad_key)
        krx_k8s_refuse(b, field, "a label of a node is %s, not '%.80s'", bad_key, key);
    else if (bad_value)
        krx_k8s_refuse(b, field, "the value of a node's label is %s, not '%.80s'", bad_value,
                       value);
    else if (*there && strcmp(there, value) != 0)
        krx_k8s_refuse(b, field, "no node has '%s' for its label %s when it must be '%s' already",
                       value, key, there);
    krx_k8s_put(b, selector, key, value);
}

static void select_map(krx_k8s_build *b, cJSON *selector, const char *field,
                       const krx_kv *const *map)
{
    for (size_t i = 0; map && map[i]; i++)
        if (!krx_blank(map[i]->key))
            select_node(b, selector, krx_k8s_text(b, "%s.%.100s", field, map[i]->key), map[i]->key,
                        map[i]->value);
}

static const char *first_of(const char *const *list)
{
    for (size_t i = 0; list && list[i]; i++)
        if (list[i][strspn(list[i], " \t")])
            return list[i];
    return NULL;
}

/* The first preference counts where nothing else says the place. */
static void select_preferred(krx_k8s_build *b, cJSON *selector, const char *field, const char *key,
                             const char *const *list)
{
    if (!*krx_json_text(selector, key))
        select_node(b, selector, field, key, first_of(list));
}

static void select_place(krx_k8s_build *b, cJSON *selector, const krx_scheduling *s)
{
    const krx_node_placement *p = s->node_placement;
    select_map(b, selector, "scheduling.nodeSelectors", s->node_selectors);
    if (p) {
        select_node(b, selector, "scheduling.nodePlacement.region", REGION, p->region);
        select_node(b, selector, "scheduling.nodePlacement.zone", ZONE, p->zone);
        select_node(b, selector, "scheduling.nodePlacement.hardwareType", HARDWARE,
                    p->hardware_type);
        select_node(b, selector, "scheduling.nodePlacement.instanceType", INSTANCE_TYPE,
                    p->instance_type);
        select_map(b, selector, "scheduling.nodePlacement.requiredLabels", p->required_labels);
    }
    select_preferred(b, selector, "scheduling.preferredRegions", REGION, s->preferred_regions);
    select_preferred(b, selector, "scheduling.preferredZones", ZONE, s->preferred_zones);
}

/* ---------------------------------------------------------------------------------- architecture
 */

/* "linux/arm64/v8": the system goes to the selector, the architecture is answered. */
static const char *read_platform(krx_k8s_build *b, cJSON *selector)
{
    const char *platform = b->spec->platform;
    if (krx_blank(platform))
        return NULL;
    size_t system = strcspn(platform, "/");
    const char *rest = platform + system + (platform[system] == '/');
    select_node(b, selector, "platform", SYSTEM, krx_k8s_text(b, "%.*s", (int)system, platform));
    return krx_k8s_text(b, "%.*s", (int)strcspn(rest, "/"), rest);
}

/* What the spec says; else what the image's name tells; else what is set for all. */
static const char *select_architecture(krx_k8s_build *b, cJSON *selector)
{
    const krx_k8s_settings *settings = b->scope->settings;
    const char *wanted = krx_architecture_wanted(b->arena, b->spec);
    const char *platform = read_platform(b, selector);
    select_node(b, selector, "platform", ARCHITECTURE, platform);
    select_node(b, selector, "scheduling.architecture", ARCHITECTURE, wanted);
    if (!*krx_json_text(selector, ARCHITECTURE) && settings->multi_arch) {
        const char *hint = krx_architecture_in(b->spec->image);
        select_node(b, selector, "image", ARCHITECTURE, hint ? hint : settings->default_arch);
    }
    const char *chosen = krx_json_text(selector, ARCHITECTURE);
    return *chosen ? krx_k8s_text(b, "%s", chosen) : NULL;
}

void krx_k8s_put_placement(krx_k8s_build *b, cJSON *pod)
{
    krx_json_maker *m = &b->maker;
    krx_json_add_text(m, pod, "priorityClassName", krx_k8s_priority(b));
    cJSON *selector = krx_json_add_object(m, pod, "nodeSelector");
    if (b->spec->scheduling)
        select_place(b, selector, b->spec->scheduling);
    const char *architecture = select_architecture(b, selector);
    if (selector && !selector->child)
        cJSON_DeleteItemFromObjectCaseSensitive(pod, "nodeSelector");
    krx_k8s_put_affinity(b, pod, architecture);
    krx_k8s_put_tolerations(b, pod);
}
