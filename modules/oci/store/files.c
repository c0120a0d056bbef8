/* SPDX-License-Identifier: Apache-2.0 */
/* The small JSON files of a store. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/store/fields.h"

#define FIRST_READ 8192u
#define FILE_MAX (1u << 20)

static int32_t fail_file(krx_call *call, const char *doing, const char *path)
{
    int saved = errno;
    int32_t code = saved == ENOENT || saved == ENOTDIR  ? KRX_E_NOT_FOUND
                   : saved == EACCES || saved == EPERM  ? KRX_E_PERMISSION_DENIED
                   : saved == ENOSPC || saved == EDQUOT ? KRX_E_RESOURCE_EXHAUSTED
                                                        : KRX_E_UNKNOWN;
    krx_fail(call, code, "%s %s: %s", doing, path, strerror(saved));
    call->error->sys_errno = saved;
    return code;
}

int32_t krx_oci_replace(krx_call *call, const char *path, const char *text)
{
    krx_autofree char *temp = krx_format("%s.XXXXXX", path);
    if (!temp || !text)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory writing %s", path);
    krx_autoclose int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return fail_file(call, "creating", path);
    if (krx_write_all(fd, text, strlen(text)) < 0 || rename(temp, path) < 0) {
        int32_t code = fail_file(call, "writing", path);
        (void)unlink(temp);
        return code;
    }
    return 0;
}

static int32_t parse(krx_call *call, const char *path, const char *text, size_t length, cJSON **out)
{
    const char *end = NULL;
    *out = cJSON_ParseWithLengthOpts(text, length, &end, 0);
    if (cJSON_IsObject(*out))
        return 0;
    cJSON_Delete(*out);
    *out = NULL;
    return krx_fail(call, KRX_E_DATA_LOSS, "%s is damaged: %s", path,
                    length ? "no whole JSON object" : "it is empty");
}

static int32_t parse_large(krx_call *call, int fd, const char *path, size_t size, cJSON **out)
{
    krx_autofree char *text = malloc(size + 1);
    size_t length = 0;
    ssize_t n = 1;
    if (!text)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading %s", path);
    while (length < size && n > 0) {
        n = pread(fd, text + length, size - length, (off_t)length);
        length += n > 0 ? (size_t)n : 0;
    }
    if (n < 0)
        return fail_file(call, "reading", path);
    return parse(call, path, text, length, out);
}

int32_t krx_oci_json_at(krx_call *call, int folder, const char *path, cJSON **out)
{
    char text[FIRST_READ];
    struct stat st;
    *out = NULL;
    krx_autoclose int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return fail_file(call, "opening", path);
    ssize_t n = read(fd, text, sizeof text);
    if (n < 0)
        return fail_file(call, "reading", path);
    if ((size_t)n < sizeof text)
        return parse(call, path, text, (size_t)n, out);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
        return krx_fail(call, KRX_E_DATA_LOSS, "%s is damaged: larger than %u KiB", path,
                        FILE_MAX / 1024);
    return parse_large(call, fd, path, (size_t)st.st_size, out);
}
