/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the engine: settings, environment, docker contexts, default. */
#include <stdio.h>
#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/engine/internal.h"
#include "tests/unit/unit.h"

typedef struct fixture {
    krx_error error;
    krx_call call;
    char folder[64];
    krx_engine_place place;
} fixture;

static const char *const variables[] = {
    "DOCKER_HOST",      "DOCKER_CONTEXT",    "DOCKER_CONFIG",     "DOCKER_TLS",
    "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "DOCKER_API_VERSION"};

static void write_file(fixture *f, const char *name, const char *text)
{
    krx_autofree char *path = krx_format("%s/%s", f->folder, name);
    krx_autofree char *folder = strdup(path);
    *strrchr(folder, '/') = '\0';
    assert_int_equal(krx_make_dirs(&f->call, folder, 0700), 0);
    assert_int_equal(krx_replace_file(&f->call, path, text, strlen(text), 0600), 0);
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    for (size_t i = 0; i < KRX_COUNT(variables); i++)
        (void)unsetenv(variables[i]);
    krx_call_init(&f->call, &f->error);
    (void)unit_template(f->folder, sizeof f->folder, "engine");
    *state = f;
    return mkdtemp(f->folder) ? 0 : -1;
}

static int teardown(void **state)
{
    fixture *f = *state;
    krx_child child = {.struct_size = sizeof child};
    const char *const argv[] = {"rm", "-rf", f->folder, NULL};
    krx_spawn_req req = {
        .struct_size = sizeof req, .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    int32_t code = f->call.host->spawn(f->call.host, &f->call, &req, &child);
    if (code == 0)
        code = f->call.host->reap(f->call.host, &f->call, &child);
    krx_engine_place_free(&f->place);
    free(f);
    return code;
}

static int32_t find(fixture *f, const krx_engine_options *options)
{
    krx_engine_place_free(&f->place);
    f->error.message[0] = f->error.hint[0] = '\0';
    return krx_engine_find(&f->call, options, f->folder, &f->place);
}

static void nothing_said_is_the_usual_socket(void **state)
{
    fixture *f = *state;
    krx_engine_options none = {0}, other = {.default_host = "unix:///run/other.sock"};
    assert_int_equal(find(f, &none), 0);
    assert_string_equal(f->place.socket_path, "/var/run/docker.sock");
    assert_string_equal(f->place.address, "unix:///var/run/docker.sock");
    assert_int_equal(find(f, &other), 0);
    assert_string_equal(f->place.socket_path, "/run/other.sock");
}

static const struct {
    const char *host, *socket, *url, *address;
} good[] = {
    {"unix:///a/b", "/a/b", NULL, "unix:///a/b"},
    {"/a/b", "/a/b", NULL, "unix:///a/b"},
    {"tcp://h:1", NULL, "http://h:1", "tcp://h:1"},
    {"tcp://h", NULL, "http://h:2375", "tcp://h:2375"},
    {"h:1", NULL, "http://h:1", "tcp://h:1"},
    {"tcp://[::1]", NULL, "http://[::1]:2375", "tcp://[::1]:2375"},
    {"tcp://[::1]:7/", NULL, "http://[::1]:7", "tcp://[::1]:7"},
    {"http://h:1/base", NULL, "http://h:1/base", "http://h:1/base"},
    {"https://h", NULL, "https://h:2376", "https://h:2376"},
};

static void hosts_are_understood(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < KRX_COUNT(good); i++) {
        krx_engine_options o = {.host = good[i].host};
        if (find(f, &o) < 0)
            fail_msg("%s: %s", good[i].host, f->error.message);
        assert_true(krx_streq(f->place.socket_path, good[i].socket));
        assert_true(krx_streq(f->place.base_url, good[i].url));
        assert_string_equal(f->place.address, good[i].address);
    }
}

static void wrong_hosts_say_why(void **state)
{
    static const struct {
        const char *host;
        int32_t code;
        const char *why;
    } bad[] = {
        {"ssh://joe:pw@h", KRX_E_UNIMPLEMENTED, "ssh://"},
        {"npipe:////./pipe/docker", KRX_E_INVALID_ARGUMENT, "not understood"},
        {"unix://", KRX_E_INVALID_ARGUMENT, "begin with '/'"},
        {"unix://relative", KRX_E_INVALID_ARGUMENT, "begin with '/'"},
        {"tcp://", KRX_E_INVALID_ARGUMENT, "no host"},
        {"tcp://joe:secret@h:1", KRX_E_INVALID_ARGUMENT, "no user name"},
        {"foo://joe:secret@h:1", KRX_E_INVALID_ARGUMENT, "not understood"},
        {"word", KRX_E_INVALID_ARGUMENT, "not understood"},
        {"tcp://a b", KRX_E_INVALID_ARGUMENT, "no host"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < KRX_COUNT(bad); i++) {
        krx_engine_options o = {.host = bad[i].host};
        int32_t code = find(f, &o);
        if (code != bad[i].code || !strstr(f->error.message, bad[i].why))
            fail_msg("%s: %d %s", bad[i].host, code, f->error.message);
        assert_null(strstr(f->error.message, "secret@"));
    }
}

static void the_environment_counts(void **state)
{
    fixture *f = *state;
    krx_engine_options none = {0}, set = {.host = "unix:///set"},
                       deaf = {.ignore_environment = true};
    setenv("DOCKER_HOST", "tcp://h:1", 1);
    assert_int_equal(find(f, &none), 0);
    assert_string_equal(f->place.base_url, "http://h:1");
    setenv("DOCKER_TLS_VERIFY", "1", 1);
    setenv("DOCKER_CERT_PATH", f->folder, 1);
    write_file(f, "ca.pem", "x");
    write_file(f, "cert.pem", "x");
    assert_int_equal(find(f, &none), 0);
    assert_string_equal(f->place.base_url, "https://h:1");
    assert_true(krx_has_prefix(f->place.ca_file, f->folder));
    assert_non_null(strstr(f->place.ca_file, "/ca.pem"));
    assert_non_null(strstr(f->place.cert_file, "/cert.pem"));
    assert_null(f->place.key_file);
    assert_false(f->place.insecure);
    unsetenv("DOCKER_TLS_VERIFY");
    setenv("DOCKER_TLS", "1", 1);
    assert_int_equal(find(f, &none), 0);
    assert_true(f->place.insecure);
    assert_int_equal(find(f, &set), 0);
    assert_string_equal(f->place.socket_path, "/set");
    assert_null(f->place.ca_file);
    assert_int_equal(find(f, &deaf), 0);
    assert_string_equal(f->place.socket_path, "/var/run/docker.sock");
}

static void settings_make_tls(void **state)
{
    fixture *f = *state;
    krx_engine_options files = {
        .host = "tcp://h", .tls_ca = "/ca", .tls_cert = "/c", .tls_key = "/k"};
    krx_engine_options loose = {.host = "tcp://h", .tls_ca = "/ca", .tls_verify = "false"};
    krx_engine_options strict = {.host = "tcp://h", .tls_verify = "true"};
    krx_engine_options wrong = {.host = "tcp://h", .tls_verify = "maybe"};
    assert_int_equal(find(f, &files), 0);
    assert_string_equal(f->place.base_url, "https://h:2376");
    assert_string_equal(f->place.key_file, "/k");
    assert_int_equal(find(f, &loose), 0);
    assert_true(f->place.insecure);
    assert_int_equal(find(f, &strict), 0);
    assert_string_equal(f->place.base_url, "https://h:2376");
    assert_int_equal(find(f, &wrong), KRX_E_INVALID_ARGUMENT);
}

static void add_contexts(fixture *f)
{
    write_file(f, "contexts/meta/aaaa/meta.json",
               "{\"Name\":\"far\",\"Metadata\":{},\"Endpoints\":{\"docker\":{\"Host\":"
               "\"tcp://far:2376\",\"SkipTLSVerify\":false}}}");
    write_file(f, "contexts/tls/aaaa/docker/ca.pem", "x");
    write_file(f, "contexts/tls/aaaa/docker/cert.pem", "x");
    write_file(f, "contexts/meta/bbbb/meta.json",
               "{\"Name\":\"near\",\"Endpoints\":{\"docker\":{\"Host\":\"unix:///near\"}}}");
    write_file(f, "contexts/meta/cccc/meta.json", "{\"Name\":\"none\",\"Endpoints\":{}}");
}

static void contexts_are_found(void **state)
{
    fixture *f = *state;
    krx_engine_options none = {0}, near_one = {.context = "near"}, empty = {.context = "none"},
                       missing = {.context = "nowhere"}, def = {.context = "default"};
    add_contexts(f);
    write_file(f, "config.json", "{\"auths\":{},\"currentContext\":\"far\"}");
    assert_int_equal(find(f, &none), 0);
    assert_string_equal(f->place.base_url, "https://far:2376");
    assert_non_null(strstr(f->place.ca_file, "/contexts/tls/aaaa/docker/ca.pem"));
    assert_null(f->place.key_file);
    assert_int_equal(find(f, &near_one), 0);
    assert_string_equal(f->place.socket_path, "/near");
    assert_int_equal(find(f, &empty), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(find(f, &missing), KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(f->error.message, "'nowhere'"));
    assert_int_equal(find(f, &def), 0);
    assert_string_equal(f->place.socket_path, "/var/run/docker.sock");
    setenv("DOCKER_CONTEXT", "near", 1);
    assert_int_equal(find(f, &none), 0);
    assert_string_equal(f->place.socket_path, "/near");
    setenv("DOCKER_HOST", "unix:///host", 1);
    assert_int_equal(find(f, &none), 0);
    assert_string_equal(f->place.socket_path, "/host");
}

static void a_damaged_configuration_is_no_default(void **state)
{
    fixture *f = *state;
    krx_engine_options none = {0}, set = {.host = "unix:///set"};
    write_file(f, "config.json", "{\"currentContext\":");
    assert_int_equal(find(f, &none), KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(f->error.message, "config.json"));
    assert_int_equal(find(f, &set), 0);
    write_file(f, "config.json", "{\"currentContext\":7}");
    assert_int_equal(find(f, &none), 0);
    assert_string_equal(f->place.socket_path, "/var/run/docker.sock");
}

static void the_folder_is_found(void **state)
{
    fixture *f = *state;
    krx_engine_options none = {0}, set = {.config_dir = "/set"};
    setenv("HOME", f->folder, 1);
    krx_autofree char *a = krx_docker_config_dir(&none);
    krx_autofree char *home = krx_format("%s/.docker", f->folder);
    assert_string_equal(a, home);
    setenv("DOCKER_CONFIG", "/env", 1);
    krx_autofree char *b = krx_docker_config_dir(&none);
    assert_string_equal(b, "/env");
    krx_autofree char *c = krx_docker_config_dir(&set);
    assert_string_equal(c, "/set");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(nothing_said_is_the_usual_socket),
        T(hosts_are_understood),
        T(wrong_hosts_say_why),
        T(the_environment_counts),
        T(settings_make_tls),
        T(contexts_are_found),
        T(a_damaged_configuration_is_no_default),
        T(the_folder_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
