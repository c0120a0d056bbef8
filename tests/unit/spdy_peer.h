/* SPDX-License-Identifier: Apache-2.0 */
/* The far side of SPDY sessions, and of those that a server of 1.20 refuses. */
#ifndef KRX_TESTS_UNIT_SPDY_PEER_H
#define KRX_TESTS_UNIT_SPDY_PEER_H

#include "tests/unit/websocket_peer.h"

#include "lib/kube/session/spdy_frames.h"
#include "lib/kube/session/spdy_headers.h"

/* What a server of 1.20 does, unless told otherwise. */
typedef struct spdy_peer {
    krx_spdy_headers *headers;
    uint32_t streams[5]; /* of error, stdin, stdout, stderr, and another; 0: not opened */
    krx_str input;
    bool open, input_ended, pinged, reset;
    uint32_t window, setting; /* of the connection; what each stream begins with */
    int late;                 /* control frames since the streams were open */
    uint32_t reading;
    char kinds[64]; /* of connections that were asked for, in their order */
    bool eats_spdy; /* a proxy that takes the upgrade away */
    bool knows_v5;
} spdy_peer;

static const char *const types[] = {"error", "stdin", "stdout", "stderr"};
enum { ERROR, STDIN, STDOUT, STDERR };

static inline void send_control(const peer *p, uint16_t type, uint8_t flags, const void *data,
                                size_t length)
{
    uint8_t head[KRX_SPDY_HEAD];
    krx_spdy_put_control(head, type, flags, length);
    send_all(p, head, sizeof head);
    send_all(p, data, length);
}

static inline void send_numbers(const peer *p, uint16_t type, uint32_t a, uint32_t b)
{
    uint8_t text[8];
    krx_spdy_put_u32(text, a);
    krx_spdy_put_u32(text + 4, b);
    send_control(p, type, 0, text, type == KRX_SPDY_PING ? 4 : 8);
}

static inline void send_data(const peer *p, int which, uint8_t flags, const void *data,
                             size_t length)
{
    const spdy_peer *s = p->more;
    uint8_t head[KRX_SPDY_HEAD];
    krx_spdy_put_data(head, s->streams[which], flags, length);
    send_all(p, head, sizeof head);
    send_all(p, data, length);
}

static inline void send_text(const peer *p, int which, const char *text)
{
    send_data(p, which, 0, text, strlen(text));
}

static inline void send_reply(const peer *p, uint32_t stream)
{
    const spdy_peer *s = p->more;
    uint8_t text[256];
    krx_spdy_put_u32(text, stream);
    size_t length = krx_spdy_pack(s->headers, NULL, 0, text + 4, sizeof text - 4);
    assert_true(length > 0);
    send_control(p, KRX_SPDY_SYN_REPLY, 0, text, 4 + length);
}

static inline void note_type(void *ctx, const krx_spdy_pair *pair)
{
    spdy_peer *s = ctx;
    assert_int_equal(pair->name_length, 10);
    assert_memory_equal(pair->name, "streamtype", 10);
    for (size_t i = 0; i < KRX_COUNT(types); i++)
        if (pair->value_length == strlen(types[i]) &&
            memcmp(pair->value, types[i], pair->value_length) == 0)
            s->streams[i] = s->reading;
}

static inline int32_t on_control(void *ctx, const krx_spdy_frame *f, const uint8_t *payload)
{
    spdy_peer *s = ctx;
    s->reading = f->stream;
    if (f->type == KRX_SPDY_SYN_STREAM)
        assert_null(krx_spdy_unpack(s->headers, payload + 10, f->length - 10, note_type, s));
    s->pinged = s->pinged || (f->type == KRX_SPDY_PING && krx_spdy_u32(payload) == 2);
    s->reset = s->reset || f->type == KRX_SPDY_RST_STREAM;
    if (f->type == KRX_SPDY_WINDOW_UPDATE && krx_spdy_u32(payload) == 0)
        s->window += krx_spdy_u32(payload + 4);
    if (f->type == KRX_SPDY_SETTINGS && krx_spdy_u32(payload + 4) == 7)
        s->setting = krx_spdy_u32(payload + 8);
    s->late += s->open;
    return 0;
}

static inline int32_t on_data(void *ctx, const krx_spdy_frame *f, const uint8_t *data,
                              size_t length, bool last)
{
    spdy_peer *s = ctx;
    assert_int_equal(f->stream, s->streams[STDIN]);
    krx_str_addn(&s->input, data, length);
    s->input_ended = s->input_ended || (last && f->flags & KRX_SPDY_FIN);
    return 0;
}

static inline bool all_open(const spdy_peer *s)
{
    return s->streams[ERROR] && s->streams[STDIN] && s->streams[STDOUT] && s->streams[STDERR];
}

static inline bool was_pinged(const spdy_peer *s)
{
    return s->pinged;
}

static inline bool was_reset(const spdy_peer *s)
{
    return s->reset;
}

static inline bool has_input(const spdy_peer *s)
{
    return s->input_ended;
}

static inline bool never(const spdy_peer *s)
{
    (void)s;
    return false;
}

/* Reads frames until it is so, or the client has gone. */
static inline void await(peer *p, krx_spdy_reader *reader, bool (*so)(const spdy_peer *s))
{
    uint8_t data[4096];
    ssize_t n;
    while (!so(p->more) && (n = recv(p->fd, data, sizeof data, 0)) > 0)
        assert_int_equal(krx_spdy_read(reader, data, (size_t)n), 0);
}

static inline krx_spdy_reader reader_of(spdy_peer *s)
{
    return (krx_spdy_reader){.on_control = on_control, .on_data = on_data, .ctx = s};
}

static inline void refuse(const peer *p)
{
    static const char text[] = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n";
    send_all(p, text, sizeof text - 1);
}

static inline void lose_upgrade(const peer *p)
{
    static const char body[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":"
                               "\"Upgrade request required\",\"code\":400}";
    krx_auto_str krx_str text = {0};
    krx_str_addf(&text, "HTTP/1.1 400 Bad Request\r\nContent-Length: %zu\r\n\r\n%s",
                 sizeof body - 1, body);
    send_all(p, text.data, text.length);
}

static inline void greet_spdy(peer *p)
{
    static const char text[] =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
        "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n";
    spdy_peer *s = p->more;
    s->headers = krx_spdy_headers_new();
    assert_non_null(s->headers);
    memset(s->streams, 0, sizeof s->streams);
    send_all(p, text, sizeof text - 1);
    p->script(p);
    krx_spdy_headers_free(s->headers);
}

static inline void greet(peer *p)
{
    spdy_peer *s = p->more;
    bool v4 = strstr(p->head, "v4.channel.k8s.io") && strstr(p->head, "websocket");
    const char *kind = strstr(p->head, "SPDY/3.1") ? "spdy " : v4 ? "any " : "v5 ";
    if (strlen(s->kinds) + strlen(kind) < sizeof s->kinds)
        strcat(s->kinds, kind);
    if (*kind == 's' && s->eats_spdy)
        lose_upgrade(p);
    else if (*kind == 's')
        greet_spdy(p);
    else if (*kind == 'v' && !s->knows_v5)
        refuse(p);
    else
        shake_hands(p);
}

static inline void start(peer *p, spdy_peer *s, peer_script *script)
{
    p->more = s;
    peer_start(p, greet, script);
}

static inline void stop(peer *p)
{
    spdy_peer *s = p->more;
    peer_stop(p);
    krx_str_free(&s->input);
}

#endif
