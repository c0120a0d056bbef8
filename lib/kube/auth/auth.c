/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials as headers, kept fresh. */
#include "lib/kube/auth/auth.h"

#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/secret.h"
#include "lib/kube/auth/internal.h"

#define TOKEN_FILE_AGE_NS (60 * KRX_NS_PER_S)
#define TOKEN_MAX ((size_t)64 << 10)
#define EXPIRY_LEEWAY_NS (5 * KRX_NS_PER_S)
#define RENEWED_JUST_NOW_NS KRX_NS_PER_S

krx_kube_auth *krx_kube_auth_new(const krx_kube_config *config)
{
    krx_kube_auth *auth = calloc(1, sizeof *auth);
    if (!auth)
        return NULL;
    auth->config = config;
    auth->plugin.expires_ns = KRX_UNSET;
    auth->idle_event = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&auth->lock, NULL);
    krx_kube_pairs_init(auth);
    if (auth->idle_event >= 0)
        return auth;
    krx_kube_auth_free(auth);
    return NULL;
}

void krx_kube_auth_free(krx_kube_auth *auth)
{
    if (!auth)
        return;
    krx_wipe_text(auth->file_token);
    krx_kube_credential_free(&auth->plugin);
    krx_kube_pairs_free(auth);
    if (auth->idle_event >= 0)
        close(auth->idle_event);
    pthread_mutex_destroy(&auth->lock);
    free(auth);
}

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory for credentials");
}

/* ---------------------------------------------------------------------------------- token files */

static int32_t read_token(krx_call *call, const char *name, char **out)
{
    krx_auto_secret krx_str text = {.data = calloc(1, TOKEN_MAX + 2), .capacity = TOKEN_MAX + 2};
    if (!text.data)
        return no_memory(call);
    int32_t code = krx_read_file(call, name, TOKEN_MAX, &text);
    if (code < 0)
        return krx_wrap(call, "the token file");
    const char *start = text.data + strspn(text.data, " \t\r\n");
    size_t length = strcspn(start, " \t\r\n");
    if (!length || start[length + strspn(start + length, " \t\r\n")])
        return krx_fail(call, KRX_E_UNAUTHENTICATED, "the token file %s holds %s", name,
                        length ? "more than a token" : "nothing");
    *out = strndup(start, length);
    return *out ? 0 : no_memory(call);
}

/* Under the lock. A file that cannot be read just now leaves us with what we had. */
static int32_t freshen_file(krx_call *call, krx_kube_auth *auth)
{
    const krx_kube_config *c = auth->config;
    int64_t now = krx_now_monotonic();
    char *token = NULL;
    if (auth->file_token && !auth->stale && now - auth->file_read_ns < TOKEN_FILE_AGE_NS)
        return 0;
    int32_t code = read_token(call, c->token_file, &token);
    if (code < 0) {
        if (!auth->file_token && !c->token)
            return code;
        krx_log(call, KRX_LOG_WARN, "%s: going on with the token from before",
                call->error->message);
        *call->error = (krx_error){.struct_size = sizeof *call->error};
    } else {
        krx_wipe_text(auth->file_token);
        auth->file_token = token;
    }
    auth->file_read_ns = now;
    auth->stale = false;
    return 0;
}

/* -------------------------------------------------------------------------------------- plugins */

static bool uses_plugin(const krx_kube_config *c)
{
    return c->exec && !c->token && !c->token_file && !c->username;
}

/* Under the lock. */
static bool plugin_is_fresh(const krx_kube_auth *auth)
{
    int64_t expires = auth->plugin.expires_ns, now = krx_now_unix();
    if (auth->stale || (!auth->plugin.token && !auth->plugin.cert))
        return false;
    if (expires == KRX_UNSET || now + EXPIRY_LEEWAY_NS < expires)
        return true;
    /* one that lives shorter than our leeway serves as long as it lives */
    return now < expires && krx_now_monotonic() - auth->renewed_ns < EXPIRY_LEEWAY_NS;
}

enum turn { FRESH, MINE, WAIT, FAILED };

