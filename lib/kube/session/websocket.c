/* SPDX-License-Identifier: Apache-2.0 */
/* WebSockets: handshake over lib/http's upgraded connections, frames by wslay. */
#include "lib/kube/session/websocket.h"

#include <string.h>
#include <sys/random.h>

#include <wslay/wslay.h>

typedef struct krx_ws {
    krx_carrier carrier;
    krx_http_stream *stream;
    wslay_event_context_ptr wslay;
    krx_carrier_options options;
    char label[256];
    char protocol[64];
    krx_call *call; /* of the function that runs, for wslay's callbacks */
    int32_t failed; /* what went wrong in one of them */
    bool eof;
    bool control; /* the frame that comes is none of data */
    bool begins;  /* the next byte is a channel number */
    bool first;   /* the next piece begins the message */
    uint8_t channel;
} krx_ws;

#define CLOSE_CHANNEL 255 /* of v5.channel.k8s.io: closes the channel that it names */

static void close_ws(krx_ws *ws);
KRX_DEFINE_CLEANUP(ws, krx_ws, close_ws)
#define krx_auto_ws KRX_CLEANUP(krx_cleanup_ws_)

static krx_ws *ws_of(const krx_carrier *carrier)
{
    return (krx_ws *)(uintptr_t)carrier;
}

/* ------------------------------------------------------------------------------ wslay's callbacks
 */

static ssize_t not_now(wslay_event_context_ptr wslay)
{
    wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
    return -1;
}

