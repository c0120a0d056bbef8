/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sandbox.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/backend.h"
#include "core/registry.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"

/* A runtime on the sandbox's folders; `config` is the text of its own file, NULL for none. */
static krx_runtime *start(sandbox *box, const char *config)
{
    krx_runtime *runtime = NULL;
    char own[200], dir[200];
    (void)snprintf(own, sizeof own, "%s", sandbox_path(box, "config.yaml"));
    (void)snprintf(dir, sizeof dir, "%s", sandbox_path(box, "state"));
    krx_runtime_options options = {.struct_size = sizeof options,
                                   .log_level = KRX_LOG_ERROR,
                                   .config_file = own,
                                   .state_dir = dir};
    sandbox_write(box, "config.yaml", config ? config : "");
    if (krx_runtime_new(&box->call, &options, &runtime))
        fail_msg("%s", box->error.message);
    runtime->places = (krx_places){
        .module_dir = box->modules, .vendor_allow_dir = box->vendor, .admin_allow_dir = box->admin};
    return runtime;
}

static void install(sandbox *box, const char *name)
{
    char from[400], to[200];
    const char *build = getenv("KRX_BUILDDIR");
    (void)snprintf(from, sizeof from, "%s/tests/unit/.libs/mod_%s.so", build ? build : ".", name);
    (void)snprintf(to, sizeof to, "%s/kranix-module-%s.so", box->modules, name);
    copy_file(from, to);
}

static void allow(sandbox *box, const char *name, const char *more)
{
    char path[100], text[400];
    (void)snprintf(path, sizeof path, "admin/%s.yaml", name);
    (void)snprintf(text, sizeof text, "name: %s\nenabled: true\n%s", name, more);
    sandbox_write(box, path, text);
}

static void assert_marks(const sandbox *box, const char *wanted)
{
    krx_autofree char *marks =
        access(box->marker, F_OK) == 0 ? sandbox_read(box->marker) : krx_format("%s", "");
    assert_string_equal(marks, wanted);
}

static krx_backend *use(sandbox *box, krx_runtime *runtime, const char *name)
{
    krx_backend *backend = NULL;
    if (krx_runtime_backend(&box->call, runtime, name, &backend))
        fail_msg("%s", box->error.message);
    return backend;
}

static void test_opens_once(void **state)
{
    sandbox *box = *state;
    const krx_ping_req req = {.struct_size = sizeof req};
    install(box, "docker");
    allow(box, "docker", "");
    krx_runtime *runtime = start(box, NULL);
    assert_marks(box, "");
    krx_backend *first = use(box, runtime, "docker");
    assert_ptr_equal(use(box, runtime, "docker"), first);
    assert_string_equal(krx_backend_name(first), "docker");
    assert_string_equal(krx_backend_module(first)->version, "1.0.0");
    assert_int_equal(krx_invoke(&box->call, first, KRX_OP_driver_ping, &req, NULL, NULL), 0);
    krx_runtime_free(runtime);
    assert_marks(box, "docker load\ndocker open\ndocker ping\ndocker close\ndocker unload\n");
}

static void test_free_unused(void **state)
{
    sandbox *box = *state;
    install(box, "docker");
    allow(box, "docker", "");
    krx_runtime_free(start(box, NULL));
    krx_runtime_free(NULL);
    assert_marks(box, "");
}

static void refused(sandbox *box, krx_runtime *runtime, const char *name, int32_t code,
                    const char *part)
{
    krx_backend *backend = NULL;
    assert_int_equal(krx_runtime_backend(&box->call, runtime, name, &backend), code);
    assert_message(box, part);
    assert_null(backend);
}

static void test_refusals(void **state)
{
    sandbox *box = *state;
    install(box, "docker");
    install(box, "podman");
    allow(box, "podman", "");
    krx_runtime *runtime = start(box, "plugins: {allow: [{name: podman, enabled: false}]}\n");
    refused(box, runtime, "docker", KRX_E_PERMISSION_DENIED, "module 'docker' is not allowed");
    assert_hint(box, "kranix plugins enable docker");
    refused(box, runtime, "nothere", KRX_E_NOT_FOUND, "there is no backend 'nothere'");
    refused(box, runtime, "../docker", KRX_E_INVALID_ARGUMENT, "no name of a backend");
    refused(box, runtime, "podman", KRX_E_PERMISSION_DENIED, "denied by the configuration");
    sandbox_write(box, "admin/docker.yaml", "name: docker\nenabled: false\n");
    refused(box, runtime, "docker", KRX_E_PERMISSION_DENIED, "disabled");
    assert_marks(box, "");
    /* what the administrator changes counts at the next use */
    allow(box, "docker", "");
    assert_non_null(use(box, runtime, "docker"));
    krx_runtime_free(runtime);
}

