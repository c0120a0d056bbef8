/* SPDX-License-Identifier: Apache-2.0 */
/* The account of the pod that we run in. */
#include <string.h>

#include "lib/base/fd.h"
#include "lib/kube/config/read.h"

#define NAMESPACE_MAX 253u

bool krx_kube_in_pod(const char *account_dir)
{
    krx_autofree char *token = krx_format("%s/token", account_dir);
    return !krx_blank(getenv("KUBERNETES_SERVICE_HOST")) &&
           !krx_blank(getenv("KUBERNETES_SERVICE_PORT")) && token && access(token, F_OK) == 0;
}

static const char *namespace_of(krx_kube_reader *r, const char *account_dir)
{
    krx_autofree char *name = krx_format("%s/namespace", account_dir);
    krx_auto_str krx_str text = {0};
    const char *given = getenv("POD_NAMESPACE");
    krx_arena *arena = r->config->arena;
    if (!krx_blank(given))
        return krx_arena_strdup(arena, given);
    if (!name || access(name, R_OK) < 0 ||
        krx_read_file(r->call, name, NAMESPACE_MAX + 2, &text) < 0) {
        *r->call->error = (krx_error){.struct_size = sizeof *r->call->error};
        return NULL;
    }
    size_t length = strcspn(krx_str_get(&text), " \t\r\n");
    return length ? krx_arena_strndup(arena, krx_str_get(&text), length) : NULL;
}

int32_t krx_kube_read_account(krx_kube_reader *reader, const char *account_dir)
{
    krx_kube_config *c = reader->config;
    const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
    bool v6 = host && strchr(host, ':') && *host != '[';
    c->source = "the pod's service account";
    c->server = krx_arena_printf(c->arena, "https://%s%s%s:%s", v6 ? "[" : "", host ? host : "",
                                 v6 ? "]" : "", port ? port : "443");
    c->token_file = krx_arena_printf(c->arena, "%s/token", account_dir);
    c->ca_file = krx_arena_printf(c->arena, "%s/ca.crt", account_dir);
    c->namespace_ = namespace_of(reader, account_dir);
    if (!c->server || !c->token_file || !c->ca_file)
        return krx_kube_config_no_memory(reader->call);
    if (access(c->ca_file, R_OK) < 0) {
        krx_kube_warn(reader,
                      "the pod's service account has no readable %s: the system's "
                      "certificate authorities are asked instead",
                      c->ca_file);
        c->ca_file = NULL;
    }
    return 0;
}
