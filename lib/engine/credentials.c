/* SPDX-License-Identifier: Apache-2.0 */
/* Registry credentials as docker login leaves them: config.json, or a helper program. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/base/fd.h"
#include "lib/base/program.h"
#include "lib/engine/internal.h"

#define HUB_KEY "https://index.docker.io/v1/"
#define HELPER_ANSWER_MAX ((size_t)64 << 10)

/* What is known; the texts are borrowed from JSON trees or malloc'd in `owned`. */
typedef struct account {
    const char *user;
    const char *password;
    const char *identity_token;
    const char *registry_token;
    char *owned; /* decoded "user:password" */
    size_t owned_length;
} account;

static void account_free(account *a)
{
    if (a->owned)
        explicit_bzero(a->owned, a->owned_length);
    free(a->owned);
}

static const char *config_key(const char *registry)
{
    return krx_streq(registry, "docker.io") ? HUB_KEY : registry;
}

/* "https://host/v1/" and "host" are the same registry. */
static bool same_registry(const char *key, const char *registry)
{
    const char *scheme = strstr(key, "://");
    const char *host = scheme ? scheme + 3 : key;
    size_t length = strcspn(host, "/");
    if (krx_streq(registry, "docker.io") && length == 15 &&
        strncasecmp(host, "index.docker.io", 15) == 0)
        return true;
    return length == strlen(registry) && strncasecmp(host, registry, length) == 0;
}

static const cJSON *find_entry(const cJSON *map, const char *registry)
{
    const cJSON *exact = krx_json_get(map, config_key(registry)), *item;
    if (exact)
        return exact;
    cJSON_ArrayForEach (item, map) {
        if (item->string && same_registry(item->string, registry))
            return item;
    }
    return NULL;
}

static const char *set_or_null(const cJSON *entry, const char *key)
{
    const char *text = krx_json_text(entry, key);
    return *text ? text : NULL;
}

static void take_entry(krx_call *call, const char *registry, const cJSON *entry, account *out)
{
    const char *packed = krx_json_text(entry, "auth");
    out->identity_token = set_or_null(entry, "identitytoken");
    out->registry_token = set_or_null(entry, "registrytoken");
    out->user = set_or_null(entry, "username");
    out->password = set_or_null(entry, "password");
    if (!*packed)
        return;
    out->owned = krx_base64_decode(packed, &out->owned_length);
    char *colon = out->owned ? memchr(out->owned, ':', out->owned_length) : NULL;
    if (!colon) {
        krx_log(call, KRX_LOG_WARN,
                "the docker configuration's auth entry for %s is damaged and is not used",
                registry);
        return;
    }
    *colon = '\0';
    out->user = out->owned;
    out->password = colon + 1;
}

/* --------------------------------------------------------------------------------------- helpers
 */

static bool helper_name_valid(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return n && !name[n] && n < 128 && name[0] != '.';
}

static int32_t talk(krx_call *call, const char *program, const char *key, krx_str *answer,
                    int32_t *status)
{
    const char *const argv[] = {program, "get", NULL};
    krx_autoclose int question = krx_filled_pipe(key);
    if (question < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no pipe: %s", strerror(errno));
    krx_program run = {
        .argv = argv, .stdin_fd = question, .stderr_fd = -1, .limit = HELPER_ANSWER_MAX};
    return krx_program_run(call, &run, answer, status);
}

/* *json stays NULL when the helper knows nothing. */
static int32_t ask_helper(krx_call *call, const char *helper, const char *key, cJSON **json)
{
    krx_autofree char *program = krx_format("docker-credential-%s", helper);
    krx_auto_secret krx_str answer = {0};
    int32_t status = 0;
    *json = NULL;
    if (!helper_name_valid(helper))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "the configured helper name is not valid");
    if (!program)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = talk(call, program, key, &answer, &status);
    if (code == 0 && status == 0) {
        *json = cJSON_ParseWithLength(answer.data, answer.length);
        if (!cJSON_IsObject(*json))
            code = krx_fail(call, KRX_E_DATA_LOSS, "its answer is not a JSON object");
    } else if (code == 0 && !memmem(answer.data, answer.length, "credentials not found", 21)) {
        code = krx_fail(call, KRX_E_UNAVAILABLE, "it ended with status %d", (int)status);
    }
    return code;
}

