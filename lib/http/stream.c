/* SPDX-License-Identifier: Apache-2.0 */
/* Upgraded connections: curl connects (and does TLS), the head of request and answer is ours. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "lib/http/internal.h"

struct krx_http_stream {
    krx_http *http;
    krx_http_lane *lane;
    int fd;
    krx_str early; /* bytes that came together with the head */
    size_t early_used;
};

void krx_http_stream_close(krx_http_stream *stream)
{
    if (!stream)
        return;
    krx_http_lane_free(stream->lane);
    krx_str_free(&stream->early);
    free(stream);
}

int krx_http_stream_fd(const krx_http_stream *stream)
{
    return stream->fd;
}

void krx_http_stream_finish(krx_http_stream *stream)
{
    (void)shutdown(stream->fd, SHUT_WR);
}

static int32_t fail_stream(krx_call *call, const krx_http_stream *stream, CURLcode result)
{
    return krx_fail(call, KRX_E_UNAVAILABLE, "%s: the connection was lost: %s", stream->http->label,
                    curl_easy_strerror(result));
}

int32_t krx_http_stream_read(krx_call *call, krx_http_stream *stream, void *buffer, size_t room,
                             size_t *done, bool *eof)
{
    size_t early = stream->early.length - stream->early_used;
    *done = 0;
    *eof = false;
    if (early) {
        *done = early < room ? early : room;
        memcpy(buffer, stream->early.data + stream->early_used, *done);
        stream->early_used += *done;
        return 0;
    }
    CURLcode result = curl_easy_recv(stream->lane->easy, buffer, room, done);
    if (result == CURLE_AGAIN)
        return 0;
    if (result != CURLE_OK)
        return fail_stream(call, stream, result);
    *eof = *done == 0;
    return 0;
}

int32_t krx_http_stream_write(krx_call *call, krx_http_stream *stream, const void *data,
                              size_t length, size_t *done)
{
    *done = 0;
    CURLcode result = curl_easy_send(stream->lane->easy, data, length, done);
    return result == CURLE_OK || result == CURLE_AGAIN ? 0 : fail_stream(call, stream, result);
}

/* -------------------------------------------------------------------------------- the handshake */

static int32_t wait_stream(krx_call *call, const krx_http_stream *s, uint32_t want)
{
    krx_wait_fd w = {.struct_size = sizeof w, .fd = s->fd, .want = want};
    int32_t ready = call->host->wait(call->host, call, &w, 1, -1);
    return ready < 0 ? krx_wrap(call, "waiting for %s", s->http->label) : 0;
}

static int32_t write_all(krx_call *call, krx_http_stream *s, const char *data, size_t length)
{
    while (length) {
        size_t done;
        int32_t code = krx_http_stream_write(call, s, data, length, &done);
        if (code == 0 && done == 0)
            code = wait_stream(call, s, KRX_WAIT_WRITE);
        if (code < 0)
            return code;
        data += done;
        length -= done;
    }
    return 0;
}

/* Adds what comes next to `in`; *eof when nothing more will. */
static int32_t read_more(krx_call *call, krx_http_stream *s, krx_str *in, bool *eof)
{
    char chunk[16384];
    for (;;) {
        size_t got;
        int32_t code = krx_http_stream_read(call, s, chunk, sizeof chunk, &got, eof);
        if (code < 0 || *eof)
            return code;
        if (got) {
            krx_str_addn(in, chunk, got);
            return krx_str_failed(in) ? krx_fail(call, KRX_E_DATA_LOSS,
                                                 "%s: the answer is too large", s->http->label)
                                      : 0;
        }
        if ((code = wait_stream(call, s, KRX_WAIT_READ)) < 0)
            return code;
    }
}

static int32_t send_head(krx_call *call, krx_http_stream *s, const krx_http_request *r,
                         const char *protocol)
{
    krx_auto_str krx_str head = {0};
    const char *path = strstr(s->http->base_url, "://");
    path = path ? strchr(path + 3, '/') : NULL;
    krx_str_addf(&head, "%s %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n", r->method,
                 path ? path : "", r->path, s->http->host, s->http->user_agent);
    krx_str_addf(&head, "Connection: Upgrade\r\nUpgrade: %s\r\n", protocol);
    if (r->body)
        krx_str_addf(&head, "Content-Type: %s\r\n",
                     r->content_type ? r->content_type : "application/json");
    krx_str_addf(&head, "Content-Length: %zu\r\n", r->body ? r->body_length : (size_t)0);
    for (size_t i = 0; r->headers && r->headers[i]; i++)
        krx_str_addf(&head, "%s\r\n", r->headers[i]);
    krx_str_add(&head, "\r\n");
    if (r->body)
        krx_str_addn(&head, r->body, r->body_length);
    if (krx_str_failed(&head))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return write_all(call, s, head.data, head.length);
}

