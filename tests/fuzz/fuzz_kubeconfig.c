/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a kubeconfig. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/kube/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

/* What was taken must be usable without another look. */
static void check(const krx_kube_config *c)
{
    require(c->source && c->context && c->cluster && c->server && c->warnings);
    require(krx_has_prefix(c->server, "http://") || krx_has_prefix(c->server, "https://"));
    require(!c->ca_data || strstr(c->ca_data, "-----BEGIN "));
    require(!(c->ca_data && c->insecure));
    require(!c->token || !c->username);
    for (const char *p = c->token ? c->token : ""; *p; p++)
        require((unsigned char)*p >= 0x20);
    for (size_t i = 0; c->as_extra && c->as_extra[i]; i++)
        require(c->as_extra[i]->key && c->as_extra[i]->value);
    if (c->exec)
        require(c->exec->command && c->exec->api_version && c->exec->args && c->exec->env);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[64];
    krx_error error;
    krx_call call;
    krx_kube_config *config = NULL;
    krx_autoclose int fd = memfd_create("kubeconfig", MFD_CLOEXEC);
    krx_call_init(&call, &error);
    if (fd < 0 || krx_write_all(fd, data, size) < 0)
        return 0;
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    krx_kube_config_options options = {.kubeconfig = name};
    int32_t code = krx_kube_config_load(&call, &options, &config);
    require(code == 0 || code == KRX_E_INVALID_ARGUMENT || code == KRX_E_NOT_FOUND ||
            code == KRX_E_RESOURCE_EXHAUSTED);
    require((code == 0) == (config != NULL));
    if (config)
        check(config);
    else
        require(*error.message);
    krx_kube_config_free(config);
    return 0;
}
