/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials: headers, token files, plugins, certificates in memory. */
#include "lib/kube/auth/auth.h"

#include <pthread.h>
#include <sys/stat.h>

#include "tests/unit/kube_folder.h"

#define V1 "client.authentication.k8s.io/v1"

/* The headers, one after the other; the error's text when there are none. */
static const char *headers(folder *f, krx_kube_auth *auth, krx_str *text)
{
    char **list = NULL;
    krx_str_reset(text);
    if (krx_kube_auth_headers(&f->call, auth, &list) < 0)
        return f->error.message;
    for (size_t i = 0; list[i]; i++)
        krx_str_addf(text, "%s%s", i ? "|" : "", list[i]);
    krx_kube_headers_free(list);
    return krx_str_get(text);
}

static void words_become_headers(void **state)
{
    folder *f = *state;
    krx_auto_str krx_str text = {0};
    static const krx_kv one = {.key = "Scopes/x", .value = "a b"};
    static const krx_kv *const extra[] = {&one, NULL};
    static const char *const groups[] = {"dev", "ops", NULL};
    krx_kube_config basic = {.username = "joe", .password = "s:3cret"};
    krx_kube_config as = {
        .token = "tok", .as_user = "jane", .as_uid = "7", .as_groups = groups, .as_extra = extra};
    krx_kube_config bad = {.token = "tok", .as_user = "a\r\nX: y", .source = "f", .user = "u"};
    krx_kube_config none = {0};
    const struct {
        const krx_kube_config *config;
        const char *headers;
    } rows[] = {
        {&none, ""},
        {&basic, "Authorization: Basic am9lOnM6M2NyZXQ="},
        {&as, "Authorization: Bearer tok|Impersonate-User: jane|Impersonate-Uid: 7|"
              "Impersonate-Group: dev|Impersonate-Group: ops|Impersonate-Extra-Scopes%2Fx: a b"},
        {&bad, "user 'u' of f has a token, name or group with a control character in it"},
    };
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        krx_kube_auth *auth = krx_kube_auth_new(rows[i].config);
        assert_non_null(auth);
        assert_string_equal(headers(f, auth, &text), rows[i].headers);
        assert_false(krx_kube_auth_refused(auth));
        krx_kube_auth_free(auth);
    }
}

static void token_files_are_read_again(void **state)
{
    folder *f = *state;
    krx_auto_str krx_str text = {0};
    krx_autofree char *name = krx_format("%s/token", f->path);
    krx_kube_config config = {.token_file = name};
    krx_kube_auth *auth = krx_kube_auth_new(&config);
    assert_non_null(strstr(headers(f, auth, &text), "the token file"));
    put(f, "token", "  \n", 0600);
    assert_non_null(strstr(headers(f, auth, &text), "holds nothing"));
    put(f, "token", "one two\n", 0600);
    assert_non_null(strstr(headers(f, auth, &text), "holds more than a token"));
    put(f, "token", "one\n", 0600);
    assert_string_equal(headers(f, auth, &text), "Authorization: Bearer one");
    put(f, "token", "two", 0600);
    assert_string_equal(headers(f, auth, &text), "Authorization: Bearer one");
    assert_true(krx_kube_auth_refused(auth));
    assert_string_equal(headers(f, auth, &text), "Authorization: Bearer two");
    assert_int_equal(unlink(name), 0);
    assert_true(krx_kube_auth_refused(auth));
    assert_string_equal(headers(f, auth, &text), "Authorization: Bearer two");
    krx_kube_auth_free(auth);
}

/* -------------------------------------------------------------------------------------- plugins */

typedef struct plugin {
    krx_kube_exec exec;
    krx_kube_config config;
} plugin;

static void plugin_init(plugin *p, const char *command)
{
    static const char *const args[] = {"give", NULL};
    *p = (plugin){.exec = {.api_version = V1,
                           .command = command,
                           .args = args,
                           .interactive = KRX_KUBE_INTERACTIVE_NEVER},
                  .config = {.source = "config", .user = "u", .server = "https://api:6443"}};
    p->config.exec = &p->exec;
}

/* Counts its runs in the file "runs" and answers the status given, `N` replaced by the count. */
static void put_plugin(folder *f, const char *status)
{
    krx_autofree char *script = krx_format(
        "#!/bin/sh\n"
        "echo run >>%s/runs\n"
        "n=$(grep -c . %s/runs)\n"
        "printf '%%s' \"$KUBERNETES_EXEC_INFO\" >%s/info\n"
        "printf '%%s %%s %%s' \"$1\" \"$MINE\" \"$(readlink /proc/self/fd/0)\" >%s/seen\n"
        "sed \"s/N/$n/\" <<'X'\n"
        "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{%s}}\n"
        "X\n",
        f->path, f->path, f->path, f->path, status);
    put(f, "login", script, 0700);
}

