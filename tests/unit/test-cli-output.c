/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, YAML, sizes and ages as they are printed. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "programs/kranix/bulk.h"
#include "programs/kranix/deploy.h"
#include "programs/kranix/output.h"

static void tables_are_aligned(void **state)
{
    static const char *const titles[] = {"NAME", "STATE", "IMAGE"};
    krx_cli_table table;
    krx_auto_str krx_str text = {0};
    (void)state;
    krx_cli_table_init(&table, titles, 3);
    krx_cli_table_add(&table, "w\xc3\xa4"
                              "b");
    krx_cli_table_add(&table, NULL);
    krx_cli_table_add(&table, "x");
    krx_cli_table_addf(&table, "longer-%d", 1);
    krx_cli_table_add(&table, "Running");
    krx_cli_table_add(&table, "");
    assert_true(krx_cli_table_text(&table, false, &text));
    assert_string_equal(krx_str_get(&text), "NAME      STATE    IMAGE\n"
                                            "w\xc3\xa4"
                                            "b       -        x\n"
                                            "longer-1  Running  -\n");
    krx_str_reset(&text);
    assert_true(krx_cli_table_text(&table, true, &text));
    assert_non_null(strstr(krx_str_get(&text), "\033[32mRunning\033[0m  -\n"));
    krx_cli_table_free(&table);
}

static void terminals_are_safe(void **state)
{
    krx_autofree char *clean = krx_cli_clean("a\033[31mb\tc\nd\177\xc2\x9b"
                                             "e");
    (void)state;
    assert_string_equal(clean, "a?[31mb c d???e");
    assert_null(krx_cli_clean(NULL));
}

static void changes_are_safe_too(void **state)
{
    const krx_change change = {.struct_size = sizeof change,
                               .action = KRX_CHANGE_REPLACE,
                               .kind = "container",
                               .object = "web-\0331",
                               .field = "env.A\n",
                               .old_value = "\033[2J",
                               .new_value = NULL};
    krx_autofree char *text = krx_cli_change_text(&change);
    (void)state;
    assert_string_equal(text, "replace  container web-?1 (env.A : ?[2J -> none)");
}

static void yaml_of(const char *json, const char *wanted)
{
    krx_auto_str krx_str text = {0};
    cJSON *value = cJSON_Parse(json);
    assert_non_null(value);
    krx_cli_yaml(value, &text);
    cJSON_Delete(value);
    assert_string_equal(krx_str_get(&text), wanted);
}

static void yaml(void **state)
{
    (void)state;
    yaml_of("{\"a\":1,\"b\":[\"x\",{\"c\":true,\"d\":null}],\"e\":[],\"f\":{}}",
            "a: 1\nb:\n  - x\n  - c: true\n    d: null\ne: []\nf: {}\n");
    yaml_of("[\"yes\",\"1.5\",\"a: b\",\"\",\"- x\",\"plain text\",\"two\\nlines\",\"a #b\"]",
            "- \"yes\"\n- \"1.5\"\n- \"a: b\"\n- \"\"\n- \"- x\"\n- plain text\n- \"two\\nlines\"\n"
            "- \"a #b\"\n");
    yaml_of("[[1,2],[]]", "- \n  - 1\n  - 2\n- []\n");
    yaml_of("[]", "[]\n");
}

static void sizes_and_ages(void **state)
{
    char text[24];
    int64_t now = INT64_C(1000000) * KRX_NS_PER_S;
    (void)state;
    assert_string_equal(krx_cli_size(0, text), "0B");
    assert_string_equal(krx_cli_size(1023, text), "1023B");
    assert_string_equal(krx_cli_size(1536, text), "1.5KiB");
    assert_string_equal(krx_cli_size(INT64_C(300) << 20, text), "300MiB");
    assert_string_equal(krx_cli_size(KRX_UNSET, text), "-");
    assert_string_equal(krx_cli_age(KRX_UNSET, now, text), "-");
    assert_string_equal(krx_cli_age(now - 5 * KRX_NS_PER_S, now, text), "5s");
    assert_string_equal(krx_cli_age(now - 600 * KRX_NS_PER_S, now, text), "10m");
    assert_string_equal(krx_cli_age(now - 7200 * KRX_NS_PER_S, now, text), "2h");
    assert_string_equal(krx_cli_age(now - 259200 * KRX_NS_PER_S, now, text), "3d");
    assert_string_equal(krx_cli_age(now + 60 * KRX_NS_PER_S, now, text), "0s");
}

typedef struct bulk_log {
    pthread_mutex_t lock;
    size_t running;
    size_t most;
    size_t worked[40];
    size_t done[40];
    size_t done_count;
} bulk_log;

static void work(void *ctx, size_t i)
{
    bulk_log *log = ctx;
    pthread_mutex_lock(&log->lock);
    if (++log->running > log->most)
        log->most = log->running;
    log->worked[i]++;
    pthread_mutex_unlock(&log->lock);
    sched_yield();
    pthread_mutex_lock(&log->lock);
    log->running--;
    pthread_mutex_unlock(&log->lock);
}

static void done(void *ctx, size_t i)
{
    bulk_log *log = ctx;
    log->done[log->done_count++] = i;
}

static void bulk_in_order(void **state)
{
    bulk_log log = {.lock = PTHREAD_MUTEX_INITIALIZER};
    (void)state;
    krx_cli_parallel(40, 5, work, done, &log);
    assert_true(log.most <= 5);
    assert_int_equal(log.done_count, 40);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(log.worked[i], 1);
        assert_int_equal(log.done[i], i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_aligned),   cmocka_unit_test(terminals_are_safe),
        cmocka_unit_test(changes_are_safe_too), cmocka_unit_test(yaml),
        cmocka_unit_test(sizes_and_ages),       cmocka_unit_test(bulk_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
