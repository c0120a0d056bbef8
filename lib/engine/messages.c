/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of JSON documents, with or without newlines between them. */
#include <string.h>

#include "lib/engine/internal.h"

void krx_json_splitter_free(krx_json_splitter *s)
{
    krx_str_free(&s->text);
}

static int32_t deliver(krx_call *call, krx_json_splitter *s, krx_engine_message_fn *fn, void *ctx)
{
    krx_auto_json cJSON *json = cJSON_ParseWithLength(krx_str_get(&s->text), s->text.length);
    krx_str_reset(&s->text);
    if (!json)
        return krx_fail(call, KRX_E_DATA_LOSS, "the engine sent a damaged JSON message");
    return fn(ctx, json);
}

/* Where the document that is being read ends, or length; *complete tells which. */
static size_t scan(krx_json_splitter *s, const char *data, size_t length, bool *complete)
{
    *complete = false;
    for (size_t i = 0; i < length; i++) {
        char c = data[i];
        if (s->in_string) {
            s->in_string = s->escaped || c != '"';
            s->escaped = !s->escaped && c == '\\';
        } else if (c == '"') {
            s->in_string = true;
        } else if (c == '{' || c == '[') {
            s->depth++;
        } else if ((c == '}' || c == ']') && --s->depth == 0) {
            *complete = true;
            return i + 1;
        }
    }
    return length;
}

int32_t krx_json_splitter_feed(krx_call *call, krx_json_splitter *s, const char *data,
                               size_t length, krx_engine_message_fn *fn, void *ctx)
{
    while (length) {
        bool complete;
        if (!s->depth) {
            size_t space = 0;
            while (space < length && memchr(" \t\r\n", data[space], 4))
                space++;
            data += space;
            length -= space;
            if (length && *data != '{' && *data != '[')
                return krx_fail(call, KRX_E_DATA_LOSS,
                                "the engine sent something that is not JSON");
            if (!length)
                return 0;
        }
        size_t n = scan(s, data, length, &complete);
        if (s->text.length + n > KRX_ENGINE_MESSAGE_MAX)
            return krx_fail(call, KRX_E_DATA_LOSS, "the engine sent a message of more than %zu KiB",
                            KRX_ENGINE_MESSAGE_MAX / 1024);
        krx_str_addn(&s->text, data, n);
        if (krx_str_failed(&s->text))
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        data += n;
        length -= n;
        int32_t code = complete ? deliver(call, s, fn, ctx) : 0;
        if (code)
            return code;
    }
    return 0;
}

int32_t krx_json_splitter_end(krx_call *call, const krx_json_splitter *s)
{
    return s->depth ? krx_fail(call, KRX_E_DATA_LOSS, "the engine's answer ended inside a message")
                    : 0;
}
