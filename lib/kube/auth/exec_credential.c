/* SPDX-License-Identifier: Apache-2.0 */
/* Credential plugins: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
#include "lib/kube/auth/exec_credential.h"

#include <errno.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/program.h"
#include "lib/base/secret.h"
#include "lib/json/json.h"

#define ANSWER_MAX ((size_t)1 << 20)
#define CA_MAX ((size_t)1 << 20)
#define INFO_NAME "KUBERNETES_EXEC_INFO"

extern char **environ;

void krx_wipe_text(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void krx_kube_credential_free(krx_kube_credential *credential)
{
    krx_wipe_text(credential->token);
    krx_wipe_text(credential->cert);
    krx_wipe_text(credential->key);
    *credential = (krx_kube_credential){.expires_ns = KRX_UNSET};
}

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory for a credential plugin");
}

/* ------------------------------------------------------------------------------ what it is told */

static int32_t add_ca(krx_call *call, const krx_kube_config *c, krx_json_maker *maker,
                      cJSON *cluster)
{
    krx_auto_str krx_str file = {0};
    const char *pem = c->ca_data;
    if (!pem && !c->ca_file)
        return 0;
    if (!pem) {
        int32_t code = krx_read_file(call, c->ca_file, CA_MAX, &file);
        if (code < 0)
            return krx_wrap(call, "the CA certificate");
        pem = krx_str_get(&file);
    }
    krx_autofree char *packed = krx_base64_encode(pem, strlen(pem));
    maker->failed = maker->failed || !packed;
    krx_json_add_text(maker, cluster, "certificate-authority-data", packed);
    return 0;
}

static int32_t add_cluster(krx_call *call, const krx_kube_config *c, krx_json_maker *maker,
                           cJSON *spec)
{
    cJSON *cluster = krx_json_add_object(maker, spec, "cluster");
    krx_json_add_text(maker, cluster, "server", c->server);
    krx_json_add_text(maker, cluster, "tls-server-name", c->tls_server_name);
    krx_json_add_text(maker, cluster, "proxy-url", c->proxy_url);
    if (c->insecure)
        krx_json_add_bool(maker, cluster, "insecure-skip-tls-verify", true);
    if (c->exec_cluster_config)
        krx_json_add_item(maker, cluster, "config", cJSON_Parse(c->exec_cluster_config));
    return add_ca(call, c, maker, cluster);
}

/* "KUBERNETES_EXEC_INFO={...}" */
static int32_t make_info(krx_call *call, const krx_kube_config *c, bool interactive, char **out)
{
    krx_json_maker maker = {0};
    krx_auto_json cJSON *info = cJSON_CreateObject();
    krx_json_add_text(&maker, info, "kind", "ExecCredential");
    krx_json_add_text(&maker, info, "apiVersion", c->exec->api_version);
    cJSON *spec = krx_json_add_object(&maker, info, "spec");
    krx_json_add_bool(&maker, spec, "interactive", interactive);
    if (c->exec->provide_cluster_info) {
        int32_t code = add_cluster(call, c, &maker, spec);
        if (code < 0)
            return code;
    }
    char *text = info && !maker.failed ? cJSON_PrintUnformatted(info) : NULL;
    *out = text ? krx_format(INFO_NAME "=%s", text) : NULL;
    cJSON_free(text);
    return *out ? 0 : no_memory(call);
}

static bool overridden(const krx_kube_exec *e, const char *variable)
{
    size_t length = strcspn(variable, "=");
    if (length == strlen(INFO_NAME) && strncmp(variable, INFO_NAME, length) == 0)
        return true;
    for (size_t i = 0; e->env && e->env[i]; i++)
        if (strlen(e->env[i]->key) == length && strncmp(variable, e->env[i]->key, length) == 0)
            return true;
    return false;
}

/* Ours, with the plugin's own and the info on top; in the arena. */
static const char *const *make_env(krx_arena *arena, const krx_kube_exec *e, const char *info)
{
    krx_ptrs env = {0};
    for (char **p = environ; *p; p++)
        if (!overridden(e, *p))
            (void)krx_ptrs_add(arena, &env, *p);
    for (size_t i = 0; e->env && e->env[i]; i++) {
        const char *pair = krx_arena_printf(arena, "%s=%s", e->env[i]->key, e->env[i]->value);
        if (pair)
            (void)krx_ptrs_add(arena, &env, pair);
    }
    (void)krx_ptrs_add(arena, &env, info);
    return (const char *const *)krx_ptrs_end(arena, &env);
}

static const char *const *make_argv(krx_arena *arena, const krx_kube_exec *e)
{
    krx_ptrs argv = {0};
    (void)krx_ptrs_add(arena, &argv, e->command);
    for (size_t i = 0; e->args && e->args[i]; i++)
        (void)krx_ptrs_add(arena, &argv, e->args[i]);
    return (const char *const *)krx_ptrs_end(arena, &argv);
}

/* ----------------------------------------------------------------------------- what it answered */

static bool printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= 0x20 || *text == 0x7f)
            return false;
    return true;
}

static bool copy_member(const cJSON *status, const char *key, char **out)
{
    const char *text = krx_json_text(status, key);
    if (!*text)
        return true;
    *out = strdup(text);
    return *out != NULL;
}

