/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic of stats, and where a log goes on after a gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "modules/docker/containers/stats.h"
#include "modules/docker/logs/position.h"

/* The check that the reference works out. */
static void test_stats_worked(void **state)
{
    krx_auto_json cJSON *json = cJSON_Parse(
        "{\"read\":\"2026-01-02T03:04:05Z\",\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":"
        "200000000},"
        "\"system_cpu_usage\":2000000000,\"online_cpus\":2},\"precpu_stats\":{\"cpu_usage\":"
        "{\"total_usage\":100000000},\"system_cpu_usage\":1000000000},\"memory_stats\":{\"usage\":"
        "104857600,\"limit\":1073741824},\"networks\":{\"eth0\":{\"rx_bytes\":2048,\"tx_bytes\":"
        "4096}},\"pids_stats\":{\"current\":3}}");
    krx_stats s;
    (void)state;
    assert_non_null(json);
    krx_dk_stats_read(json, &s);
    assert_true(fabs(s.cpu_cores - 0.2) < 1e-9);
    assert_int_equal(s.memory_bytes, 104857600);
    assert_int_equal(s.memory_limit_bytes, 1073741824);
    assert_int_equal(s.network_rx_bytes, 2048);
    assert_int_equal(s.network_tx_bytes, 4096);
    assert_int_equal(s.cpu_total_ns, 200000000);
    assert_int_equal(s.pids, 3);
    assert_true(s.block_read_bytes == KRX_UNSET);
}

/* Whatever the engine says, a sum does not turn over. */
static void test_stats_huge(void **state)
{
    krx_auto_json cJSON *json = cJSON_Parse(
        "{\"networks\":{\"a\":{\"rx_bytes\":1e19},\"b\":{\"rx_bytes\":1e19}},"
        "\"blkio_stats\":{\"io_service_bytes_recursive\":[{\"op\":\"read\",\"value\":1e19},"
        "{\"op\":\"read\",\"value\":7}]}}");
    krx_stats s;
    (void)state;
    krx_dk_stats_read(json, &s);
    assert_true(s.network_rx_bytes == INT64_MAX);
    assert_true(s.block_read_bytes == INT64_MAX);
}

static void test_stats_cache(void **state)
{
    krx_auto_json cJSON *one = cJSON_Parse(
        "{\"memory_stats\":{\"usage\":1000,\"stats\":{\"total_inactive_file\":300,"
        "\"inactive_file\":1}},\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":5}},"
        "\"blkio_stats\":{\"io_service_bytes_recursive\":[{\"op\":\"Read\",\"value\":7},"
        "{\"op\":\"read\",\"value\":1},{\"op\":\"Write\",\"value\":2}]}}");
    krx_auto_json cJSON *two =
        cJSON_Parse("{\"memory_stats\":{\"usage\":1000,\"stats\":{\"inactive_file\":400}}}");
    krx_auto_json cJSON *empty = cJSON_Parse("{}");
    krx_stats s;
    (void)state;
    krx_dk_stats_read(one, &s);
    assert_int_equal(s.memory_bytes, 700);
    assert_int_equal(s.memory_cache_bytes, 300);
    assert_true(isnan(s.cpu_cores));
    assert_int_equal(s.block_read_bytes, 8);
    assert_int_equal(s.block_write_bytes, 2);
    krx_dk_stats_read(two, &s);
    assert_int_equal(s.memory_bytes, 600);
    krx_dk_stats_read(empty, &s);
    assert_true(s.memory_bytes == KRX_UNSET);
    assert_true(s.network_rx_bytes == KRX_UNSET);
}

static void test_position(void **state)
{
    krx_dk_position p = {0};
    const int64_t second = INT64_C(1000000000);
    (void)state;
    assert_true(krx_dk_position_resume(&p) == KRX_UNSET);
    assert_true(krx_dk_position_accept(&p, 1, 10 * second));
    assert_true(krx_dk_position_accept(&p, 1, 11 * second));
    assert_true(krx_dk_position_accept(&p, 1, 11 * second)); /* two lines of one instant */
    assert_int_equal(krx_dk_position_resume(&p), 10 * second);
    /* the engine sends again what lies after that */
    assert_false(krx_dk_position_accept(&p, 1, 10 * second));
    assert_false(krx_dk_position_accept(&p, 1, 11 * second));
    assert_false(krx_dk_position_accept(&p, 1, 11 * second));
    assert_true(krx_dk_position_accept(&p, 1, 11 * second));  /* a third, new one */
    assert_false(krx_dk_position_accept(&p, 2, 10 * second)); /* left out by tail before */
    assert_true(krx_dk_position_accept(&p, 2, 12 * second));
    assert_true(krx_dk_position_accept(&p, 1, 12 * second));
}

static void test_log_path(void **state)
{
    krx_auto_str krx_str path = {0};
    krx_logs_req req = {.struct_size = sizeof req, .streams = KRX_STREAM_STDERR};
    (void)state;
    krx_dk_logs_path(&path, "abc", &req, true, true, 5, INT64_C(1500000000));
    assert_string_equal(krx_str_get(&path), "/containers/abc/logs?stdout=0&stderr=1&follow=1"
                                            "&timestamps=1&tail=5&since=1.500000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stats_worked), cmocka_unit_test(test_stats_huge),
        cmocka_unit_test(test_stats_cache), cmocka_unit_test(test_position),
        cmocka_unit_test(test_log_path)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
