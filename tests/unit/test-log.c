/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "core/log.h"

#define WHEN INT64_C(1700000000123456789)

static void assert_line(uint32_t format, int32_t level, const char *origin, const char *prefix,
                        const char *text, const char *wanted)
{
    krx_auto_str krx_str out = {0};
    krx_log_line(&out, format, WHEN, level, origin, prefix, text);
    assert_string_equal(krx_str_get(&out), wanted);
}

static void test_text(void **state)
{
    (void)state;
    assert_line(KRX_LOG_FORMAT_TEXT, KRX_LOG_WARN, "docker", "docker/deploy#1", "slow",
                "2023-11-14T22:13:20.123Z warn: docker/deploy#1: slow\n");
    assert_line(KRX_LOG_FORMAT_TEXT, KRX_LOG_ERROR, "docker", "", "x",
                "2023-11-14T22:13:20.123Z error: docker: x\n");
    assert_line(KRX_LOG_FORMAT_TEXT, KRX_LOG_DEBUG, NULL, NULL, "x",
                "2023-11-14T22:13:20.123Z debug: x\n");
}

static void test_text_is_escaped(void **state)
{
    (void)state;
    assert_line(KRX_LOG_FORMAT_TEXT, KRX_LOG_INFO, "", "", "a\nb\tc\x1b[31m\x07\x7f \xc3\xa4 \xff",
                "2023-11-14T22:13:20.123Z info: a\\nb\\tc\\x1b[31m\\x07\\x7f \xc3\xa4 \\xff\n");
    /* C1 control and right-to-left override, in valid UTF-8 */
    assert_line(KRX_LOG_FORMAT_TEXT, KRX_LOG_INFO, "", "", "\xc2\x9b \xe2\x80\xae",
                "2023-11-14T22:13:20.123Z info: \\xc2\\x9b \\xe2\\x80\\xae\n");
}

static void test_json(void **state)
{
    krx_auto_str krx_str out = {0};
    (void)state;
    krx_log_line(&out, KRX_LOG_FORMAT_JSON, WHEN, KRX_LOG_INFO, "docker", "docker/ping#2",
                 "say \"hi\"\\\n\x01\xff end");
    assert_ptr_equal(strchr(krx_str_get(&out), '\n'), krx_str_get(&out) + out.length - 1);
    cJSON *json = cJSON_Parse(krx_str_get(&out));
    assert_non_null(json);
    assert_string_equal(cJSON_GetObjectItem(json, "time")->valuestring, "2023-11-14T22:13:20.123Z");
    assert_string_equal(cJSON_GetObjectItem(json, "level")->valuestring, "info");
    assert_string_equal(cJSON_GetObjectItem(json, "module")->valuestring, "docker");
    assert_string_equal(cJSON_GetObjectItem(json, "call")->valuestring, "docker/ping#2");
    assert_string_equal(cJSON_GetObjectItem(json, "message")->valuestring,
                        "say \"hi\"\\\n\x01\xef\xbf\xbd end");
    cJSON_Delete(json);
}

static void test_long_lines_are_cut(void **state)
{
    static char text[100001];
    krx_auto_str krx_str out = {0};
    (void)state;
    memset(text, 'x', sizeof text - 1);
    krx_log_line(&out, KRX_LOG_FORMAT_TEXT, WHEN, KRX_LOG_INFO, "m", "", text);
    assert_true(out.length < 9000);
    assert_string_equal(krx_str_get(&out) + out.length - 4, "...\n");
}

static void test_levels(void **state)
{
    const krx_logger logger = {.fd = -1, .level = KRX_LOG_WARN};
    (void)state;
    assert_true(krx_log_wanted(&logger, KRX_LOG_ERROR));
    assert_true(krx_log_wanted(&logger, KRX_LOG_WARN));
    assert_false(krx_log_wanted(&logger, KRX_LOG_INFO));
    assert_int_equal(krx_log_level_of("debug"), KRX_LOG_DEBUG);
    assert_int_equal(krx_log_level_of("loud"), 0);
    assert_string_equal(krx_log_level_name(KRX_LOG_INFO), "info");
    assert_string_equal(krx_log_level_name(9999), "debug");
}

#define WRITERS 4
#define LINES 100

static void *writer(void *arg)
{
    for (int i = 0; i < LINES; i++)
        krx_log_write(arg, KRX_LOG_ERROR, "m", "", "0123456789012345678901234567890123456789");
    return NULL;
}

/* Every line of many threads arrives whole. */
static void test_lines_do_not_mix(void **state)
{
    int fds[2];
    pthread_t threads[WRITERS];
    (void)state;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    krx_logger logger = {.fd = fds[1], .level = KRX_LOG_ERROR};
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, writer, &logger), 0);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    close(fds[1]);
    FILE *in = fdopen(fds[0], "r");
    char line[256];
    int count = 0;
    assert_non_null(in);
    while (fgets(line, sizeof line, in)) {
        assert_non_null(strstr(line, "Z error: m: 0123456789012345678901234567890123456789\n"));
        count++;
    }
    fclose(in);
    assert_int_equal(count, WRITERS * LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),   cmocka_unit_test(test_text_is_escaped),
        cmocka_unit_test(test_json),   cmocka_unit_test(test_long_lines_are_cut),
        cmocka_unit_test(test_levels), cmocka_unit_test(test_lines_do_not_mix),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
