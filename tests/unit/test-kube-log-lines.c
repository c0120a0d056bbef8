/* SPDX-License-Identifier: Apache-2.0 */
/* Logs of pods: time stamps, long lines, and going on after a gap. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/local_host.h"
#include "modules/kubernetes/logs/lines.h"

typedef struct fixture {
    krx_error error;
    krx_call call;
    krx_str seen; /* "[seconds]text" and "|" for the end of a line, "+" for a part */
    krx_k8s_log_lines lines;
} fixture;

static int32_t see(void *ctx, const krx_log_line *line)
{
    fixture *f = ctx;
    if (line->time_ns == KRX_UNSET)
        krx_str_add(&f->seen, "[-]");
    else
        krx_str_addf(&f->seen, "[%d]", (int)(line->time_ns / KRX_NS_PER_S % 60));
    krx_str_addn(&f->seen, line->text, line->length);
    krx_str_add(&f->seen, line->partial ? "+" : "|");
    return 0;
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    krx_call_init(&f->call, &f->error);
    f->lines = (krx_k8s_log_lines){.fn = see, .ctx = f};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    krx_k8s_log_lines_free(&f->lines);
    krx_str_free(&f->seen);
    free(f);
    return 0;
}

static void feed(fixture *f, const char *text, size_t length, size_t piece)
{
    krx_str_reset(&f->seen);
    for (size_t at = 0; at < length; at += piece)
        assert_int_equal(krx_k8s_log_lines_feed(&f->call, &f->lines, text + at,
                                                length - at < piece ? length - at : piece),
                         0);
    assert_int_equal(krx_k8s_log_lines_end(&f->call, &f->lines), 0);
    krx_k8s_log_lines_free(&f->lines);
    f->lines = (krx_k8s_log_lines){.fn = see, .ctx = f};
}

#define T(second) "2026-11-22T03:00:" second ".123456789Z "

static void stamps_come_off_in_pieces_of_any_size(void **state)
{
    static const char text[] = T("01") "one\n" T("02") "\n" T("03") "two words 1\n"
                                                                    "no stamp here\n" T("04") "end";
    fixture *f = *state;
    for (size_t piece = 1; piece < sizeof text; piece++) {
        feed(f, text, sizeof text - 1, piece);
        assert_string_equal(krx_str_get(&f->seen),
                            "[1]one|[2]|[3]two words 1|[-]no stamp here|[4]end|");
    }
}

