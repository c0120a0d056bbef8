/* SPDX-License-Identifier: Apache-2.0 */
/* Every way in which a module can be wrong, with the modules of tests/badmods. */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/loader.h"
#include "lib/base/local_host.h"
#include "tests/unit/sandbox.h"

#define WRONG_SHA "0000000000000000000000000000000000000000000000000000000000000000"

static const krx_kv *const no_settings[] = {NULL};

static krx_allow allow_for(const char *name)
{
    return (krx_allow){.name = name,
                       .file = "/etc/kranix/plugins.allow.d/x.yaml",
                       .enabled = 1,
                       .isolation = "none",
                       .timeout_ns = KRX_UNSET,
                       .settings = no_settings};
}

/* Where a module called `name` is in the sandbox. */
static const char *module_at(const sandbox *box, const char *name)
{
    char path[96];
    (void)snprintf(path, sizeof path, "modules/kranix-module-%s.so", name);
    return sandbox_path(box, path);
}

static void install(const sandbox *box, const char *sin, const char *name)
{
    char from[PATH_MAX];
    (void)snprintf(from, sizeof from, "%s/bad_%s.so", KRX_BADMODS, sin);
    copy_file(from, module_at(box, name));
}

/* What of the module has run: c constructor, l load, u unload. */
static void assert_ran(const sandbox *box, const char *expected)
{
    char *marks = access(box->marker, F_OK) == 0 ? sandbox_read(box->marker) : strdup("");
    assert_string_equal(marks, expected);
    free(marks);
}

static int32_t load(sandbox *box, const krx_allow *allow, krx_loaded **out)
{
    *out = NULL;
    int32_t rc = krx_loader_load(&box->call, krx_local_host(), box->modules, allow, out);
    assert_true((rc == 0) == (*out != NULL));
    assert_true(rc == 0 || box->error.code == rc);
    return rc;
}

static int32_t load_good(sandbox *box)
{
    krx_loaded *loaded;
    const krx_allow allow = allow_for("good");
    int32_t rc = load(box, &allow, &loaded);
    krx_loader_unload(loaded);
    return rc;
}

/* ---------------------------------------------------------------------------------- what loads */

static void test_good(void **state)
{
    sandbox *box = *state;
    krx_loaded *first, *second;
    const krx_allow allow = allow_for("good");
    install(box, "good", "good");
    const char *path = module_at(box, "good");
    assert_int_equal(krx_loader_state(path, NULL, 0), KRX_MODULE_ABSENT);
    assert_int_equal(load(box, &allow, &first), 0);
    assert_ran(box, "cl");
    assert_int_equal(krx_loader_state(path, NULL, 0), KRX_MODULE_LOADED);
    const krx_module *module = krx_loaded_module(first);
    assert_int_equal(module->struct_size, sizeof *module);
    assert_string_equal(module->name, "good");
    assert_string_equal(module->version, "1.2.3");
    assert_string_equal(krx_loaded_path(first), path);
    assert_non_null(module->driver->ping);
    assert_null(module->node);
    assert_null(module->image);
    /* a second user shares it; the module leaves with the last */
    assert_int_equal(load(box, &allow, &second), 0);
    assert_ptr_equal(first, second);
    krx_loader_unload(first);
    assert_ran(box, "cl");
    krx_loader_unload(second);
    assert_ran(box, "clu");
    assert_int_equal(krx_loader_state(path, NULL, 0), KRX_MODULE_STOPPED);
    krx_loader_unload(second);
    assert_ran(box, "clu");
    /* still mapped: no constructor the second time */
    assert_int_equal(load(box, &allow, &first), 0);
    assert_ran(box, "clul");
    krx_loader_unload(first);
    krx_loader_unload(NULL);
}

static void test_other_host(void **state)
{
    sandbox *box = *state;
    krx_loaded *loaded, *other = NULL;
    const krx_allow allow = allow_for("good");
    const krx_host host = *krx_local_host();
    install(box, "good", "good");
    assert_int_equal(load(box, &allow, &loaded), 0);
    assert_int_equal(krx_loader_load(&box->call, &host, box->modules, &allow, &other),
                     KRX_E_FAILED_PRECONDITION);
    assert_null(other);
    assert_message(box, "in use by another runtime");
    krx_loader_unload(loaded);
    assert_ran(box, "clu");
}

