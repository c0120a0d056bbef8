/* SPDX-License-Identifier: Apache-2.0 */
/* Kubeconfig files and the account of a pod. */
#include "lib/base/secret.h"
#include "tests/unit/kube_folder.h"

#define PEM "-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n"

static int32_t load(folder *f, const char *files, const char *context, krx_kube_config **out)
{
    krx_kube_config_options options = {.kubeconfig = files, .context = context};
    return krx_kube_config_load(&f->call, &options, out);
}

/* The one file, its text as given. */
static int32_t load_text(folder *f, const char *text, krx_kube_config **out)
{
    put(f, "config", text, 0600);
    return load(f, f->kubeconfig, NULL, out);
}

/* A file whose cluster and user have these further lines. */
static int32_t load_with(folder *f, const char *cluster, const char *user, krx_kube_config **out)
{
    krx_autofree char *text = krx_format("apiVersion: v1\n"
                                         "kind: Config\n"
                                         "current-context: here\n"
                                         "contexts:\n"
                                         "- name: here\n"
                                         "  context: {cluster: c, user: u, namespace: shop}\n"
                                         "clusters:\n"
                                         "- name: c\n"
                                         "  cluster:\n"
                                         "    server: https://10.0.0.1:6443\n"
                                         "%s"
                                         "users:\n"
                                         "- name: u\n"
                                         "  user:\n"
                                         "    unknown-to-us: {a: [1]}\n"
                                         "%s",
                                         cluster, user);
    assert_non_null(text);
    return load_text(f, text, out);
}

static void everything_is_read(void **state)
{
    folder *f = *state;
    krx_auto_kube_config krx_kube_config *c = NULL;
    krx_autofree char *pem = krx_base64_encode(PEM, strlen(PEM));
    krx_autofree char *cluster = krx_format("    certificate-authority-data: >-\n"
                                            "      %.20s\n"
                                            "      %s\n"
                                            "    tls-server-name: api.example\n"
                                            "    proxy-url: socks5://proxy:1080\n",
                                            pem, pem + 20);
    krx_autofree char *user = krx_format("    client-certificate-data: %s\n"
                                         "    client-key-data: %s\n"
                                         "    token: abc\n"
                                         "    tokenFile: secrets/token\n"
                                         "    as: jane\n"
                                         "    as-uid: '7'\n"
                                         "    as-groups: [a, b]\n"
                                         "    as-user-extra: {scopes: [x, y], dept: [z]}\n",
                                         pem, pem);
    if (load_with(f, cluster, user, &c) != 0)
        fail_msg("%s", f->error.message);
    assert_string_equal(c->source, f->kubeconfig);
    assert_string_equal(c->context, "here");
    assert_string_equal(c->cluster, "c");
    assert_string_equal(c->user, "u");
    assert_string_equal(c->namespace_, "shop");
    assert_string_equal(c->server, "https://10.0.0.1:6443");
    assert_string_equal(c->ca_data, PEM);
    assert_string_equal(c->tls_server_name, "api.example");
    assert_string_equal(c->proxy_url, "socks5://proxy:1080");
    assert_string_equal(c->cert_data, PEM);
    assert_string_equal(c->key_data, PEM);
    assert_string_equal(c->token, "abc");
    krx_autofree char *token_file = krx_format("%s/secrets/token", f->path);
    assert_string_equal(c->token_file, token_file);
    assert_string_equal(c->as_user, "jane");
    assert_string_equal(c->as_uid, "7");
    assert_string_equal(c->as_groups[1], "b");
    assert_null(c->as_groups[2]);
    assert_string_equal(c->as_extra[1]->key, "scopes");
    assert_string_equal(c->as_extra[1]->value, "y");
    assert_string_equal(c->as_extra[2]->key, "dept");
    assert_null(c->as_extra[3]);
    assert_null(c->warnings[0]);
    assert_false(c->insecure);
}

