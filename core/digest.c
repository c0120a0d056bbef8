/* SPDX-License-Identifier: Apache-2.0 */
#include "core/digest.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int32_t krx_digest_fd(krx_call *call, int fd, const char *path, char out[KRX_SHA256_TEXT])
{
    unsigned char chunk[65536];
    krx_sha256 hash;
    off_t offset = 0;
    krx_sha256_init(&hash);
    for (;;) {
        ssize_t n = pread(fd, chunk, sizeof chunk, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int saved = errno;
            krx_fail(call, KRX_E_UNAVAILABLE, "reading %s: %s", path, strerror(saved));
            call->error->sys_errno = saved;
            return call->error->code;
        }
        if (n == 0)
            break;
        krx_sha256_add(&hash, chunk, (size_t)n);
        offset += n;
    }
    krx_sha256_text(&hash, out);
    return 0;
}
