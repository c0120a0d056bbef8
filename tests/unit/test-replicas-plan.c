/* SPDX-License-Identifier: Apache-2.0 */
/* What deploy decides to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/model/model.h"
#include "lib/replicas/plan.h"

#define HAVE_MAX 6

typedef struct have {
    int replica;
    const char *name;
    const char *hash;
    int phase;
    int limits;
} have;

typedef struct row {
    int wanted;
    have there[HAVE_MAX];
    const char *steps; /* "none w-1;create w-2" */
} row;

static const row rows[] = {
    {2, {{0}}, "create w-1;create w-2;"},
    {1, {{1, "w-1", "h", KRX_REPLICA_RUNNING, 0}}, "none w-1;"},
    {1, {{1, "w-1", "old", KRX_REPLICA_RUNNING, 0}}, "replace w-1;"},
    {1, {{1, "w-1", "h", KRX_REPLICA_RUNNING, KRX_REPLICA_IN_PLACE}}, "update w-1;"},
    {1, {{1, "w-1", "h", KRX_REPLICA_RUNNING, KRX_REPLICA_ANEW}}, "replace w-1;"},
    {3, {{2, "w-2", "h", KRX_REPLICA_EXITED, 0}}, "create w-1;none w-2;create w-3;"},
    {1,
     {{1, "w-1", "h", KRX_REPLICA_RUNNING, 0},
      {2, "w-2", "h", KRX_REPLICA_RUNNING, 0},
      {3, "w-3", "h", KRX_REPLICA_RUNNING, 0}},
     "none w-1;remove w-3;remove w-2;"},
    {0, {{1, "w-1", "h", KRX_REPLICA_RUNNING, 0}}, "remove w-1;"},
    /* a deploy was killed in the middle: the new container stays, the old one goes */
    {1,
     {{1, "w-1", "old", KRX_REPLICA_RUNNING, 0}, {1, "w-1.next", "h", KRX_REPLICA_RUNNING, 0}},
     "none w-1;surplus w-1;"},
    {1, {{1, "w-1", "h", KRX_REPLICA_DEAD, 0}}, "create w-1;surplus w-1;"},
};

static const char *verb(const krx_replica_step *step)
{
    switch (step->action) {
    case KRX_CHANGE_NONE:
        return "none";
    case KRX_CHANGE_CREATE:
        return "create";
    case KRX_CHANGE_UPDATE:
        return "update";
    case KRX_CHANGE_REPLACE:
        return "replace";
    default:
        return step->surplus ? "surplus" : "remove";
    }
}

static void run_row(const row *r, const char *image_id, krx_str *out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_replica containers[HAVE_MAX];
    krx_replica *pointers[HAVE_MAX + 1] = {0};
    int limits[HAVE_MAX];
    krx_replica_group workload = {.containers = pointers};
    krx_workload spec;
    krx_struct_init(krx_schema_workload(), &spec, true);
    spec.name = "w";
    spec.image = "i";
    spec.namespace_ = "default";
    spec.replicas = r->wanted;
    for (size_t i = 0; i < HAVE_MAX && r->there[i].name; i++) {
        containers[i] = (krx_replica){.id = "x",
                                      .name = r->there[i].name,
                                      .hash = r->there[i].hash,
                                      .image_id = "sha256:1",
                                      .replica = r->there[i].replica,
                                      .phase = r->there[i].phase};
        pointers[i] = &containers[i];
        limits[i] = r->there[i].limits;
        workload.count++;
    }
    krx_replica_step **steps =
        krx_replica_plan(arena, &spec, "h", image_id, workload.count ? &workload : NULL, limits);
    assert_non_null(steps);
    for (; *steps; steps++)
        krx_str_addf(out, "%s %s;", verb(*steps), (*steps)->name);
}

static void test_plans(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        krx_auto_str krx_str steps = {0};
        run_row(&rows[i], NULL, &steps);
        assert_string_equal(krx_str_get(&steps), rows[i].steps);
    }
}

/* The same reference stands for another image now. */
static void test_new_image(void **state)
{
    krx_auto_str krx_str same = {0}, other = {0};
    (void)state;
    run_row(&rows[1], "sha256:1", &same);
    assert_string_equal(krx_str_get(&same), "none w-1;");
    run_row(&rows[1], "sha256:2", &other);
    assert_string_equal(krx_str_get(&other), "replace w-1;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plans),
                                       cmocka_unit_test(test_new_image)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