static void test_newer(void **state)
{
    sandbox *box = *state;
    krx_loaded *loaded;
    const krx_allow allow = allow_for("good");
    install(box, "newer", "good");
    assert_int_equal(load(box, &allow, &loaded), 0);
    const krx_module *module = krx_loaded_module(loaded);
    assert_int_equal(module->struct_size, sizeof(krx_module));
    assert_int_equal(module->driver->struct_size, sizeof(krx_driver_ops));
    assert_int_equal(module->thread_model, KRX_THREADS_BACKEND);
    assert_non_null(module->driver->backend);
    assert_ran(box, "cl");
    krx_loader_unload(loaded);
}

static void test_older(void **state)
{
    sandbox *box = *state;
    krx_loaded *loaded;
    const krx_allow allow = allow_for("good");
    install(box, "older", "good");
    assert_int_equal(load(box, &allow, &loaded), 0);
    const krx_module *module = krx_loaded_module(loaded);
    assert_null(module->image);
    assert_int_equal(module->node->struct_size, sizeof(krx_node_ops));
    assert_non_null(module->node->list_backend_health);
    assert_null(module->node->list_node_health);
    krx_loader_unload(loaded);
}

/* -------------------------------------------------------------------------------- what does not */

static void test_sins(void **state)
{
    static const struct {
        const char *sin;
        const char *message;
        const char *ran;
    } rows[] = {
        /* refused before a line of the module has run */
        {"no_note", "it has no kranix note", ""},
        {"short_note", "its kranix note is cut short", ""},
        {"note_magic", "wrong magic number", ""},
        {"note_version", "a kranix note of version 2; this host reads version 1", ""},
        {"two_notes", "more than one kranix note", ""},
        {"major", "was built with kranix SDK 2.0; this host offers 1.", ""},
        {"newer_host", "needs a host that offers SDK 1.", ""},
        /* only after mapping can these be seen; load() has not run */
        {"undefined", "krx_nobody_has_this", ""},
        {"no_symbol", "has no descriptor 'krx_module_good'", "c"},
        {"borrowed", "no descriptor 'krx_module_good' of its own; there is one in", "c"},
        {"magic", "wrong magic number", "c"},
        {"size_zero", "struct_size of the descriptor is 0", "c"},
        {"size_huge", "struct_size of the descriptor is 2147483632", "c"},
        {"other_name", "it says name 'other', its note 'good'", "c"},
        {"other_version", "it says version '9.9.9', its note '1.2.3'", "c"},
        {"other_minor", "it says SDK 1.", "c"},
        {"table_size", "struct_size of driver is 4", "c"},
        {"no_driver", "driver is required and missing", "c"},
        {"missing_op", "driver.ping is required and missing", "c"},
        {"flags", "flags_must 0x80", "c"},
        {"no_threads", "it has no thread model", "c"},
        {"setting", "a setting has no valid name", "c"},
        /* a step that failed never sees its own inverse */
        {"load_fails", "module 'good' can't start: the moon is in the wrong place", "cl"},
        {"load_silent", "module 'good' can't start: it gives no reason (UNAVAILABLE)", "cl"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sandbox *box;
        char message[KRX_ERROR_MESSAGE_MAX];
        (void)sandbox_setup(state);
        box = *state;
        install(box, rows[i].sin, "good");
        int32_t rc = load_good(box);
        if (rc != KRX_E_FAILED_PRECONDITION && rc != KRX_E_UNAVAILABLE)
            fail_msg("%s: answered %d", rows[i].sin, rc);
        assert_message(box, rows[i].message);
        assert_ran(box, rows[i].ran);
        assert_int_equal(krx_loader_state(module_at(box, "good"), message, sizeof message),
                         KRX_MODULE_FAILED);
        assert_string_equal(message, box->error.message);
        (void)sandbox_teardown(state);
    }
}

/* A second try answers the same and maps nothing anew. */
static void test_failing_twice(void **state)
{
    sandbox *box = *state;
    install(box, "load_fails", "good");
    assert_int_equal(load_good(box), KRX_E_UNAVAILABLE);
    assert_int_equal(load_good(box), KRX_E_UNAVAILABLE);
    assert_message(box, "module 'good' can't start: the moon");
    assert_ran(box, "cll");
}

static void test_file_name(void **state)
{
    sandbox *box = *state;
    krx_loaded *loaded;
    const krx_allow allow = allow_for("other");
    install(box, "good", "other");
    assert_int_equal(load(box, &allow, &loaded), KRX_E_FAILED_PRECONDITION);
    assert_message(box,
                   "kranix-module-other.so is not what its file name says: it is module 'good'");
    assert_ran(box, "");
}

static void test_not_elf(void **state)
{
    sandbox *box = *state;
    sandbox_write(box, "modules/kranix-module-good.so", "#!/bin/sh\necho no, a script\n");
    assert_int_equal(load_good(box), KRX_E_FAILED_PRECONDITION);
    assert_message(box, "it is not an ELF file");
}

static void patch(const char *path, off_t offset, const void *data, size_t length)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, length, offset), (ssize_t)length);
    assert_int_equal(close(fd), 0);
}