static void text_without_stamps_stays_as_it_is(void **state)
{
    static const char text[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n  x\n";
    fixture *f = *state;
    feed(f, text, sizeof text - 1, 7);
    assert_string_equal(krx_str_get(&f->seen),
                        "[-]aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|[-]  x|");
}

/* The kubelet stamps each piece of a line that the runtime has cut. */
static void a_long_line_comes_without_the_stamps_inside(void **state)
{
    fixture *f = *state;
    krx_auto_str krx_str text = {0}, wanted = {0};
    krx_autofree char *piece = malloc(KRX_K8S_LOG_PIECE + 1);
    assert_non_null(piece);
    memset(piece, 'x', KRX_K8S_LOG_PIECE);
    piece[KRX_K8S_LOG_PIECE] = '\0';
    krx_str_addf(&text, T("05") "%s" T("06") "%s" T("07") "tail\n" T("08") "next\n", piece, piece);
    krx_str_addf(&wanted, "[5]%s+[5]%s+[5]tail|[8]next|", piece, piece);
    assert_false(krx_str_failed(&text) || krx_str_failed(&wanted));
    static const size_t sizes[] = {1, 100, 16384, 100000};
    for (size_t i = 0; i < KRX_COUNT(sizes); i++) {
        feed(f, text.data, text.length, sizes[i]);
        assert_string_equal(krx_str_get(&f->seen), wanted.data);
    }
}

static void a_log_that_is_gone_is_known(void **state)
{
    static const char text[] = "unable to retrieve container logs for containerd://abc";
    (void)state;
    assert_true(krx_k8s_log_is_gone(text, sizeof text - 1, "containerd://abc"));
    assert_false(krx_k8s_log_is_gone(text, sizeof text - 1, "containerd://abd"));
    assert_false(krx_k8s_log_is_gone(text, sizeof text - 2, "containerd://abc"));
    assert_false(krx_k8s_log_is_gone("unable to retrieve container logs for ", 38, ""));
}

/* ------------------------------------------------------------------------------------- position */

/* A log of stamps, of which the reader asks for those from a second on. */
static size_t read_from(krx_k8s_log_position *p, const int64_t *log, size_t count, size_t stop,
                        int64_t *got, size_t used)
{
    int64_t since = krx_k8s_log_resume(p);
    for (size_t i = 0; i < count && i < stop; i++) {
        if (since != KRX_UNSET && log[i] < since)
            continue;
        if (krx_k8s_log_accept(p, log[i]))
            got[used++] = (int64_t)i;
    }
    return used;
}

#define MS(x) ((int64_t)(x)*KRX_NS_PER_MS + 1700000000 * KRX_NS_PER_S)

/* Cut off after any line, and then after any further one: each line comes once, in order. */
static void nothing_is_lost_or_repeated_at_any_cut(void **state)
{
    static const int64_t log[] = {MS(100),  MS(100),  MS(100),  MS(950),  MS(940),  MS(1000),
                                  MS(999),  MS(1001), MS(1990), MS(2005), MS(1995), MS(2005),
                                  MS(2005), MS(7000), MS(7000), MS(7001), MS(8000), MS(8000)};
    (void)state;
    for (size_t first = 0; first <= KRX_COUNT(log); first++)
        for (size_t second = first; second <= KRX_COUNT(log); second++) {
            krx_k8s_log_position p = {0};
            int64_t got[2 * KRX_COUNT(log)];
            size_t n = read_from(&p, log, KRX_COUNT(log), first, got, 0);
            n = read_from(&p, log, KRX_COUNT(log), second, got, n);
            n = read_from(&p, log, KRX_COUNT(log), SIZE_MAX, got, n);
            assert_int_equal(n, KRX_COUNT(log));
            for (size_t i = 0; i < n; i++)
                assert_int_equal(got[i], i);
        }
}

/* With --tail only the end was shown: the lines before it do not come up later. */
static void what_was_left_out_stays_out(void **state)
{
    static const int64_t log[] = {MS(100), MS(200), MS(300), MS(400), MS(500)};
    krx_k8s_log_position p = {0};
    int64_t got[10];
    (void)state;
    assert_true(krx_k8s_log_accept(&p, log[3]));
    size_t n = read_from(&p, log, KRX_COUNT(log), SIZE_MAX, got, 0);
    assert_int_equal(n, 1);
    assert_int_equal(got[0], 4);
}

/* The file was rotated away meanwhile: what is there now is newer, and none of it is skipped. */
static void a_rotated_log_is_not_skipped(void **state)
{
    krx_k8s_log_position p = {0};
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_true(krx_k8s_log_accept(&p, MS(100 + i)));
    assert_true(krx_k8s_log_resume(&p) <= MS(0));
    assert_true(krx_k8s_log_accept(&p, MS(200)));
    assert_true(krx_k8s_log_accept(&p, MS(201)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stamps_come_off_in_pieces_of_any_size, setup, teardown),
        cmocka_unit_test_setup_teardown(text_without_stamps_stays_as_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_line_comes_without_the_stamps_inside, setup,
                                        teardown),
        cmocka_unit_test(a_log_that_is_gone_is_known),
        cmocka_unit_test(nothing_is_lost_or_repeated_at_any_cut),
        cmocka_unit_test(what_was_left_out_stays_out),
        cmocka_unit_test(a_rotated_log_is_not_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
