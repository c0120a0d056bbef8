/* SPDX-License-Identifier: Apache-2.0 */
/* The pod that a workload's instances are. */
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

#define SPOT_GRACE_SECONDS 30

static const char *restart_policy(const krx_k8s_build *b)
{
    if (!b->cron)
        return "Always";
    return krx_strcaseeq(b->spec->restart_policy, "no") ? "Never" : "OnFailure";
}

static int64_t grace_seconds(const krx_workload *spec)
{
    const krx_spot *spot = spec->scheduling ? spec->scheduling->spot : NULL;
    if (spec->stop_grace_period_ns != KRX_UNSET)
        return spec->stop_grace_period_ns / KRX_NS_PER_S +
               (spec->stop_grace_period_ns % KRX_NS_PER_S != 0);
    if (spot && spot->enabled == 1 && spot->reschedule_on_node_termination == 1)
        return SPOT_GRACE_SECONDS;
    return KRX_UNSET;
}

/* ------------------------------------------------------------------------------------ /etc/hosts
 */

static cJSON *names_of_address(krx_k8s_build *b, cJSON *aliases, const char *address)
{
    cJSON *alias;
    cJSON_ArrayForEach (alias, aliases) {
        if (krx_streq(krx_json_text(alias, "ip"), address))
            return cJSON_GetObjectItemCaseSensitive(alias, "hostnames");
    }
    alias = krx_json_add_object(&b->maker, aliases, NULL);
    krx_json_add_text(&b->maker, alias, "ip", address);
    return krx_json_add_array(&b->maker, alias, "hostnames");
}

static void put_host(krx_k8s_build *b, cJSON *aliases, size_t index)
{
    const char *entry = b->spec->extra_hosts[index];
    const char *field = krx_k8s_text(b, "extraHosts[%zu]", index);
    const char *colon = strchr(entry, ':');
    if (!colon)
        return;
    char *name = krx_arena_strndup(b->arena, entry, (size_t)(colon - entry));
    const char *bad = name ? krx_k8s_bad_subdomain(name) : NULL;
    if (krx_streq(colon + 1, "host-gateway")) {
        krx_k8s_refuse(b, field, "the address of a node is not known beforehand");
        krx_k8s_advise(b, "name an address in place of host-gateway");
    } else if (bad)
        krx_k8s_refuse(b, field, "the name must be %s", bad);
    krx_json_add_text(&b->maker, names_of_address(b, aliases, colon + 1), NULL, name);
}

static void put_hosts(krx_k8s_build *b, cJSON *pod)
{
    if (!b->spec->extra_hosts || !b->spec->extra_hosts[0])
        return;
    cJSON *aliases = krx_json_add_array(&b->maker, pod, "hostAliases");
    for (size_t i = 0; b->spec->extra_hosts[i]; i++)
        put_host(b, aliases, i);
}

/* ------------------------------------------------------------------------------ network, runtime
 */

/* A pod on the network of its node only asks the cluster's DNS when it is told to. */
static void put_network(krx_k8s_build *b, cJSON *pod)
{
    const char *network = b->spec->network;
    if (krx_blank(network) || krx_streq(network, "bridge"))
        return;
    if (krx_streq(network, "host")) {
        krx_json_add_bool(&b->maker, pod, "hostNetwork", true);
        krx_json_add_text(&b->maker, pod, "dnsPolicy", "ClusterFirstWithHostNet");
        return;
    }
    krx_k8s_refuse_as(b, KRX_E_UNSUPPORTED, "network",
                      "a pod is never without the cluster's "
                      "network or in a namespace of its node");
    krx_k8s_advise(b,
                   "use network bridge or host; crossNamespaceTraffic restricts what it reaches");
}

static void put_runtime(krx_k8s_build *b, cJSON *pod)
{
    const char *runtime = b->spec->runtime;
    const char *bad = krx_blank(runtime) ? NULL : krx_k8s_bad_subdomain(runtime);
    if (bad)
        krx_k8s_refuse(b, "runtime", "the name of a RuntimeClass must be %s", bad);
    krx_json_add_text(&b->maker, pod, "runtimeClassName", runtime);
}

/* ------------------------------------------------------------------------------------------- all
 */

void krx_k8s_put_pod(krx_k8s_build *b, cJSON *pod_template)
{
    krx_json_maker *m = &b->maker;
    cJSON *metadata = krx_json_add_object(m, pod_template, "metadata");
    krx_k8s_put_labels(b, metadata);
    krx_k8s_put_annotations(b, metadata);
    krx_k8s_put_bandwidth(b, metadata);
    cJSON *pod = krx_json_add_object(m, pod_template, "spec");
    krx_json_add_text(m, pod, "restartPolicy", restart_policy(b));
    krx_json_add_int(m, pod, "terminationGracePeriodSeconds", grace_seconds(b->spec));
    krx_json_add_text(m, pod, "hostname", b->spec->hostname);
    put_hosts(b, pod);
    put_network(b, pod);
    put_runtime(b, pod);
    krx_k8s_put_placement(b, pod);
    cJSON *containers = krx_json_add_array(m, pod, "containers");
    krx_k8s_put_container(b, containers);
    krx_k8s_put_mounts(b, pod, cJSON_GetArrayItem(containers, 0));
}