/* Whether there is something to do, and who does it. `seen` is how many runs we know of. */
static enum turn take_turn(krx_call *call, krx_kube_auth *auth, uint64_t *seen)
{
    uint64_t value;
    KRX_LOCK_SCOPE(&auth->lock);
    if (plugin_is_fresh(auth))
        return FRESH;
    if (auth->running) {
        *seen = auth->runs;
        return WAIT;
    }
    if (*seen != UINT64_MAX && auth->runs != *seen && auth->failure.code) {
        *call->error = auth->failure;
        return FAILED;
    }
    auth->running = true;
    (void)!read(auth->idle_event, &value, sizeof value);
    return MINE;
}

static void end_turn(krx_call *call, krx_kube_auth *auth, int32_t code, krx_kube_credential *got)
{
    static const uint64_t one = 1;
    KRX_LOCK_SCOPE(&auth->lock);
    auth->running = false;
    auth->runs++;
    auth->failure = (krx_error){.struct_size = sizeof auth->failure};
    if (code == 0) {
        krx_kube_credential old = auth->plugin;
        auth->plugin = *got;
        *got = old;
        if (!krx_streq(auth->plugin.cert, old.cert) || !krx_streq(auth->plugin.key, old.key))
            auth->pair_is_old = true;
        auth->renewed_ns = krx_now_monotonic();
        auth->stale = false;
    } else if (code != KRX_E_CANCELLED && code != KRX_E_DEADLINE_EXCEEDED) {
        auth->failure = *call->error;
    }
    (void)!write(auth->idle_event, &one, sizeof one);
}

/* One run serves all threads that want it; a failure too. */
static int32_t freshen_plugin(krx_call *call, krx_kube_auth *auth)
{
    uint64_t seen = UINT64_MAX;
    for (;;) {
        enum turn turn = take_turn(call, auth, &seen);
        if (turn == FRESH)
            return 0;
        if (turn == FAILED)
            return call->error->code;
        if (turn == MINE)
            break;
        krx_wait_fd w = {.struct_size = sizeof w, .fd = auth->idle_event, .want = KRX_WAIT_READ};
        int32_t ready = call->host->wait(call->host, call, &w, 1, -1);
        if (ready < 0)
            return krx_wrap(call, "waiting for the credential plugin %s",
                            auth->config->exec->command);
    }
    krx_auto_kube_credential krx_kube_credential got = {.expires_ns = KRX_UNSET};
    int32_t code = krx_kube_exec_run(call, auth->config, &got);
    end_turn(call, auth, code, &got);
    return code;
}

bool krx_kube_auth_refused(krx_kube_auth *auth)
{
    const krx_kube_config *c = auth->config;
    if (!c->token_file && !uses_plugin(c))
        return false;
    KRX_LOCK_SCOPE(&auth->lock);
    /* another thread may have renewed them while our request was on its way */
    if (c->token_file || krx_now_monotonic() - auth->renewed_ns > RENEWED_JUST_NOW_NS)
        auth->stale = true;
    return true;
}

static int32_t freshen(krx_call *call, krx_kube_auth *auth)
{
    if (uses_plugin(auth->config))
        return freshen_plugin(call, auth);
    return 0;
}

/* -------------------------------------------------------------------------------------- headers */

typedef struct header_list {
    char **items;
    size_t count;
    size_t room;
    bool no_memory;
    const char *bad; /* name of the header whose value cannot be one */
} header_list;

static void add_header(header_list *list, const char *name, const char *value)
{
    if (krx_blank(value) || list->no_memory)
        return;
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            list->bad = "a value";
            return;
        }
    if (list->count + 1 >= list->room) {
        size_t room = list->room * 2 + 8;
        char **items = realloc(list->items, room * sizeof *items);
        list->no_memory = !items;
        if (!items)
            return;
        list->items = items;
        list->room = room;
    }
    char *text = krx_format("%s: %s", name, value);
    list->no_memory = !text;
    list->items[list->count] = text;
    list->count += text != NULL;
    list->items[list->count] = NULL;
}

/* Characters that a header's name cannot have are percent-encoded, as the server decodes them. */
static void add_extra(header_list *list, const krx_kv *pair)
{
    static const char others[] = "!#$&'*+-.^_`|~";
    krx_auto_str krx_str name = {0};
    krx_str_add(&name, "Impersonate-Extra-");
    for (const char *p = pair->key; *p; p++) {
        unsigned char c = (unsigned char)*p;
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (plain || strchr(others, c))
            krx_str_addc(&name, *p);
        else
            krx_str_addf(&name, "%%%02X", c);
    }
    list->no_memory = list->no_memory || krx_str_failed(&name);
    add_header(list, krx_str_get(&name), pair->value);
}