static void plugins_are_read(void **state)
{
    folder *f = *state;
    krx_auto_kube_config krx_kube_config *c = NULL;
    if (load_with(f,
                  "    extensions:\n"
                  "    - name: client.authentication.k8s.io/exec\n"
                  "      extension: {audience: abc, n: 3, on: true, text: '3', none: null}\n",
                  "    exec:\n"
                  "      apiVersion: client.authentication.k8s.io/v1\n"
                  "      command: ./bin/login\n"
                  "      args: [get, --x]\n"
                  "      env: [{name: A, value: b}, {name: EMPTY}]\n"
                  "      installHint: ask your administrator\n"
                  "      provideClusterInfo: true\n"
                  "      interactiveMode: Never\n",
                  &c) != 0)
        fail_msg("%s", f->error.message);
    krx_autofree char *command = krx_format("%s/bin/login", f->path);
    assert_string_equal(c->exec->command, command);
    assert_string_equal(c->exec->args[1], "--x");
    assert_string_equal(c->exec->env[0]->value, "b");
    assert_string_equal(c->exec->env[1]->value, "");
    assert_null(c->exec->env[2]);
    assert_string_equal(c->exec->install_hint, "ask your administrator");
    assert_true(c->exec->provide_cluster_info);
    assert_int_equal(c->exec->interactive, KRX_KUBE_INTERACTIVE_NEVER);
    assert_string_equal(c->exec_cluster_config,
                        "{\"audience\":\"abc\",\"n\":3,\"on\":true,\"text\":\"3\",\"none\":null}");
}

static void the_first_file_wins(void **state)
{
    folder *f = *state;
    krx_auto_kube_config krx_kube_config *c = NULL;
    krx_auto_kube_config krx_kube_config *other = NULL;
    put(f, "one",
        "contexts:\n- name: a\n  context: {cluster: c, user: u}\n"
        "users:\n- name: u\n  user: {token: first}\n",
        0600);
    put(f, "two",
        "{\"current-context\": \"a\", \"contexts\": [{\"name\": \"a\", \"context\": {\"cluster\": "
        "\"other\"}}, {\"name\": \"b\", \"context\": {\"cluster\": \"c\", \"user\": \"u\"}}], "
        "\"clusters\": [{\"name\": \"c\", \"cluster\": {\"server\": \"https://two\"}}], "
        "\"users\": [{\"name\": \"u\", \"user\": {\"token\": \"second\", \"as\": \"jane\"}}]}",
        0600);
    krx_autofree char *list =
        krx_format("%s/none:%s/one::%s/two:%s/one", f->path, f->path, f->path, f->path);
    assert_int_equal(setenv("KUBECONFIG", list, 1), 0);
    if (load(f, NULL, NULL, &c) != 0)
        fail_msg("%s", f->error.message);
    assert_string_equal(c->context, "a");
    assert_string_equal(c->server, "https://two");
    assert_string_equal(c->token, "first");
    assert_null(c->as_user);
    krx_autofree char *source = krx_format("%s/one:%s/two", f->path, f->path);
    assert_string_equal(c->source, source);
    assert_int_equal(load(f, NULL, "b", &other), 0);
    assert_string_equal(other->context, "b");
}

static void files_are_beside_the_one_that_names_them(void **state)
{
    folder *f = *state;
    krx_auto_kube_config krx_kube_config *c = NULL;
    put(f, "ca.pem", PEM, 0644);
    put(f, "cert.pem", PEM, 0644);
    put(f, "key.pem", PEM, 0600);
    krx_autofree char *user =
        krx_format("    client-certificate: cert.pem\n    client-key: %s/key.pem\n", f->path);
    if (load_with(f, "    certificate-authority: ca.pem\n", user, &c) != 0)
        fail_msg("%s", f->error.message);
    krx_autofree char *ca = krx_format("%s/ca.pem", f->path);
    krx_autofree char *key = krx_format("%s/key.pem", f->path);
    assert_string_equal(c->ca_file, ca);
    assert_string_equal(c->key_file, key);
}

static void what_is_not_safe_is_said(void **state)
{
    folder *f = *state;
    krx_auto_kube_config krx_kube_config *c = NULL;
    assert_int_equal(load_with(f, "    insecure-skip-tls-verify: true\n", "", &c), 0);
    assert_true(c->insecure);
    assert_non_null(strstr(c->warnings[0], "cluster 'c' is not checked"));
    assert_null(c->warnings[1]);
    krx_kube_config_free(c);
    c = NULL;
    assert_int_equal(chmod(f->kubeconfig, 0644), 0);
    assert_int_equal(load(f, f->kubeconfig, NULL, &c), 0);
    assert_non_null(strstr(c->warnings[0], "can be read by everybody (mode 644)"));
    assert_non_null(c->warnings[1]);
}

