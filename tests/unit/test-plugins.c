/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/loader.h"
#include "core/plugins.h"
#include "lib/base/local_host.h"
#include "lib/base/str.h"
#include "tests/unit/sandbox.h"

static krx_plugin_dirs dirs_of(const sandbox *box)
{
    return (krx_plugin_dirs){
        .module_dir = box->modules, .vendor_dir = box->vendor, .admin_dir = box->admin};
}

static void install(const sandbox *box, const char *sin, const char *file)
{
    char from[PATH_MAX];
    (void)snprintf(from, sizeof from, "%s/bad_%s.so", KRX_BADMODS, sin);
    copy_file(from, sandbox_path(box, file));
}

/* "name state version|..." of the whole list, and the messages. */
typedef struct listing {
    krx_str text;
    krx_str messages;
} listing;

static int32_t note_one(void *ctx, const krx_plugin_info *info)
{
    listing *l = ctx;
    assert_int_equal(info->struct_size, sizeof *info);
    assert_true((info->error_code != 0) == (info->message != NULL));
    krx_str_addf(&l->text, "%s%s %s %s", l->text.length ? "|" : "", info->name, info->state,
                 info->version ? info->version : "-");
    krx_str_addf(&l->messages, "%s: %s\n", info->name, info->message ? info->message : "");
    return 0;
}

static void assert_list(sandbox *box, const char *expected, const char *message)
{
    const krx_plugin_dirs dirs = dirs_of(box);
    listing l = {0};
    if (krx_plugins_each_in(&box->call, &dirs, note_one, &l) != 0)
        fail_msg("%s", box->error.message);
    assert_string_equal(krx_str_get(&l.text), expected);
    if (message && !strstr(krx_str_get(&l.messages), message))
        fail_msg("no '%s' in %s", message, krx_str_get(&l.messages));
    krx_str_free(&l.text);
    krx_str_free(&l.messages);
    assert_int_not_equal(access(box->marker, F_OK), 0);
}

static void test_states(void **state)
{
    sandbox *box = *state;
    assert_list(box, "", NULL);
    install(box, "good", "modules/kranix-module-good.so");
    assert_list(box, "good not-allowed 1.2.3", "kranix plugins enable good");
    sandbox_write(box, "vendor/good.yaml", "name: good\nenabled: false\n");
    assert_list(box, "good disabled 1.2.3", "vendor/good.yaml says enabled: false");
    sandbox_write(box, "admin/good.yaml", "name: good\nenabled: true\n");
    assert_list(box, "good ready 1.2.3", NULL);
    sandbox_write(box, "admin/good.yaml", "name: good\nenabled: true\nminVersion: 2\n");
    assert_list(box, "good refused 1.2.3", "demands 2 or later");
    sandbox_write(box, "admin/good.yaml", "name: good\nenabled: oui\n");
    assert_list(box, "good refused 1.2.3", "'oui' is neither true nor false");
    assert_int_equal(unlink(sandbox_path(box, "admin/good.yaml")), 0);
    assert_int_equal(unlink(sandbox_path(box, "modules/kranix-module-good.so")), 0);
    assert_list(box, "good not-installed -", "module 'good' is not installed");
}

static void test_mixed_list(void **state)
{
    sandbox *box = *state;
    install(box, "good", "modules/kranix-module-good.so");
    install(box, "major", "modules/kranix-module-old.so");
    install(box, "good", "modules/kranix-module-Bad_Name.so");
    sandbox_write(box, "modules/kranix-module-good.la", "libtool's");
    sandbox_write(box, "modules/libother.so", "not ours");
    sandbox_write(box, "admin/old.yaml", "name: old\nenabled: true\n");
    sandbox_write(box, "admin/Upper.yaml", "name: upper\nenabled: true\n");
    assert_list(box,
                "Upper.yaml refused -|good not-allowed 1.2.3|"
                "kranix-module-Bad_Name.so refused -|old refused 1.2.3",
                "kranix-module-Bad_Name.so is ignored: its name is none of a module");
}

static void test_untrusted_list(void **state)
{
    sandbox *box = *state;
    install(box, "good", "modules/kranix-module-good.so");
    sandbox_write(box, "admin/good.yaml", "name: good\nenabled: true\n");
    assert_int_equal(chmod(box->admin, 0777), 0);
    assert_list(box, "good refused 1.2.3", "/admin is writable by everybody");
    assert_int_equal(chmod(box->admin, 0755), 0);
    assert_int_equal(chmod(box->modules, 0777), 0);
    assert_list(box, "good refused -", "/modules is writable by everybody");
}

static int32_t keep_sha(void *ctx, const krx_plugin_info *info)
{
    assert_string_equal(info->name, "good");
    assert_string_equal(info->abi, "1.0");
    (void)snprintf(ctx, 65, "%s", info->sha256);
    return 7;
}