/* Reads up to the empty line into the response; what follows stays in `in`. */
static int32_t read_head(krx_call *call, krx_http_stream *s, krx_str *in, krx_http_response *r)
{
    const char *end = NULL;
    bool eof = false;
    in->limit = KRX_HTTP_HEAD_MAX + 16384;
    while (!in->length || !(end = memmem(in->data, in->length, "\r\n\r\n", 4))) {
        if (in->length > KRX_HTTP_HEAD_MAX)
            return krx_fail(call, KRX_E_DATA_LOSS, "%s: the answer's head is larger than %zu KiB",
                            s->http->label, KRX_HTTP_HEAD_MAX / 1024);
        int32_t code = read_more(call, s, in, &eof);
        if (code < 0)
            return code;
        if (eof)
            return krx_fail(call, KRX_E_UNAVAILABLE, "%s: closed the connection without an answer",
                            s->http->label);
    }
    size_t used = (size_t)(end - in->data) + 4;
    for (const char *p = in->data; p < end;) {
        const char *stop = memmem(p, (size_t)(end + 2 - p), "\r\n", 2);
        size_t length = stop ? (size_t)(stop - p) : (size_t)(end - p);
        if (!krx_http_take_head_line(r, p, length))
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        p += length + 2;
    }
    memmove(in->data, in->data + used, in->length - used + 1);
    in->length -= used;
    if (r->status < 100 || r->status > 599)
        return krx_fail(call, KRX_E_UNAVAILABLE, "%s: does not answer with HTTP", s->http->label);
    return 0;
}

static int32_t read_until(krx_call *call, krx_http_stream *s, krx_str *in, size_t want, bool *eof)
{
    *eof = false;
    while (in->length < want && !*eof) {
        int32_t code = read_more(call, s, in, eof);
        if (code < 0)
            return code;
    }
    return 0;
}

static int32_t read_chunks(krx_call *call, krx_http_stream *s, krx_str *in, krx_str *body)
{
    size_t at = 0;
    for (;;) {
        const char *line;
        bool eof = false;
        while (!in->data || !(line = memmem(in->data + at, in->length - at, "\r\n", 2))) {
            int32_t code = read_until(call, s, in, in->length + 1, &eof);
            if (code < 0 || eof)
                return code;
        }
        char *stop = NULL;
        unsigned long size = strtoul(in->data + at, &stop, 16);
        if (stop == in->data + at || size > in->limit)
            return krx_fail(call, KRX_E_DATA_LOSS, "%s: the answer is damaged", s->http->label);
        at = (size_t)(line - in->data) + 2;
        int32_t code = read_until(call, s, in, at + size + 2, &eof);
        if (code < 0 || eof || !size)
            return code;
        krx_str_addn(body, in->data + at, size);
        at += size + 2;
    }
}

/* The answer of a server that did not switch. */
static int32_t read_refusal(krx_call *call, krx_http_stream *s, krx_str *in, size_t limit,
                            krx_http_response *r)
{
    const char *length = krx_http_header(r, "Content-Length");
    const char *coding = krx_http_header(r, "Transfer-Encoding");
    bool eof;
    in->limit = (limit ? limit : KRX_HTTP_BODY_MAX) + 65536;
    r->body.limit = in->limit;
    if (coding && strcasestr(coding, "chunked"))
        return read_chunks(call, s, in, &r->body);
    int32_t code = read_until(call, s, in, length ? strtoul(length, NULL, 10) : SIZE_MAX, &eof);
    if (code < 0)
        return code;
    krx_str_addn(&r->body, krx_str_get(in), in->length);
    return krx_str_failed(&r->body) ? krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory") : 0;
}

/* 200 without a length is how engines before 1.22, and some compatible ones, switch. */
static bool has_switched(const krx_http_response *r)
{
    return r->status == 101 || (r->status == 200 && !krx_http_header(r, "Content-Length") &&
                                !krx_http_header(r, "Transfer-Encoding"));
}

static int32_t connect_stream(krx_call *call, krx_http_stream *s)
{
    CURLcode result = CURLE_OK;
    curl_socket_t fd = CURL_SOCKET_BAD;
    krx_http_idle idle = {0};
    CURL *easy = s->lane->easy;
    curl_easy_setopt(easy, CURLOPT_URL, s->http->base_url);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    int32_t code = krx_http_lane_run(call, s->http, s->lane, &idle, &result);
    if (code < 0)
        return code;
    if (result != CURLE_OK)
        return krx_http_fail_curl(call, s->http, s->lane, result, false);
    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD)
        return krx_fail(call, KRX_E_INTERNAL, "%s: the connection has no socket", s->http->label);
    s->fd = fd;
    return 0;
}

int32_t krx_http_upgrade(krx_call *call, krx_http *http, const krx_http_request *request,
                         const char *protocol, krx_http_response *response, krx_http_stream **out)
{
    krx_auto_str krx_str in = {0};
    int32_t code;
    *out = NULL;
    response->status = 0;
    krx_str_reset(&response->head);
    krx_str_reset(&response->body);
    krx_auto_http_stream krx_http_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    stream->http = http;
    stream->fd = -1;
    stream->lane = krx_http_lane_take(call, http);
    if (!stream->lane)
        return call->error->code;
    if ((code = connect_stream(call, stream)) < 0 ||
        (code = send_head(call, stream, request, protocol)) < 0 ||
        (code = read_head(call, stream, &in, response)) < 0)
        return code;
    if (!has_switched(response))
        return read_refusal(call, stream, &in, request->limit, response);
    stream->early = in;
    in = (krx_str){0};
    *out = krx_move_ptr(stream);
    return 0;
}
