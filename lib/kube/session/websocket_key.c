/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake's key and its answer (RFC 6455, 4.2.2), for which SHA-1 is prescribed. */
#include <string.h>
#include <sys/random.h>

#include "lib/base/secret.h"
#include "lib/kube/session/websocket.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define BLOCK 64

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static void add_block(uint32_t h[5], const uint8_t *p)
{
    static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (unsigned i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
               (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (unsigned i = 16; i < 80; i++)
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (unsigned i = 0; i < 80; i++) {
        uint32_t f = i < 20   ? (b & c) | (~b & d)
                     : i < 40 ? b ^ c ^ d
                     : i < 60 ? (b & c) | (b & d) | (c & d)
                              : b ^ c ^ d;
        uint32_t t = rotate(a, 5) + f + e + k[i / 20] + w[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = t;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
}

/* Of a short text: at most 119 bytes, two blocks. */
static void sha1_short(const char *text, size_t length, uint8_t out[20])
{
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t blocks[2 * BLOCK] = {0};
    size_t count = length + 9 > BLOCK ? 2 : 1;
    uint64_t bits = (uint64_t)length * 8;
    memcpy(blocks, text, length);
    blocks[length] = 0x80;
    for (unsigned i = 0; i < 8; i++)
        blocks[count * BLOCK - 1 - i] = (uint8_t)(bits >> (8 * i));
    for (size_t i = 0; i < count; i++)
        add_block(h, blocks + i * BLOCK);
    for (unsigned i = 0; i < 20; i++)
        out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static bool encode(const uint8_t *data, size_t length, char out[KRX_WS_KEY_MAX])
{
    krx_autofree char *text = krx_base64_encode(data, length);
    if (text)
        (void)snprintf(out, KRX_WS_KEY_MAX, "%s", text);
    return text != NULL;
}

bool krx_ws_key(char out[KRX_WS_KEY_MAX])
{
    uint8_t bytes[16];
    return getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes &&
           encode(bytes, sizeof bytes, out);
}

bool krx_ws_accept(const char *key, char out[KRX_WS_KEY_MAX])
{
    char text[KRX_WS_KEY_MAX + sizeof GUID];
    uint8_t digest[20];
    int length = snprintf(text, sizeof text, "%.*s" GUID, KRX_WS_KEY_MAX - 1, key);
    sha1_short(text, (size_t)length, digest);
    return encode(digest, sizeof digest, out);
}