static void test_plugins_switched_off(void **state)
{
    sandbox *box = *state;
    const char *const *names = NULL;
    install(box, "docker");
    allow(box, "docker", "");
    krx_runtime *runtime = start(box, "plugins: {enabled: false}\n");
    refused(box, runtime, "docker", KRX_E_PERMISSION_DENIED, "config.yaml:1");
    assert_int_equal(krx_runtime_backend_names(&box->call, runtime, &names), 0);
    assert_null(names[0]);
    krx_runtime_free(runtime);
    assert_marks(box, "");
}

static void test_settings(void **state)
{
    sandbox *box = *state;
    install(box, "docker");
    allow(box, "docker", "settings: {host: 'unix:///admin', big: 2Ki, flag: true}\n");
    krx_runtime *runtime =
        start(box, "docker: {host: 'unix:///mine', wait: 1500ms, api_version: '1.40'}\n");
    assert_non_null(use(box, runtime, "docker"));
    krx_runtime_free(runtime);
    assert_marks(box, "docker load\n"
                      "docker open wait=1500000000;host=unix:///admin;big=2048;flag=true;\n"
                      "docker close\ndocker unload\n");
}

static const char *given(const krx_kv *const *settings, const char *name)
{
    const krx_open_req req = {.struct_size = sizeof req, .settings = settings};
    return krx_setting_get(&req, name);
}

/* Keys that backends share reach a module that asks for them, the allow file's word is last. */
static void test_shared_settings(void **state)
{
    static const krx_setting size = {.struct_size = sizeof size,
                                     .type = KRX_SETTING_BYTES,
                                     .name = "volumes.default_size",
                                     .help = "h"},
                             class = {.struct_size = sizeof class,
                                      .type = KRX_SETTING_STRING,
                                      .name = "volumes.default_storage_class",
                                      .help = "h"},
                             grace = {.struct_size = sizeof grace,
                                      .type = KRX_SETTING_INT,
                                      .name = "node_ops.drain.default_grace_period_seconds",
                                      .help = "h"},
                             own = {.struct_size = sizeof own,
                                    .type = KRX_SETTING_BOOL,
                                    .name = "no.such.row",
                                    .help = "h"};
    static const krx_setting *const table[] = {&size, &class, &grace, &own, NULL};
    static const char text[] = "node_ops: {drain: {default_grace_period_seconds: 7}}\n";
    static const krx_kv override = {
        .struct_size = sizeof override, .key = "volumes.default_size", .value = "2Ki"};
    static const krx_kv *const overrides[] = {&override, NULL}, *const none[] = {NULL};
    sandbox *box = *state;
    krx_module module = {.struct_size = sizeof module, .name = "m", .settings = table};
    krx_allow allow_entry = {.name = "m", .file = "m.yaml", .settings = none};
    krx_diags diags KRX_CLEANUP(krx_diags_free) = {0};
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_config krx_config *config = krx_config_new();
    const krx_kv *const *settings = NULL;
    krx_diags_init(&diags);
    assert_int_equal(krx_config_parse(&box->call, config, "c.yaml", text, sizeof text - 1, &diags),
                     0);
    assert_int_equal(
        krx_backend_settings(&box->call, arena, config, &module, &allow_entry, &settings), 0);
    assert_string_equal(given(settings, "volumes.default_size"), "1073741824");
    assert_string_equal(given(settings, "node_ops.drain.default_grace_period_seconds"), "7");
    assert_null(given(settings, "volumes.default_storage_class"));
    assert_null(given(settings, "no.such.row"));
    allow_entry.settings = overrides;
    assert_int_equal(
        krx_backend_settings(&box->call, arena, config, &module, &allow_entry, &settings), 0);
    assert_string_equal(given(settings, "volumes.default_size"), "2048");
    static const krx_kv wrong = {
        .struct_size = sizeof wrong, .key = "volumes.default_size", .value = "much"};
    static const krx_kv *const wrongs[] = {&wrong, NULL};
    allow_entry.settings = wrongs;
    assert_int_equal(
        krx_backend_settings(&box->call, arena, config, &module, &allow_entry, &settings),
        KRX_E_INVALID_ARGUMENT);
    assert_message(box, "volumes.default_size");
}