static const char *configured_helper(const cJSON *config, const char *registry)
{
    const cJSON *one = find_entry(krx_json_object(config, "credHelpers"), registry);
    const char *helper = cJSON_IsString(one) ? one->valuestring : NULL;
    return helper && *helper ? helper : set_or_null(config, "credsStore");
}

/* A helper that fails is no reason to fail: a public image needs none, a private one will say so.
 */
static int32_t take_helper(krx_call *call, const char *helper, const char *registry, cJSON **answer,
                           account *out)
{
    int32_t code = ask_helper(call, helper, config_key(registry), answer);
    if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED)
        return krx_wrap(call, "asking docker-credential-%s", helper);
    if (code < 0) {
        krx_log(call, KRX_LOG_WARN, "no credentials for %s: docker-credential-%.100s: %s", registry,
                helper, call->error->message);
        *call->error = (krx_error){.struct_size = sizeof *call->error};
        return 0;
    }
    const char *user = krx_json_text(*answer, "Username");
    const char *secret = krx_json_text(*answer, "Secret");
    if (krx_streq(user, "<token>")) {
        out->identity_token = secret;
    } else if (*user) {
        out->user = user;
        out->password = secret;
    }
    return 0;
}

/* ---------------------------------------------------------------------------------- the header */

static bool add_text(cJSON *json, const char *key, const char *text)
{
    return !text || cJSON_AddStringToObject(json, key, text);
}

static int32_t make_header(krx_call *call, const char *registry, const account *a, krx_str *header)
{
    static const char name[] = "X-Registry-Auth: ";
    krx_auto_secret_json cJSON *json = cJSON_CreateObject();
    char *text = NULL, *code = NULL;
    bool token = a->identity_token || a->registry_token;
    bool ok = json && add_text(json, "username", token ? NULL : a->user) &&
              add_text(json, "password", token ? NULL : a->password) &&
              add_text(json, "identitytoken", a->identity_token) &&
              add_text(json, "registrytoken", a->registry_token) &&
              add_text(json, "serveraddress", config_key(registry)) &&
              (text = cJSON_PrintUnformatted(json)) &&
              (code = krx_base64url_encode(text, strlen(text)));
    size_t length = code ? strlen(code) : 0;
    char *line = ok ? malloc(sizeof name + length) : NULL;
    if (line) {
        memcpy(line, name, sizeof name - 1);
        memcpy(line + sizeof name - 1, code, length + 1);
        *header = (krx_str){
            .data = line, .length = sizeof name - 1 + length, .capacity = sizeof name + length};
    }
    if (text)
        explicit_bzero(text, strlen(text));
    if (code)
        explicit_bzero(code, length);
    cJSON_free(text);
    free(code);
    return line ? 0 : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

int32_t krx_docker_auth_header(krx_call *call, const char *config_dir, const char *registry,
                               krx_str *header)
{
    krx_auto_secret_json cJSON *config = NULL;
    krx_auto_secret_json cJSON *answer = NULL;
    KRX_CLEANUP(account_free) account a = {0};
    krx_secret_free(header);
    int32_t code = krx_docker_config_read(call, config_dir, &config);
    if (code < 0)
        return code;
    const char *helper = configured_helper(config, registry);
    if (helper && (code = take_helper(call, helper, registry, &answer, &a)) < 0)
        return code;
    if (!a.user && !a.identity_token) {
        const cJSON *entry = find_entry(krx_json_object(config, "auths"), registry);
        take_entry(call, registry, entry, &a);
    }
    if (!a.user && !a.identity_token && !a.registry_token)
        return 0;
    return make_header(call, registry, &a, header);
}

int32_t krx_engine_registry_auth(krx_call *call, krx_engine *engine, const krx_image_ref *ref,
                                 krx_str *header)
{
    return krx_docker_auth_header(call, engine->config_dir, ref->registry, header);
}
