/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/containers/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int32_t krx_oci_line_file_init(krx_call *call, krx_oci_line_file *file, krx_oci_line_fn *fn,
                               void *ctx)
{
    *file = (krx_oci_line_file){.fd = -1, .buffer = malloc(KRX_OCI_LINE_MAX), .fn = fn, .ctx = ctx};
    return file->buffer ? 0 : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

void krx_oci_line_file_free(krx_oci_line_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
    free(file->buffer);
    file->buffer = NULL;
}

int32_t krx_oci_line_file_open(krx_call *call, krx_oci_line_file *file, const char *path)
{
    if (file->fd >= 0)
        close(file->fd);
    file->offset = 0;
    file->held = 0;
    file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file->fd < 0 && errno != ENOENT)
        return krx_fail(call, KRX_E_UNAVAILABLE, "opening %s: %s", path, strerror(errno));
    return 0;
}

static int32_t take_buffer(krx_call *call, krx_oci_line_file *file)
{
    char *at = file->buffer, *end = file->buffer + file->held, *newline;
    int32_t code = 0;
    while (!code && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        code = file->fn(call, file->ctx, at, (size_t)(newline - at));
        at = newline + 1;
    }
    file->held = (size_t)(end - at);
    if (file->held == KRX_OCI_LINE_MAX)
        file->held = 0;
    memmove(file->buffer, at, file->held);
    return code;
}

int32_t krx_oci_line_file_read(krx_call *call, krx_oci_line_file *file)
{
    while (file->fd >= 0) {
        ssize_t n =
            pread(file->fd, file->buffer + file->held, KRX_OCI_LINE_MAX - file->held, file->offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return krx_fail(call, KRX_E_DATA_LOSS, "reading a log: %s", strerror(errno));
        if (n == 0)
            return 0;
        file->offset += n;
        file->held += (size_t)n;
        int32_t code = take_buffer(call, file);
        if (!code)
            code = krx_check(call);
        if (code)
            return code;
    }
    return 0;
}

int32_t krx_oci_line_file_follow(krx_call *call, krx_oci_line_file *file, const char *path)
{
    struct stat here, there;
    int32_t code = krx_oci_line_file_read(call, file);
    if (code || stat(path, &there) < 0)
        return code;
    if (file->fd >= 0) {
        if (fstat(file->fd, &here) == 0 && here.st_ino == there.st_ino &&
            here.st_dev == there.st_dev)
            return 0;
        code = krx_oci_line_file_read(call, file); /* written between the two looks */
    }
    if (!code)
        code = krx_oci_line_file_open(call, file, path);
    return code ? code : krx_oci_line_file_read(call, file);
}