static void test_show_and_check(void **state)
{
    sandbox *box = *state;
    const krx_plugin_dirs dirs = dirs_of(box);
    char sha[65] = "";
    install(box, "good", "modules/kranix-module-good.so");
    assert_int_equal(krx_plugin_show_in(&box->call, &dirs, "good", keep_sha, sha), 7);
    assert_int_equal(strlen(sha), 64);
    assert_int_equal(krx_plugin_show_in(&box->call, &dirs, "none", keep_sha, sha), KRX_E_NOT_FOUND);
    assert_message(box, "there is no plugin 'none'");
    assert_int_equal(krx_plugin_check_in(&box->call, &dirs, "none"), KRX_E_NOT_FOUND);
    assert_int_equal(krx_plugin_check_in(&box->call, &dirs, "good"), KRX_E_PERMISSION_DENIED);
    assert_message(box, "is not allowed");
    assert_int_equal(krx_plugin_enable_in(&box->call, &dirs, "good", 1), 0);
    assert_int_equal(krx_plugin_check_in(&box->call, &dirs, "good"), 0);
    assert_int_not_equal(access(box->marker, F_OK), 0);
}

static void test_failed(void **state)
{
    sandbox *box = *state;
    static const krx_kv *const none[] = {NULL};
    const krx_allow allow = {
        .name = "good", .file = "f", .enabled = 1, .isolation = "none", .settings = none};
    krx_loaded *loaded = NULL;
    krx_error error;
    krx_call call;
    krx_call_init(&call, &error);
    sandbox_write(box, "admin/good.yaml", "name: good\nenabled: true\n");
    assert_int_equal(unsetenv("KRX_TEST_MARKER"), 0);
    install(box, "load_fails", "modules/kranix-module-good.so");
    assert_true(krx_loader_load(&call, krx_local_host(), box->modules, &allow, &loaded) < 0);
    assert_list(box, "good failed 1.2.3", "the moon is in the wrong place");
}

static void test_loaded(void **state)
{
    sandbox *box = *state;
    static const krx_kv *const none[] = {NULL};
    const krx_allow allow = {
        .name = "good", .file = "f", .enabled = 1, .isolation = "none", .settings = none};
    krx_loaded *loaded = NULL;
    sandbox_write(box, "admin/good.yaml", "name: good\nenabled: true\n");
    assert_int_equal(unsetenv("KRX_TEST_MARKER"), 0);
    install(box, "good", "modules/kranix-module-good.so");
    assert_int_equal(krx_loader_load(&box->call, krx_local_host(), box->modules, &allow, &loaded),
                     0);
    assert_list(box, "good loaded 1.2.3", NULL);
    krx_loader_unload(loaded);
    assert_list(box, "good ready 1.2.3", NULL);
}

static const char *deny_good(const void *ctx, const char *name)
{
    return strcmp(name, "good") == 0 ? ctx : NULL;
}

static void test_denied(void **state)
{
    sandbox *box = *state;
    krx_plugin_dirs dirs = dirs_of(box);
    listing l = {0};
    install(box, "good", "modules/kranix-module-good.so");
    sandbox_write(box, "admin/good.yaml", "name: good\nenabled: true\n");
    dirs.denied = deny_good;
    dirs.ctx = "config.yaml:3";
    assert_int_equal(krx_plugins_each_in(&box->call, &dirs, note_one, &l), 0);
    assert_string_equal(krx_str_get(&l.text), "good disabled 1.2.3");
    assert_int_equal(krx_plugin_check_in(&box->call, &dirs, "good"), KRX_E_PERMISSION_DENIED);
    assert_message(box, "module 'good' is denied by the configuration (config.yaml:3)");
    krx_str_free(&l.text);
    krx_str_free(&l.messages);
}

/* ------------------------------------------------------------------------------------- changing */

static void assert_admin_file(const sandbox *box, const char *expected)
{
    char *text = sandbox_read(sandbox_path(box, "admin/good.yaml"));
    assert_string_equal(text, expected);
    free(text);
}