static int32_t fail_answer(krx_call *call, const krx_kube_exec *e, const char *why)
{
    (void)krx_fail(call, KRX_E_UNAUTHENTICATED, "the credential plugin %s answered %s", e->command,
                   why);
    return krx_hint(call, "its version may not fit the kubeconfig: update it, or run it by hand");
}

static int32_t take_status(krx_call *call, const krx_kube_exec *e, const cJSON *json,
                           krx_kube_credential *out)
{
    const cJSON *status = krx_json_object(json, "status");
    const char *expires = krx_json_text(status, "expirationTimestamp");
    if (!krx_streq(krx_json_text(json, "kind"), "ExecCredential"))
        return fail_answer(call, e, "something that is no ExecCredential");
    if (!krx_streq(krx_json_text(json, "apiVersion"), e->api_version))
        return fail_answer(call, e, "in another apiVersion than the kubeconfig names");
    if (!copy_member(status, "token", &out->token) ||
        !copy_member(status, "clientCertificateData", &out->cert) ||
        !copy_member(status, "clientKeyData", &out->key))
        return no_memory(call);
    if (!out->token && !out->cert)
        return fail_answer(call, e, "neither with a token nor with a client certificate");
    if (!out->cert != !out->key)
        return fail_answer(call, e, "with a client certificate or key without the other");
    if (out->token && !printable(out->token))
        return fail_answer(call, e, "with a token that no header can carry");
    if (*expires && !krx_time_parse(expires, &out->expires_ns))
        return fail_answer(call, e, "with an expirationTimestamp that is no time");
    return 0;
}

/* ----------------------------------------------------------------------------------------- a run
 */

static int32_t fail_start(krx_call *call, const krx_kube_config *c, int32_t code)
{
    const krx_kube_exec *e = c->exec;
    if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED)
        return krx_wrap(call, "the credential plugin %s of user '%s'", e->command, c->user);
    if (code != KRX_E_NOT_FOUND) {
        krx_error cause = *call->error;
        return krx_fail(call, KRX_E_UNAUTHENTICATED,
                        "the credential plugin %s of user '%s' is of no use: %s", e->command,
                        c->user, cause.message);
    }
    (void)krx_fail(call, KRX_E_UNAUTHENTICATED,
                   "the credential plugin %s, which user '%s' in %s needs, is not installed",
                   e->command, c->user, c->source);
    return krx_hint(call, "%s",
                    e->install_hint ? e->install_hint : "install it, or put it in PATH");
}

static int32_t choose_interactive(krx_call *call, const krx_kube_config *c, bool *interactive)
{
    bool terminal = isatty(STDIN_FILENO);
    *interactive = terminal && c->exec->interactive != KRX_KUBE_INTERACTIVE_NEVER;
    if (terminal || c->exec->interactive != KRX_KUBE_INTERACTIVE_ALWAYS)
        return 0;
    (void)krx_fail(call, KRX_E_UNAUTHENTICATED,
                   "the credential plugin %s of user '%s' asks questions (interactiveMode Always), "
                   "and standard input is no terminal",
                   c->exec->command, c->user);
    return krx_hint(call, "run it in a terminal, or log in in another way");
}

static int32_t run(krx_call *call, const krx_kube_config *c, krx_arena *arena, krx_str *answer,
                   int32_t *status)
{
    bool interactive;
    krx_autofree char *info = NULL;
    int32_t code;
    if ((code = choose_interactive(call, c, &interactive)) < 0 ||
        (code = make_info(call, c, interactive, &info)) < 0)
        return code;
    krx_program program = {.argv = make_argv(arena, c->exec),
                           .env = make_env(arena, c->exec, info),
                           .stdin_fd = interactive ? STDIN_FILENO : -1,
                           .stderr_fd = STDERR_FILENO,
                           .limit = ANSWER_MAX};
    if (krx_arena_failed(arena))
        return no_memory(call);
    code = krx_program_run(call, &program, answer, status);
    return code < 0 ? fail_start(call, c, code) : 0;
}

int32_t krx_kube_exec_run(krx_call *call, const krx_kube_config *config, krx_kube_credential *out)
{
    krx_auto_secret_arena krx_arena *arena = krx_arena_new();
    krx_auto_secret krx_str answer = {0};
    int32_t status = 0;
    *out = (krx_kube_credential){.expires_ns = KRX_UNSET};
    int32_t code = arena ? run(call, config, arena, &answer, &status) : no_memory(call);
    if (code < 0)
        return code;
    if (status != 0) {
        (void)krx_fail(call, KRX_E_UNAUTHENTICATED,
                       "the credential plugin %s of user '%s' failed with status %d",
                       config->exec->command, config->user, (int)status);
        return krx_hint(call, "its own messages say why; run it by hand to see them");
    }
    krx_auto_secret_json cJSON *json = cJSON_ParseWithLength(answer.data, answer.length);
    if (!cJSON_IsObject(json))
        return fail_answer(call, config->exec, "something that is no JSON object");
    code = take_status(call, config->exec, json, out);
    if (code < 0)
        krx_kube_credential_free(out);
    return code;
}
