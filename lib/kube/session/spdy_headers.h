/* SPDX-License-Identifier: Apache-2.0 */
/* The packed header blocks of SPDY/3.1. */
#ifndef KRX_KUBE_SPDY_HEADERS_H
#define KRX_KUBE_SPDY_HEADERS_H

#include <stddef.h>
#include <stdint.h>

#define KRX_SPDY_HEADERS_MAX 65536 /* of a block, unpacked */

/* One compression context for each direction lasts as long as the connection. */
typedef struct krx_spdy_headers krx_spdy_headers;

typedef struct krx_spdy_pair {
    const char *name, *value; /* not terminated; a value may hold NUL between several */
    size_t name_length, value_length;
} krx_spdy_pair;

krx_spdy_headers *krx_spdy_headers_new(void); /* NULL: out of memory */
void krx_spdy_headers_free(krx_spdy_headers *headers);
/*
 * Unpacks a block and hands each pair to fn, which may be NULL. NULL when all is well, else what is
 * wrong; nothing more can be unpacked then.
 */
const char *krx_spdy_unpack(krx_spdy_headers *headers, const uint8_t *data, size_t length,
                            void (*fn)(void *ctx, const krx_spdy_pair *pair), void *ctx);
/* Packs a block of name, value, name, value, ...; answers its length, 0 when it has no room. */
size_t krx_spdy_pack(krx_spdy_headers *headers, const char *const *texts, size_t count,
                     uint8_t *out, size_t room);

#endif
