/* SPDX-License-Identifier: Apache-2.0 */
/* Every single allocation fails once: an error or the same result, never a crash or a lost value.
 */
#include <stdlib.h>

#include "tests/unit/specs.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static long countdown = -1; /* the allocation that fails; negative: none */

static bool fails(void)
{
    return countdown >= 0 && countdown-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

static const char text[] =
    "name: web\nimage: nginx:1.27\nreplicas: 3\nenv: [A=1, {name: B, value: x}]\n"
    "labels: &l {a: b, c: d}\nannotations: *l\ncommand: sh\nargs: [-c, run]\n"
    "resources: {cpuLimit: 500m, memoryLimit: 256Mi}\nrestartPolicy: Never\n"
    "ports: [{containerPort: 80, hostPort: 8080, name: http}, {containerPort: 81}]\n"
    "volumes: [{name: a, size: 1Gi}, {name: b}]\nextraHosts: [db=10.0.0.1]\n"
    "probes: {liveness: {type: exec, command: [test, -f, /ok]}}\n"
    "capabilities: {drop: [all]}\nstopSignal: quit\n";

/* True while there was an allocation left to fail. */
static bool attempt(long number, const char *wanted)
{
    parsed p;
    countdown = number;
    parse_text(&p, text);
    bool failed = countdown < 0;
    countdown = -1;
    if (p.rc == 0)
        assert_string_equal(p.specs.items[0]->json, wanted);
    else
        assert_int_equal(p.rc, KRX_E_RESOURCE_EXHAUSTED);
    parsed_free(&p);
    return failed;
}

static void parsing_survives_every_failure(void **state)
{
    (void)state;
    parsed good;
    long number = 0;
    parse_good(&good, text);
    while (attempt(number, good.specs.items[0]->json))
        number++;
    assert_in_range(number, 20, 10000);
    parsed_free(&good);
}

static void emitting_says_that_it_failed(void **state)
{
    (void)state;
    parsed good;
    krx_auto_str krx_str whole = {0};
    bool failed = true;
    parse_good(&good, text);
    krx_workload_yaml(good.specs.items[0]->workload, &whole);
    for (long number = 0; failed; number++) {
        krx_auto_str krx_str out = {0};
        countdown = number;
        krx_workload_yaml(good.specs.items[0]->workload, &out);
        failed = countdown < 0;
        countdown = -1;
        assert_int_equal(krx_str_failed(&out), failed);
        if (!failed)
            assert_string_equal(krx_str_get(&out), krx_str_get(&whole));
    }
    parsed_free(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing_survives_every_failure),
        cmocka_unit_test(emitting_says_that_it_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
