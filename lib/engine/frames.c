/* SPDX-License-Identifier: Apache-2.0 */
/* Multiplexed output: frames of an 8-byte head (stream, 0, 0, 0, big-endian length) and a payload.
 */
#include <string.h>

#include "lib/engine/internal.h"

#define SYSTEM_ERROR_STREAM 3
#define FAILURE_MAX ((size_t)1024)

void krx_demux_free(krx_demux *d)
{
    krx_str_free(&d->failure);
}

static int32_t take_head(krx_call *call, krx_demux *d)
{
    const unsigned char *h = d->head;
    if (h[0] > SYSTEM_ERROR_STREAM || h[1] || h[2] || h[3])
        return krx_fail(
            call, KRX_E_DATA_LOSS,
            "the engine's output stream is damaged: a frame begins with %02x%02x%02x%02x", h[0],
            h[1], h[2], h[3]);
    d->left = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
    return 0;
}

static int32_t take_payload(krx_demux *d, bool first, const char *data, size_t length,
                            krx_demux_fn *fn, void *ctx)
{
    if (d->head[0] != SYSTEM_ERROR_STREAM)
        return fn(ctx, d->head[0] == 2 ? 2 : 1, first, data, length);
    if (d->failure.length + length <= FAILURE_MAX)
        krx_str_addn(&d->failure, data, length);
    return 0;
}

/* Takes bytes of the head; how many. */
static size_t fill_head(krx_demux *d, const char *data, size_t length)
{
    size_t n = sizeof d->head - d->head_used;
    n = n < length ? n : length;
    memcpy(d->head + d->head_used, data, n);
    d->head_used += n;
    return n;
}

int32_t krx_demux_feed(krx_call *call, krx_demux *d, const char *data, size_t length,
                       krx_demux_fn *fn, void *ctx)
{
    int32_t code = 0;
    if (d->raw)
        return length ? fn(ctx, 1, false, data, length) : 0;
    while (length && code == 0) {
        size_t n;
        if (!d->left) {
            n = fill_head(d, data, length);
            if (d->head_used == sizeof d->head) {
                code = take_head(call, d);
                d->head_used = 0;
                d->begun = false;
            }
        } else {
            n = d->left < length ? d->left : length;
            code = take_payload(d, !d->begun, data, n, fn, ctx);
            d->begun = true;
            d->left -= (uint32_t)n;
        }
        data += n;
        length -= n;
    }
    return code;
}

int32_t krx_demux_end(krx_call *call, krx_demux *d)
{
    char text[256];
    if (d->failure.length) {
        krx_text_clean(text, sizeof text, krx_str_get(&d->failure), d->failure.length);
        return krx_fail(call, KRX_E_UNKNOWN, "the engine could not go on with the output: %s",
                        text);
    }
    if (d->left || d->head_used)
        return krx_fail(call, KRX_E_DATA_LOSS, "the engine's output ended inside a frame");
    return 0;
}
