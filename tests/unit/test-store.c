/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sandbox.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/store.h"
#include "lib/base/clock.h"
#include "lib/base/local_host.h"
#include "lib/base/str.h"

typedef struct catcher {
    krx_sink sink;
    char text[128];
} catcher;

static int32_t catch_text(krx_sink *sink, uint32_t kind, const void *item)
{
    catcher *c = sink->ctx;
    if (kind == KRX_ITEM_TEXT)
        (void)snprintf(c->text, sizeof c->text, "%s", ((const krx_text *)item)->text);
    return 0;
}

static krx_store *open_store(const sandbox *box)
{
    krx_store *store = krx_store_new(sandbox_path(box, "state/kranix"));
    assert_non_null(store);
    return store;
}

/* The value, "" for none. */
static const char *get(sandbox *box, krx_store *store, const char *space, const char *key)
{
    static catcher c;
    c = (catcher){
        .sink = {
            .struct_size = sizeof c.sink, .kind = KRX_ITEM_TEXT, .emit = catch_text, .ctx = &c}};
    int32_t code = krx_store_read(&box->call, store, space, key, &c.sink);
    if (code != 0)
        assert_int_equal(code, KRX_E_NOT_FOUND);
    return c.text;
}

static void put(sandbox *box, krx_store *store, const char *key, const char *value)
{
    int32_t code = krx_store_write(&box->call, store, "s", key, value);
    if (code)
        fail_msg("%s", box->error.message);
}

static void test_values(void **state)
{
    sandbox *box = *state;
    krx_store *store = open_store(box);
    assert_string_equal(get(box, store, "s", "a"), "");
    put(box, store, "a", "one");
    put(box, store, "b", "two");
    assert_string_equal(get(box, store, "s", "a"), "one");
    assert_string_equal(get(box, store, "other", "a"), "");
    put(box, store, "a", "uno");
    assert_string_equal(get(box, store, "s", "a"), "uno");
    put(box, store, "a", NULL);
    assert_string_equal(get(box, store, "s", "a"), "");
    put(box, store, "a", NULL);
    krx_store_free(store);
    store = open_store(box);
    assert_string_equal(get(box, store, "s", "b"), "two");
    krx_store_free(store);
}

