/* SPDX-License-Identifier: Apache-2.0 */
/* Splitters: JSON messages, output frames, lines; each fed in pieces of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/local_host.h"
#include "lib/engine/internal.h"

typedef struct fixture {
    krx_error error;
    krx_call call;
    krx_str seen;
    size_t count;
    size_t stop_at;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    krx_call_init(&f->call, &f->error);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    krx_str_free(&f->seen);
    free(f);
    return 0;
}

/* ------------------------------------------------------------------------------------- messages */

static int32_t see_message(void *ctx, const cJSON *message)
{
    fixture *f = ctx;
    char *text = cJSON_PrintUnformatted(message);
    krx_str_add(&f->seen, text);
    krx_str_addc(&f->seen, ';');
    cJSON_free(text);
    return ++f->count == f->stop_at ? 5 : 0;
}

static int32_t feed_messages(fixture *f, const char *text, size_t length, size_t piece)
{
    krx_json_splitter s = {0};
    int32_t code = 0;
    krx_str_reset(&f->seen);
    f->count = 0;
    for (size_t at = 0; at < length && !code; at += piece)
        code = krx_json_splitter_feed(&f->call, &s, text + at,
                                      length - at < piece ? length - at : piece, see_message, f);
    if (!code)
        code = krx_json_splitter_end(&f->call, &s);
    krx_json_splitter_free(&s);
    return code;
}

static void messages_come_in_any_pieces(void **state)
{
    static const char text[] =
        " {\"a\":\"}{\\\"[\"}\r\n{\"b\":[1,{\"c\":2}]}{\"d\":\"\\\\\"}\n\n[1]";
    static const char expected[] =
        "{\"a\":\"}{\\\"[\"};{\"b\":[1,{\"c\":2}]};{\"d\":\"\\\\\"};[1];";
    fixture *f = *state;
    for (size_t piece = 1; piece < sizeof text; piece++) {
        assert_int_equal(feed_messages(f, text, sizeof text - 1, piece), 0);
        assert_string_equal(krx_str_get(&f->seen), expected);
    }
}

static void message_faults_are_told_apart(void **state)
{
    fixture *f = *state;
    assert_int_equal(feed_messages(f, "{\"a\":1}{\"b\"", 11, 3), KRX_E_DATA_LOSS);
    assert_int_equal(f->count, 1);
    assert_non_null(strstr(f->error.message, "inside a message"));
    assert_int_equal(feed_messages(f, "404 page", 8, 8), KRX_E_DATA_LOSS);
    assert_int_equal(feed_messages(f, "{\"a\" 1}", 7, 7), KRX_E_DATA_LOSS);
    assert_int_equal(feed_messages(f, "{]", 2, 1), KRX_E_DATA_LOSS);
    assert_int_equal(feed_messages(f, "", 0, 1), 0);
    f->stop_at = 2;
    assert_int_equal(feed_messages(f, "{}{}{}", 6, 6), 5);
    assert_int_equal(f->count, 2);
}