static void test_wrong_settings(void **state)
{
    sandbox *box = *state;
    install(box, "docker");
    allow(box, "docker", "");
    krx_runtime *runtime = start(box, "docker:\n  hots: x\n");
    refused(box, runtime, "docker", KRX_E_INVALID_ARGUMENT, "config.yaml:2");
    assert_message(box, "hots");
    krx_runtime_free(runtime);
    runtime = start(box, "docker:\n  wait: soon\n");
    refused(box, runtime, "docker", KRX_E_INVALID_ARGUMENT, "wait");
    krx_runtime_free(runtime);
    allow(box, "docker", "settings: {big: lots}\n");
    runtime = start(box, NULL);
    refused(box, runtime, "docker", KRX_E_INVALID_ARGUMENT, "big");
    krx_runtime_free(runtime);
}

/* Who hears of the end of time only as a cancel still is late, not cancelled. */
static void test_late_open_is_no_cancel(void **state)
{
    sandbox *box = *state;
    install(box, "docker");
    allow(box, "docker", "settings: {mode: open-waits-for-cancel}\n");
    krx_runtime *runtime = start(box, NULL);
    box->call.deadline_ns = krx_now_monotonic() + 50 * KRX_NS_PER_MS;
    refused(box, runtime, "docker", KRX_E_DEADLINE_EXCEEDED, "did not answer in time");
    assert_hint(box, "--timeout");
    box->call.deadline_ns = KRX_NO_DEADLINE;
    krx_runtime_free(runtime);
}

/* A failed open never sees close, and the next use tries again. */
static void test_failed_open_is_tried_again(void **state)
{
    sandbox *box = *state;
    install(box, "docker");
    allow(box, "docker", "settings: {mode: open-fails}\n");
    krx_runtime *runtime = start(box, NULL);
    refused(box, runtime, "docker", KRX_E_UNAVAILABLE, "opening backend 'docker': no engine today");
    allow(box, "docker", "settings: {mode: open-odd}\n");
    refused(box, runtime, "docker", KRX_E_INTERNAL, "open answered 5");
    allow(box, "docker", "settings: {mode: open-no-code}\n");
    refused(box, runtime, "docker", KRX_E_UNAVAILABLE, "opening backend 'docker': only words");
    assert_int_equal(box->error.code, KRX_E_UNAVAILABLE);
    allow(box, "docker", "");
    assert_non_null(use(box, runtime, "docker"));
    krx_runtime_free(runtime);
    assert_marks(box, "docker load\ndocker open mode=open-fails;\ndocker unload\n"
                      "docker load\ndocker open mode=open-odd;\ndocker unload\n"
                      "docker load\ndocker open mode=open-no-code;\ndocker unload\n"
                      "docker load\ndocker open\ndocker close\ndocker unload\n");
}

static void test_hanging_open_keeps_deadline(void **state)
{
    sandbox *box = *state;
    install(box, "docker");
    allow(box, "docker", "settings: {mode: open-hangs}\n");
    krx_runtime *runtime = start(box, NULL);
    box->call.deadline_ns = krx_now_monotonic() + 50 * KRX_NS_PER_MS;
    refused(box, runtime, "docker", KRX_E_DEADLINE_EXCEEDED, "opening backend 'docker'");
    box->call.deadline_ns = KRX_NO_DEADLINE;
    allow(box, "docker", "");
    assert_non_null(use(box, runtime, "docker"));
    krx_runtime_free(runtime);
}

static void test_auto_takes_the_only_one(void **state)
{
    sandbox *box = *state;
    install(box, "docker");
    install(box, "podman");
    allow(box, "podman", "settings: {mode: down}\n");
    krx_runtime *runtime = start(box, NULL);
    assert_string_equal(krx_backend_name(use(box, runtime, NULL)), "podman");
    krx_runtime_free(runtime);
    assert_marks(box, "podman load\npodman open mode=down;\npodman close\npodman unload\n");
}

static void test_auto_takes_who_answers(void **state)
{
    sandbox *box = *state;
    install(box, "docker");
    install(box, "podman");
    allow(box, "docker", "settings: {mode: down}\n");
    allow(box, "podman", "");
    krx_runtime *runtime = start(box, NULL);
    krx_backend *backend = use(box, runtime, "auto");
    assert_string_equal(krx_backend_name(backend), "podman");
    assert_ptr_equal(use(box, runtime, ""), backend);
    krx_runtime_free(runtime);
    krx_autofree char *marks = sandbox_read(box->marker);
    assert_non_null(strstr(marks, "docker ping\npodman load\n"));
    assert_ptr_equal(strstr(strstr(marks, "podman ping") + 1, "podman ping"), NULL);
}

