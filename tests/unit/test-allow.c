/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/allow.h"
#include "core/allow_edit.h"
#include "core/loader.h"
#include "lib/base/clock.h"
#include "tests/unit/sandbox.h"

static krx_allow **load(sandbox *box, krx_arena *arena)
{
    krx_allow **list = NULL;
    if (krx_allow_load(&box->call, arena, box->vendor, box->admin, &list) < 0)
        fail_msg("%s", box->error.message);
    return list;
}

static krx_allow parse(sandbox *box, krx_arena *arena, const char *text)
{
    krx_allow out;
    assert_int_equal(
        krx_allow_parse(&box->call, arena, "docker", "docker.yaml", text, strlen(text), &out), 0);
    return out;
}

/* ---------------------------------------------------------------------------------- one file */

static void test_all_keys(void **state)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_allow a = parse(*state, arena,
                        "name: docker\n"
                        "enabled: true\n"
                        "description: The local engine\n"
                        "sha256: E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\n"
                        "minVersion: 1.2\n"
                        "isolation: none\n"
                        "critical: yes\n"
                        "timeout: 1m30s\n"
                        "logCalls: on\n"
                        "settings:\n"
                        "  host: unix:///run/docker.sock\n"
                        "  retries: 3\n"
                        "  unused:\n");
    assert_int_equal(a.error_code, 0);
    assert_true(a.enabled && a.critical && a.log_calls);
    assert_string_equal(a.description, "The local engine");
    assert_string_equal(a.sha256,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(a.min_version, "1.2");
    assert_int_equal(a.timeout_ns, 90 * KRX_NS_PER_S);
    assert_string_equal(a.settings[0]->key, "host");
    assert_string_equal(a.settings[0]->value, "unix:///run/docker.sock");
    assert_string_equal(a.settings[1]->key, "retries");
    assert_string_equal(a.settings[1]->value, "3");
    assert_null(a.settings[2]);
}

static void test_least(void **state)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_allow a = parse(*state, arena, "name: docker\nenabled: no\n");
    assert_int_equal(a.error_code, 0);
    assert_false(a.enabled);
    assert_string_equal(a.isolation, "none");
    assert_int_equal(a.timeout_ns, KRX_UNSET);
    assert_null(a.settings[0]);
    a = parse(*state, arena, "{\"name\": \"docker\", \"enabled\": true}");
    assert_int_equal(a.error_code, 0);
    assert_true(a.enabled);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text;
        const char *complaint;
    } rows[] = {
        {"", "the file is empty"},
        {"- a\n", "docker.yaml:1:1: it must be keys with values"},
        {"name: docker\n", "enabled: it is missing"},
        {"enabled: true\n", "name: it is missing"},
        {"name: podman\nenabled: true\n",
         "docker.yaml:1:7: name: 'podman' is not the name of the file, which is for 'docker'"},
        {"name: docker\nenabled: maybe\n", "docker.yaml:2:10: enabled: 'maybe' is neither"},
        {"name: docker\nenabled: [true]\n", "docker.yaml:2:10: enabled: it must be one value"},
        {"name: docker\nenabled: true\nmin_version: 1\n",
         "docker.yaml:3:1: min_version: unknown key (did you mean 'minVersion'?)"},
        {"name: docker\nenabled: true\npath: /tmp/x.so\n", "docker.yaml:3:1: path: unknown key"},
        {"name: docker\nenabled: true\nsha256: abc\n", "sha256: it must be 64 hexadecimal digits"},
        {"name: docker\nenabled: true\nminVersion: new\n", "'new' is no version"},
        {"name: docker\nenabled: true\nisolation: thread\n", "neither none nor process"},
        {"name: docker\nenabled: true\ntimeout: soon\n", "timeout: 'soon' is no duration"},
        {"name: docker\nenabled: true\ntimeout: 0s\n", "timeout: it must be more than nothing"},
        {"name: docker\nenabled: true\nsettings: x\n", "settings: it must be a map"},
        {"name: docker\nenabled: true\nsettings:\n  a: [1]\n", "'a' must be one value"},
        {"name: docker\nenabled: true\n---\nname: podman\n", "a second document"},
        {"name: docker\nenabled: true\nenabled: false\n", "docker.yaml:3:1"},
        {"name: docker\nenabled: *gone\n", "docker.yaml:2:"},
    };
    krx_auto_arena krx_arena *arena = krx_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        krx_allow a = parse(*state, arena, rows[i].text);
        if (a.error_code != KRX_E_INVALID_ARGUMENT || !strstr(a.message, rows[i].complaint))
            fail_msg("no '%s' in '%s'", rows[i].complaint, a.message ? a.message : "(nothing)");
        assert_false(a.enabled);
    }
}

