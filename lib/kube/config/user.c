/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/kube/config/read.h"

static void add_extra(const krx_kube_map *extra, krx_ptrs *pairs)
{
    krx_arena *arena = extra->reader->config->arena;
    for (size_t i = 0; i < extra->node->count; i++) {
        const char *key = extra->node->keys[i]->text;
        const char *const *values = krx_kube_texts(extra, key);
        for (size_t k = 0; values && values[k]; k++) {
            krx_kv *pair = krx_arena_new_of(arena, krx_kv);
            if (!pair || krx_ptrs_add(arena, pairs, pair) < 0)
                return;
            pair->key = krx_arena_strdup(arena, key);
            pair->value = values[k];
        }
    }
}

static void read_impersonation(const krx_kube_map *user)
{
    krx_kube_config *c = user->reader->config;
    krx_kube_map extra;
    krx_ptrs pairs = {0};
    c->as_user = krx_kube_text(user, "as");
    c->as_uid = krx_kube_text(user, "as-uid");
    c->as_groups = krx_kube_texts(user, "as-groups");
    if (krx_kube_inner(user, "as-user-extra", &extra))
        add_extra(&extra, &pairs);
    c->as_extra = (const krx_kv *const *)krx_ptrs_end(c->arena, &pairs);
    if (!c->as_user && (c->as_uid || (c->as_groups && c->as_groups[0]) || pairs.count))
        krx_kube_complain(user, user->node, "as",
                          "is missing: as-uid, as-groups and as-user-extra need it");
}

/* What kubectl did itself once; tokens that are there still serve until they expire. */
static void read_provider(const krx_kube_map *user)
{
    krx_kube_map provider, config;
    krx_kube_config *c = user->reader->config;
    if (!krx_kube_inner(user, "auth-provider", &provider))
        return;
    const char *name = krx_kube_text(&provider, "name");
    const char *token = krx_streq(name, "oidc") && krx_kube_inner(&provider, "config", &config)
                            ? krx_kube_text(&config, "id-token")
                            : NULL;
    if (c->exec || c->token || c->token_file || c->username || c->cert_file || c->cert_data)
        return;
    if (!token) {
        krx_kube_complain(user, provider.node, "auth-provider",
                          "'%s' is not supported: use an exec plugin instead, as kubectl does "
                          "since 1.26",
                          name ? name : "");
        return;
    }
    c->token = token;
    krx_kube_warn(user->reader,
                  "the id-token of auth-provider oidc of user '%s' is used as it is and not "
                  "renewed: use an exec plugin instead",
                  c->user);
}

static void read_certificate(const krx_kube_map *user)
{
    krx_kube_config *c = user->reader->config;
    c->cert_data = krx_kube_pem(user, "client-certificate-data");
    c->cert_file = c->cert_data ? NULL : krx_kube_readable(user, "client-certificate");
    c->key_data = krx_kube_pem(user, "client-key-data");
    c->key_file = c->key_data ? NULL : krx_kube_readable(user, "client-key");
    const krx_node *at = krx_node_get(user->node, "client-certificate-data");
    if (!at)
        at = krx_node_get(user->node, "client-certificate");
    if (at && !krx_node_get(user->node, "client-key-data") && !c->key_file)
        krx_kube_complain(user, at, "client-key", "is missing beside the client certificate");
}

static bool fits_header(const char *text)
{
    for (; text && *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

void krx_kube_read_user(const krx_kube_map *user)
{
    krx_kube_config *c = user->reader->config;
    krx_kube_map exec;
    c->token = krx_kube_text(user, "token");
    c->token_file = krx_kube_file_name(user, "tokenFile");
    c->username = krx_kube_text(user, "username");
    c->password = krx_kube_text(user, "password");
    read_certificate(user);
    read_impersonation(user);
    if (krx_kube_inner(user, "exec", &exec))
        krx_kube_read_exec(&exec);
    read_provider(user);
    if (!fits_header(c->token))
        krx_kube_complain(user, krx_node_get(user->node, "token"), "token",
                          "holds a line break or another control character");
    if (c->username && (c->token || c->token_file))
        krx_kube_complain(user, krx_node_get(user->node, "username"), "username",
                          "cannot be together with a token: only one way to log in is allowed");
}