static void messages_are_bounded(void **state)
{
    fixture *f = *state;
    krx_auto_str krx_str text = {0};
    krx_str_add(&text, "{\"a\":\"");
    while (text.length < KRX_ENGINE_MESSAGE_MAX + 1000)
        krx_str_add(&text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    assert_int_equal(feed_messages(f, text.data, text.length, 65536), KRX_E_DATA_LOSS);
}

/* --------------------------------------------------------------------------------------- frames */

static int32_t see_output(void *ctx, uint32_t stream, bool first, const char *data, size_t length)
{
    fixture *f = ctx;
    static _Thread_local uint32_t last;
    if (first || !f->seen.length || last != stream)
        krx_str_addf(&f->seen, "<%u>", stream);
    last = stream;
    krx_str_addn(&f->seen, data, length);
    return ++f->count == f->stop_at ? 5 : 0;
}

static int32_t feed_frames(fixture *f, const char *data, size_t length, size_t piece, bool raw)
{
    krx_demux d = {.raw = raw};
    int32_t code = 0;
    krx_str_reset(&f->seen);
    f->count = 0;
    for (size_t at = 0; at < length && !code; at += piece)
        code = krx_demux_feed(&f->call, &d, data + at, length - at < piece ? length - at : piece,
                              see_output, f);
    if (!code)
        code = krx_demux_end(&f->call, &d);
    krx_demux_free(&d);
    return code;
}

#define FRAME(stream, length) stream "\0\0\0\0\0\0" length

static void frames_come_in_any_pieces(void **state)
{
    static const char data[] =
        FRAME("\1", "\5") "hello" FRAME("\2", "\3") "err" FRAME("\1", "\0") FRAME("\0", "\1") "!";
    fixture *f = *state;
    for (size_t piece = 1; piece < sizeof data; piece++) {
        assert_int_equal(feed_frames(f, data, sizeof data - 1, piece, false), 0);
        assert_string_equal(krx_str_get(&f->seen), "<1>hello<2>err<1>!");
    }
    assert_int_equal(feed_frames(f, "plain", 5, 2, true), 0);
    assert_string_equal(krx_str_get(&f->seen), "<1>plain");
}

static void frame_faults_are_told_apart(void **state)
{
    static const char torn[] = FRAME("\1", "\5") "he";
    static const char half_head[] = "\1\0\0";
    static const char wrong[] = "no frames at all";
    static const char long_one[] = "\1\0\0\0\xff\xff\xff\xffshort";
    static const char failure[] = FRAME("\1", "\2") "ok" FRAME("\3", "\6") "broken";
    fixture *f = *state;
    assert_int_equal(feed_frames(f, torn, sizeof torn - 1, 4, false), KRX_E_DATA_LOSS);
    assert_string_equal(krx_str_get(&f->seen), "<1>he");
    assert_int_equal(feed_frames(f, half_head, sizeof half_head - 1, 1, false), KRX_E_DATA_LOSS);
    assert_int_equal(feed_frames(f, wrong, sizeof wrong - 1, 5, false), KRX_E_DATA_LOSS);
    assert_int_equal(feed_frames(f, long_one, sizeof long_one - 1, 5, false), KRX_E_DATA_LOSS);
    assert_string_equal(krx_str_get(&f->seen), "<1>short");
    assert_int_equal(feed_frames(f, failure, sizeof failure - 1, 3, false), KRX_E_UNKNOWN);
    assert_non_null(strstr(f->error.message, "broken"));
}

/* ---------------------------------------------------------------------------------------- lines */

static int32_t see_line(void *ctx, const krx_log_line *line)
{
    fixture *f = ctx;
    char when[KRX_TIME_TEXT_MAX] = "-";
    if (line->time_ns != KRX_UNSET)
        krx_time_text(line->time_ns, when);
    krx_str_addf(&f->seen, "[%u %s%s ", line->stream, when, line->partial ? " part" : "");
    if (line->length < 200)
        krx_str_addn(&f->seen, line->text, line->length);
    else
        krx_str_addf(&f->seen, "%zu bytes", line->length);
    krx_str_addc(&f->seen, ']');
    return ++f->count == f->stop_at ? 5 : 0;
}

static krx_line_maker maker(fixture *f, bool timestamps)
{
    krx_line_maker m = {.fn = see_line, .ctx = f, .timestamps = timestamps};
    krx_line_maker_init(&m);
    krx_str_reset(&f->seen);
    f->count = 0;
    return m;
}

static void lines_come_in_any_pieces(void **state)
{
    static const char text[] = "2026-01-02T03:04:05.5Z one two\n2026-01-02T03:04:06Z \n"
                               "no stamp at all, and a rather long line of text it is\nlast";
    fixture *f = *state;
    for (size_t piece = 1; piece < sizeof text; piece++) {
        krx_line_maker m = maker(f, true);
        for (size_t at = 0; at < sizeof text - 1; at += piece)
            assert_int_equal(
                krx_line_maker_feed(&f->call, &m, 1, false, text + at,
                                    sizeof text - 1 - at < piece ? sizeof text - 1 - at : piece),
                0);
        assert_int_equal(krx_line_maker_end(&m), 0);
        krx_line_maker_free(&m);
        assert_string_equal(
            krx_str_get(&f->seen),
            "[1 2026-01-02T03:04:05.500000000Z one two][1 2026-01-02T03:04:06Z ]"
            "[1 - no stamp at all, and a rather long line of text it is][1 - last]");
    }
}

static void streams_do_not_mix(void **state)
{
    fixture *f = *state;
    krx_line_maker m = maker(f, false);
    assert_int_equal(krx_line_maker_feed(&f->call, &m, 1, true, "out", 3), 0);
    assert_int_equal(krx_line_maker_feed(&f->call, &m, 2, true, "err\n", 4), 0);
    assert_int_equal(krx_line_maker_feed(&f->call, &m, 1, true, "put\nmore\n", 9), 0);
    krx_line_maker_free(&m);
    assert_string_equal(krx_str_get(&f->seen), "[2 - err][1 - output][1 - more]");
}

/* The engine cuts lines at 16 KiB and stamps each part. */
static void stamped_parts_become_one_line(void **state)
{
    fixture *f = *state;
    krx_line_maker m = maker(f, true);
    static const char a[] = "2026-01-02T03:04:05Z aaa", b[] = "2026-01-02T03:04:09Z bbb\n";
    assert_int_equal(krx_line_maker_feed(&f->call, &m, 1, true, a, sizeof a - 1), 0);
    assert_int_equal(krx_line_maker_feed(&f->call, &m, 1, true, b, sizeof b - 1), 0);
    krx_line_maker_free(&m);
    assert_string_equal(krx_str_get(&f->seen), "[1 2026-01-02T03:04:05Z aaabbb]");
}

static void long_lines_come_in_parts(void **state)
{
    fixture *f = *state;
    krx_auto_str krx_str text = {0};
    krx_str_add(&text, "2026-01-02T03:04:05Z ");
    for (int i = 0; i < 100000; i++)
        krx_str_addc(&text, 'x');
    krx_str_add(&text, "\nnext\n");
    for (size_t piece = 1000; piece <= 200000; piece *= 200) {
        krx_line_maker m = maker(f, true);
        for (size_t at = 0; at < text.length; at += piece)
            assert_int_equal(
                krx_line_maker_feed(&f->call, &m, 1, false, text.data + at,
                                    text.length - at < piece ? text.length - at : piece),
                0);
        krx_line_maker_free(&m);
        assert_string_equal(krx_str_get(&f->seen),
                            "[1 2026-01-02T03:04:05Z part 65536 bytes]"
                            "[1 2026-01-02T03:04:05Z 34464 bytes][1 - next]");
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(messages_come_in_any_pieces), T(message_faults_are_told_apart),
        T(messages_are_bounded),        T(frames_come_in_any_pieces),
        T(frame_faults_are_told_apart), T(lines_come_in_any_pieces),
        T(streams_do_not_mix),          T(stamped_parts_become_one_line),
        T(long_lines_come_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