static ssize_t broken(krx_ws *ws, int32_t code)
{
    ws->failed = code;
    wslay_event_set_error(ws->wslay, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static ssize_t on_recv(wslay_event_context_ptr wslay, uint8_t *data, size_t room, int flags,
                       void *ctx)
{
    krx_ws *ws = ctx;
    size_t got = 0;
    (void)flags;
    if (ws->eof || !ws->options.has_room(ws->options.ctx))
        return not_now(wslay);
    int32_t code = krx_http_stream_read(ws->call, ws->stream, data, room, &got, &ws->eof);
    if (code < 0)
        return broken(ws, code);
    return got ? (ssize_t)got : not_now(wslay);
}

static ssize_t on_send(wslay_event_context_ptr wslay, const uint8_t *data, size_t length, int flags,
                       void *ctx)
{
    krx_ws *ws = ctx;
    size_t done = 0;
    (void)flags;
    int32_t code = krx_http_stream_write(ws->call, ws->stream, data, length, &done);
    if (code < 0)
        return broken(ws, code);
    return done ? (ssize_t)done : not_now(wslay);
}

static int on_mask(wslay_event_context_ptr wslay, uint8_t *out, size_t length, void *ctx)
{
    (void)ctx;
    if (getrandom(out, length, 0) == (ssize_t)length)
        return 0;
    wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static void on_frame(wslay_event_context_ptr wslay,
                     const struct wslay_event_on_frame_recv_start_arg *frame, void *ctx)
{
    krx_ws *ws = ctx;
    (void)wslay;
    ws->control = wslay_is_ctrl_frame(frame->opcode);
    if (!ws->control && frame->opcode != WSLAY_CONTINUATION_FRAME)
        ws->begins = true;
}

static void on_chunk(wslay_event_context_ptr wslay,
                     const struct wslay_event_on_frame_recv_chunk_arg *chunk, void *ctx)
{
    krx_ws *ws = ctx;
    const char *data = (const char *)chunk->data;
    size_t length = chunk->data_length;
    if (ws->control || !length || ws->failed)
        return;
    if (ws->begins) {
        ws->channel = chunk->data[0];
        ws->begins = false;
        ws->first = true;
        data++;
        length--;
    }
    int32_t code = ws->options.on_data(ws->options.ctx, ws->channel, ws->first, data, length);
    ws->first = false;
    if (code) {
        ws->failed = code;
        wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
    }
}

/* -------------------------------------------------------------------------------- the handshake */

static int32_t check_answer(krx_call *call, const krx_carrier_options *o, const char *accept,
                            const krx_http_response *r, char protocol[64])
{
    const char *answer = krx_http_header(r, "Sec-WebSocket-Accept");
    const char *chosen = krx_http_header(r, "Sec-WebSocket-Protocol");
    if (!answer || strcmp(answer, accept) != 0)
        return krx_kube_fail_switch(call, o,
                                    "the server's answer is not one to our WebSocket request");
    if (chosen && !strstr(o->protocols, chosen))
        return krx_kube_fail_switch(call, o, "the server chose a protocol that was not offered");
    (void)snprintf(protocol, 64, "%s", chosen ? chosen : "");
    return 0;
}

static int32_t shake_hands(krx_call *call, krx_kube *kube, krx_ws *ws, krx_kube_switched *how)
{
    const krx_carrier_options *o = &ws->options;
    char key[KRX_WS_KEY_MAX], accept[KRX_WS_KEY_MAX], key_line[80], protocol_line[160];
    krx_auto_http_response krx_http_response response = {0};
    if (!krx_ws_key(key) || !krx_ws_accept(key, accept))
        return krx_no_memory(call);
    (void)snprintf(key_line, sizeof key_line, "Sec-WebSocket-Key: %s", key);
    (void)snprintf(protocol_line, sizeof protocol_line, "Sec-WebSocket-Protocol: %s", o->protocols);
    const char *const headers[] = {"Sec-WebSocket-Version: 13", key_line, protocol_line, NULL};
    int32_t code =
        krx_kube_upgrade(call, kube, o, "websocket", headers, &response, &ws->stream, how);
    return code ? code : check_answer(call, o, accept, &response, ws->protocol);
}

/* ----------------------------------------------------------------------------- the conversation */

static int32_t verdict(krx_call *call, krx_ws *ws, int result)
{
    if (ws->failed)
        return ws->failed;
    if (result == WSLAY_ERR_NOMEM)
        return krx_no_memory(call);
    return result == 0 ? 0
                       : krx_fail(call, KRX_E_DATA_LOSS, "%s: %s: a damaged WebSocket frame",
                                  ws->options.what, ws->label);
}

static int32_t receive(krx_call *call, krx_carrier *carrier)
{
    krx_ws *ws = ws_of(carrier);
    ws->call = call;
    ws->failed = 0;
    int result = wslay_event_recv(ws->wslay);
    /* after a frame against the rules wslay says good-bye and reads no more */
    bool damaged = result == 0 && !wslay_event_get_read_enabled(ws->wslay) &&
                   !wslay_event_get_close_received(ws->wslay);
    return verdict(call, ws, damaged ? WSLAY_ERR_PROTO : result);
}

static bool ended(const krx_carrier *carrier)
{
    const krx_ws *ws = ws_of(carrier);
    return ws->eof || wslay_event_get_close_received(ws->wslay) ||
           !wslay_event_get_read_enabled(ws->wslay);
}

static int32_t queue(krx_call *call, krx_carrier *carrier, uint8_t channel, const void *data,
                     size_t length)
{
    krx_ws *ws = ws_of(carrier);
    uint8_t text[1 + KRX_CARRIER_MESSAGE_MAX];
    struct wslay_event_msg message = {
        .opcode = WSLAY_BINARY_FRAME, .msg = text, .msg_length = length + 1};
    if (length > KRX_CARRIER_MESSAGE_MAX)
        return krx_fail(call, KRX_E_INTERNAL, "a WebSocket message of %zu bytes", length);
    text[0] = channel;
    memcpy(text + 1, data, length);
    int result = wslay_event_queue_msg(ws->wslay, &message);
    explicit_bzero(text, length + 1); /* people type passwords */
    /* nothing can be sent any more once the server has said good-bye: it will end by itself */
    return result == WSLAY_ERR_NOMEM ? krx_no_memory(call) : 0;
}

/* As v5 has it; v4 has no way but to hang up, and with that the output would be lost. */
static int32_t close_channel(krx_call *call, krx_carrier *carrier, uint8_t channel)
{
    return queue(call, carrier, CLOSE_CHANNEL, &channel, 1);
}

static int32_t ping(krx_call *call, krx_carrier *carrier)
{
    struct wslay_event_msg message = {.opcode = WSLAY_PING};
    int result = wslay_event_queue_msg(ws_of(carrier)->wslay, &message);
    return result == WSLAY_ERR_NOMEM ? krx_no_memory(call) : 0;
}

static int32_t flush(krx_call *call, krx_carrier *carrier)
{
    krx_ws *ws = ws_of(carrier);
    ws->call = call;
    ws->failed = 0;
    int32_t code = verdict(call, ws, wslay_event_send(ws->wslay));
    if (code)
        wslay_event_shutdown_write(ws->wslay);
    return code;
}

static bool has_queued(const krx_carrier *carrier)
{
    return wslay_event_want_write(ws_of(carrier)->wslay) != 0;
}

static int fd(const krx_carrier *carrier)
{
    return krx_http_stream_fd(ws_of(carrier)->stream);
}

/* --------------------------------------------------------------------------- opening and closing
 */

static void close_ws(krx_ws *ws)
{
    krx_error error = {.struct_size = sizeof error};
    krx_call call = {.struct_size = sizeof call, .error = &error};
    if (ws->wslay) {
        ws->call = &call;
        if (wslay_event_queue_close(ws->wslay, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0) == 0)
            (void)wslay_event_send(ws->wslay);
        wslay_event_context_free(ws->wslay);
    }
    krx_http_stream_close(ws->stream);
    free(ws);
}

static void close_carrier(krx_carrier *carrier)
{
    close_ws(ws_of(carrier));
}

#define OPS                                                                                        \
    .fd = fd, .receive = receive, .ended = ended, .queue = queue, .ping = ping, .flush = flush,    \
    .has_queued = has_queued, .close = close_carrier

static const krx_carrier_ops ops_v4 = {OPS};
static const krx_carrier_ops ops_v5 = {OPS, .close_channel = close_channel};

int32_t krx_ws_open(krx_call *call, krx_kube *kube, const krx_carrier_options *options,
                    krx_carrier **out, krx_kube_switched *how)
{
    static const struct wslay_event_callbacks callbacks = {.recv_callback = on_recv,
                                                           .send_callback = on_send,
                                                           .genmask_callback = on_mask,
                                                           .on_frame_recv_start_callback = on_frame,
                                                           .on_frame_recv_chunk_callback =
                                                               on_chunk};
    krx_auto_ws krx_ws *ws = calloc(1, sizeof *ws);
    if (!ws)
        return krx_no_memory(call);
    ws->options = *options;
    (void)snprintf(ws->label, sizeof ws->label, "%s", kube->label);
    int32_t code = shake_hands(call, kube, ws, how);
    if (code < 0)
        return code;
    if (wslay_event_context_client_init(&ws->wslay, &callbacks, ws) != 0)
        return krx_no_memory(call);
    wslay_event_config_set_no_buffering(ws->wslay, 1);
    ws->carrier.ops = krx_streq(ws->protocol, KRX_WS_V5) ? &ops_v5 : &ops_v4;
    *out = &krx_move_ptr(ws)->carrier;
    return 0;
}