static void test_all_mistakes_at_once(void **state)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_allow a = parse(*state, arena, "name: x\nenabled: x\ntimeout: x\ncritcal: x\n");
    assert_non_null(strstr(a.message, "docker.yaml:1:7:"));
    assert_non_null(strstr(a.message, "docker.yaml:2:10:"));
    assert_non_null(strstr(a.message, "docker.yaml:3:10:"));
    assert_non_null(
        strstr(a.message, "docker.yaml:4:1: critcal: unknown key (did you mean 'critical'?)"));
}

/* What we ship is right and allows nothing. */
static void test_template(void **state)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    char *text = sandbox_read(KRX_TEMPLATES "/docker.yaml");
    krx_allow a = parse(*state, arena, text);
    assert_int_equal(a.error_code, 0);
    assert_false(a.enabled);
    free(text);
}

/* -------------------------------------------------------------------------------- the folders */

static void test_override(void **state)
{
    sandbox *box = *state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    sandbox_write(box, "vendor/zeta.yaml", "name: zeta\nenabled: true\n");
    sandbox_write(box, "vendor/docker.yaml", "name: docker\nenabled: true\ntimeout: 5s\n");
    sandbox_write(box, "admin/docker.yaml", "name: docker\nenabled: false\n");
    sandbox_write(box, "admin/a-b.yaml", "name: a-b\nenabled: true\n");
    sandbox_write(box, "admin/README.md", "hello");
    sandbox_write(box, "admin/.docker.yaml.swp", "hello");
    krx_allow **list = load(box, arena);
    assert_string_equal(list[0]->name, "a-b");
    assert_string_equal(list[1]->name, "docker");
    assert_string_equal(list[2]->name, "zeta");
    assert_null(list[3]);
    assert_true(list[1]->admin);
    assert_string_equal(list[1]->file, sandbox_path(box, "admin/docker.yaml"));
    assert_int_equal(list[1]->timeout_ns, KRX_UNSET);
    assert_false(list[2]->admin);
    assert_int_equal(krx_allow_check(&box->call, list[1]), KRX_E_PERMISSION_DENIED);
    assert_int_equal(krx_allow_check(&box->call, list[2]), 0);
}

static void test_not_listed(void **state)
{
    sandbox *box = *state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const krx_allow *found = NULL;
    krx_allow **list = load(box, arena);
    assert_null(list[0]);
    assert_int_equal(krx_allow_get(&box->call, list, "docker", box->admin, &found),
                     KRX_E_PERMISSION_DENIED);
    assert_message(box, "module 'docker' is not allowed: there is no ");
    assert_message(box, "admin/docker.yaml");
    assert_hint(box, "kranix plugins enable docker");
}

/* One bad file refuses only its own module. */
static void test_bad_neighbours(void **state)
{
    sandbox *box = *state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    sandbox_write(box, "admin/good.yaml", "name: good\nenabled: true\n");
    sandbox_write(box, "admin/bad.yaml", "nmae: bad\n");
    sandbox_write(box, "admin/Docker.yaml", "name: docker\nenabled: true\n");
    sandbox_write(box, "admin/docker.yml", "name: docker\nenabled: true\n");
    sandbox_write(box, "admin/open.yaml", "name: open\nenabled: true\n");
    assert_int_equal(chmod(sandbox_path(box, "admin/open.yaml"), 0666), 0);
    assert_int_equal(symlink("good.yaml", sandbox_path(box, "admin/link.yaml")), 0);
    krx_allow **list = load(box, arena);
    const krx_allow *good = krx_allow_find(list, "good"), *bad = krx_allow_find(list, "bad");
    const krx_allow *upper = krx_allow_find(list, "Docker.yaml");
    const krx_allow *suffix = krx_allow_find(list, "docker.yml");
    const krx_allow *open = krx_allow_find(list, "open"), *link = krx_allow_find(list, "link");
    assert_int_equal(good->error_code, 0);
    assert_int_equal(bad->error_code, KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(bad->message, "did you mean 'name'?"));
    assert_non_null(strstr(upper->message, "is no name of an allow file"));
    assert_non_null(strstr(suffix->message, "is no name of an allow file"));
    assert_int_equal(open->error_code, KRX_E_PERMISSION_DENIED);
    assert_non_null(strstr(open->message, "writable by everybody"));
    assert_non_null(strstr(open->hint, "chmod go-w"));
    assert_non_null(strstr(link->message, "symbolic link"));
    assert_false(open->enabled || link->enabled || upper->enabled || bad->enabled);
    assert_null(krx_allow_find(list, "docker"));
    assert_int_equal(krx_allow_check(&box->call, open), KRX_E_PERMISSION_DENIED);
}