static void add_impersonation(header_list *list, const krx_kube_config *c)
{
    add_header(list, "Impersonate-User", c->as_user);
    add_header(list, "Impersonate-Uid", c->as_uid);
    for (size_t i = 0; c->as_groups && c->as_groups[i]; i++)
        add_header(list, "Impersonate-Group", c->as_groups[i]);
    for (size_t i = 0; c->as_extra && c->as_extra[i]; i++)
        add_extra(list, c->as_extra[i]);
}

static void add_authorization(header_list *list, const char *scheme, const char *secret)
{
    if (krx_blank(secret))
        return;
    char *value = krx_format("%s %s", scheme, secret);
    if (value)
        add_header(list, "Authorization", value);
    list->no_memory = list->no_memory || !value;
    krx_wipe_text(value);
}

static void add_basic(header_list *list, const krx_kube_config *c)
{
    char *pair = krx_format("%s:%s", c->username, c->password ? c->password : "");
    char *packed = pair ? krx_base64_encode(pair, strlen(pair)) : NULL;
    list->no_memory = list->no_memory || !packed;
    add_authorization(list, "Basic", packed);
    krx_wipe_text(pair);
    krx_wipe_text(packed);
}

static int32_t add_credentials(krx_call *call, krx_kube_auth *auth, header_list *list)
{
    const krx_kube_config *c = auth->config;
    KRX_LOCK_SCOPE(&auth->lock);
    if (c->token_file) {
        int32_t code = freshen_file(call, auth);
        if (code < 0)
            return code;
        add_authorization(list, "Bearer", auth->file_token ? auth->file_token : c->token);
    } else if (c->token) {
        add_authorization(list, "Bearer", c->token);
    } else if (c->username) {
        add_basic(list, c);
    } else if (c->exec) {
        add_authorization(list, "Bearer", auth->plugin.token);
    }
    return 0;
}

void krx_kube_headers_free(char **headers)
{
    for (size_t i = 0; headers && headers[i]; i++)
        krx_wipe_text(headers[i]);
    free(headers);
}

int32_t krx_kube_auth_headers(krx_call *call, krx_kube_auth *auth, char ***out)
{
    header_list list = {.items = calloc(8, sizeof *list.items), .room = 8};
    *out = NULL;
    if (!list.items)
        return no_memory(call);
    int32_t code = freshen(call, auth);
    if (code == 0)
        code = add_credentials(call, auth, &list);
    add_impersonation(&list, auth->config);
    if (code == 0 && list.no_memory)
        code = no_memory(call);
    if (code == 0 && list.bad)
        code = krx_fail(call, KRX_E_INVALID_ARGUMENT,
                        "user '%s' of %s has a token, name or group with a control character in it",
                        auth->config->user ? auth->config->user : "", auth->config->source);
    if (code < 0)
        krx_kube_headers_free(list.items);
    else
        *out = list.items;
    return code;
}

/* --------------------------------------------------------------------------------- certificate */

int32_t krx_kube_auth_certificate(krx_call *call, krx_kube_auth *auth, const char **cert_file,
                                  const char **key_file, uint64_t *generation)
{
    const krx_kube_config *c = auth->config;
    *cert_file = *key_file = NULL;
    *generation = 0;
    int32_t code = freshen(call, auth);
    if (code < 0)
        return code;
    KRX_LOCK_SCOPE(&auth->lock);
    bool plugin = auth->plugin.cert != NULL;
    if (auth->generation == 0 || auth->pair_is_old) {
        code = krx_kube_pairs_next(call, auth, plugin ? auth->plugin.cert : c->cert_data,
                                   plugin ? auth->plugin.key : c->key_data);
        if (code < 0)
            return code;
    }
    const krx_kube_pair *pair = &auth->pairs[auth->generation % KRX_KUBE_PAIRS];
    *cert_file = pair->cert_fd >= 0 ? pair->cert_name : c->cert_file;
    *key_file = pair->key_fd >= 0 ? pair->key_name : c->key_file;
    *generation = auth->generation;
    return 0;
}
