/* SPDX-License-Identifier: Apache-2.0 */
/* Output as lines, each with its time when the server was asked for time stamps. */
#include "lib/logs/lines.h"

#include <string.h>

#include "lib/base/clock.h"

#define LINE_MAX_ ((size_t)64 << 10)
#define STAMP_MAX 40

void krx_line_maker_init(krx_line_maker *m)
{
    m->streams[0].time_ns = m->streams[1].time_ns = KRX_UNSET;
}

static int32_t hand_out(krx_line_maker *m, uint32_t index, bool partial)
{
    krx_log_line line = {.stream = index + 1,
                         .partial = partial,
                         .time_ns = m->streams[index].time_ns,
                         .text = krx_str_get(&m->streams[index].text),
                         .length = m->streams[index].text.length};
    int32_t code = m->fn(m->ctx, &line);
    krx_str_reset(&m->streams[index].text);
    m->streams[index].continued = partial;
    m->streams[index].stamp_at = 0;
    if (!partial)
        m->streams[index].time_ns = KRX_UNSET;
    return code;
}

/* Adds text without newline; long lines go out in parts. */
static int32_t add_text(krx_call *call, krx_line_maker *m, uint32_t index, const char *data,
                        size_t length)
{
    while (length) {
        krx_str *text = &m->streams[index].text;
        size_t n = LINE_MAX_ - text->length;
        n = n < length ? n : length;
        krx_str_addn(text, data, n);
        if (krx_str_failed(text))
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        data += n;
        length -= n;
        int32_t code = text->length == LINE_MAX_ ? hand_out(m, index, true) : 0;
        if (code)
            return code;
    }
    return 0;
}

/* Takes "2026-11-21T22:49:07.123Z " off the front of what was collected; false: not all there. */
static bool take_stamp(krx_line_maker *m, uint32_t index, bool whole)
{
    char stamp[STAMP_MAX];
    krx_str *text = &m->streams[index].text;
    size_t from = m->streams[index].stamp_at;
    char *start = text->data + from;
    size_t have = text->length - from;
    const char *space = memchr(start, ' ', have);
    if (!space && have < STAMP_MAX && !whole)
        return false;
    size_t length = space ? (size_t)(space - start) : have;
    int64_t time_ns;
    m->streams[index].stamped = true;
    if (length >= sizeof stamp)
        return true;
    memcpy(stamp, start, length);
    stamp[length] = '\0';
    if (!krx_time_parse(stamp, &time_ns))
        return true;
    /* parts of one long line each have a stamp: the line's time is the first one's */
    if (!from && !m->streams[index].continued)
        m->streams[index].time_ns = time_ns;
    size_t used = length + (space != NULL);
    memmove(start, start + used, have - used + 1);
    text->length -= used;
    return true;
}

/* A time stamp begins here: make sure that it will not be cut in two. */
static int32_t expect_stamp(krx_line_maker *m, uint32_t index)
{
    int32_t code = 0;
    if (m->streams[index].text.length + STAMP_MAX > LINE_MAX_)
        code = hand_out(m, index, true);
    m->streams[index].stamped = false;
    m->streams[index].stamp_at = m->streams[index].text.length;
    return code;
}

/* Text of one line, of which `newline` is the end. */
static int32_t feed_part(krx_call *call, krx_line_maker *m, uint32_t index, const char *data,
                         size_t length, bool newline)
{
    const krx_str *text = &m->streams[index].text;
    while (m->timestamps && !m->streams[index].stamped && length) {
        size_t n = STAMP_MAX - (text->length - m->streams[index].stamp_at);
        n = n < length ? n : length;
        int32_t code = add_text(call, m, index, data, n);
        if (code)
            return code;
        data += n;
        length -= n;
        (void)take_stamp(m, index, newline && !length);
    }
    int32_t code = add_text(call, m, index, data, length);
    return code || !newline ? code : hand_out(m, index, false);
}

int32_t krx_line_maker_feed(krx_call *call, krx_line_maker *m, uint32_t stream, bool first,
                            const char *data, size_t length)
{
    uint32_t index = stream == 2 ? 1 : 0;
    while (length) {
        const char *newline = memchr(data, '\n', length);
        size_t n = newline ? (size_t)(newline - data) : length;
        bool stamp_here = m->timestamps && (first || !m->streams[index].begun);
        int32_t code = stamp_here ? expect_stamp(m, index) : 0;
        m->streams[index].begun = !newline;
        if (!code)
            code = feed_part(call, m, index, data, n, newline != NULL);
        if (code)
            return code;
        first = false;
        data += n + (newline != NULL);
        length -= n + (newline != NULL);
    }
    return 0;
}

int32_t krx_line_maker_end(krx_line_maker *m)
{
    int32_t code = 0;
    for (uint32_t i = 0; i < 2 && !code; i++) {
        if (!m->streams[i].text.length)
            continue;
        if (m->timestamps && !m->streams[i].stamped)
            (void)take_stamp(m, i, true);
        code = hand_out(m, i, false);
    }
    return code;
}

void krx_line_maker_free(krx_line_maker *m)
{
    krx_str_free(&m->streams[0].text);
    krx_str_free(&m->streams[1].text);
}