/* A vendor's good file does not come back when the administrator's is broken. */
static void test_broken_mask(void **state)
{
    sandbox *box = *state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    sandbox_write(box, "vendor/docker.yaml", "name: docker\nenabled: true\n");
    sandbox_write(box, "admin/docker.yaml", "name: docker\nenabled: fasle\n");
    krx_allow **list = load(box, arena);
    assert_int_equal(list[0]->error_code, KRX_E_INVALID_ARGUMENT);
    assert_null(list[1]);
}

static void test_folder_trust(void **state)
{
    sandbox *box = *state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_allow **list = NULL;
    assert_int_equal(chmod(box->admin, 0777), 0);
    assert_int_equal(krx_allow_load(&box->call, arena, box->vendor, box->admin, &list),
                     KRX_E_PERMISSION_DENIED);
    assert_message(box, "the allow-list can't be used: ");
    assert_message(box, "/admin is writable by everybody");
    assert_int_equal(rmdir(box->admin), 0);
    assert_int_equal(rmdir(box->vendor), 0);
    assert_null(load(box, arena)[0]);
}

static void test_too_large(void **state)
{
    sandbox *box = *state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_str krx_str text = {0};
    krx_str_add(&text, "name: docker\nenabled: true\n");
    while (text.length <= KRX_ALLOW_BYTES_MAX)
        krx_str_add(&text, "# a comment that goes on and on and on and on and on\n");
    sandbox_write(box, "admin/docker.yaml", krx_str_get(&text));
    krx_allow **list = load(box, arena);
    assert_int_equal(list[0]->error_code, KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(list[0]->message, "is larger than 64 KiB"));
}

/* Out of memory at any point is reported; what is answered instead of it is the whole list. */
static void test_out_of_memory(void **state)
{
    sandbox *box = *state;
    size_t limit = 0;
    int32_t rc = KRX_E_RESOURCE_EXHAUSTED;
    sandbox_write(box, "admin/docker.yaml",
                  "name: docker\nenabled: true\nsha256: \nsettings:\n  a: b\n  c: d\n");
    sandbox_write(box, "admin/bad.yaml", "name: bad\n");
    sandbox_write(box, "vendor/other.yaml", "name: other\nenabled: false\ndescription: x\n");
    for (; rc != 0 && limit < 1u << 20; limit += 16) {
        krx_auto_arena krx_arena *arena = krx_arena_new_limited(limit);
        krx_allow **list = NULL;
        assert_non_null(arena);
        rc = krx_allow_load(&box->call, arena, box->vendor, box->admin, &list);
        if (rc != 0) {
            assert_int_equal(rc, KRX_E_RESOURCE_EXHAUSTED);
            continue;
        }
        assert_string_equal(list[0]->name, "bad");
        assert_string_equal(list[2]->name, "other");
        assert_null(list[3]);
        if (list[1]->error_code) /* the reader of documents ran out: told in the entry */
            rc = list[1]->error_code;
    }
    assert_int_equal(rc, 0);
    assert_true(limit > 64);
}

static void test_names(void **state)
{
    char name[66];
    (void)state;
    memset(name, 'a', sizeof name);
    name[64] = '\0';
    assert_false(krx_module_name_valid(name));
    name[63] = '\0';
    assert_true(krx_module_name_valid(name));
    assert_true(krx_module_name_valid("9-lives"));
    assert_false(krx_module_name_valid("-x"));
    assert_false(krx_module_name_valid(""));
    assert_false(krx_module_name_valid("a_b"));
    assert_false(krx_module_name_valid("A"));
    assert_false(krx_module_name_valid("a/b"));
}

/* ------------------------------------------------------------------------------------ editing */

static void assert_edit(const char *before, const char *key, const char *value,
                        const char *expected)
{
    krx_auto_str krx_str out = {0};
    krx_allow_edit(before, strlen(before), key, value, "name", &out);
    assert_string_equal(krx_str_get(&out), expected);
}

static void test_edit(void **state)
{
    (void)state;
    assert_edit("# top\nname: x\nenabled: false  # why\nsettings:\n  enabled: false\n", "enabled",
                "true", "# top\nname: x\nenabled: true  # why\nsettings:\n  enabled: false\n");
    assert_edit("name: x\nenabled:no#t\n", "enabled", "true",
                "name: x\nenabled: true\nenabled:no#t\n");
    assert_edit("name: x\n# enabled: false\n", "enabled", "true",
                "name: x\nenabled: true\n# enabled: false\n");
    assert_edit("name: x", "enabled", "true", "name: x\nenabled: true\n");
    assert_edit("name: x\nenabled :\n", "enabled", "true", "name: x\nenabled : true\n");
    assert_edit("{name: x, enabled: false}\n", "enabled", "true", "{name: x, enabled: false}\n");
}

