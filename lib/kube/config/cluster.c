/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/kube/config/read.h"

/* Without a scheme it is https when anything about TLS is said. */
static const char *server_of(const krx_kube_map *cluster)
{
    krx_kube_config *c = cluster->reader->config;
    const krx_node *node = krx_node_get(cluster->node, "server");
    const char *server = krx_kube_text(cluster, "server");
    if (!server) {
        krx_kube_complain(cluster, node, "server",
                          "is missing: the address of the API server, such as "
                          "https://10.0.0.1:6443");
        return NULL;
    }
    bool tls = c->ca_file || c->ca_data || c->insecure;
    if (!strstr(server, "://"))
        server = krx_arena_printf(c->arena, "%s://%s", tls ? "https" : "http", server);
    if (!server)
        return NULL;
    const char *host = strstr(server, "://") + 3;
    if ((!krx_has_prefix(server, "https://") && !krx_has_prefix(server, "http://")) ||
        strpbrk(server, " \t\r\n\"") || !*host || strchr("/:?#@", *host))
        krx_kube_complain(cluster, node, "server",
                          "must begin with https:// or http:// and a host");
    return server;
}

static const char *proxy_of(const krx_kube_map *cluster)
{
    static const char *const schemes[] = {"http://", "https://", "socks5://"};
    const char *proxy = krx_kube_text(cluster, "proxy-url");
    for (size_t i = 0; proxy && i < KRX_COUNT(schemes); i++)
        if (krx_has_prefix(proxy, schemes[i]) && proxy[strlen(schemes[i])])
            return proxy;
    if (proxy)
        krx_kube_complain(cluster, krx_node_get(cluster->node, "proxy-url"), "proxy-url",
                          "must begin with http://, https:// or socks5:// and a host");
    return NULL;
}

void krx_kube_read_cluster(const krx_kube_map *cluster)
{
    krx_kube_config *c = cluster->reader->config;
    c->insecure = krx_kube_flag(cluster, "insecure-skip-tls-verify");
    c->ca_data = krx_kube_pem(cluster, "certificate-authority-data");
    c->ca_file = c->ca_data ? NULL : krx_kube_readable(cluster, "certificate-authority");
    c->server = server_of(cluster);
    c->tls_server_name = krx_kube_text(cluster, "tls-server-name");
    c->proxy_url = proxy_of(cluster);
    krx_kube_read_exec_config(cluster);
    if (c->insecure && (c->ca_data || c->ca_file))
        krx_kube_complain(cluster, krx_node_get(cluster->node, "insecure-skip-tls-verify"),
                          "insecure-skip-tls-verify",
                          "cannot be together with a certificate-authority: remove one of them");
    else if (c->insecure)
        krx_kube_warn(cluster->reader,
                      "the certificate of cluster '%s' is not checked (insecure-skip-tls-verify): "
                      "anybody in between can read and change everything",
                      c->cluster);
}
