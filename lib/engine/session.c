/* SPDX-License-Identifier: Apache-2.0 */
/* Attached sessions: bytes between our descriptors and an upgraded connection. */
#include <errno.h>
#include <string.h>

#include "lib/engine/internal.h"

#define INPUT_SIZE 16384
#define OUTPUT_SIZE 65536
/* What a pipe that polls writable takes without blocking. */
#define WRITE_PIECE 4096
/* Of output, before input and cancelling get their turn. */
#define PULLS_MAX 16
#define END_OF_INPUT '\x04' /* Ctrl-D */
#define LEAVING_KEYS 0x1011 /* Ctrl-P Ctrl-Q: the engine's own */

typedef struct pump {
    krx_call *call;
    krx_http_stream *stream;
    const krx_engine_session *session;
    krx_demux demux;
    char input[INPUT_SIZE];
    size_t input_from;
    size_t input_to;
    bool input_open;
    unsigned keys; /* the last two */
    bool more;     /* the connection may have output that no wait would tell of */
    bool ended;
} pump;

static int32_t write_out(pump *p, int fd, const char *data, size_t length)
{
    krx_call *call = p->call;
    while (length) {
        krx_wait_fd w = {.struct_size = sizeof w, .fd = fd, .want = KRX_WAIT_WRITE};
        int32_t ready = call->host->wait(call->host, call, &w, 1, -1);
        if (ready < 0)
            return ready;
        ssize_t n = write(fd, data, length < WRITE_PIECE ? length : WRITE_PIECE);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            int err = errno;
            (void)krx_fail(call, err == EPIPE ? KRX_E_CANCELLED : KRX_E_UNKNOWN,
                           "writing the session's output: %s", strerror(err));
            call->error->sys_errno = err;
            return call->error->code;
        }
        data += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int32_t take_output(void *ctx, uint32_t stream, bool first, const char *data, size_t length)
{
    pump *p = ctx;
    int fd = stream == 2 ? p->session->stderr_fd : p->session->stdout_fd;
    (void)first;
    return fd < 0 ? 0 : write_out(p, fd, data, length);
}

/* What the connection has now, up to a bound: a program that floods us must still hear Ctrl-C. */
static int32_t pull_output(pump *p)
{
    char buffer[OUTPUT_SIZE];
    p->more = false;
    for (int i = 0; i < PULLS_MAX; i++) {
        size_t got;
        bool eof;
        int32_t code = krx_http_stream_read(p->call, p->stream, buffer, sizeof buffer, &got, &eof);
        if (code < 0)
            return code;
        if (eof)
            p->ended = true;
        if (!got)
            return 0;
        if ((code = krx_demux_feed(p->call, &p->demux, buffer, got, take_output, p)))
            return code;
    }
    p->more = true;
    return 0;
}

/*
 * With a terminal the engine ends the whole session when our half closes; there the end of input is
 * typed, as a person would.
 */
static void end_input(pump *p)
{
    if (!p->session->tty) {
        if (!p->session->input_stays)
            krx_http_stream_finish(p->stream);
        return;
    }
    p->input[0] = END_OF_INPUT;
    p->input_from = 0;
    p->input_to = 1;
}

static void read_input(pump *p)
{
    ssize_t n = read(p->session->stdin_fd, p->input, sizeof p->input);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    for (ssize_t i = n > 2 ? n - 2 : 0; i < n; i++)
        p->keys = (p->keys << 8 | (unsigned char)p->input[i]) & 0xffff;
    if (n > 0) {
        p->input_from = 0;
        p->input_to = (size_t)n;
        return;
    }
    p->input_open = false;
    end_input(p);
}

static int32_t push_input(pump *p)
{
    size_t done;
    int32_t code = krx_http_stream_write(p->call, p->stream, p->input + p->input_from,
                                         p->input_to - p->input_from, &done);
    p->input_from += done;
    return code;
}

/* Its own failures are nobody's: the process may have ended a moment ago. */
static void tell_size(pump *p)
{
    if (!p->session->resize || !p->session->tty)
        return;
    krx_error kept = *p->call->error;
    p->session->resize(p->session->resize_ctx, p->call);
    *p->call->error = kept;
}

enum { AT_STREAM, AT_INPUT, AT_RESIZE, AT_COUNT };

static uint32_t prepare(const pump *p, krx_wait_fd fds[AT_COUNT], uint32_t at[AT_COUNT])
{
    uint32_t count = 0;
    bool waiting = p->input_from < p->input_to;
    const int wanted[AT_COUNT] = {krx_http_stream_fd(p->stream),
                                  p->input_open && !waiting ? p->session->stdin_fd : -1,
                                  p->session->resize_fd};
    for (uint32_t i = 0; i < AT_COUNT; i++) {
        at[i] = UINT32_MAX;
        if (wanted[i] < 0)
            continue;
        at[i] = count;
        fds[count++] =
            (krx_wait_fd){.struct_size = sizeof fds[0], .fd = wanted[i], .want = KRX_WAIT_READ};
    }
    if (waiting)
        fds[0].want |= KRX_WAIT_WRITE;
    return count;
}

static int32_t step(pump *p)
{
    krx_wait_fd fds[AT_COUNT];
    uint32_t at[AT_COUNT];
    char drop[64];
    uint32_t count = prepare(p, fds, at);
    int32_t code = p->call->host->wait(p->call->host, p->call, fds, count, p->more ? 0 : -1);
    if (code < 0)
        return code;
    if (at[AT_RESIZE] != UINT32_MAX && fds[at[AT_RESIZE]].ready) {
        (void)!read(p->session->resize_fd, drop, sizeof drop);
        tell_size(p);
    }
    if (at[AT_INPUT] != UINT32_MAX && fds[at[AT_INPUT]].ready)
        read_input(p);
    /* A far side that no longer reads is no error before its output has been taken. */
    if (p->input_from < p->input_to && push_input(p) < 0) {
        p->input_open = false;
        p->input_from = p->input_to;
        *p->call->error = (krx_error){.struct_size = sizeof *p->call->error};
    }
    return pull_output(p);
}

static int32_t run_session(krx_call *call, krx_http_stream *stream,
                           const krx_engine_session *session)
{
    pump *p = calloc(1, sizeof *p);
    if (!p)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    p->call = call;
    p->stream = stream;
    p->session = session;
    p->demux.raw = session->tty;
    p->input_open = session->stdin_fd >= 0;
    if (!p->input_open && !session->tty)
        krx_http_stream_finish(stream);
    tell_size(p);
    int32_t code = pull_output(p);
    while (code == 0 && !p->ended)
        code = step(p);
    if (code == 0)
        code = krx_demux_end(call, &p->demux);
    krx_demux_free(&p->demux);
    if (session->left)
        *session->left = session->tty && p->keys == LEAVING_KEYS;
    explicit_bzero(p->input, sizeof p->input); /* people type passwords */
    free(p);
    return code;
}

int32_t krx_engine_attach(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                          const krx_engine_session *session)
{
    krx_auto_http_response krx_http_response response = {0};
    krx_auto_http_stream krx_http_stream *stream = NULL;
    krx_autofree char *owned = NULL;
    krx_http_request http = {.method = request->method ? request->method : "POST",
                             .headers = request->headers,
                             .content_type = request->content_type};
    krx_autofree char *path = krx_engine_path(call, engine, request);
    if (!path)
        return call->error->code;
    http.path = path;
    if (!krx_engine_body(request, &http, &owned))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = krx_http_upgrade(call, engine->http, &http, "tcp", &response, &stream);
    if (request->status)
        *request->status = response.status;
    if (code < 0)
        return request->what ? krx_wrap(call, "%s", request->what) : code;
    if (!stream)
        return krx_engine_fail(call, request, &response);
    return run_session(call, stream, session);
}
