/* SPDX-License-Identifier: Apache-2.0 */
/* Weak stand-ins until auth.c comes: no credentials at all. */
#include "lib/kube/auth.h"

struct krx_kube_auth {
    const krx_kube_config *config;
};

__attribute__((weak)) krx_kube_auth *krx_kube_auth_new(const krx_kube_config *config)
{
    krx_kube_auth *auth = calloc(1, sizeof *auth);
    if (auth)
        auth->config = config;
    return auth;
}

__attribute__((weak)) void krx_kube_auth_free(krx_kube_auth *auth)
{
    free(auth);
}

__attribute__((weak)) int32_t krx_kube_auth_headers(krx_call *call, krx_kube_auth *auth,
                                                    char ***out)
{
    (void)call, (void)auth;
    *out = NULL;
    return 0;
}

__attribute__((weak)) void krx_kube_headers_free(char **headers)
{
    (void)headers;
}

__attribute__((weak)) bool krx_kube_auth_refused(krx_kube_auth *auth)
{
    (void)auth;
    return false;
}

__attribute__((weak)) int32_t krx_kube_auth_certificate(krx_call *call, krx_kube_auth *auth,
                                                        const char **cert_file,
                                                        const char **key_file, uint64_t *generation)
{
    (void)call;
    *cert_file = auth->config->cert_file;
    *key_file = auth->config->key_file;
    *generation = 1;
    return 0;
}

__attribute__((weak)) int krx_kube_memfd(const char *name, const char *text)
{
    (void)name, (void)text;
    return -1;
}