static const struct {
    const char *cluster;
    const char *user;
    const char *says; /* after the file's name */
} mistakes[] = {
    {"    insecure-skip-tls-verify: maybe\n", "",
     ":11:31: clusters[0].cluster.insecure-skip-tls-verify: must be true or false"},
    {"    certificate-authority-data: '%%%'\n", "", ":11:33: clusters[0].cluster.certificate-"},
    {"    certificate-authority-data: aGVsbG8=\n", "", "does not hold a PEM text"},
    {"    certificate-authority: none.pem\n", "", "/none.pem cannot be read: No such file"},
    {"    proxy-url: ftp://x\n", "", "must begin with http://, https:// or socks5://"},
    {"    extensions: 7\n", "", "extensions: must be a list"},
    {"    certificate-authority-data: LS0tLS1CRUdJTiA=\n    insecure-skip-tls-verify: true\n", "",
     "cannot be together with a certificate-authority"},
    {"", "    token: [a]\n", ":15:12: users[0].user.token: must be a text"},
    {"", "    token: \"a\\nb\"\n", "control character"},
    {"", "    token: s3cret\n    username: joe\n", "only one way to log in"},
    {"", "    client-certificate-data: LS0tLS1CRUdJTiA=\n", "client-key: is missing"},
    {"", "    as-groups: [x]\n", "as: is missing"},
    {"", "    as-groups: [{}]\n", "must be a list of texts"},
    {"", "    auth-provider: {name: gcp}\n", "'gcp' is not supported: use an exec plugin"},
    {"", "    exec: {command: x}\n", "exec.apiVersion: must be client.authentication.k8s.io/v1 or"},
    {"", "    exec: {apiVersion: client.authentication.k8s.io/v1, command: x}\n",
     "interactiveMode: is missing: Never, IfAvailable or Always"},
    {"", "    exec: {apiVersion: client.authentication.k8s.io/v1beta1, interactiveMode: x}\n",
     "command: is missing"},
    {"", "    exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, env: [a]}\n",
     "each entry needs a name"},
    {"", "    exec: true\n", "exec: must be a map"},
};

static void mistakes_have_their_place(void **state)
{
    folder *f = *state;
    for (size_t i = 0; i < KRX_COUNT(mistakes); i++) {
        krx_kube_config *c = NULL;
        int32_t code = load_with(f, mistakes[i].cluster, mistakes[i].user, &c);
        if (code != KRX_E_INVALID_ARGUMENT || !strstr(f->error.message, mistakes[i].says) ||
            !strstr(f->error.message, f->kubeconfig))
            fail_msg("%zu: %d %s", i, code, f->error.message);
        assert_null(c);
        assert_null(strstr(f->error.message, "s3cret"));
    }
}

static const struct {
    const char *text;
    int32_t code;
    const char *says;
} files[] = {
    {"", KRX_E_INVALID_ARGUMENT, "names no current-context; there are none"},
    {"[]", KRX_E_INVALID_ARGUMENT, "is no kubeconfig"},
    {"contexts: [", KRX_E_INVALID_ARGUMENT, "config:"},
    {"kind: Pod", KRX_E_INVALID_ARGUMENT, ":1:7: kind: must be Config in a kubeconfig"},
    {"apiVersion: v2", KRX_E_INVALID_ARGUMENT, "must be v1"},
    {"users: 1", KRX_E_INVALID_ARGUMENT, "users: must be a list"},
    {"users: [1]", KRX_E_INVALID_ARGUMENT, "users[0]: must be a map"},
    {"users: [{user: {}}]", KRX_E_INVALID_ARGUMENT, "users[0]: the entry's name is missing"},
    {"users: [{name: a, user: 1}]", KRX_E_INVALID_ARGUMENT, "user must be a map"},
    {"contexts: [{name: a}, {name: b}]", KRX_E_INVALID_ARGUMENT,
     "no current-context; there are: a, b"},
    {"current-context: x\ncontexts: [{name: a}, {name: b}]", KRX_E_INVALID_ARGUMENT,
     "context 'x' does not exist in"},
    {"current-context: a\ncontexts: [{name: a, context: {cluster: z}}]", KRX_E_INVALID_ARGUMENT,
     "cluster 'z', which context 'a' names, does not exist in"},
    {"current-context: a\ncontexts: [{name: a, context: {cluster: c, user: v}}]\n"
     "clusters: [{name: c, cluster: {server: 'https://x'}}]\nusers: [{name: w}]",
     KRX_E_INVALID_ARGUMENT, "there are: w"},
    {"current-context: a\ncontexts: [{name: a}]", KRX_E_INVALID_ARGUMENT, "cluster: is missing"},
    {"current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c}]",
     KRX_E_INVALID_ARGUMENT, "server: is missing"},
    {"current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n"
     "clusters: [{name: c, cluster: {server: 'ftp://x'}}]",
     KRX_E_INVALID_ARGUMENT, "must begin with https:// or http://"},
};

