/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/str.h"

#include <string.h>

#include "tests/unit/unit.h"

static void text_grows(void **state)
{
    (void)state;
    krx_auto_str krx_str s = {0};
    assert_string_equal(krx_str_get(&s), "");
    for (int i = 0; i < 1000; i++)
        krx_str_addf(&s, "%d,", i % 10);
    krx_str_addc(&s, '!');
    assert_int_equal(s.length, 2001);
    assert_int_equal(strlen(krx_str_get(&s)), 2001);
    krx_str_reset(&s);
    krx_str_add(&s, "again");
    assert_string_equal(krx_str_get(&s), "again");
    krx_autofree char *taken = krx_str_take(&s);
    assert_string_equal(taken, "again");
    assert_string_equal(krx_str_get(&s), "");
}

static void failure_is_sticky(void **state)
{
    (void)state;
    krx_auto_str krx_str s = {.limit = 10};
    krx_str_add(&s, "0123456789");
    assert_false(krx_str_failed(&s));
    krx_str_add(&s, "x");
    assert_true(krx_str_failed(&s));
    krx_str_addn(&s, "", 0);
    assert_true(krx_str_failed(&s));
    assert_string_equal(krx_str_get(&s), "0123456789");
    assert_null(krx_str_take(&s));
    assert_int_equal(s.limit, 10);
}

static void comparing(void **state)
{
    (void)state;
    assert_true(krx_streq(NULL, NULL));
    assert_false(krx_streq(NULL, ""));
    assert_true(krx_streq("a", "a"));
    assert_true(krx_strcaseeq("TCP", "tcp"));
    assert_false(krx_strcaseeq("tcp", NULL));
    assert_true(krx_has_prefix("abc", "ab"));
    assert_false(krx_has_prefix("a", "ab"));
    assert_true(krx_blank(NULL));
    assert_true(krx_blank(""));
    assert_false(krx_blank(" "));
}

static void utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        size_t bad; /* SIZE_MAX: none */
    } rows[] = {
        {"plain", 5, SIZE_MAX},
        {"h\xc3\xa9llo \xe2\x82\xac \xf0\x9f\x98\x80", 15, SIZE_MAX},
        {"a\0b", 3, 1},
        {"\xff", 1, 0},
        {"ab\xc0\x80", 4, 2},       /* overlong */
        {"\xe0\x80\x80", 3, 0},     /* overlong */
        {"\xed\xa0\x80", 3, 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 4, 0}, /* beyond U+10FFFF */
        {"x\xe2\x82", 3, 1},        /* cut short */
        {"\x80", 1, 0},
        {"", 0, SIZE_MAX},
    };
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        size_t bad = SIZE_MAX;
        bool valid = krx_utf8_valid(rows[i].text, rows[i].length, &bad);
        assert_int_equal(valid, rows[i].bad == SIZE_MAX);
        assert_int_equal(bad, rows[i].bad);
    }
}

static void did_you_mean(void **state)
{
    (void)state;
    static const char *const words[] = {"replicas", "image", "ports", "env", "command"};
    static const struct {
        const char *word, *near;
    } rows[] = {
        {"replica", "replicas"}, {"Replicas", "replicas"}, {"imgae", "image"}, {"port", "ports"},
        {"xyzzy", NULL},         {"comand", "command"},    {"", NULL},         {"nev", "env"},
    };
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        const char *near = krx_closest(rows[i].word, words, KRX_COUNT(words));
        if (rows[i].near)
            assert_string_equal(near, rows[i].near);
        else
            assert_null(near);
    }
    char huge[300];
    memset(huge, 'a', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_null(krx_closest(huge, words, KRX_COUNT(words)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows),   cmocka_unit_test(failure_is_sticky),
        cmocka_unit_test(comparing),    cmocka_unit_test(utf8),
        cmocka_unit_test(did_you_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