static void check_file(folder *f, const char *name, const char *wanted)
{
    krx_autofree char *path = krx_format("%s/%s", f->path, name);
    krx_auto_str krx_str text = {0};
    assert_int_equal(krx_read_file(&f->call, path, 65536, &text), 0);
    assert_string_equal(krx_str_get(&text), wanted);
}

static void plugins_are_asked(void **state)
{
    folder *f = *state;
    krx_auto_str krx_str text = {0};
    static const krx_kv mine = {.key = "MINE", .value = "yes"};
    static const krx_kv *const env[] = {&mine, NULL};
    plugin p;
    plugin_init(&p, "login");
    p.exec.env = env;
    put_plugin(f, "\"token\":\"tok-N\"");
    krx_kube_auth *auth = krx_kube_auth_new(&p.config);
    assert_string_equal(headers(f, auth, &text), "Authorization: Bearer tok-1");
    check_file(f, "seen", "give yes /dev/null");
    check_file(f, "info",
               "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
               "\",\"spec\":{\"interactive\":false}}");
    assert_string_equal(headers(f, auth, &text), "Authorization: Bearer tok-1");
    check_file(f, "runs", "run\n");
    krx_kube_auth_free(auth);
}

static void plugins_hear_of_the_cluster(void **state)
{
    folder *f = *state;
    krx_auto_str krx_str text = {0};
    plugin p;
    plugin_init(&p, "login");
    p.exec.provide_cluster_info = true;
    p.config.ca_data = "PEM";
    p.config.tls_server_name = "api";
    p.config.exec_cluster_config = "{\"a\":[1]}";
    put_plugin(f, "\"token\":\"tok\"");
    krx_kube_auth *auth = krx_kube_auth_new(&p.config);
    assert_string_equal(headers(f, auth, &text), "Authorization: Bearer tok");
    check_file(f, "info",
               "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
               "\",\"spec\":{\"interactive\":false,\"cluster\":{\"server\":\"https://api:6443\","
               "\"tls-server-name\":\"api\",\"config\":{\"a\":[1]},"
               "\"certificate-authority-data\":\"UEVN\"}}}");
    krx_kube_auth_free(auth);
}

static void what_has_expired_is_asked_again(void **state)
{
    folder *f = *state;
    krx_auto_str krx_str text = {0};
    plugin p;
    plugin_init(&p, "login");
    put_plugin(f, "\"token\":\"tok-N\",\"expirationTimestamp\":\"2020-01-01T00:00:00Z\"");
    krx_kube_auth *auth = krx_kube_auth_new(&p.config);
    assert_string_equal(headers(f, auth, &text), "Authorization: Bearer tok-1");
    assert_string_equal(headers(f, auth, &text), "Authorization: Bearer tok-2");
    put_plugin(f, "\"token\":\"tok-N\",\"expirationTimestamp\":\"2120-01-01T00:00:00Z\"");
    assert_string_equal(headers(f, auth, &text), "Authorization: Bearer tok-3");
    assert_string_equal(headers(f, auth, &text), "Authorization: Bearer tok-3");
    /* it was renewed a moment ago: another thread's refusal is of the older one */
    assert_true(krx_kube_auth_refused(auth));
    assert_string_equal(headers(f, auth, &text), "Authorization: Bearer tok-3");
    krx_kube_auth_free(auth);
}

static void certificates_come_as_files(void **state)
{
    folder *f = *state;
    krx_auto_str krx_str text = {0};
    const char *cert, *key;
    uint64_t first, second;
    plugin p;
    plugin_init(&p, "login");
    put_plugin(f, "\"clientCertificateData\":\"CERT-N\",\"clientKeyData\":\"KEY\","
                  "\"expirationTimestamp\":\"2020-01-01T00:00:00Z\"");
    krx_kube_auth *auth = krx_kube_auth_new(&p.config);
    assert_int_equal(krx_kube_auth_certificate(&f->call, auth, &cert, &key, &first), 0);
    assert_int_equal(krx_read_file(&f->call, cert, 100, &text), 0);
    assert_string_equal(krx_str_get(&text), "CERT-1");
    krx_autofree char *old = strdup(cert);
    assert_int_equal(krx_kube_auth_certificate(&f->call, auth, &cert, &key, &second), 0);
    assert_true(second != first);
    krx_str_reset(&text);
    assert_int_equal(krx_read_file(&f->call, cert, 100, &text), 0);
    assert_string_equal(krx_str_get(&text), "CERT-2");
    krx_str_reset(&text);
    assert_int_equal(krx_read_file(&f->call, old, 100, &text), 0);
    assert_string_equal(krx_str_get(&text), "CERT-1");
    krx_kube_auth_free(auth);

    krx_kube_config mixed = {.cert_file = "/some/cert.pem", .key_data = "KEY"};
    auth = krx_kube_auth_new(&mixed);
    assert_int_equal(krx_kube_auth_certificate(&f->call, auth, &cert, &key, &first), 0);
    assert_string_equal(cert, "/some/cert.pem");
    assert_true(krx_has_prefix(key, "/proc/self/fd/"));
    assert_int_equal(krx_kube_auth_certificate(&f->call, auth, &cert, &key, &second), 0);
    assert_int_equal(first, second);
    krx_kube_auth_free(auth);
}