static void test_enable_from_template(void **state)
{
    sandbox *box = *state;
    const krx_plugin_dirs dirs = dirs_of(box);
    struct stat st;
    sandbox_write(box, "vendor/good.yaml", "# of the vendor\nname: good\nenabled: false # safe\n");
    assert_int_equal(rmdir(box->admin), 0);
    assert_int_equal(krx_plugin_enable_in(&box->call, &dirs, "good", 1), 0);
    assert_admin_file(box, "# of the vendor\nname: good\nenabled: true # safe\n");
    assert_int_equal(stat(sandbox_path(box, "admin/good.yaml"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(krx_plugin_enable_in(&box->call, &dirs, "good", 0), 0);
    assert_admin_file(box, "# of the vendor\nname: good\nenabled: false # safe\n");
}

static void test_enable_without_template(void **state)
{
    sandbox *box = *state;
    const krx_plugin_dirs dirs = dirs_of(box);
    assert_int_equal(krx_plugin_enable_in(&box->call, &dirs, "good", 1), KRX_E_NOT_FOUND);
    assert_int_equal(krx_plugin_enable_in(&box->call, &dirs, "../good", 1), KRX_E_INVALID_ARGUMENT);
    install(box, "good", "modules/kranix-module-good.so");
    assert_int_equal(krx_plugin_enable_in(&box->call, &dirs, "good", 1), 0);
    assert_admin_file(box, "name: good\nenabled: true\n");
}

static void test_pin(void **state)
{
    sandbox *box = *state;
    const krx_plugin_dirs dirs = dirs_of(box);
    char sha[65] = "", expected[256];
    assert_int_equal(krx_plugin_pin_in(&box->call, &dirs, "good"), KRX_E_NOT_FOUND);
    install(box, "good", "modules/kranix-module-good.so");
    assert_int_equal(krx_plugin_show_in(&box->call, &dirs, "good", keep_sha, sha), 7);
    sandbox_write(box, "admin/good.yaml", "name: good\nenabled: true\ncritical: true\n");
    assert_int_equal(krx_plugin_pin_in(&box->call, &dirs, "good"), 0);
    (void)snprintf(expected, sizeof expected,
                   "name: good\nenabled: true\nsha256: %s\ncritical: true\n", sha);
    assert_admin_file(box, expected);
    assert_list(box, "good ready 1.2.3", NULL);
    install(box, "newer", "modules/kranix-module-good.so");
    assert_list(box, "good refused 1.2.3", "kranix plugins pin good");
    assert_int_equal(krx_plugin_pin_in(&box->call, &dirs, "good"), 0);
    assert_list(box, "good ready 1.2.3", NULL);
}

/* What can't be changed by line, or is wrong already, stays byte for byte. */
static void test_refused_changes(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        {"{name: good, enabled: false}\n", "its `enabled` has no line of its own"},
        {"name: good\nenabeld: false\n", "it has mistakes"},
    };
    sandbox *box = *state;
    const krx_plugin_dirs dirs = dirs_of(box);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sandbox_write(box, "admin/good.yaml", rows[i].text);
        assert_true(krx_plugin_enable_in(&box->call, &dirs, "good", 1) < 0);
        assert_message(box, rows[i].why);
        assert_admin_file(box, rows[i].text);
    }
}

/* Root may write everywhere, so a folder of somebody else stands in for a lack of rights. */
static void test_no_rights(void **state)
{
    sandbox *box = *state;
    const krx_plugin_dirs dirs = dirs_of(box);
    sandbox_write(box, "admin/good.yaml", "name: good\nenabled: false\n");
    if (geteuid() == 0) {
        assert_int_equal(chown(box->admin, 54321, (gid_t)-1), 0);
        assert_int_equal(krx_plugin_enable_in(&box->call, &dirs, "good", 1),
                         KRX_E_PERMISSION_DENIED);
        assert_message(box, "belongs to another user");
        assert_hint(box, "chown root");
    } else {
        assert_int_equal(chmod(box->admin, 0555), 0);
        assert_int_equal(krx_plugin_enable_in(&box->call, &dirs, "good", 1),
                         KRX_E_PERMISSION_DENIED);
        assert_hint(box, "run `kranix plugins enable good` as the user with uid ");
        assert_int_equal(chmod(box->admin, 0755), 0);
    }
    assert_admin_file(box, "name: good\nenabled: false\n");
}

static int32_t note_none(void *ctx, const krx_plugin_info *info)
{
    (void)ctx, (void)info;
    return 0;
}

static void test_too_many_files(void **state)
{
    sandbox *box = *state;
    const krx_plugin_dirs dirs = dirs_of(box);
    char name[32];
    for (int i = 0; i < 1024; i++) {
        (void)snprintf(name, sizeof name, "modules/%04d.txt", i);
        sandbox_write(box, name, "");
    }
    assert_int_equal(krx_plugins_each_in(&box->call, &dirs, note_none, NULL),
                     KRX_E_RESOURCE_EXHAUSTED);
    assert_message(box, "has more than 1024 entries");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_states),
        TEST(test_mixed_list),
        TEST(test_untrusted_list),
        TEST(test_show_and_check),
        TEST(test_failed),
        TEST(test_loaded),
        TEST(test_denied),
        TEST(test_enable_from_template),
        TEST(test_enable_without_template),
        TEST(test_pin),
        TEST(test_refused_changes),
        TEST(test_no_rights),
        TEST(test_too_many_files),
    };
    return cmocka_run_group_tests_name("plugins", tests, NULL, NULL);
}
