/* SPDX-License-Identifier: Apache-2.0 */
/* WebSockets: handshake over lib/http's upgraded connections, frames by wslay. */
#include "lib/kube/websocket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <wslay/wslay.h>

struct krx_ws {
    krx_http_stream *stream;
    wslay_event_context_ptr wslay;
    krx_ws_options options;
    char label[256];
    char protocol[64];
    krx_call *call; /* of the function that runs, for wslay's callbacks */
    int32_t failed; /* what went wrong in one of them */
    bool eof;
    bool control; /* the frame that comes is none of data */
    bool begins;  /* the next byte is a channel number */
    bool first;   /* the next piece begins the message */
    uint8_t channel;
};

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

static int32_t refused(krx_call *call, const krx_ws_options *o, const char *why)
{
    (void)krx_fail(call, KRX_E_UNAVAILABLE, "%s: %s", o->what, why);
    return krx_hint(call, "something between here and the API server may not pass WebSockets on");
}

static int32_t check_answer(krx_call *call, const krx_ws_options *o, const char *accept,
                            const krx_http_response *r, char protocol[64])
{
    const char *upgrade = krx_http_header(r, "Upgrade");
    const char *answer = krx_http_header(r, "Sec-WebSocket-Accept");
    const char *chosen = krx_http_header(r, "Sec-WebSocket-Protocol");
    if (r->status != 101 || !upgrade || strcasecmp(upgrade, "websocket") != 0)
        return refused(call, o, "the server did not switch to a WebSocket");
    if (!answer || strcmp(answer, accept) != 0)
        return refused(call, o, "the server's answer is not one to our WebSocket request");
    if (chosen && !strstr(o->protocols, chosen))
        return refused(call, o, "the server chose a protocol that was not offered");
    (void)snprintf(protocol, 64, "%s", chosen ? chosen : "");
    return 0;
}

/* Our headers behind those with credentials, which stay the owner's. */
static const char **join_headers(char **credentials, const char *const own[4])
{
    size_t count = 0;
    while (credentials && credentials[count])
        count++;
    const char **all = calloc(count + 5, sizeof *all);
    for (size_t i = 0; all && i < count; i++)
        all[i] = credentials[i];
    for (size_t i = 0; all && i < 4; i++)
        all[count + i] = own[i];
    return all;
}

static int32_t upgrade(krx_call *call, krx_kube *kube, const krx_ws_options *o, const char *key,
                       krx_http_response *response, krx_http_stream **stream)
{
    char **credentials = NULL;
    char key_line[80], protocol_line[160];
    (void)snprintf(key_line, sizeof key_line, "Sec-WebSocket-Key: %s", key);
    (void)snprintf(protocol_line, sizeof protocol_line, "Sec-WebSocket-Protocol: %s", o->protocols);
    const char *const own[4] = {"Sec-WebSocket-Version: 13", key_line, protocol_line, NULL};
    int32_t code = krx_kube_credentials(call, kube, &credentials);
    if (code < 0)
        return code;
    krx_autofree const char **headers = join_headers(credentials, own);
    krx_http_request request = {.method = "GET", .path = o->path, .headers = headers};
    code = headers ? krx_http_upgrade(call, kube->http, &request, "websocket", response, stream)
                   : krx_kube_no_memory(call);
    krx_kube_headers_free(credentials);
    return code < 0 ? krx_wrap(call, "%s", o->what) : code;
}

/* Until it switches; credentials that the server refuses are renewed once. */
static int32_t shake_hands(krx_call *call, krx_kube *kube, krx_ws *ws)
{
    const krx_ws_options *o = &ws->options;
    char key[KRX_WS_KEY_MAX], accept[KRX_WS_KEY_MAX];
    krx_auto_http_response krx_http_response response = {0};
    krx_kube_exchange exchange = {.method = "GET", .path = o->path, .what = o->what, .ref = o->ref};
    if (!krx_ws_key(key) || !krx_ws_accept(key, accept))
        return krx_kube_no_memory(call);
    for (int tries = 0;; tries++) {
        int32_t code = upgrade(call, kube, o, key, &response, &ws->stream);
        if (code < 0)
            return code;
        if (ws->stream)
            return check_answer(call, o, accept, &response, ws->protocol);
        if (response.status != 401 || tries || !krx_kube_auth_refused(kube->auth))
            break;
    }
    if (response.status / 100 == 2)
        return refused(call, o, "the server did not switch to a WebSocket");
    return krx_kube_fail(call, kube, &exchange, &response);
}

/* A peer that is gone without a word is noticed within half a minute. */
static void watch_peer(int fd)
{
    static const struct {
        int level, option, value;
    } options[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                   {IPPROTO_TCP, TCP_KEEPIDLE, 15},
                   {IPPROTO_TCP, TCP_KEEPINTVL, 5},
                   {IPPROTO_TCP, TCP_KEEPCNT, 3},
                   {IPPROTO_TCP, TCP_USER_TIMEOUT, 30000}};
    for (size_t i = 0; i < KRX_COUNT(options); i++)
        (void)setsockopt(fd, options[i].level, options[i].option, &options[i].value,
                         sizeof options[i].value);
}

