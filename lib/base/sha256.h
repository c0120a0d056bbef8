/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4). */
#ifndef KRX_BASE_SHA256_H
#define KRX_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define KRX_SHA256_TEXT 65 /* lower-case hex with NUL */

typedef struct krx_sha256 {
    uint32_t state[8];
    uint64_t length;
    unsigned char block[64];
} krx_sha256;

void krx_sha256_init(krx_sha256 *hash);
void krx_sha256_add(krx_sha256 *hash, const void *data, size_t length);
void krx_sha256_text(krx_sha256 *hash, char out[KRX_SHA256_TEXT]); /* ends it */

#endif
