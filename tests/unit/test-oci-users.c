/* SPDX-License-Identifier: Apache-2.0 */
/* modules/oci/bundle: users by name, from layers that may be hostile. */
#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "modules/oci/bundle/bundle.h"
#include "modules/oci/bundle/layers.h"
#include "tests/unit/oci_folder.h"

/* Three layers: top, middle, bottom. */
static const char *const *layers_of(oci_folder *f)
{
    static const char *const names[] = {"top", "middle", "bottom"};
    krx_ptrs list = {0};
    for (size_t i = 0; i < KRX_COUNT(names); i++) {
        char *path = oci_path(f, names[i]);
        assert_int_equal(krx_make_dirs(&f->call, path, 0755), 0);
        assert_int_equal(krx_ptrs_add(f->arena, &list, path), 0);
    }
    return (const char *const *)krx_ptrs_end(f->arena, &list);
}

static void link_to(oci_folder *f, const char *target, const char *path)
{
    char *full = oci_path(f, path), *slash = strrchr(full, '/');
    *slash = '\0';
    assert_int_equal(krx_make_dirs(&f->call, full, 0755), 0);
    *slash = '/';
    assert_int_equal(symlink(target, full), 0);
}

/* What is read, or NULL. */
static const char *seen(oci_folder *f, const char *path)
{
    krx_str text = {0};
    int32_t code = krx_oci_layers_read(&f->call, layers_of(f), path, 1024, &text);
    const char *out = code == 0 ? krx_arena_strdup(f->arena, krx_str_get(&text)) : NULL;
    krx_str_free(&text);
    return out;
}

static void test_the_topmost_wins(void **state)
{
    oci_folder *f = *state;
    oci_write(f, "bottom/etc/passwd", "bottom", 0644);
    oci_write(f, "bottom/etc/group", "group", 0644);
    oci_write(f, "middle/etc/passwd", "middle", 0644);
    oci_write(f, "top/etc/other", "other", 0644);
    assert_string_equal(seen(f, "/etc/passwd"), "middle");
    assert_string_equal(seen(f, "/etc/group"), "group");
    assert_string_equal(seen(f, "etc//./other"), "other");
    assert_null(seen(f, "/etc/none"));
    assert_null(seen(f, "/etc"));
    assert_null(seen(f, "/etc/passwd/x"));
}

static void test_links(void **state)
{
    oci_folder *f = *state;
    char *secret = oci_write(f, "secret", "outside", 0644);
    oci_write(f, "bottom/usr/etc/passwd", "inside", 0644);
    link_to(f, "/usr/etc/passwd", "middle/etc/absolute");
    link_to(f, "../usr/etc/passwd", "top/etc/relative");
    link_to(f, "usr/etc", "top/conf");
    assert_string_equal(seen(f, "/etc/absolute"), "inside");
    assert_string_equal(seen(f, "/etc/relative"), "inside");
    assert_string_equal(seen(f, "/conf/passwd"), "inside");
    /* nothing leads out, however it is written */
    link_to(f, secret, "top/etc/out");
    link_to(f, "../../../../../../../secret", "top/etc/up");
    link_to(f, "/proc/self/root", "top/root");
    assert_null(seen(f, "/etc/out"));
    assert_null(seen(f, "/etc/up"));
    assert_null(seen(f, "/../secret"));
    assert_null(seen(f, krx_arena_printf(f->arena, "/root%s", secret)));
    /* and it ends */
    link_to(f, "b", "top/a");
    link_to(f, "a", "top/b");
    link_to(f, "self/self", "top/self");
    assert_null(seen(f, "/a"));
    assert_null(seen(f, "/self/x"));
}

/* A regular file where a folder was hides what lies below; so does a whiteout. */
static void test_what_is_hidden(void **state)
{
    oci_folder *f = *state;
    oci_write(f, "bottom/etc/passwd", "bottom", 0644);
    oci_write(f, "bottom/etc/group", "group", 0644);
    oci_write(f, "bottom/srv/x", "x", 0644);
    oci_write(f, "middle/srv", "a file now", 0644);
    assert_null(seen(f, "/srv/x"));
    assert_string_equal(seen(f, "/srv"), "a file now");
    if (geteuid() != 0) {
        print_message("whiteouts need root\n");
        return;
    }
    oci_write(f, "top/etc/new", "new", 0644);
    assert_int_equal(mknod(oci_path(f, "middle/etc-gone"), S_IFCHR, makedev(0, 0)), 0);
    assert_int_equal(mknod(oci_path(f, "top/etc/group"), S_IFCHR, makedev(0, 0)), 0);
    assert_null(seen(f, "/etc/group"));
    assert_string_equal(seen(f, "/etc/passwd"), "bottom");
    oci_write(f, "bottom/etc-gone/x", "x", 0644);
    assert_null(seen(f, "/etc-gone/x"));
    if (setxattr(oci_path(f, "top/etc"), "trusted.overlay.opaque", "y", 1, 0) == 0) {
        assert_null(seen(f, "/etc/passwd"));
        assert_string_equal(seen(f, "/etc/new"), "new");
    } else {
        assert_int_equal(errno, ENOTSUP);
    }
}