/* ----------------------------------------------------------------------------------- settings */

#define SETTING(name_, type_, allowed_, secret_)                                                   \
    {                                                                                              \
        .struct_size = sizeof(krx_setting), .type = (type_), .name = (name_), .help = "help",      \
        .allowed = (allowed_), .secret = (secret_)                                                 \
    }

static const krx_setting declared[] = {
    SETTING("host", KRX_SETTING_STRING, NULL, 0),
    SETTING("mode", KRX_SETTING_STRING, "fast|slow", 0),
    SETTING("retries", KRX_SETTING_INT, "0..10", 0),
    SETTING("verify", KRX_SETTING_BOOL, NULL, 0),
    SETTING("wait", KRX_SETTING_DURATION, "1s..1m", 0),
    SETTING("buffer", KRX_SETTING_BYTES, NULL, 0),
    SETTING("cert", KRX_SETTING_PATH, NULL, 0),
    SETTING("pin", KRX_SETTING_INT, NULL, 1),
};

static const krx_setting *const declared_list[] = {&declared[0], &declared[1], &declared[2],
                                                   &declared[3], &declared[4], &declared[5],
                                                   &declared[6], &declared[7], NULL};

static const krx_module with_settings = {.name = "docker", .settings = declared_list};

static int32_t check_settings(sandbox *box, krx_arena *arena, const char *text,
                              const krx_kv *const **out)
{
    krx_allow a = parse(box, arena, text);
    if (a.error_code)
        fail_msg("%s", a.message);
    return krx_settings_check(&box->call, arena, &with_settings, a.settings, a.file,
                              a.settings_node, out);
}

static void test_settings(void **state)
{
    static const char *const expected[][2] = {
        {"host", "tcp://h:2376"},     {"mode", "slow"},       {"retries", "10"},
        {"verify", "true"},           {"wait", "1000000000"}, {"buffer", "1048576"},
        {"cert", "/home/me/cert.pem"}};
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const krx_kv *const *out = NULL;
    assert_int_equal(setenv("HOME", "/home/me", 1), 0);
    assert_int_equal(check_settings(*state, arena,
                                    "name: docker\nenabled: true\nsettings:\n"
                                    "  host: tcp://h:2376\n  mode: slow\n  retries: 10\n"
                                    "  verify: yes\n  wait: 1s\n  buffer: 1Mi\n"
                                    "  cert: ~/cert.pem\n",
                                    &out),
                     0);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_string_equal(out[i]->key, expected[i][0]);
        assert_string_equal(out[i]->value, expected[i][1]);
    }
    assert_null(out[7]);
    assert_int_equal(krx_settings_check(&((sandbox *)*state)->call, arena, &with_settings, NULL,
                                        "f", NULL, &out),
                     0);
    assert_null(out[0]);
}

static void test_wrong_settings(void **state)
{
    static const char *const complaints[] = {
        "docker.yaml:4:3: settings.hots: module docker has no such setting (did you mean 'host'?)",
        "docker.yaml:5:3: settings.mode: 'medium' is none of fast|slow",
        "docker.yaml:6:3: settings.retries: '11' is outside 0..10",
        "settings.verify: 'perhaps' is neither true nor false",
        "settings.wait: '2m' is outside 1s..1m",
        "settings.pin: '********' is not a whole number",
    };
    sandbox *box = *state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const krx_kv *const *out = NULL;
    assert_int_equal(check_settings(box, arena,
                                    "name: docker\nenabled: true\nsettings:\n"
                                    "  hots: x\n  mode: medium\n  retries: 11\n"
                                    "  verify: perhaps\n  wait: 2m\n  pin: hunter2\n",
                                    &out),
                     KRX_E_INVALID_ARGUMENT);
    for (size_t i = 0; i < sizeof complaints / sizeof complaints[0]; i++)
        assert_message(box, complaints[i]);
    assert_null(strstr(box->error.message, "hunter2"));
    assert_null(out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_keys),    TEST(test_least),
        TEST(test_mistakes),    TEST(test_all_mistakes_at_once),
        TEST(test_template),    TEST(test_override),
        TEST(test_not_listed),  TEST(test_bad_neighbours),
        TEST(test_broken_mask), TEST(test_folder_trust),
        TEST(test_too_large),   TEST(test_out_of_memory),
        TEST(test_names),       TEST(test_edit),
        TEST(test_settings),    TEST(test_wrong_settings),
    };
    return cmocka_run_group_tests_name("allow", tests, NULL, NULL);
}
