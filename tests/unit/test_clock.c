/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"

#include "lib/base/cleanup.h"
#include "tests/unit/unit.h"

static void times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-21T22:49:07Z", INT64_C(1795301347000000000)},
        {"2026-11-21T23:49:07+01:00", INT64_C(1795301347000000000)},
        {"2026-11-21T17:19:07-05:30", INT64_C(1795301347000000000)},
        {"1970-01-01T00:00:00.5Z", 500000000},
        {"1970-01-01T00:00:00.123456789Z", 123456789},
        {"1970-01-01t00:00:01z", 1000000000},
        {"1969-12-31T23:59:59Z", -1000000000},
    };
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        int64_t ns = 1;
        assert_true(krx_time_parse(rows[i].text, &ns));
        assert_int_equal(ns, rows[i].ns);
    }
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "now",
        "2026-11-21",
        "2026-11-21T22:49:07",
        "2026-13-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+1:00",
        "2026-01-01T00:00:00Zx",
        "0001-01-01T00:00:00Z",
    };
    for (size_t i = 0; i < KRX_COUNT(texts); i++) {
        int64_t ns;
        assert_false(krx_time_parse(texts[i], &ns));
    }
}

static void times_are_written(void **state)
{
    (void)state;
    static const int64_t values[] = {0,
                                     1,
                                     999999999,
                                     INT64_C(1795301347000000000),
                                     -1,
                                     -1000000000,
                                     INT64_C(1795301347123456789)};
    char text[KRX_TIME_TEXT_MAX];
    for (size_t i = 0; i < KRX_COUNT(values); i++) {
        int64_t back = 7;
        assert_true(krx_time_parse(krx_time_text(values[i], text), &back));
        assert_int_equal(back, values[i]);
    }
    assert_string_equal(krx_time_text(INT64_C(1795301347000000000), text), "2026-11-21T22:49:07Z");
}

static void the_monotonic_clock_goes_forward(void **state)
{
    (void)state;
    int64_t a = krx_now_monotonic(), b = krx_now_monotonic();
    assert_true(b >= a && a > 0);
    assert_true(krx_now_unix() > INT64_C(1700000000000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(times_are_written),
        cmocka_unit_test(the_monotonic_clock_goes_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
