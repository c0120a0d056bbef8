/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of files. */
#ifndef KRX_CORE_DIGEST_H
#define KRX_CORE_DIGEST_H

#include <kranix/call.h>

#include "lib/base/sha256.h"

/* Of a whole file from its start; the position of fd stays. */
int32_t krx_digest_fd(krx_call *call, int fd, const char *path, char out[KRX_SHA256_TEXT]);

#endif
