/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/arena.h"

#include <string.h>

#include "tests/unit/unit.h"

static void memory_is_zero_and_aligned(void **state)
{
    (void)state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    static const size_t sizes[] = {0, 1, 7, 64, 1000, 4096, 5000, 100000, 3};
    for (size_t i = 0; i < KRX_COUNT(sizes); i++) {
        unsigned char *p = krx_arena_alloc(arena, sizes[i]);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0xff, sizes[i]);
    }
    assert_true(krx_arena_used(arena) >= 110000);
}

static void a_limit_is_kept(void **state)
{
    (void)state;
    krx_auto_arena krx_arena *arena = krx_arena_new_limited(1000);
    assert_non_null(krx_arena_alloc(arena, 900));
    assert_false(krx_arena_failed(arena));
    assert_null(krx_arena_alloc(arena, 200));
    assert_true(krx_arena_failed(arena));
    assert_non_null(krx_arena_alloc(arena, 16));
    assert_true(krx_arena_failed(arena));
    assert_null(krx_arena_alloc(arena, SIZE_MAX));
    assert_null(krx_arena_strndup(arena, "x", SIZE_MAX));
    assert_true(krx_arena_used(arena) <= 1000);
}

static void texts_are_copied(void **state)
{
    (void)state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    char text[] = "hello";
    char *copy = krx_arena_strdup(arena, text);
    text[0] = 'j';
    assert_string_equal(copy, "hello");
    assert_null(krx_arena_strdup(arena, NULL));
    assert_string_equal(krx_arena_strndup(arena, "abcdef", 3), "abc");
    assert_string_equal(krx_arena_printf(arena, "%s-%d", "a", 5), "a-5");
}

static void pointer_lists_grow_and_end_with_null(void **state)
{
    (void)state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_ptrs list = {0}, empty = {0};
    static const char texts[100];
    for (size_t i = 0; i < KRX_COUNT(texts); i++) {
        assert_int_equal(krx_ptrs_add(arena, &list, &texts[i]), 0);
        assert_null(list.items[list.count]);
    }
    for (size_t i = 0; i < KRX_COUNT(texts); i++)
        assert_ptr_equal(list.items[i], &texts[i]);
    assert_non_null(krx_ptrs_end(arena, &empty));
    assert_null(empty.items[0]);
}

static void a_list_survives_a_full_arena(void **state)
{
    (void)state;
    krx_auto_arena krx_arena *arena = krx_arena_new_limited(128);
    krx_ptrs list = {0};
    size_t added = 0;
    while (added < 100 && krx_ptrs_add(arena, &list, "x") == 0)
        added++;
    assert_in_range(added, 1, 99);
    assert_int_equal(list.count, added);
    assert_null(list.items[added]);
}

static void test_adopt(void **state)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_arena *other = krx_arena_new();
    (void)state;
    assert_non_null(other);
    char *text = krx_arena_strdup(other, "kept");
    char *own = krx_arena_strdup(arena, "own");
    size_t used = krx_arena_used(arena) + krx_arena_used(other);
    krx_arena_adopt(arena, other);
    assert_int_equal(krx_arena_used(arena), used);
    for (int i = 0; i < 1000; i++)
        assert_non_null(krx_arena_alloc(arena, 100));
    assert_string_equal(text, "kept");
    assert_string_equal(own, "own");
    krx_auto_arena krx_arena *empty = krx_arena_new();
    krx_arena_adopt(empty, krx_arena_new());
    assert_non_null(krx_arena_strdup(empty, "fine"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adopt),
        cmocka_unit_test(memory_is_zero_and_aligned),
        cmocka_unit_test(a_limit_is_kept),
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(pointer_lists_grow_and_end_with_null),
        cmocka_unit_test(a_list_survives_a_full_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
