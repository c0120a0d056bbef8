/* SPDX-License-Identifier: Apache-2.0 */
/* What a SPDY peer sends: data, and what becomes of the streams. */
#include "lib/kube/session/spdy_receive.h"
#include "lib/kube/session/spdy_send.h"

/* NULL when we have not opened it. *number gets the channel's. */
static krx_spdy_channel *channel_of(krx_spdy *s, uint32_t stream, uint8_t *number)
{
    for (size_t i = 0; i < KRX_SPDY_KINDS; i++)
        if (krx_spdy_kinds[i].stream == stream && s->channels[krx_spdy_kinds[i].channel].opened) {
            *number = krx_spdy_kinds[i].channel;
            return &s->channels[krx_spdy_kinds[i].channel];
        }
    return NULL;
}

static int32_t damaged(krx_spdy *s, const char *why)
{
    return krx_fail(s->call, KRX_E_DATA_LOSS, "%s: %s: a damaged SPDY frame: %s", s->options.what,
                    s->label, why);
}

/* Packed headers are read even if nobody wants them: the next ones build on them. */
static int32_t read_headers(krx_spdy *s, const krx_spdy_frame *f, const uint8_t *payload)
{
    size_t skip = f->type == KRX_SPDY_SYN_STREAM ? 10 : 4;
    const char *why = krx_spdy_unpack(s->headers, payload + skip, f->length - skip, NULL, NULL);
    return why ? damaged(s, why) : 0;
}

/* Of streams: replies, headers, resets. */
static int32_t on_stream(krx_spdy *s, const krx_spdy_frame *f, const uint8_t *payload)
{
    uint8_t number = 0;
    krx_spdy_channel *c = channel_of(s, f->stream, &number);
    if (f->type == KRX_SPDY_RST_STREAM) {
        if (c && !c->replied)
            return krx_fail(s->call, KRX_E_UNAVAILABLE, "%s: the server refuses a stream (%u)",
                            s->options.what, (unsigned)krx_spdy_u32(payload + 4));
        if (c)
            c->in_ended = c->out_ended = true;
        return 0;
    }
    int32_t code = read_headers(s, f, payload);
    if (code)
        return code;
    if (f->type == KRX_SPDY_SYN_STREAM)
        krx_spdy_tell(s, KRX_SPDY_RST_STREAM, 2, f->stream, KRX_SPDY_REFUSED_STREAM);
    else if (!c)
        krx_spdy_tell(s, KRX_SPDY_RST_STREAM, 2, f->stream, KRX_SPDY_INVALID_STREAM);
    if (!c)
        return 0;
    c->replied = c->replied || f->type == KRX_SPDY_SYN_REPLY;
    c->in_ended = c->in_ended || (f->flags & KRX_SPDY_FIN);
    return 0;
}

/* Settings, windows and good-byes ask nothing of us: an end comes by itself. */
int32_t krx_spdy_on_control(void *ctx, const krx_spdy_frame *f, const uint8_t *payload)
{
    krx_spdy *s = ctx;
    if (f->stream)
        return on_stream(s, f, payload);
    if (f->type == KRX_SPDY_PING && krx_spdy_u32(payload) % 2 == 0)
        krx_spdy_tell(s, KRX_SPDY_PING, 1, krx_spdy_u32(payload), 0);
    return 0;
}

int32_t krx_spdy_on_data(void *ctx, const krx_spdy_frame *f, const uint8_t *data, size_t length,
                         bool last)
{
    krx_spdy *s = ctx;
    uint8_t number = 0;
    krx_spdy_channel *c = channel_of(s, f->stream, &number);
    if (!c) {
        if (last)
            krx_spdy_tell(s, KRX_SPDY_RST_STREAM, 2, f->stream, KRX_SPDY_INVALID_STREAM);
        return 0;
    }
    if (length && (!c->replied || c->in_ended))
        return damaged(s, "data on a stream that is not open");
    c->in_ended = c->in_ended || (last && (f->flags & KRX_SPDY_FIN));
    return length ? s->options.on_data(s->options.ctx, number, false, (const char *)data, length)
                  : 0;
}

int32_t krx_spdy_receive(krx_call *call, krx_carrier *carrier)
{
    krx_spdy *s = krx_spdy_of(carrier);
    uint8_t data[KRX_CARRIER_MESSAGE_MAX];
    s->call = call;
    while (!s->eof && s->options.has_room(s->options.ctx)) {
        size_t got;
        int32_t code = krx_http_stream_read(call, s->stream, data, sizeof data, &got, &s->eof);
        if (code < 0 || !got)
            return code;
        code = krx_spdy_read(&s->reader, data, got);
        if (code && s->reader.wrong)
            return damaged(s, s->reader.wrong);
        if (code)
            return code;
    }
    return 0;
}

bool krx_spdy_ended(const krx_carrier *carrier)
{
    const krx_spdy *s = krx_spdy_of(carrier);
    bool open = false;
    for (size_t i = 1; i <= 3; i++)
        open = open || (s->channels[i].opened && !s->channels[i].in_ended);
    return s->eof || !open;
}
