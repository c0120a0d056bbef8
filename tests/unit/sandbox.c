/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sandbox.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"

#define FILE_MAX (64u * 1024 * 1024)

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

int sandbox_setup(void **state)
{
    sandbox *box = calloc(1, sizeof *box);
    assert_non_null(box);
    (void)umask(022);
    krx_call_init(&box->call, &box->error);
    (void)unit_template(box->root, sizeof box->root, "sandbox");
    assert_non_null(mkdtemp(box->root));
    (void)snprintf(box->modules, sizeof box->modules, "%s/modules", box->root);
    (void)snprintf(box->vendor, sizeof box->vendor, "%s/vendor", box->root);
    (void)snprintf(box->admin, sizeof box->admin, "%s/admin", box->root);
    (void)snprintf(box->marker, sizeof box->marker, "%s/marker", box->root);
    assert_int_equal(mkdir(box->modules, 0755), 0);
    assert_int_equal(mkdir(box->vendor, 0755), 0);
    assert_int_equal(mkdir(box->admin, 0755), 0);
    assert_int_equal(setenv("KRX_TEST_MARKER", box->marker, 1), 0);
    *state = box;
    return 0;
}

int sandbox_teardown(void **state)
{
    sandbox *box = *state;
    (void)nftw(box->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(box);
    return 0;
}

const char *sandbox_path(const sandbox *box, const char *path)
{
    static char buffers[4][PATH_MAX];
    static unsigned next;
    char *out = buffers[next++ % 4];
    (void)snprintf(out, PATH_MAX, "%s/%s", box->root, path);
    return out;
}

static void write_bytes(const char *path, const void *data, size_t length)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(krx_write_all(fd, data, length), 0);
    assert_int_equal(close(fd), 0);
}

void sandbox_write(const sandbox *box, const char *path, const char *text)
{
    write_bytes(sandbox_path(box, path), text, strlen(text));
}

char *sandbox_read(const char *path)
{
    krx_error error;
    krx_call call;
    krx_str text = {0};
    krx_call_init(&call, &error);
    if (krx_read_file(&call, path, FILE_MAX, &text) < 0)
        fail_msg("%s", error.message);
    return krx_str_take(&text);
}

void copy_file(const char *from, const char *to)
{
    krx_error error;
    krx_call call;
    krx_auto_str krx_str text = {0};
    krx_call_init(&call, &error);
    if (krx_read_file(&call, from, FILE_MAX, &text) < 0)
        fail_msg("%s", error.message);
    write_bytes(to, krx_str_get(&text), text.length);
}

void assert_message(const sandbox *box, const char *part)
{
    if (!strstr(box->error.message, part))
        fail_msg("no '%s' in message '%s'", part, box->error.message);
}

void assert_hint(const sandbox *box, const char *part)
{
    if (!strstr(box->error.hint, part))
        fail_msg("no '%s' in hint '%s'", part, box->error.hint);
}
