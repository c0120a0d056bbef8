/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing, and the credentials of a request. */
#include <string.h>
#include <unistd.h>

#include "lib/kube/internal.h"

static int32_t connect_to(krx_call *call, krx_kube *kube)
{
    char ca_file[64];
    const krx_kube_config *c = kube->config;
    krx_http_endpoint endpoint = {
        .label = kube->label,
        .base_url = c->server,
        .ca_file = c->ca_file,
        .tls_insecure = c->insecure,
        .tls_server_name = c->tls_server_name,
        .proxy_url = c->proxy_url,
        .http2 = true,
        .unreachable_hint =
            "check that the API server runs and that the kubeconfig names the right "
            "address: kubectl cluster-info"};
    if (!krx_blank(c->ca_data)) {
        kube->ca_fd = krx_kube_memfd("kranix-ca", c->ca_data);
        if (kube->ca_fd < 0)
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no memory file for the CA of %s",
                            kube->label);
        (void)snprintf(ca_file, sizeof ca_file, "/proc/self/fd/%d", kube->ca_fd);
        endpoint.ca_file = ca_file;
    }
    return krx_http_open(call, &endpoint, &kube->http);
}

int32_t krx_kube_open(krx_call *call, krx_kube_config *config, krx_kube **out)
{
    *out = NULL;
    krx_auto_kube krx_kube *kube = calloc(1, sizeof *kube);
    if (!kube) {
        krx_kube_config_free(config);
        return krx_no_memory(call);
    }
    kube->config = config;
    kube->ca_fd = -1;
    pthread_mutex_init(&kube->lock, NULL);
    if (krx_blank(config->server))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s: the cluster has no server",
                        config->source ? config->source : "the configuration");
    kube->auth = krx_kube_auth_new(config);
    kube->label = krx_format("the Kubernetes API at %s", config->server);
    kube->arena = krx_arena_new();
    if (!kube->auth || !kube->label || !kube->arena || !krx_kube_init_versions(kube))
        return krx_no_memory(call);
    krx_url_redact(kube->label);
    int32_t code = connect_to(call, kube);
    if (code < 0)
        return code;
    *out = krx_move_ptr(kube);
    return 0;
}

void krx_kube_close(krx_kube *kube)
{
    if (!kube)
        return;
    krx_http_close(kube->http);
    krx_kube_auth_free(kube->auth);
    krx_kube_config_free(kube->config);
    if (kube->ca_fd >= 0)
        close(kube->ca_fd);
    krx_arena_free(kube->arena);
    pthread_mutex_destroy(&kube->lock);
    free(kube->version_text);
    free(kube->label);
    free(kube);
}

const krx_kube_config *krx_kube_config_of(const krx_kube *kube)
{
    return kube->config;
}

const char *krx_kube_label(const krx_kube *kube)
{
    return kube->label;
}

/* A client certificate that has changed is exchanged before the next request. */
static int32_t place_certificate(krx_call *call, krx_kube *kube)
{
    const char *cert = NULL, *key = NULL;
    uint64_t generation = 0;
    KRX_LOCK_SCOPE(&kube->lock);
    int32_t code = krx_kube_auth_certificate(call, kube->auth, &cert, &key, &generation);
    if (code < 0 || (kube->certificate_known && generation == kube->certificate))
        return code;
    if ((cert || kube->certificate_known) &&
        (code = krx_http_set_certificate(call, kube->http, cert, key)) < 0)
        return code;
    kube->certificate_known = true;
    kube->certificate = generation;
    return 0;
}

int32_t krx_kube_credentials(krx_call *call, krx_kube *kube, char ***headers)
{
    /* first, as this may run a plugin, which must not happen under the lock */
    int32_t code = krx_kube_auth_headers(call, kube->auth, headers);
    if (code == 0 && (code = place_certificate(call, kube)) < 0) {
        krx_kube_headers_free(*headers);
        *headers = NULL;
    }
    return code;
}
