/* SPDX-License-Identifier: Apache-2.0 */
/* Which configuration there is, and the context that is meant. */
#include <string.h>

#include "lib/base/secret.h"
#include "lib/kube/config/read.h"

#define ACCOUNT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"

void krx_kube_config_free(krx_kube_config *config)
{
    if (config)
        krx_arena_wipe(config->arena);
}

static krx_kube_config *config_new(void)
{
    krx_arena *arena = krx_arena_new();
    krx_kube_config *config = arena ? krx_arena_new_of(arena, krx_kube_config) : NULL;
    if (config)
        config->arena = arena;
    else
        krx_arena_free(arena);
    return config;
}

/* KUBECONFIG or ~/.kube/config, NULL without a home. */
static const char *default_files(krx_arena *arena)
{
    const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");
    if (!krx_blank(list))
        return list;
    return krx_blank(home) ? NULL : krx_arena_printf(arena, "%s/.kube/config", home);
}

/* No code that could be taken for a missing workload. */
static int32_t fail_missing(krx_call *call, const char *files, bool given, bool empty)
{
    if (given)
        (void)krx_fail(call, KRX_E_UNAVAILABLE, "the kubeconfig %s does not exist", files);
    else
        (void)krx_fail(call, KRX_E_UNAVAILABLE,
                       "there is no Kubernetes configuration: %s %s, and this is no "
                       "pod of a cluster",
                       files ? files : "~/.kube/config", empty ? "is empty" : "does not exist");
    return krx_hint(call, "set KUBECONFIG or the backend's setting kubeconfig to the file that "
                          "your cluster gave you");
}

static int32_t fail_no_context(krx_kube_reader *r)
{
    krx_auto_str krx_str names = {0};
    (void)krx_fail(r->call, KRX_E_INVALID_ARGUMENT, "%s names no current-context; there %s",
                   r->config->source, krx_kube_names(r, "contexts", &names));
    return krx_hint(r->call, "choose one with kubectl config use-context or the backend's setting "
                             "context");
}

static int32_t fail_no_entry(krx_kube_reader *r, const char *what, const char *list,
                             const char *name, bool of_context)
{
    krx_auto_str krx_str names = {0};
    krx_auto_str krx_str by = {0};
    if (of_context)
        krx_str_addf(&by, ", which context '%s' names,", r->config->context);
    return krx_fail(r->call, KRX_E_INVALID_ARGUMENT, "%s '%s'%s does not exist in %s; there %s",
                    what, name, krx_str_get(&by), r->config->source,
                    krx_kube_names(r, list, &names));
}

static int32_t read_context(krx_kube_reader *r, const char *wanted)
{
    krx_kube_map context, cluster, user;
    krx_kube_config *c = r->config;
    const char *name = krx_blank(wanted) ? krx_kube_scalar(r, "current-context") : wanted;
    if (krx_blank(name))
        return fail_no_context(r);
    c->context = krx_arena_strdup(c->arena, name);
    if (!krx_kube_entry(r, "contexts", "context", name, &context))
        return fail_no_entry(r, "context", "contexts", name, false);
    c->cluster = krx_kube_text(&context, "cluster");
    c->user = krx_kube_text(&context, "user");
    c->namespace_ = krx_kube_text(&context, "namespace");
    if (!c->cluster) {
        krx_kube_complain(&context, context.node, "cluster", "is missing");
        return 0;
    }
    if (!krx_kube_entry(r, "clusters", "cluster", c->cluster, &cluster))
        return fail_no_entry(r, "cluster", "clusters", c->cluster, true);
    krx_kube_read_cluster(&cluster);
    if (!c->user)
        return 0;
    if (!krx_kube_entry(r, "users", "user", c->user, &user))
        return fail_no_entry(r, "user", "users", c->user, true);
    krx_kube_read_user(&user);
    return 0;
}

/* A file without anything in it counts as none, as kubectl leaves such ones behind. */
static bool holds_something(const krx_kube_reader *r)
{
    static const char *const lists[] = {"contexts", "clusters", "users"};
    for (size_t i = 0; i < r->files.count; i++) {
        const krx_kube_file *file = r->files.items[i];
        for (size_t k = 0; k < KRX_COUNT(lists); k++) {
            const krx_node *list = krx_node_get(file->root, lists[k]);
            if (list && list->count)
                return true;
        }
        if (krx_node_get(file->root, "current-context"))
            return true;
    }
    return false;
}

static int32_t load(krx_kube_reader *r, const krx_kube_config_options *o)
{
    bool given = !krx_blank(o->kubeconfig);
    const char *account = krx_blank(o->account_dir) ? ACCOUNT_DIR : o->account_dir;
    const char *files = given ? o->kubeconfig : default_files(r->config->arena);
    int32_t code = files ? krx_kube_read_files(r, files) : 0;
    if (code < 0)
        return code;
    if (r->files.count && (given || holds_something(r))) {
        code = read_context(r, o->context);
        return code < 0 ? code : krx_diags_fail(r->call, &r->diags, r->config->source);
    }
    if (given || !krx_kube_in_pod(account))
        return fail_missing(r->call, files, given, r->files.count > 0);
    if (!krx_blank(o->context))
        return krx_fail(r->call, KRX_E_INVALID_ARGUMENT,
                        "context '%s' does not exist: there is no kubeconfig, only the pod's "
                        "service account",
                        o->context);
    return krx_kube_read_account(r, account);
}

int32_t krx_kube_config_load(krx_call *call, const krx_kube_config_options *options,
                             krx_kube_config **out)
{
    static const krx_kube_config_options none = {0};
    *out = NULL;
    krx_auto_kube_config krx_kube_config *config = config_new();
    krx_auto_secret_arena krx_arena *trees = krx_arena_new();
    if (!config || !trees)
        return krx_kube_config_no_memory(call);
    krx_kube_reader reader = {.call = call, .trees = trees, .config = config};
    krx_diags_init(&reader.diags);
    int32_t code = load(&reader, options ? options : &none);
    krx_diags_free(&reader.diags);
    if (code < 0)
        return code;
    config->warnings = (const char *const *)krx_ptrs_end(config->arena, &reader.warnings);
    if (krx_arena_failed(config->arena) || krx_arena_failed(trees))
        return krx_kube_config_no_memory(call);
    *out = krx_move_ptr(config);
    return 0;
}
