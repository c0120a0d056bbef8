/* SPDX-License-Identifier: Apache-2.0 */
/* The score of a backend against the worked figures of its definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/kranix.h"
#include "lib/base/clock.h"

static void test_worked_figures(void **state)
{
    static const struct {
        int64_t latency_ms;
        double error_rate;
        int64_t score;
    } rows[] = {
        {0, 0, 100},    {100, 0, 100},  {101, 0, 96},   {150, 0, 96},    {201, 0, 92},
        {600, 0.1, 75}, {1001, 0, 75},  {2500, 0, 60},  {0, 0.5, 50},    {0, 0.6, 20},
        {0, 1.0, 0},    {2500, 1.0, 0}, {0, 0.125, 88}, {0, 0.005, 100},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(krx_health_score(rows[i].latency_ms * KRX_NS_PER_MS, rows[i].error_rate),
                         rows[i].score);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_worked_figures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
