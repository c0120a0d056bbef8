/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to a SPDY peer: a bounded queue, and the frames in it. */
#include <string.h>

#include "lib/kube/session/spdy_send.h"

#define ANSWERS_MAX ((size_t)32 << 10) /* queued: beyond it what the peer asks goes unanswered */
#define WINDOW ((uint32_t)INT32_MAX)
#define WINDOW_FIRST ((uint32_t)64 << 10) /* what the protocol begins with */
#define SETTING_WINDOW 7

/*
 * spdystream shares five workers among the streams by their numbers modulo 5, so that these don't
 * stand in each other's way.
 */
const krx_spdy_kind krx_spdy_kinds[KRX_SPDY_KINDS] = {
    {3, 1, "error"}, {0, 3, "stdin"}, {1, 5, "stdout"}, {2, 7, "stderr"}, {4, 9, "resize"}};

static uint32_t stream_of(uint8_t number)
{
    for (size_t i = 0; i < KRX_SPDY_KINDS; i++)
        if (krx_spdy_kinds[i].channel == number)
            return krx_spdy_kinds[i].stream;
    return 0;
}

/*
 * Room for so many bytes at the queue's end; NULL when it is full. Nothing in it moves: TLS wants
 * what it could not write offered again at the same place.
 */
static uint8_t *reserve(krx_spdy *s, size_t length)
{
    if (length > KRX_SPDY_QUEUE_MAX - s->queued)
        return NULL;
    uint8_t *at = s->queue + s->queued;
    s->queued += length;
    return at;
}

/* A control frame of two numbers, or one. */
void krx_spdy_tell(krx_spdy *s, uint16_t type, size_t count, uint32_t a, uint32_t b)
{
    if (s->dumb || s->queued > ANSWERS_MAX)
        return;
    uint8_t *at = reserve(s, KRX_SPDY_HEAD + 4 * count);
    if (!at)
        return;
    krx_spdy_put_control(at, type, 0, 4 * count);
    krx_spdy_put_u32(at + KRX_SPDY_HEAD, a);
    if (count > 1)
        krx_spdy_put_u32(at + KRX_SPDY_HEAD + 4, b);
}

static int32_t send_data(krx_call *call, krx_spdy *s, uint8_t number, uint8_t flags,
                         const void *data, size_t length)
{
    krx_spdy_channel *c = &s->channels[number];
    if (!c->opened || c->out_ended || s->dumb)
        return 0;
    uint8_t *at = reserve(s, KRX_SPDY_HEAD + length);
    if (!at)
        return krx_fail(call, KRX_E_INTERNAL, "%s: too much is queued", s->options.what);
    krx_spdy_put_data(at, stream_of(number), flags, length);
    if (length)
        memcpy(at + KRX_SPDY_HEAD, data, length);
    c->out_ended = flags & KRX_SPDY_FIN;
    return 0;
}

int32_t krx_spdy_queue(krx_call *call, krx_carrier *carrier, uint8_t number, const void *data,
                       size_t length)
{
    return number < KRX_CARRIER_CHANNELS
               ? send_data(call, krx_spdy_of(carrier), number, 0, data, length)
               : 0;
}

int32_t krx_spdy_close_channel(krx_call *call, krx_carrier *carrier, uint8_t number)
{
    return send_data(call, krx_spdy_of(carrier), number, KRX_SPDY_FIN, NULL, 0);
}

int32_t krx_spdy_ping(krx_call *call, krx_carrier *carrier)
{
    krx_spdy *s = krx_spdy_of(carrier);
    (void)call;
    s->ping = (s->ping + 2) & 0x7fffffff;
    krx_spdy_tell(s, KRX_SPDY_PING, 1, s->ping, 0);
    return 0;
}

int32_t krx_spdy_flush(krx_call *call, krx_carrier *carrier)
{
    krx_spdy *s = krx_spdy_of(carrier);
    size_t done = 1;
    int32_t code = 0;
    while (s->from < s->queued && done && !code) {
        code =
            krx_http_stream_write(call, s->stream, s->queue + s->from, s->queued - s->from, &done);
        s->from += done;
    }
    s->dumb = s->dumb || code;
    if (s->from < s->queued && !s->dumb)
        return 0;
    explicit_bzero(s->queue, s->queued); /* people type passwords */
    s->from = s->queued = 0;
    return code;
}

bool krx_spdy_has_queued(const krx_carrier *carrier)
{
    const krx_spdy *s = krx_spdy_of(carrier);
    return s->from < s->queued;
}

/*
 * Who keeps to windows gets the largest ones, once: what holds a sender back is that we don't read.
 * Anything sent later could meet a server that has said all and hung up, whose kernel would answer
 * with a reset, and that takes away what is still on its way to us.
 */
static void open_windows(krx_spdy *s)
{
    uint8_t *at = reserve(s, KRX_SPDY_HEAD + 12);
    if (!at)
        return;
    krx_spdy_put_control(at, KRX_SPDY_SETTINGS, 0, 12);
    krx_spdy_put_u32(at + KRX_SPDY_HEAD, 1);
    krx_spdy_put_u32(at + KRX_SPDY_HEAD + 4, SETTING_WINDOW);
    krx_spdy_put_u32(at + KRX_SPDY_HEAD + 8, WINDOW);
    krx_spdy_tell(s, KRX_SPDY_WINDOW_UPDATE, 2, 0, WINDOW - WINDOW_FIRST);
}

static int32_t open_stream(krx_call *call, krx_spdy *s, uint32_t stream, const char *type)
{
    uint8_t block[256];
    const char *const texts[] = {"streamtype", type};
    size_t length = krx_spdy_pack(s->headers, texts, KRX_COUNT(texts), block, sizeof block);
    uint8_t *at = length ? reserve(s, KRX_SPDY_HEAD + 10 + length) : NULL;
    if (!at)
        return krx_fail(call, KRX_E_INTERNAL, "%s: no header for stream %s", s->options.what, type);
    krx_spdy_put_control(at, KRX_SPDY_SYN_STREAM, 0, 10 + length);
    krx_spdy_put_u32(at + 8, stream);
    krx_spdy_put_u32(at + 12, 0);
    at[16] = at[17] = 0;
    memcpy(at + 18, block, length);
    return 0;
}

int32_t krx_spdy_open_streams(krx_call *call, krx_spdy *s)
{
    int32_t code = 0;
    open_windows(s);
    for (size_t i = 0; i < KRX_SPDY_KINDS && !code; i++) {
        if (!(s->options.channels & 1u << krx_spdy_kinds[i].channel))
            continue;
        s->channels[krx_spdy_kinds[i].channel].opened = true;
        code = open_stream(call, s, krx_spdy_kinds[i].stream, krx_spdy_kinds[i].type);
    }
    return code;
}
