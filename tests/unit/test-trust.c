/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/trust.h"
#include "tests/unit/sandbox.h"

#define STRANGER 54321u

static int32_t try_file(sandbox *box, const char *path)
{
    int fd = -1;
    int32_t rc = krx_trust_open_file(&box->call, sandbox_path(box, path), &fd);
    assert_true((rc == 0) == (fd >= 0));
    if (fd >= 0)
        close(fd);
    return rc;
}

static int32_t try_dir(sandbox *box, const char *path)
{
    int fd = -1;
    int32_t rc = krx_trust_open_dir(&box->call, path, &fd);
    assert_true((rc == 0) == (fd >= 0));
    if (fd >= 0)
        close(fd);
    return rc;
}

static void test_good(void **state)
{
    sandbox *box = *state;
    int fd = -1;
    char text[8] = "";
    sandbox_write(box, "modules/f", "hello");
    assert_int_equal(krx_trust_open_file(&box->call, sandbox_path(box, "modules//f"), &fd), 0);
    assert_int_equal(read(fd, text, sizeof text - 1), 5);
    assert_string_equal(text, "hello");
    close(fd);
    assert_int_equal(try_dir(box, box->modules), 0);
    assert_int_equal(try_dir(box, "/"), 0);
}

static void test_missing(void **state)
{
    sandbox *box = *state;
    assert_int_equal(try_file(box, "modules/none"), KRX_E_NOT_FOUND);
    assert_message(box, "modules/none: No such file");
    assert_int_equal(try_file(box, "nowhere/f"), KRX_E_NOT_FOUND);
}

static void test_modes(void **state)
{
    static const struct {
        mode_t mode;
        const char *why;
    } rows[] = {{0666, "writable by everybody"},
                {0646, "writable by everybody"},
                {0664, "writable by its group"}};
    sandbox *box = *state;
    sandbox_write(box, "modules/f", "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(chmod(sandbox_path(box, "modules/f"), rows[i].mode), 0);
        assert_int_equal(try_file(box, "modules/f"), KRX_E_PERMISSION_DENIED);
        assert_message(box, rows[i].why);
        assert_hint(box, "chmod go-w ");
        assert_hint(box, "modules/f");
    }
    assert_int_equal(chmod(sandbox_path(box, "modules/f"), 0444), 0);
    assert_int_equal(try_file(box, "modules/f"), 0);
}

static void test_folder_modes(void **state)
{
    sandbox *box = *state;
    sandbox_write(box, "modules/f", "");
    assert_int_equal(chmod(box->modules, 0777), 0);
    assert_int_equal(try_file(box, "modules/f"), KRX_E_PERMISSION_DENIED);
    assert_message(box, "/modules is writable by everybody (mode 0777");
    assert_int_equal(try_dir(box, box->modules), KRX_E_PERMISSION_DENIED);
    /* sticky does not help the folder that holds the file itself */
    assert_int_equal(chmod(box->modules, 01777), 0);
    assert_int_equal(try_file(box, "modules/f"), KRX_E_PERMISSION_DENIED);
    assert_int_equal(chmod(box->modules, 0755), 0);
    /* a component further up counts as much */
    assert_int_equal(chmod(box->root, 0770), 0);
    assert_int_equal(try_file(box, "modules/f"), KRX_E_PERMISSION_DENIED);
    assert_message(box, "is writable by its group (mode 0770");
    assert_int_equal(chmod(box->root, 0700), 0);
    assert_int_equal(try_file(box, "modules/f"), 0);
}

static void test_links(void **state)
{
    sandbox *box = *state;
    sandbox_write(box, "modules/f", "");
    assert_int_equal(symlink("f", sandbox_path(box, "modules/link")), 0);
    assert_int_equal(symlink("modules", sandbox_path(box, "alias")), 0);
    assert_int_equal(try_file(box, "modules/link"), KRX_E_PERMISSION_DENIED);
    assert_message(box, "modules/link is a symbolic link");
    assert_int_equal(try_file(box, "alias/f"), KRX_E_PERMISSION_DENIED);
    assert_message(box, "/alias is a symbolic link");
    assert_int_equal(try_dir(box, sandbox_path(box, "alias")), KRX_E_PERMISSION_DENIED);
}