static void test_auto_says_what_was_tried(void **state)
{
    sandbox *box = *state;
    install(box, "docker");
    install(box, "podman");
    allow(box, "docker", "settings: {mode: down}\n");
    allow(box, "podman", "settings: {mode: open-fails}\n");
    krx_runtime *runtime = start(box, NULL);
    refused(box, runtime, NULL, KRX_E_UNAVAILABLE, "docker: docker is down");
    assert_message(box, "podman: opening backend 'podman': no engine today");
    assert_message(box, "oci: not installed");
    krx_runtime_free(runtime);
    /* nobody allowed: the reason is the allow-list's, not an engine's */
    assert_int_equal(unlink(sandbox_path(box, "admin/docker.yaml")), 0);
    assert_int_equal(unlink(sandbox_path(box, "admin/podman.yaml")), 0);
    runtime = start(box, NULL);
    refused(box, runtime, NULL, KRX_E_PERMISSION_DENIED, "module 'docker' is not allowed");
    krx_runtime_free(runtime);
}

static void test_default_backend(void **state)
{
    sandbox *box = *state;
    install(box, "docker");
    install(box, "podman");
    allow(box, "docker", "");
    allow(box, "podman", "");
    krx_runtime *runtime = start(box, "runtime: {default_backend: podman}\n");
    assert_string_equal(krx_backend_name(use(box, runtime, NULL)), "podman");
    assert_string_equal(krx_backend_name(use(box, runtime, "docker")), "docker");
    krx_runtime_free(runtime);
}

static void test_names(void **state)
{
    sandbox *box = *state;
    const char *const *names = NULL, *const *again = NULL;
    install(box, "docker");
    install(box, "podman");
    allow(box, "podman", "");
    allow(box, "docker", "");
    allow(box, "absent", "");
    krx_runtime *runtime = start(box, NULL);
    assert_int_equal(krx_runtime_backend_names(&box->call, runtime, &names), 0);
    assert_string_equal(names[0], "docker");
    assert_string_equal(names[1], "podman");
    assert_null(names[2]);
    size_t used = krx_arena_used(runtime->names);
    assert_int_equal(krx_runtime_backend_names(&box->call, runtime, &again), 0);
    assert_ptr_equal(names, again);
    assert_int_equal(krx_arena_used(runtime->names), used); /* asking often costs nothing */
    krx_runtime_free(runtime);
    assert_marks(box, "");
}

#define USERS 8

typedef struct user {
    krx_runtime *runtime;
    pthread_t thread;
    krx_backend *backend;
    int32_t code;
} user;

static void *use_concurrently(void *arg)
{
    user *u = arg;
    krx_error error;
    krx_call call;
    krx_host_call_init(u->runtime, &call, &error, 20 * KRX_NS_PER_S, -1);
    u->code = krx_runtime_backend(&call, u->runtime, "docker", &u->backend);
    return NULL;
}

static void test_concurrent_first_use(void **state)
{
    sandbox *box = *state;
    user users[USERS];
    install(box, "docker");
    allow(box, "docker", "");
    krx_runtime *runtime = start(box, NULL);
    for (int i = 0; i < USERS; i++) {
        users[i] = (user){.runtime = runtime};
        assert_int_equal(pthread_create(&users[i].thread, NULL, use_concurrently, &users[i]), 0);
    }
    for (int i = 0; i < USERS; i++) {
        pthread_join(users[i].thread, NULL);
        assert_int_equal(users[i].code, 0);
        assert_ptr_equal(users[i].backend, users[0].backend);
    }
    krx_runtime_free(runtime);
    assert_marks(box, "docker load\ndocker open\ndocker close\ndocker unload\n");
}

static void test_allow_file_limits(void **state)
{
    sandbox *box = *state;
    const krx_ping_req req = {.struct_size = sizeof req};
    install(box, "docker");
    allow(box, "docker", "timeout: 50ms\nlogCalls: true\nsettings: {mode: hang}\n");
    krx_runtime *runtime = start(box, NULL);
    krx_backend *backend = use(box, runtime, "docker");
    assert_true(backend->log_calls);
    assert_int_equal(krx_invoke(&box->call, backend, KRX_OP_driver_ping, &req, NULL, NULL),
                     KRX_E_DEADLINE_EXCEEDED);
    krx_runtime_free(runtime);
}

#define T(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_opens_once),
        T(test_free_unused),
        T(test_refusals),
        T(test_plugins_switched_off),
        T(test_settings),
        T(test_shared_settings),
        T(test_wrong_settings),
        T(test_failed_open_is_tried_again),
        T(test_hanging_open_keeps_deadline),
        T(test_late_open_is_no_cancel),
        T(test_auto_takes_the_only_one),
        T(test_auto_takes_who_answers),
        T(test_auto_says_what_was_tried),
        T(test_default_backend),
        T(test_names),
        T(test_concurrent_first_use),
        T(test_allow_file_limits),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
