/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/fd.h"

#include <string.h>
#include <sys/stat.h>

#include "lib/base/local_host.h"
#include "tests/unit/unit.h"

typedef struct fixture {
    char dir[64];
    char file[128];
    krx_error error;
    krx_call call;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    (void)unit_template(f->dir, sizeof f->dir, "fd");
    if (!mkdtemp(f->dir))
        return -1;
    (void)snprintf(f->file, sizeof f->file, "%s/file", f->dir);
    krx_call_init(&f->call, &f->error);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    (void)unlink(f->file);
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

static void a_file_is_replaced_and_read(void **state)
{
    fixture *f = *state;
    krx_auto_str krx_str text = {0};
    struct stat st;
    assert_int_equal(krx_replace_file(&f->call, f->file, "one", 3, 0600), 0);
    assert_int_equal(krx_replace_file(&f->call, f->file, "two!", 4, 0640), 0);
    assert_int_equal(krx_read_file(&f->call, f->file, 100, &text), 0);
    assert_string_equal(krx_str_get(&text), "two!");
    assert_int_equal(stat(f->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void too_large_is_refused(void **state)
{
    fixture *f = *state;
    krx_auto_str krx_str text = {0};
    assert_int_equal(krx_replace_file(&f->call, f->file, "0123456789", 10, 0600), 0);
    assert_int_equal(krx_read_file(&f->call, f->file, 9, &text), KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(f->error.message, f->file));
}

static void what_is_no_file_is_refused(void **state)
{
    fixture *f = *state;
    krx_auto_str krx_str text = {0};
    assert_int_equal(krx_read_file(&f->call, f->file, 9, &text), KRX_E_NOT_FOUND);
    assert_int_equal(krx_read_file(&f->call, f->dir, 9, &text), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_read_file(&f->call, "/dev/zero", 9, &text), KRX_E_INVALID_ARGUMENT);
}

static void folders_are_made(void **state)
{
    fixture *f = *state;
    char path[200];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/a/b/c", f->dir);
    assert_int_equal(krx_make_dirs(&f->call, path, 0700), 0);
    assert_int_equal(krx_make_dirs(&f->call, path, 0700), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rmdir(path), 0);
        *strrchr(path, '/') = '\0';
    }
    assert_int_equal(krx_replace_file(&f->call, f->file, "x", 1, 0600), 0);
    (void)snprintf(path, sizeof path, "%s/below", f->file);
    assert_true(krx_make_dirs(&f->call, path, 0700) < 0);
}

/* Standard input may never end; the call does. */
static void reading_standard_input_can_be_cancelled(void **state)
{
    fixture *f = *state;
    krx_auto_str krx_str text = {0};
    int input[2], cancel[2], kept = dup(STDIN_FILENO);
    assert_int_equal(pipe(input), 0);
    assert_int_equal(pipe(cancel), 0);
    assert_int_equal(dup2(input[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(write(cancel[1], "x", 1), 1);
    f->call.cancel_fd = cancel[0];
    (void)alarm(20); /* instead of hanging */
    int32_t code = krx_read_file(&f->call, "-", 100, &text);
    (void)alarm(0);
    assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(code, KRX_E_CANCELLED);
    for (int i = 0; i < 2; i++) {
        close(input[i]);
        close(cancel[i]);
    }
    close(kept);
}

static void all_is_written(void **state)
{
    (void)state;
    int ends[2];
    char back[4];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(krx_write_all(ends[1], "abcd", 4), 0);
    assert_int_equal(read(ends[0], back, 4), 4);
    assert_memory_equal(back, "abcd", 4);
    close(ends[1]);
    close(ends[0]);
    assert_int_equal(krx_write_all(-1, "x", 1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_replaced_and_read, setup, teardown),
        cmocka_unit_test_setup_teardown(too_large_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(folders_are_made, setup, teardown),
        cmocka_unit_test_setup_teardown(reading_standard_input_can_be_cancelled, setup, teardown),
        cmocka_unit_test(all_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