static const struct {
    const char *status;
    const char *says;
} answers[] = {
    {"", "neither with a token nor with a client certificate"},
    {"\"clientKeyData\":\"k\",\"token\":\"t\"", "without the other"},
    {"\"token\":\"a b\"", "with a token that no header can carry"},
    {"\"token\":\"t\",\"expirationTimestamp\":\"soon\"", "that is no time"},
    {"\"token\":", "something that is no JSON object"},
};

static void bad_answers_are_refused(void **state)
{
    folder *f = *state;
    for (size_t i = 0; i < KRX_COUNT(answers); i++) {
        krx_auto_str krx_str text = {0};
        plugin p;
        plugin_init(&p, "login");
        put_plugin(f, answers[i].status);
        krx_kube_auth *auth = krx_kube_auth_new(&p.config);
        const char *got = headers(f, auth, &text);
        if (!strstr(got, answers[i].says) || f->error.code != KRX_E_UNAUTHENTICATED)
            fail_msg("%zu: %s", i, got);
        krx_kube_auth_free(auth);
    }
}

static void plugins_that_do_not_work(void **state)
{
    folder *f = *state;
    krx_auto_str krx_str text = {0};
    plugin p;
    plugin_init(&p, "no-such-login");
    p.exec.install_hint = "get it from example.org";
    krx_kube_auth *auth = krx_kube_auth_new(&p.config);
    assert_string_equal(headers(f, auth, &text), "the credential plugin no-such-login, which user "
                                                 "'u' in config needs, is not installed");
    assert_string_equal(f->error.hint, "get it from example.org");
    krx_kube_auth_free(auth);

    plugin_init(&p, "login");
    put(f, "login", "#!/bin/sh\nexit 7\n", 0700);
    auth = krx_kube_auth_new(&p.config);
    assert_non_null(strstr(headers(f, auth, &text), "failed with status 7"));
    put(f, "login", "#!/bin/sh\nexec yes\n", 0700);
    assert_non_null(strstr(headers(f, auth, &text), "answered more than 1024 KiB"));
    put(f, "login", "#!/bin/sh\nexec sleep 600\n", 0700);
    f->call.deadline_ns = krx_now_monotonic() + 100 * KRX_NS_PER_MS;
    assert_non_null(strstr(headers(f, auth, &text), "the deadline passed"));
    assert_int_equal(f->error.code, KRX_E_DEADLINE_EXCEEDED);
    krx_kube_auth_free(auth);
}

typedef struct worker {
    krx_kube_auth *auth;
    int32_t code;
} worker;

static void *work(void *arg)
{
    worker *w = arg;
    krx_error error;
    krx_call call;
    char **list = NULL;
    krx_call_init(&call, &error);
    call.deadline_ns = krx_now_monotonic() + 60 * KRX_NS_PER_S;
    w->code = krx_kube_auth_headers(&call, w->auth, &list);
    krx_kube_headers_free(list);
    return NULL;
}

static void one_run_serves_many(void **state)
{
    folder *f = *state;
    pthread_t threads[8];
    worker w[8];
    plugin p;
    plugin_init(&p, "login");
    put_plugin(f, "\"token\":\"tok\"");
    krx_kube_auth *auth = krx_kube_auth_new(&p.config);
    for (size_t i = 0; i < KRX_COUNT(threads); i++) {
        w[i] = (worker){.auth = auth, .code = 1};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &w[i]), 0);
    }
    for (size_t i = 0; i < KRX_COUNT(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(w[i].code, 0);
    }
    check_file(f, "runs", "run\n");
    krx_kube_auth_free(auth);
}

#define AUTH_TEST(fn) cmocka_unit_test_setup_teardown(fn, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AUTH_TEST(words_become_headers),
        AUTH_TEST(token_files_are_read_again),
        AUTH_TEST(plugins_are_asked),
        AUTH_TEST(plugins_hear_of_the_cluster),
        AUTH_TEST(what_has_expired_is_asked_again),
        AUTH_TEST(certificates_come_as_files),
        AUTH_TEST(bad_answers_are_refused),
        AUTH_TEST(plugins_that_do_not_work),
        AUTH_TEST(one_run_serves_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