/* A pipe would keep us waiting for ever; a device would do something. */
static void test_odd_files(void **state)
{
    oci_folder *f = *state;
    oci_write(f, "bottom/etc/passwd", "bottom", 0644);
    assert_int_equal(krx_make_dirs(&f->call, oci_path(f, "top/etc"), 0755), 0);
    assert_int_equal(mkfifo(oci_path(f, "top/etc/passwd"), 0644), 0);
    assert_null(seen(f, "/etc/passwd"));
    char *large = krx_arena_alloc(f->arena, 2000);
    memset(large, 'x', 1999);
    oci_write(f, "top/etc/group", large, 0644);
    assert_null(seen(f, "/etc/group"));
    assert_in(f->error.message, "larger than");
}

/* ------------------------------------------------------------------------------------ users */

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
                             "# app:x:5:5::/wrong:/bin/sh\n"
                             "\n"
                             "short:x:9\n"
                             "negative:x:-1:-1::/:/bin/sh\n"
                             "huge:x:99999999999:1::/:/bin/sh\n"
                             "word:x:12a:1::/:/bin/sh\n"
                             "app:x:1000:1001:App:/home/app:/bin/sh\n"
                             "app:x:0:0:later:/root:/bin/sh\n"
                             "nohome:x:1002:1002::relative:/bin/sh\n"
                             ":x:0:0:no name:/:/bin/sh\n"
                             "many:x:7:7:::::::::";
static const char group[] = "root:x:0:\n"
                            "wheel:x:10:root,app\n"
                            "app:x:1001:app\n"
                            "video:x:44:other,app,third\n"
                            "bad:x:-7:app\n"
                            "near:x:50:apple,xapp\n"
                            "again:x:44:app";

static const struct {
    const char *user;
    int64_t uid, gid;
    int64_t groups[4];
    const char *home;
} users[] = {
    {"", 0, 0, {10}, "/root"},
    {"root", 0, 0, {10}, "/root"},
    {"0", 0, 0, {10}, "/root"},
    {"app", 1000, 1001, {10, 44}, "/home/app"},
    {"1000", 1000, 1001, {10, 44}, "/home/app"},
    {"app:wheel", 1000, 10, {0}, "/home/app"},
    {"app:77", 1000, 77, {0}, "/home/app"},
    {"app:", 1000, 1001, {10, 44}, "/home/app"},
    {":44", 0, 44, {0}, "/root"},
    {"4711", 4711, 0, {0}, NULL},
    {"4711:wheel", 4711, 10, {0}, NULL},
    {"4711:4712", 4711, 4712, {0}, NULL},
    {"nohome", 1002, 1002, {0}, NULL},
};

static void test_users(void **state)
{
    oci_folder *f = *state;
    oci_write(f, "middle/etc/passwd", passwd, 0644);
    oci_write(f, "bottom/etc/group", group, 0644);
    for (size_t i = 0; i < KRX_COUNT(users); i++) {
        krx_oci_user user;
        int32_t code =
            krx_oci_user_find(&f->call, f->arena, users[i].user, layers_of(f), NULL, &user);
        if (code < 0)
            fail_msg("%s: %s", users[i].user, f->error.message);
        if (user.uid != users[i].uid || user.gid != users[i].gid ||
            !krx_streq(user.home, users[i].home))
            fail_msg("%s: %lld:%lld %s", users[i].user, (long long)user.uid, (long long)user.gid,
                     user.home ? user.home : "-");
        for (size_t k = 0; k < KRX_COUNT(users[i].groups) && users[i].groups[k]; k++) {
            assert_true(k < user.group_count);
            assert_int_equal(user.groups[k], users[i].groups[k]);
        }
    }
}

static void test_users_that_are_none(void **state)
{
    static const char *const none[] = {"nobody", "short",       "negative",    "huge",      "word",
                                       "-1",     "99999999999", "app:nogroup", "app:bad:x", "+5"};
    oci_folder *f = *state;
    krx_oci_user user;
    oci_write(f, "top/etc/passwd", passwd, 0644);
    oci_write(f, "top/etc/group", group, 0644);
    for (size_t i = 0; i < KRX_COUNT(none); i++) {
        int32_t code = krx_oci_user_find(&f->call, f->arena, none[i], layers_of(f), NULL, &user);
        if (code != KRX_E_INVALID_ARGUMENT)
            fail_msg("%s: %d", none[i], code);
        assert_in(f->error.message, none[i]);
    }
}

static void test_users_without_files(void **state)
{
    oci_folder *f = *state;
    krx_oci_user user;
    const char *folder = oci_path(f, "empty");
    assert_int_equal(krx_make_dirs(&f->call, folder, 0755), 0);
    assert_int_equal(krx_oci_user_find(&f->call, f->arena, NULL, NULL, folder, &user), 0);
    assert_int_equal(user.uid, 0);
    assert_int_equal(krx_oci_user_find(&f->call, f->arena, "5:6", NULL, NULL, &user), 0);
    assert_int_equal(user.gid, 6);
    assert_int_equal(krx_oci_user_find(&f->call, f->arena, "app", NULL, folder, &user),
                     KRX_E_INVALID_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, oci_folder_setup, oci_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_topmost_wins),    TEST(test_links), TEST(test_what_is_hidden),
        TEST(test_odd_files),           TEST(test_users), TEST(test_users_that_are_none),
        TEST(test_users_without_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