static void test_modes(void **state)
{
    sandbox *box = *state;
    struct stat st;
    krx_store *store = open_store(box);
    assert_int_equal(access(sandbox_path(box, "state"), F_OK), -1); /* lazy */
    put(box, store, "a", "one");
    assert_int_equal(stat(sandbox_path(box, "state/kranix"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(sandbox_path(box, "state/kranix/kranix.db"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(sandbox_path(box, "state/kranix/kranix.db-wal"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    krx_store_free(store);
}

static void test_limits(void **state)
{
    sandbox *box = *state;
    krx_store *store = open_store(box);
    char *big = malloc(KRX_STORE_VALUE_MAX + 2);
    memset(big, 'x', KRX_STORE_VALUE_MAX + 1);
    big[KRX_STORE_VALUE_MAX + 1] = '\0';
    assert_int_equal(krx_store_write(&box->call, store, "s", "k", big), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_store_write(&box->call, store, "s", big, "v"), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_store_write(&box->call, store, "s", "", "v"), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_store_write(&box->call, store, "", "k", "v"), KRX_E_INVALID_ARGUMENT);
    big[KRX_STORE_VALUE_MAX] = '\0';
    assert_int_equal(krx_store_write(&box->call, store, "s", "k", big), 0);
    free(big);
    krx_store_free(store);
}

static void test_damaged_file(void **state)
{
    sandbox *box = *state;
    krx_store *store = open_store(box);
    krx_autofree char *junk = calloc(1, 8193);
    memset(junk, 'j', 8192);
    assert_int_equal(mkdir(sandbox_path(box, "state"), 0700), 0);
    assert_int_equal(mkdir(sandbox_path(box, "state/kranix"), 0700), 0);
    sandbox_write(box, "state/kranix/kranix.db", junk);
    assert_int_equal(krx_store_write(&box->call, store, "s", "k", "v"), KRX_E_DATA_LOSS);
    assert_message(box, "is damaged");
    assert_message(box, sandbox_path(box, "state/kranix/kranix.db"));
    assert_hint(box, "mv ");
    /* what the hint says helps, in the same process */
    assert_int_equal(unlink(sandbox_path(box, "state/kranix/kranix.db")), 0);
    put(box, store, "k", "v");
    krx_store_free(store);
}

static void test_newer_version(void **state)
{
    sandbox *box = *state;
    sqlite3 *db = NULL;
    krx_store *store = open_store(box);
    put(box, store, "a", "one");
    krx_store_free(store);
    assert_int_equal(sqlite3_open(sandbox_path(box, "state/kranix/kranix.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "INSERT INTO schema_version VALUES (99)", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    store = open_store(box);
    assert_int_equal(krx_store_write(&box->call, store, "s", "k", "v"), KRX_E_FAILED_PRECONDITION);
    assert_message(box, "version 99");
    assert_hint(box, "--state-dir");
    krx_store_free(store);
}

static void test_folder_of_others(void **state)
{
    sandbox *box = *state;
    krx_store *store = open_store(box);
    assert_int_equal(mkdir(sandbox_path(box, "state"), 0700), 0);
    assert_int_equal(mkdir(sandbox_path(box, "state/kranix"), 0700), 0);
    assert_int_equal(chmod(sandbox_path(box, "state/kranix"), 0777), 0);
    assert_int_equal(krx_store_write(&box->call, store, "s", "k", "v"), KRX_E_PERMISSION_DENIED);
    assert_message(box, "can be written by another user");
    assert_int_equal(rmdir(sandbox_path(box, "state/kranix")), 0);
    assert_int_equal(symlink("/etc/passwd", sandbox_path(box, "state/kranix")), 0);
    assert_int_not_equal(krx_store_write(&box->call, store, "s", "k", "v"), 0);
    krx_store_free(store);
}

/* Another process holds the file: the wait ends with the deadline, and then it works again. */
static void test_busy(void **state)
{
    sandbox *box = *state;
    sqlite3 *other = NULL;
    krx_store *store = open_store(box);
    put(box, store, "a", "one");
    assert_int_equal(sqlite3_open(sandbox_path(box, "state/kranix/kranix.db"), &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    box->call.deadline_ns = krx_now_monotonic() + 50 * KRX_NS_PER_MS;
    assert_int_equal(krx_store_write(&box->call, store, "s", "a", "two"), KRX_E_DEADLINE_EXCEEDED);
    assert_message(box, "waiting for the state file");
    box->call.deadline_ns = KRX_NO_DEADLINE;
    assert_string_equal(get(box, store, "s", "a"), "one"); /* readers need not wait */
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    put(box, store, "a", "two");
    assert_string_equal(get(box, store, "s", "a"), "two");
    sqlite3_close(other);
    krx_store_free(store);
}

#define ROUNDS 5

static void write_for_ever(const sandbox *box, int report)
{
    krx_error error;
    krx_call call;
    krx_store *store = krx_store_new(sandbox_path(box, "state/kranix"));
    krx_call_init(&call, &error);
    for (int i = 1; store; i++) {
        char value[16];
        (void)snprintf(value, sizeof value, "%d", i);
        if (krx_store_write(&call, store, "s", "left", value) ||
            krx_store_write(&call, store, "s", "right", value) ||
            write(report, &i, sizeof i) != sizeof i)
            break;
    }
    _exit(1);
}

/* kill -9 at any moment: what was acknowledged is there, and nothing is damaged. */
static void test_survives_kill(void **state)
{
    sandbox *box = *state;
    for (int round = 0; round < ROUNDS; round++) {
        int fds[2], last = 0, got = 0;
        assert_int_equal(pipe(fds), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            close(fds[0]);
            write_for_ever(box, fds[1]);
        }
        close(fds[1]);
        for (int i = 0; i < 5 + round && read(fds[0], &got, sizeof got) == sizeof got; i++)
            last = got;
        kill(pid, SIGKILL);
        while (read(fds[0], &got, sizeof got) == sizeof got)
            last = got;
        close(fds[0]);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_true(last >= 5 + round);
        krx_store *store = open_store(box);
        int left = atoi(get(box, store, "s", "left"));
        int right = atoi(get(box, store, "s", "right"));
        assert_in_range(right, last, last + 1);
        assert_in_range(left, right, right + 1);
        krx_store_free(store);
    }
}

static void test_state_dir(void **state)
{
    (void)state;
    krx_autofree char *given = krx_state_dir("/somewhere");
    assert_string_equal(given, "/somewhere");
    krx_autofree char *own = krx_state_dir(NULL);
    assert_non_null(own);
    if (geteuid() == 0)
        assert_string_equal(own, krx_paths_get()->state_dir);
}

#define T(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_values),       T(test_modes),         T(test_limits),
        T(test_damaged_file), T(test_newer_version), T(test_folder_of_others),
        T(test_busy),         T(test_survives_kill), cmocka_unit_test(test_state_dir),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
