/* SPDX-License-Identifier: Apache-2.0 */
/* Ports: of the container, of the node, and the Services in front of them. */
#include <inttypes.h>
#include <string.h>

#include "modules/kubernetes/objects/build.h"

#define NAME_MAX_LENGTH 63
#define PUBLISHED "-published"

const char *krx_k8s_protocol(const krx_port *port)
{
    if (krx_strcaseeq(port->protocol, "udp"))
        return "UDP";
    return krx_strcaseeq(port->protocol, "sctp") ? "SCTP" : "TCP";
}

/* Port 0 of the host is any: the cluster's choice, on every node. */
static bool any_host_port(const krx_port *port)
{
    return port->host_port == 0;
}

static bool same_port(const krx_port *a, const krx_port *b)
{
    return a->container_port == b->container_port &&
           strcmp(krx_k8s_protocol(a), krx_k8s_protocol(b)) == 0;
}

static void check_port(krx_k8s_build *b, size_t index)
{
    const krx_port *port = b->spec->ports[index];
    for (size_t i = 0; i < index; i++)
        if (same_port(b->spec->ports[i], port)) {
            krx_k8s_refuse(b, krx_k8s_text(b, "ports[%zu].containerPort", index),
                           "a container of Kubernetes has %" PRId64
                           "/%s once, and ports[%zu] is it",
                           port->container_port, krx_k8s_protocol(port), i);
            krx_k8s_advise(b, "publish it on one host port, on all addresses");
        }
    if (any_host_port(port) && !krx_blank(port->host_ip)) {
        krx_k8s_refuse(b, krx_k8s_text(b, "ports[%zu].hostIp", index),
                       "a port that the cluster chooses is open on every address of every node");
        krx_k8s_advise(b, "name a hostPort, or take hostIp away");
    }
}

void krx_k8s_put_ports(krx_k8s_build *b, cJSON *container)
{
    krx_json_maker *m = &b->maker;
    if (!b->spec->ports || !b->spec->ports[0])
        return;
    cJSON *list = krx_json_add_array(m, container, "ports");
    for (size_t i = 0; b->spec->ports[i]; i++) {
        const krx_port *port = b->spec->ports[i];
        check_port(b, i);
        cJSON *entry = krx_json_add_object(m, list, NULL);
        krx_json_add_text(m, entry, "name", port->name);
        krx_json_add_int(m, entry, "containerPort", port->container_port);
        krx_json_add_text(m, entry, "protocol", krx_k8s_protocol(port));
        if (port->host_port > 0) {
            krx_json_add_int(m, entry, "hostPort", port->host_port);
            krx_json_add_text(m, entry, "hostIP", port->host_ip);
        }
    }
}

/* ------------------------------------------------------------------------------------- services */

static const char *port_name(krx_k8s_build *b, const krx_port *port)
{
    const char *protocol = krx_blank(port->protocol) ? "tcp" : port->protocol;
    return krx_blank(port->name) ? krx_k8s_text(b, "%s-%" PRId64, protocol, port->container_port)
                                 : port->name;
}

static void put_service_ports(krx_k8s_build *b, cJSON *spec, bool published)
{
    krx_json_maker *m = &b->maker;
    cJSON *list = krx_json_add_array(m, spec, "ports");
    for (size_t i = 0; b->spec->ports[i]; i++) {
        const krx_port *port = b->spec->ports[i];
        if (published && !any_host_port(port))
            continue;
        cJSON *entry = krx_json_add_object(m, list, NULL);
        krx_json_add_text(m, entry, "name", port_name(b, port));
        krx_json_add_int(m, entry, "port", port->container_port);
        krx_json_add_int(m, entry, "targetPort", port->container_port);
        krx_json_add_text(m, entry, "protocol", krx_k8s_protocol(port));
    }
}

static void build_service(krx_k8s_build *b, const char *name, bool published)
{
    krx_json_maker *m = &b->maker;
    if (name[0] < 'a' || name[0] > 'z') {
        krx_k8s_refuse(b, "name",
                       "a workload with ports gets a Service, whose name begins with a "
                       "letter");
        krx_k8s_advise(b, "give the workload such a name, or take its ports away");
    }
    if (strlen(name) > NAME_MAX_LENGTH)
        krx_k8s_refuse(b, "name",
                       "'%s', the Service of its published ports, would have more than "
                       "%d characters",
                       name, NAME_MAX_LENGTH);
    cJSON *object = krx_k8s_object(b, KRX_KUBE_SERVICE, "v1", "Service", name);
    cJSON *spec = krx_json_add_object(m, object, "spec");
    krx_json_add_text(m, spec, "type", published ? "NodePort" : "ClusterIP");
    krx_k8s_put_selector(b, spec, "selector");
    put_service_ports(b, spec, published);
}

/* Nobody calls a job: what runs by schedule gets none. */
void krx_k8s_build_services(krx_k8s_build *b)
{
    bool published = false;
    if (b->cron || !b->spec->ports || !b->spec->ports[0])
        return;
    for (size_t i = 0; b->spec->ports[i]; i++)
        published = published || any_host_port(b->spec->ports[i]);
    build_service(b, b->spec->name, false);
    if (published)
        build_service(b, krx_k8s_text(b, "%s" PUBLISHED, b->spec->name), true);
}