int32_t krx_ws_open(krx_call *call, krx_kube *kube, const krx_ws_options *options, krx_ws **out)
{
    static const struct wslay_event_callbacks callbacks = {.recv_callback = on_recv,
                                                           .send_callback = on_send,
                                                           .genmask_callback = on_mask,
                                                           .on_frame_recv_start_callback = on_frame,
                                                           .on_frame_recv_chunk_callback =
                                                               on_chunk};
    *out = NULL;
    krx_auto_ws krx_ws *ws = calloc(1, sizeof *ws);
    if (!ws)
        return krx_kube_no_memory(call);
    ws->options = *options;
    (void)snprintf(ws->label, sizeof ws->label, "%s", kube->label);
    int32_t code = shake_hands(call, kube, ws);
    if (code < 0)
        return code;
    watch_peer(krx_http_stream_fd(ws->stream));
    if (wslay_event_context_client_init(&ws->wslay, &callbacks, ws) != 0)
        return krx_kube_no_memory(call);
    wslay_event_config_set_no_buffering(ws->wslay, 1);
    *out = krx_move_ptr(ws);
    return 0;
}

void krx_ws_close(krx_ws *ws)
{
    krx_error error = {.struct_size = sizeof error};
    krx_call call = {.struct_size = sizeof call, .error = &error};
    if (!ws)
        return;
    if (ws->wslay) {
        ws->call = &call;
        if (wslay_event_queue_close(ws->wslay, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0) == 0)
            (void)wslay_event_send(ws->wslay);
        wslay_event_context_free(ws->wslay);
    }
    krx_http_stream_close(ws->stream);
    free(ws);
}

const char *krx_ws_protocol(const krx_ws *ws)
{
    return ws->protocol;
}

int krx_ws_fd(const krx_ws *ws)
{
    return krx_http_stream_fd(ws->stream);
}

/* ----------------------------------------------------------------------------- the conversation */

static int32_t verdict(krx_call *call, krx_ws *ws, int result)
{
    if (ws->failed)
        return ws->failed;
    if (result == WSLAY_ERR_NOMEM)
        return krx_kube_no_memory(call);
    return result == 0 ? 0
                       : krx_fail(call, KRX_E_DATA_LOSS, "%s: %s: a damaged WebSocket frame",
                                  ws->options.what, ws->label);
}

int32_t krx_ws_receive(krx_call *call, krx_ws *ws)
{
    ws->call = call;
    ws->failed = 0;
    int result = wslay_event_recv(ws->wslay);
    /* after a frame against the rules wslay says good-bye and reads no more */
    bool damaged = result == 0 && !wslay_event_get_read_enabled(ws->wslay) &&
                   !wslay_event_get_close_received(ws->wslay);
    return verdict(call, ws, damaged ? WSLAY_ERR_PROTO : result);
}

bool krx_ws_ended(const krx_ws *ws)
{
    return ws->eof || wslay_event_get_close_received(ws->wslay) ||
           !wslay_event_get_read_enabled(ws->wslay);
}

int32_t krx_ws_queue(krx_call *call, krx_ws *ws, uint8_t channel, const void *data, size_t length)
{
    uint8_t text[1 + KRX_WS_MESSAGE_MAX];
    struct wslay_event_msg message = {
        .opcode = WSLAY_BINARY_FRAME, .msg = text, .msg_length = length + 1};
    if (length > KRX_WS_MESSAGE_MAX)
        return krx_fail(call, KRX_E_INTERNAL, "a WebSocket message of %zu bytes", length);
    text[0] = channel;
    memcpy(text + 1, data, length);
    int result = wslay_event_queue_msg(ws->wslay, &message);
    explicit_bzero(text, length + 1); /* people type passwords */
    /* nothing can be sent any more once the server has said good-bye: it will end by itself */
    return result == WSLAY_ERR_NOMEM ? krx_kube_no_memory(call) : 0;
}

int32_t krx_ws_ping(krx_call *call, krx_ws *ws)
{
    struct wslay_event_msg ping = {.opcode = WSLAY_PING};
    return wslay_event_queue_msg(ws->wslay, &ping) == WSLAY_ERR_NOMEM ? krx_kube_no_memory(call)
                                                                      : 0;
}

int32_t krx_ws_flush(krx_call *call, krx_ws *ws)
{
    ws->call = call;
    ws->failed = 0;
    int32_t code = verdict(call, ws, wslay_event_send(ws->wslay));
    if (code)
        wslay_event_shutdown_write(ws->wslay);
    return code;
}

bool krx_ws_has_queued(const krx_ws *ws)
{
    return wslay_event_want_write(ws->wslay) != 0;
}
