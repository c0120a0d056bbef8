/* SPDX-License-Identifier: Apache-2.0 */
/* Removing whole folders. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/local_host.h"
#include "modules/oci/store/tree.h"
#include "tests/unit/unit.h"

static char top[64];
static int top_fd = -1;
static krx_error error;
static krx_call call;

static int set_up(void **state)
{
    (void)state;
    krx_call_init(&call, &error);
    return mkdtemp(unit_template(top, sizeof top, "tree")) &&
                   (top_fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    close(top_fd);
    return rmdir(top);
}

static void file(int folder, const char *name)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void what_is_gone_is_no_error(void **state)
{
    (void)state;
    assert_int_equal(krx_oci_tree_remove(&call, top_fd, "nothing", "x"), 0);
}

static void links_are_not_followed(void **state)
{
    (void)state;
    assert_int_equal(mkdirat(top_fd, "kept", 0700), 0);
    assert_int_equal(mkdirat(top_fd, "a", 0700), 0);
    file(top_fd, "kept/file");
    assert_int_equal(symlinkat("../kept", top_fd, "a/link"), 0);
    assert_int_equal(mkdirat(top_fd, "a/closed", 0700), 0);
    file(top_fd, "a/closed/file");
    assert_int_equal(fchmodat(top_fd, "a/closed", 0, 0), 0);
    assert_int_equal(krx_oci_tree_remove(&call, top_fd, "a", "a"), 0);
    assert_int_equal(faccessat(top_fd, "a", F_OK, AT_SYMLINK_NOFOLLOW), -1);
    assert_int_equal(faccessat(top_fd, "kept/file", F_OK, AT_SYMLINK_NOFOLLOW), 0);

    assert_int_equal(symlinkat("kept", top_fd, "link"), 0);
    assert_int_equal(krx_oci_tree_remove(&call, top_fd, "link", "link"), 0);
    assert_int_equal(faccessat(top_fd, "kept/file", F_OK, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(krx_oci_tree_remove(&call, top_fd, "kept", "kept"), 0);
    assert_int_equal(faccessat(top_fd, "kept", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

/* Deeper than any path or number of descriptors allows. */
static void depth_is_no_obstacle(void **state)
{
    (void)state;
    int at = fcntl(top_fd, F_DUPFD_CLOEXEC, 0);
    for (unsigned i = 0; i < 3000; i++) {
        assert_int_equal(mkdirat(at, "dir", 0700), 0);
        file(at, "file");
        int next = openat(at, "dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        close(at);
        at = next;
    }
    close(at);
    assert_int_equal(krx_oci_tree_remove(&call, top_fd, "dir", "dir"), 0);
    assert_int_equal(faccessat(top_fd, "dir", F_OK, AT_SYMLINK_NOFOLLOW), -1);
    assert_int_equal(unlinkat(top_fd, "file", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_gone_is_no_error),
                                       cmocka_unit_test(links_are_not_followed),
                                       cmocka_unit_test(depth_is_no_obstacle)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