static void files_that_do_not_do(void **state)
{
    folder *f = *state;
    for (size_t i = 0; i < KRX_COUNT(files); i++) {
        krx_kube_config *c = NULL;
        int32_t code = load_text(f, files[i].text, &c);
        if (code != files[i].code || !strstr(f->error.message, files[i].says))
            fail_msg("%zu: %d %s", i, code, f->error.message);
        assert_null(c);
    }
}

static void servers_without_scheme(void **state)
{
    folder *f = *state;
    static const char head[] = "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n";
    static const struct {
        const char *cluster;
        const char *server;
    } rows[] = {{"server: '10.0.0.1:80'", "http://10.0.0.1:80"},
                {"server: '10.0.0.1:443', insecure-skip-tls-verify: true", "https://10.0.0.1:443"},
                {"server: 'https://[fd00::1]:6443/k8s/c-1'", "https://[fd00::1]:6443/k8s/c-1"}};
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        krx_auto_kube_config krx_kube_config *c = NULL;
        krx_autofree char *text =
            krx_format("%sclusters: [{name: c, cluster: {%s}}]\n", head, rows[i].cluster);
        if (load_text(f, text, &c) != 0)
            fail_msg("%s", f->error.message);
        assert_string_equal(c->server, rows[i].server);
        assert_null(c->user);
    }
}

static void where_it_is_looked_for(void **state)
{
    folder *f = *state;
    krx_kube_config *c = NULL;
    assert_int_equal(load(f, NULL, NULL, &c), KRX_E_UNAVAILABLE);
    assert_non_null(strstr(f->error.message, "there is no Kubernetes configuration"));
    assert_non_null(strstr(f->error.hint, "KUBECONFIG"));
    assert_int_equal(load(f, "/nonexistent/config", NULL, &c), KRX_E_UNAVAILABLE);
    assert_non_null(strstr(f->error.message, "/nonexistent/config does not exist"));
    krx_autofree char *kube = krx_format("%s/.kube", f->path);
    assert_int_equal(krx_make_dirs(&f->call, kube, 0700), 0);
    put(f, ".kube/config",
        "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://home'}}]",
        0600);
    assert_int_equal(load(f, NULL, NULL, &c), 0);
    assert_string_equal(c->server, "https://home");
    krx_kube_config_free(c);
}

static void a_pod_has_an_account(void **state)
{
    folder *f = *state;
    krx_auto_kube_config krx_kube_config *c = NULL;
    krx_kube_config *none = NULL;
    krx_kube_config_options options = {.account_dir = f->path};
    put(f, "token", "tok\n", 0600);
    put(f, "ca.crt", PEM, 0600);
    put(f, "namespace", "shop\n", 0600);
    assert_int_equal(setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1), 0);
    assert_int_equal(krx_kube_config_load(&f->call, &options, &none), KRX_E_UNAVAILABLE);
    assert_int_equal(setenv("KUBERNETES_SERVICE_PORT", "443", 1), 0);
    if (krx_kube_config_load(&f->call, &options, &c) != 0)
        fail_msg("%s", f->error.message);
    assert_string_equal(c->server, "https://[fd00::1]:443");
    assert_string_equal(c->namespace_, "shop");
    krx_autofree char *token = krx_format("%s/token", f->path);
    assert_string_equal(c->token_file, token);
    assert_null(c->context);
    options.context = "x";
    assert_int_equal(krx_kube_config_load(&f->call, &options, &none), KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(f->error.message, "context 'x'"));
}

#define CONFIG_TEST(fn) cmocka_unit_test_setup_teardown(fn, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(everything_is_read),
        CONFIG_TEST(plugins_are_read),
        CONFIG_TEST(the_first_file_wins),
        CONFIG_TEST(files_are_beside_the_one_that_names_them),
        CONFIG_TEST(what_is_not_safe_is_said),
        CONFIG_TEST(mistakes_have_their_place),
        CONFIG_TEST(files_that_do_not_do),
        CONFIG_TEST(servers_without_scheme),
        CONFIG_TEST(where_it_is_looked_for),
        CONFIG_TEST(a_pod_has_an_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
