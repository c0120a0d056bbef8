/* SPDX-License-Identifier: Apache-2.0 */
/* A request whose answer is output, as lines. */
#include "lib/engine/internal.h"

typedef struct line_stream {
    krx_call *call;
    krx_line_maker maker;
} line_stream;

static int32_t take_piece(void *ctx, uint32_t stream, bool first, const char *data, size_t length)
{
    line_stream *l = ctx;
    return krx_line_maker_feed(l->call, &l->maker, stream, first, data, length);
}

int32_t krx_engine_lines(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                         bool tty, bool timestamps, krx_log_line_fn *fn, void *ctx)
{
    line_stream l = {.call = call, .maker = {.fn = fn, .ctx = ctx, .timestamps = timestamps}};
    krx_line_maker_init(&l.maker);
    int32_t code = krx_engine_demux(call, engine, request, tty, take_piece, &l);
    /* what came before a stream broke off is still worth having */
    int32_t last = code > 0 || code == KRX_E_CANCELLED ? 0 : krx_line_maker_end(&l.maker);
    krx_line_maker_free(&l.maker);
    return code ? code : last;
}
