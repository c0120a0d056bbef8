/* SPDX-License-Identifier: Apache-2.0 */
/* Who may talk to a workload, and to whom it may talk. */
#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

#define NAMESPACE_NAME "kubernetes.io/metadata.name"
#define DNS_NAMESPACE "kube-system"

static void put_peer(krx_k8s_build *b, cJSON *peers, const char *namespace_)
{
    krx_json_maker *m = &b->maker;
    cJSON *peer = krx_json_add_object(m, peers, NULL);
    if (namespace_) {
        cJSON *selector = krx_json_add_object(m, peer, "namespaceSelector");
        cJSON *labels = krx_json_add_object(m, selector, "matchLabels");
        krx_json_add_text(m, labels, NAMESPACE_NAME, namespace_);
    }
    (void)krx_json_add_object(m, peer, "podSelector");
}

/* The rule with its peers; none when nobody is allowed. */
static void put_peers(krx_k8s_build *b, cJSON *rules, const char *key, const char *field,
                      const char *const *namespaces)
{
    const krx_traffic *traffic = b->spec->cross_namespace_traffic;
    cJSON *rule = krx_json_add_object(&b->maker, rules, NULL);
    cJSON *peers = krx_json_add_array(&b->maker, rule, key);
    if (traffic->allow_same_namespace != 0)
        put_peer(b, peers, NULL);
    for (size_t i = 0; namespaces && namespaces[i]; i++) {
        if (krx_blank(namespaces[i]))
            continue;
        const char *bad = krx_k8s_bad_namespace(namespaces[i]);
        if (bad)
            krx_k8s_refuse(b, krx_k8s_text(b, "crossNamespaceTraffic.%s[%zu]", field, i),
                           "must be %s", bad);
        put_peer(b, peers, namespaces[i]);
    }
    if (!cJSON_GetArraySize(peers))
        cJSON_DeleteItemFromArray(rules, cJSON_GetArraySize(rules) - 1);
}

static void put_port(krx_k8s_build *b, cJSON *ports, const char *protocol, int64_t number)
{
    cJSON *port = krx_json_add_object(&b->maker, ports, NULL);
    krx_json_add_text(&b->maker, port, "protocol", protocol);
    krx_json_add_int(&b->maker, port, "port", number);
}

static void put_dns(krx_k8s_build *b, cJSON *rules)
{
    cJSON *rule = krx_json_add_object(&b->maker, rules, NULL);
    put_peer(b, krx_json_add_array(&b->maker, rule, "to"), DNS_NAMESPACE);
    cJSON *ports = krx_json_add_array(&b->maker, rule, "ports");
    put_port(b, ports, "UDP", 53);
    put_port(b, ports, "TCP", 53);
}

static void put_internet(krx_k8s_build *b, cJSON *rules)
{
    cJSON *rule = krx_json_add_object(&b->maker, rules, NULL);
    cJSON *ports = krx_json_add_array(&b->maker, rule, "ports");
    put_port(b, ports, "TCP", 80);
    put_port(b, ports, "TCP", 443);
}

/* Both directions are always named: without a rule, nothing passes. */
void krx_k8s_build_policy(krx_k8s_build *b)
{
    krx_json_maker *m = &b->maker;
    const krx_traffic *traffic = b->spec->cross_namespace_traffic;
    const char *name = krx_k8s_policy_name(b->arena, b->spec->name);
    if (!traffic || traffic->enabled != 1)
        return;
    cJSON *object =
        krx_k8s_object(b, KRX_KUBE_NETWORK_POLICY, "networking.k8s.io/v1", "NetworkPolicy", name);
    cJSON *spec = krx_json_add_object(m, object, "spec");
    krx_k8s_put_selector(b, krx_json_add_object(m, spec, "podSelector"), "matchLabels");
    cJSON *types = krx_json_add_array(m, spec, "policyTypes");
    krx_json_add_text(m, types, NULL, "Ingress");
    krx_json_add_text(m, types, NULL, "Egress");
    cJSON *ingress = krx_json_add_array(m, spec, "ingress");
    put_peers(b, ingress, "from", "allowedIngressNamespaces", traffic->allowed_ingress_namespaces);
    cJSON *egress = krx_json_add_array(m, spec, "egress");
    if (traffic->block_cluster_dns != 1)
        put_dns(b, egress);
    if (traffic->allow_egress_internet == 1)
        put_internet(b, egress);
    put_peers(b, egress, "to", "allowedEgressNamespaces", traffic->allowed_egress_namespaces);
}
