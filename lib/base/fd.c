/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

int krx_write_all(int fd, const void *data, size_t length)
{
    const char *p = data;
    while (length) {
        ssize_t n = write(fd, p, length);
        if (n >= 0) {
            p += n;
            length -= (size_t)n;
        } else if (errno == EAGAIN) {
            struct pollfd w = {.fd = fd, .events = POLLOUT};
            if (poll(&w, 1, -1) < 0 && errno != EINTR)
                return -1;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

static int32_t fail_errno(krx_call *call, const char *what, const char *path)
{
    int saved = errno;
    int32_t code = saved == ENOENT                      ? KRX_E_NOT_FOUND
                   : saved == EACCES || saved == EPERM  ? KRX_E_PERMISSION_DENIED
                   : saved == ENOSPC || saved == ENOMEM ? KRX_E_RESOURCE_EXHAUSTED
                                                        : KRX_E_INVALID_ARGUMENT;
    krx_fail(call, code, "%s %s: %s", what, path, strerror(saved));
    call->error->sys_errno = saved;
    return code;
}

/* `slow`: who writes it may be a person, so that the call's limits hold while it waits. */
static int32_t read_fd(krx_call *call, int fd, const char *path, bool slow, size_t limit,
                       krx_str *out)
{
    char chunk[65536];
    for (;;) {
        krx_wait_fd input = {.struct_size = sizeof input, .fd = fd, .want = KRX_WAIT_READ};
        int32_t code = slow ? call->host->wait(call->host, call, &input, 1, -1) : 0;
        if (code < 0)
            return krx_wrap(call, "reading %s", path);
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(call, "reading", path);
        if (out->length + (size_t)n > limit)
            return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s is larger than %zu KiB", path,
                            limit / 1024);
        krx_str_addn(out, chunk, (size_t)n);
        if (krx_str_failed(out))
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading %s", path);
    }
}

int32_t krx_read_file(krx_call *call, const char *path, size_t limit, krx_str *out)
{
    if (strcmp(path, "-") == 0)
        return read_fd(call, STDIN_FILENO, "standard input", true, limit, out);
    krx_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return fail_errno(call, "opening", path);
    if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s is not a regular file", path);
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    return read_fd(call, fd, path, false, limit, out);
}

int32_t krx_replace_file(krx_call *call, const char *path, const void *data, size_t length,
                         mode_t mode)
{
    krx_autofree char *temp = krx_format("%s.XXXXXX", path);
    if (!temp)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory writing %s", path);
    krx_autoclose int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return fail_errno(call, "creating", temp);
    if (fchmod(fd, mode) < 0 || krx_write_all(fd, data, length) < 0 || fsync(fd) < 0 ||
        rename(temp, path) < 0) {
        int32_t code = fail_errno(call, "writing", path);
        (void)unlink(temp);
        return code;
    }
    return 0;
}

int32_t krx_make_dirs(krx_call *call, const char *path, mode_t mode)
{
    krx_autofree char *copy = krx_format("%s", path);
    if (!copy)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    for (char *p = copy + 1;; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char kept = *p;
        *p = '\0';
        if (mkdir(copy, mode) < 0 && errno != EEXIST)
            return fail_errno(call, "creating folder", copy);
        if (!kept)
            return 0;
        *p = kept;
    }
}
