/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/units.h"

#include "lib/base/cleanup.h"
#include "lib/base/str.h"
#include "tests/unit/unit.h"

typedef struct row {
    const char *text;
    int64_t value; /* -1: refused */
} row;

static void check(const char *(*parse)(const char *, int64_t *), const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = -1;
        const char *wrong = parse(rows[i].text, &value);
        if ((rows[i].value < 0) != (wrong != NULL) || (!wrong && value != rows[i].value))
            print_error("'%s' gives %lld\n", rows[i].text, (long long)value);
        assert_int_equal(wrong != NULL, rows[i].value < 0);
        if (!wrong)
            assert_int_equal(value, rows[i].value);
    }
}

#define CHECK(parse, rows) check(parse, rows, KRX_COUNT(rows))

static void cpu(void **state)
{
    (void)state;
    static const row rows[] = {
        {"500m", 500}, {"1.5", 1500},  {"2", 2000},   {"0.001", 1}, {" 1 ", 1000},
        {"0", 0},      {"0.0001", -1}, {"1.5m", -1},  {"-1", -1},   {"+1", -1},
        {"", -1},      {"1,5", -1},    {"1 m x", -1}, {"M", -1},    {"99999999999999999999", -1},
    };
    CHECK(krx_parse_cpu, rows);
}

static void bytes(void **state)
{
    (void)state;
    static const row rows[] = {
        {"256Mi", 256 << 20},
        {"1G", 1000000000},
        {"512MB", 512000000},
        {"1048576", 1048576},
        {"1.5Gi", INT64_C(3) << 29},
        {"1k", 1000},
        {"1KiB", 1024},
        {"0", 0},
        {"7Ei", -1},
        {"1.5", -1},
        {"-5Mi", -1},
        {"10 Mi", -1},
        {"9999999Ti", -1},
        {"Mi", -1},
        {"", -1},
    };
    CHECK(krx_parse_bytes, rows);
}

static void bitrate(void **state)
{
    (void)state;
    static const row rows[] = {
        {"10Mbit", 10000000}, {"1Gbit", 1000000000}, {"500kbps", 4000000},
        {"10", 10000000},     {"64kbit", 64000},     {"1bit", 1},
        {"fast", -1},         {"-1Mbit", -1},        {"1Mbit/s", -1},
    };
    CHECK(krx_parse_bitrate, rows);
}

static void duration(void **state)
{
    (void)state;
    const int64_t s = 1000000000;
    const row rows[] = {
        {"500ms", s / 2},   {"30s", 30 * s},
        {"5m", 300 * s},    {"1h30m", 5400 * s},
        {"2d", 172800 * s}, {"30", 30 * s},
        {"1.5h", 5400 * s}, {"168h", 604800 * s},
        {"0", 0},           {"0s", 0},
        {"1h30", -1},       {"-5s", -1},
        {"5 s", -1},        {"s", -1},
        {"", -1},           {"9999999999h", -1},
        {"1y", -1},         {"5555555550068202h", -1},
    };
    CHECK(krx_parse_duration, rows);
}

/* What is written is read back as the same value. */
static void spelling_is_exact(void **state)
{
    (void)state;
    static const int64_t values[] = {
        0,    1,       7,       250,           500,         1000,      1500,
        1024, 1 << 20, 1000000, 3600000000000, 90000000000, 123456789, INT64_MAX};
    char text[KRX_UNIT_TEXT_MAX];
    int64_t back;
    for (size_t i = 0; i < KRX_COUNT(values); i++) {
        assert_null(krx_parse_cpu(krx_cpu_text(values[i], text), &back));
        assert_int_equal(back, values[i]);
        assert_null(krx_parse_bytes(krx_bytes_text(values[i], text), &back));
        assert_int_equal(back, values[i]);
        assert_null(krx_parse_bitrate(krx_bitrate_text(values[i], text), &back));
        assert_int_equal(back, values[i]);
        assert_null(krx_parse_duration(krx_duration_text(values[i], text), &back));
        assert_int_equal(back, values[i]);
    }
    assert_string_equal(krx_bytes_text(256 << 20, text), "256Mi");
    assert_string_equal(krx_cpu_text(1500, text), "1500m");
    assert_string_equal(krx_duration_text(90000000000, text), "90s");
    assert_string_equal(krx_bitrate_text(10000000, text), "10Mbit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu),
        cmocka_unit_test(bytes),
        cmocka_unit_test(bitrate),
        cmocka_unit_test(duration),
        cmocka_unit_test(spelling_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
