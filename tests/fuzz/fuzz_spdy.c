/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what a SPDY peer sends, whole and in pieces: both must say the same. */
#include <stdlib.h>
#include <string.h>

#include <kranix/errors.h>

#include "lib/base/str.h"
#include "lib/kube/session/spdy_frames.h"
#include "lib/kube/session/spdy_headers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct outcome {
    krx_str text;
    krx_spdy_headers *headers;
    int32_t code;
} outcome;

static void note_pair(void *ctx, const krx_spdy_pair *pair)
{
    outcome *o = ctx;
    krx_str_addn(&o->text, pair->name, pair->name_length);
    krx_str_add(&o->text, "=");
    krx_str_addn(&o->text, pair->value, pair->value_length);
    krx_str_add(&o->text, "\n");
}

static int32_t on_control(void *ctx, const krx_spdy_frame *f, const uint8_t *payload)
{
    outcome *o = ctx;
    bool packed = f->type == KRX_SPDY_SYN_STREAM || f->type == KRX_SPDY_SYN_REPLY ||
                  f->type == KRX_SPDY_HEADERS;
    size_t skip = f->type == KRX_SPDY_SYN_STREAM ? 10 : 4;
    krx_str_addf(&o->text, "control %u of %u, flags %u, %u bytes\n", f->type, f->stream, f->flags,
                 f->length);
    if (f->length > KRX_SPDY_CONTROL_MAX)
        abort();
    krx_str_addn(&o->text, payload, f->length);
    if (!packed)
        return 0;
    return krx_spdy_unpack(o->headers, payload + skip, f->length - skip, note_pair, o) ? 1 : 0;
}

static int32_t on_data(void *ctx, const krx_spdy_frame *f, const uint8_t *data, size_t length,
                       bool last)
{
    outcome *o = ctx;
    krx_str_addn(&o->text, data, length);
    if (last)
        krx_str_addf(&o->text, "\ndata of %u, flags %u, %u bytes\n", f->stream, f->flags,
                     f->length);
    return 0;
}

static void run(const uint8_t *data, size_t length, size_t piece, outcome *o)
{
    krx_spdy_reader *reader = calloc(1, sizeof *reader);
    o->headers = krx_spdy_headers_new();
    if (!reader || !o->headers)
        abort();
    *reader = (krx_spdy_reader){.on_control = on_control, .on_data = on_data, .ctx = o};
    for (size_t at = 0; at < length && o->code == 0; at += piece)
        o->code = krx_spdy_read(reader, data + at, length - at < piece ? length - at : piece);
    if (o->code && !(o->code == 1 || (o->code == KRX_E_DATA_LOSS && reader->wrong)))
        abort();
    krx_spdy_headers_free(o->headers);
    free(reader);
}

/* The first byte: size of the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    outcome whole = {0}, pieces = {0};
    if (size < 1)
        return 0;
    run(data + 1, size - 1, size, &whole);
    run(data + 1, size - 1, 1 + (size_t)data[0], &pieces);
    if (whole.code != pieces.code || whole.text.length != pieces.text.length ||
        (whole.text.length && memcmp(whole.text.data, pieces.text.data, whole.text.length) != 0))
        abort();
    krx_str_free(&whole.text);
    krx_str_free(&pieces.text);
    return 0;
}