static void test_other_machine(void **state)
{
    sandbox *box = *state;
    const uint16_t machine = EM_PDP11, program = ET_EXEC;
    install(box, "good", "good");
    patch(module_at(box, "good"), offsetof(ElfW(Ehdr), e_machine), &machine, sizeof machine);
    assert_int_equal(load_good(box), KRX_E_FAILED_PRECONDITION);
    assert_message(box, "is built for another machine (ELF machine 65");
    install(box, "good", "good");
    patch(module_at(box, "good"), offsetof(ElfW(Ehdr), e_type), &program, sizeof program);
    assert_int_equal(load_good(box), KRX_E_FAILED_PRECONDITION);
    assert_message(box, "it is not a shared object");
    assert_ran(box, "");
}

static void test_not_there(void **state)
{
    sandbox *box = *state;
    assert_int_equal(load_good(box), KRX_E_NOT_FOUND);
    assert_message(box, "module 'good' is not installed: there is no ");
    assert_hint(box, "install the package");
}

static void test_special_files(void **state)
{
    sandbox *box = *state;
    install(box, "good", "real");
    assert_int_equal(symlink("kranix-module-real.so", module_at(box, "good")), 0);
    assert_int_equal(load_good(box), KRX_E_PERMISSION_DENIED);
    assert_message(box, "is a symbolic link");
    assert_int_equal(unlink(module_at(box, "good")), 0);
    assert_int_equal(mkfifo(module_at(box, "good"), 0644), 0);
    assert_int_equal(load_good(box), KRX_E_PERMISSION_DENIED);
    assert_message(box, "is not a regular file");
    assert_ran(box, "");
}

static void test_untrusted(void **state)
{
    sandbox *box = *state;
    install(box, "good", "good");
    assert_int_equal(chmod(module_at(box, "good"), 0666), 0);
    assert_int_equal(load_good(box), KRX_E_PERMISSION_DENIED);
    assert_message(box, "kranix-module-good.so is writable by everybody (mode 0666");
    assert_hint(box, "chmod go-w");
    assert_int_equal(chmod(module_at(box, "good"), 0644), 0);
    assert_int_equal(chmod(box->modules, 0777), 0);
    assert_int_equal(load_good(box), KRX_E_PERMISSION_DENIED);
    assert_message(box, "/modules is writable by everybody");
    assert_int_equal(chmod(box->modules, 0755), 0);
    assert_ran(box, "");
    assert_int_equal(load_good(box), 0);
    assert_ran(box, "clu");
}

/* Only root can give a file away; for all others test-trust holds the judgement itself. */
static void test_foreign_owner(void **state)
{
    sandbox *box = *state;
    install(box, "good", "good");
    int gave_away = chown(module_at(box, "good"), 54321, (gid_t)-1) == 0;
    assert_int_equal(gave_away, geteuid() == 0);
    assert_int_equal(load_good(box), gave_away ? KRX_E_PERMISSION_DENIED : 0);
    assert_ran(box, gave_away ? "" : "clu");
}

/* ------------------------------------------------------------------------------- the allow file */

