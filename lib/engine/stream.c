/* SPDX-License-Identifier: Apache-2.0 */
/* Calls whose answers are streams. */
#include <string.h>

#include "lib/engine/internal.h"

/* ------------------------------------------------------------------------------------- messages */

typedef struct message_stream {
    krx_call *call;
    krx_json_splitter splitter;
    krx_engine_message_fn *fn;
    void *ctx;
} message_stream;

static int32_t take_messages(void *ctx, const char *data, size_t length)
{
    message_stream *m = ctx;
    return krx_json_splitter_feed(m->call, &m->splitter, data, length, m->fn, m->ctx);
}

int32_t krx_engine_messages(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                            krx_engine_message_fn *fn, void *ctx)
{
    krx_auto_http_response krx_http_response response = {0};
    message_stream m = {.call = call, .fn = fn, .ctx = ctx};
    int32_t code = krx_engine_run(call, engine, request, take_messages, &m, &response);
    if (code == 0)
        code = krx_json_splitter_end(call, &m.splitter);
    krx_json_splitter_free(&m.splitter);
    return code;
}

/* ------------------------------------------------------------------------------------- transfers
 */

typedef struct transfer {
    krx_call *call;
    const char *what;
    krx_engine_message_fn *fn;
    void *ctx;
} transfer;

static int32_t take_progress(void *ctx, const cJSON *message)
{
    const transfer *t = ctx;
    const char *text = krx_json_text(krx_json_get(message, "errorDetail"), "message");
    if (!*text)
        text = krx_json_text(message, "error");
    if (*text)
        return krx_engine_fail_transfer(t->call, t->what, text);
    return t->fn ? t->fn(t->ctx, message) : 0;
}

int32_t krx_engine_transfer(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                            krx_engine_message_fn *fn, void *ctx)
{
    int32_t status = 0;
    krx_engine_request r = *request;
    transfer t = {
        .call = call, .what = request->what ? request->what : request->path, .fn = fn, .ctx = ctx};
    r.what = t.what;
    r.status = &status;
    int32_t code = krx_engine_messages(call, engine, &r, take_progress, &t);
    if (request->status)
        *request->status = status;
    /* engines answer 500 and 404 for what the registry said, and only the text tells */
    size_t prefix = strlen(t.what) + 2;
    if (code < 0 && (status == 500 || status == 404) &&
        krx_has_prefix(call->error->message, t.what) && strlen(call->error->message) > prefix) {
        char text[KRX_ERROR_MESSAGE_MAX];
        (void)snprintf(text, sizeof text, "%s", call->error->message + prefix);
        int32_t found = krx_engine_fail_transfer(call, t.what, text);
        code = found == KRX_E_UNKNOWN ? krx_fail(call, code, "%s: %s", t.what, text) : found;
    }
    return code;
}

/* ---------------------------------------------------------------------------------------- output
 */

typedef struct output_stream {
    krx_call *call;
    const krx_http_response *response;
    krx_demux demux;
    bool known; /* the answer's type was looked at */
    krx_demux_fn *fn;
    void *ctx;
} output_stream;

static int32_t take_output(void *ctx, const char *data, size_t length)
{
    output_stream *o = ctx;
    if (!o->known) {
        /* only newer engines say it; the older ones call both kinds raw */
        const char *type = krx_http_header(o->response, "Content-Type");
        if (type && strstr(type, "multiplexed-stream"))
            o->demux.raw = false;
        o->known = true;
    }
    return krx_demux_feed(o->call, &o->demux, data, length, o->fn, o->ctx);
}

int32_t krx_engine_demux(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                         bool tty, krx_demux_fn *fn, void *ctx)
{
    krx_auto_http_response krx_http_response response = {0};
    output_stream o = {
        .call = call, .response = &response, .demux = {.raw = tty}, .fn = fn, .ctx = ctx};
    int32_t code = krx_engine_run(call, engine, request, take_output, &o, &response);
    if (code == 0)
        code = krx_demux_end(call, &o.demux);
    krx_demux_free(&o.demux);
    return code;
}

typedef struct plain_output {
    krx_engine_output_fn *fn;
    void *ctx;
} plain_output;

static int32_t pass_output(void *ctx, uint32_t stream, bool first, const char *data, size_t length)
{
    const plain_output *p = ctx;
    (void)first;
    return p->fn(p->ctx, stream, data, length);
}

int32_t krx_engine_output(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                          bool tty, krx_engine_output_fn *fn, void *ctx)
{
    plain_output p = {.fn = fn, .ctx = ctx};
    return krx_engine_demux(call, engine, request, tty, pass_output, &p);
}

int32_t krx_engine_raw(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                       krx_http_write_fn *fn, void *ctx)
{
    krx_auto_http_response krx_http_response response = {0};
    return krx_engine_run(call, engine, request, fn, ctx, &response);
}