static void test_kinds(void **state)
{
    sandbox *box = *state;
    assert_int_equal(mkfifo(sandbox_path(box, "modules/fifo"), 0600), 0);
    assert_int_equal(try_file(box, "modules/fifo"), KRX_E_PERMISSION_DENIED);
    assert_message(box, "is not a regular file");
    assert_int_equal(try_file(box, "modules"), KRX_E_PERMISSION_DENIED);
    assert_int_equal(try_file(box, "modules/fifo/f"), KRX_E_PERMISSION_DENIED);
    assert_message(box, "is not a folder");
    assert_int_equal(try_dir(box, sandbox_path(box, "modules/fifo")), KRX_E_PERMISSION_DENIED);
}

static void test_paths(void **state)
{
    sandbox *box = *state;
    int fd = -1;
    sandbox_write(box, "modules/f", "");
    assert_int_equal(try_file(box, "vendor/../modules/f"), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_trust_open_file(&box->call, "modules/f", &fd), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_trust_open_file(&box->call, "", &fd), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(fd, -1);
}

/* Owners as they could be, whoever runs this. */
static void test_owners(void **state)
{
    static const struct {
        uint32_t owner, user;
        bool fine;
    } rows[] = {{0, 0, true},         {0, STRANGER, true},     {STRANGER, STRANGER, true},
                {STRANGER, 0, false}, {STRANGER, 1000, false}, {1000, STRANGER, false}};
    sandbox *box = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stat st = {.st_mode = S_IFREG | 0644, .st_uid = rows[i].owner};
        int32_t rc = krx_trust_judge(&box->call, "/x/f", &st, rows[i].user, 0, 0);
        assert_int_equal(rc, rows[i].fine ? 0 : KRX_E_PERMISSION_DENIED);
        if (rc == 0)
            continue;
        assert_message(box, "/x/f belongs to another user");
        assert_hint(box, "chown root /x/f");
    }
}

static void test_sticky(void **state)
{
    sandbox *box = *state;
    struct stat st = {.st_mode = S_IFDIR | 01777, .st_uid = 0};
    assert_int_equal(krx_trust_judge(&box->call, "/tmp", &st, STRANGER, 1, 1), 0);
    assert_int_equal(krx_trust_judge(&box->call, "/tmp", &st, STRANGER, 1, 0),
                     KRX_E_PERMISSION_DENIED);
    st.st_uid = STRANGER; /* who owns a sticky folder may still move its entries */
    assert_int_equal(krx_trust_judge(&box->call, "/tmp", &st, STRANGER, 1, 1),
                     KRX_E_PERMISSION_DENIED);
    st.st_uid = 0;
    st.st_mode = S_IFDIR | 0777;
    assert_int_equal(krx_trust_judge(&box->call, "/tmp", &st, STRANGER, 1, 1),
                     KRX_E_PERMISSION_DENIED);
}

/* With real files as far as rights allow: only root can give a file away. */
static void test_foreign_file(void **state)
{
    sandbox *box = *state;
    sandbox_write(box, "modules/f", "");
    if (chown(sandbox_path(box, "modules/f"), STRANGER, (gid_t)-1) != 0) {
        assert_int_not_equal(geteuid(), 0);
        assert_int_equal(try_file(box, "modules/f"), 0);
        return;
    }
    assert_int_equal(try_file(box, "modules/f"), KRX_E_PERMISSION_DENIED);
    assert_message(box, "belongs to another user (mode 0644, owner uid 54321)");
    assert_int_equal(chown(sandbox_path(box, "modules/f"), 0, (gid_t)-1), 0);
    assert_int_equal(chown(box->modules, STRANGER, (gid_t)-1), 0);
    assert_int_equal(try_file(box, "modules/f"), KRX_E_PERMISSION_DENIED);
    assert_message(box, "/modules belongs to another user");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good),   TEST(test_missing),      TEST(test_modes), TEST(test_folder_modes),
        TEST(test_links),  TEST(test_kinds),        TEST(test_paths), TEST(test_owners),
        TEST(test_sticky), TEST(test_foreign_file),
    };
    return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