static void test_policy(void **state)
{
    sandbox *box = *state;
    krx_loaded *loaded;
    install(box, "good", "good");
    krx_allow allow = allow_for("good");
    allow.enabled = 0;
    assert_int_equal(load(box, &allow, &loaded), KRX_E_PERMISSION_DENIED);
    assert_message(box, "module 'good' is disabled: ");
    assert_hint(box, "kranix plugins enable good");

    allow = allow_for("good");
    allow.sha256 = WRONG_SHA;
    assert_int_equal(load(box, &allow, &loaded), KRX_E_PERMISSION_DENIED);
    assert_message(box, "has the wrong sha256");
    assert_hint(box, "kranix plugins pin good");

    allow = allow_for("good");
    allow.min_version = "1.10";
    assert_int_equal(load(box, &allow, &loaded), KRX_E_PERMISSION_DENIED);
    assert_message(box, "has version 1.2.3; ");
    assert_message(box, " demands 1.10 or later");

    allow = allow_for("good");
    allow.isolation = "process";
    assert_int_equal(load(box, &allow, &loaded), KRX_E_UNIMPLEMENTED);
    assert_message(box, "isolation: process");

    allow = allow_for("good");
    allow.error_code = KRX_E_INVALID_ARGUMENT;
    allow.message = "x.yaml:1:1: unknown key";
    assert_int_equal(load(box, &allow, &loaded), KRX_E_PERMISSION_DENIED);
    assert_message(box, "module 'good' is refused: x.yaml:1:1: unknown key");
    assert_ran(box, "");
}

static void test_pinned(void **state)
{
    sandbox *box = *state;
    krx_loaded *loaded;
    krx_noted noted;
    krx_allow allow = allow_for("good");
    install(box, "good", "good");
    assert_int_equal(krx_loader_check(&box->call, box->modules, &allow, true, &noted), 0);
    assert_int_equal(strlen(noted.sha256), 64);
    assert_string_equal(noted.note.version, "1.2.3");
    assert_ran(box, "");
    allow.sha256 = noted.sha256;
    allow.min_version = "1.2.3";
    assert_int_equal(load(box, &allow, &loaded), 0);
    krx_loader_unload(loaded);
    /* one byte at the end changes nothing but the digest */
    int fd = open(module_at(box, "good"), O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "", 1), 1);
    close(fd);
    assert_int_equal(load(box, &allow, &loaded), KRX_E_PERMISSION_DENIED);
    assert_message(box, "has the wrong sha256");
}

/* New file under the name of a mapped one: the old code must not pass for the new. */
static void test_replaced(void **state)
{
    sandbox *box = *state;
    install(box, "good", "good");
    assert_int_equal(load_good(box), 0);
    install(box, "good", "new");
    assert_int_equal(rename(module_at(box, "new"), module_at(box, "good")), 0);
    assert_int_equal(load_good(box), KRX_E_FAILED_PRECONDITION);
    assert_message(box, "was replaced after this process had mapped it");
    assert_hint(box, "restart");
    assert_ran(box, "clu");
}

/* --------------------------------------------------------------------------------------- threads
 */

static void *load_and_unload(void *arg)
{
    sandbox *box = arg;
    const krx_allow allow = allow_for("good");
    krx_error error;
    krx_call call;
    krx_call_init(&call, &error);
    for (int i = 0; i < 50; i++) {
        krx_loaded *loaded = NULL;
        if (krx_loader_load(&call, krx_local_host(), box->modules, &allow, &loaded) < 0)
            return arg;
        krx_loader_unload(loaded);
    }
    return NULL;
}

static void test_threads(void **state)
{
    sandbox *box = *state;
    pthread_t threads[4];
    void *failed = NULL;
    install(box, "good", "good");
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_and_unload, box), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    /* load and unload came in turns */
    char *marks = sandbox_read(box->marker);
    assert_int_equal(marks[0], 'c');
    for (size_t i = 1; marks[i]; i++)
        assert_int_equal(marks[i], i % 2 ? 'l' : 'u');
    assert_int_equal(marks[strlen(marks) - 1], 'u');
    free(marks);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good),          TEST(test_other_host),       TEST(test_newer),
        TEST(test_older),         cmocka_unit_test(test_sins), TEST(test_failing_twice),
        TEST(test_file_name),     TEST(test_not_elf),          TEST(test_other_machine),
        TEST(test_not_there),     TEST(test_special_files),    TEST(test_untrusted),
        TEST(test_foreign_owner), TEST(test_policy),           TEST(test_pinned),
        TEST(test_replaced),      TEST(test_threads),
    };
    return cmocka_run_group_tests_name("loader", tests, NULL, NULL);
}
