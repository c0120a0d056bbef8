/* SPDX-License-Identifier: Apache-2.0 */
/* From replicas to workloads; what the user's part of the labels is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/base/str.h"
#include "lib/model/model.h"
#include "lib/replicas/names.h"
#include "lib/replicas/plan.h"

typedef struct row {
    const char *spec;
    krx_replica replicas[3];
    const char *state;
    int ready;
    const char *message;
} row;

#define ONE(number, phase_, code, ...)                                                             \
    {                                                                                              \
        .id = "id" #number, .name = "w-" #number, .workload = "w", .namespace_ = "default",        \
        .ours = true, .replica = (number), .phase = KRX_REPLICA_##phase_, .exit_code = (code),     \
        .status = #phase_, __VA_ARGS__                                                             \
    }

static const row rows[] = {
    {"{\"replicas\":2}",
     {ONE(1, RUNNING, KRX_UNSET, ), ONE(2, RUNNING, KRX_UNSET, )},
     "Running",
     2,
     NULL},
    {"{\"replicas\":3}",
     {ONE(1, RUNNING, KRX_UNSET, ), ONE(2, RUNNING, KRX_UNSET, )},
     "Degraded",
     2,
     "2 of 3 containers exist"},
    {"{\"replicas\":2}",
     {ONE(1, RUNNING, KRX_UNSET, ), ONE(2, RUNNING, KRX_UNSET, .health = "unhealthy")},
     "Degraded",
     1,
     "w-2: RUNNING"},
    {"{\"restartPolicy\":\"on-failure\"}",
     {ONE(1, EXITED, 137, .oom_killed = true)},
     "Failed",
     0,
     "w-1: killed, out of memory: EXITED"},
    {"{\"restartPolicy\":\"no\"}", {ONE(1, EXITED, 0, )}, "Succeeded", 0, NULL},
    {"{}", {ONE(1, EXITED, 0, )}, "Stopped", 0, "w-1: EXITED"},
    {"{}", {ONE(1, RUNNING, KRX_UNSET, ), ONE(1, CREATED, KRX_UNSET, )}, "Updating", 1, NULL},
    {"{\"replicas\":0}", {ONE(0, OTHER, KRX_UNSET, .record = true)}, "Stopped", 0, NULL},
};

static void test_states(void **state)
{
    static const krx_kv *const none[] = {NULL};
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        krx_auto_arena krx_arena *arena = krx_arena_new();
        krx_auto_replica_intent krx_replica_intent intent = {0};
        krx_replica all[3];
        krx_replica *list[4] = {0};
        for (size_t k = 0; k < 3 && rows[i].replicas[k].id; k++) {
            all[k] = rows[i].replicas[k];
            all[k].labels = none;
            list[k] = &all[k];
        }
        krx_replica_group **groups = krx_replicas_group(arena, list);
        assert_non_null(groups[0]);
        assert_null(groups[1]);
        krx_replica_intent_read(rows[i].spec, &intent);
        krx_status *status = krx_replica_group_status(arena, groups[0], &intent, true);
        if (!krx_streq(status->state, rows[i].state))
            fail_msg("row %zu is %s, not %s", i, status->state, rows[i].state);
        assert_int_equal(status->ready_replicas, rows[i].ready);
        if (rows[i].message)
            assert_string_equal(status->message, rows[i].message);
        assert_string_equal(status->id, "w");
    }
}

typedef struct parsed {
    krx_error error;
    krx_call call;
    krx_specs specs;
    krx_diags diags;
    const krx_workload *spec;
} parsed;

static void parse(parsed *p, const char *yaml)
{
    memset(p, 0, sizeof *p);
    krx_call_init(&p->call, &p->error);
    krx_diags_init(&p->diags);
    assert_int_equal(krx_specs_parse(&p->call, "test", yaml, strlen(yaml), KRX_SPEC_NO_FILES,
                                     &p->specs, &p->diags),
                     0);
    p->spec = p->specs.items[0]->workload;
}

static void release(parsed *p)
{
    krx_specs_free(&p->specs);
    krx_diags_free(&p->diags);
}

static void test_labels(void **state)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_str krx_str text = {0};
    parsed p;
    (void)state;
    parse(&p, "name: w\nimage: i\nlabels: {a: x, kranix.io/team: mine, managed-by: me}\n"
              "annotations: {n: hello}\ntags: {team: core}\n"
              "networkBandwidth: {egressLimit: 10Mbit}\n");
    const krx_kv *const *labels = krx_replica_labels(arena, p.spec);
    assert_non_null(labels);
    for (; *labels; labels++)
        krx_str_addf(&text, "%s=%s ", (*labels)->key, (*labels)->value);
    assert_string_equal(krx_str_get(&text),
                        "a=x kranix.io/team=core kranix.io/annotation.n=hello "
                        "kranix.io/bandwidth-managed=true kranix.io/egress-bandwidth=10Mbit ");
    release(&p);
}

static void test_rules(void **state)
{
    static const struct {
        const char *yaml;
        int ports;
        bool old_first, recreates;
    } specs[] = {
        {"replicas: 2", 0, false, false},
        {"replicas: 2\nports: [{containerPort: 80, hostPort: 0}]", 0, false, false},
        {"replicas: 1\nports: [{containerPort: 80, hostPort: 8080}]", 0, true, false},
        {"replicas: 2\nports: [{containerPort: 80, hostPort: 8080}]", KRX_E_INVALID_ARGUMENT, true,
         false},
        {"cronSchedule: {schedule: '* * * * *'}", KRX_E_UNSUPPORTED, false, false},
        {"volumes: [{name: d, size: 1Gi}]", 0, true, false},
        {"volumes: [{name: d, size: 1Gi, accessMode: ReadWriteMany}]", 0, false, false},
        {"rolloutStrategy: {type: recreate}", 0, false, true},
        {"rolloutStrategy: {type: rolling, maxSurge: 0, maxUnavailable: 1}", 0, true, false},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(specs); i++) {
        krx_autofree char *yaml = krx_format("name: w\nimage: i\n%s\n", specs[i].yaml);
        parsed p;
        parse(&p, yaml);
        assert_int_equal(krx_replica_check_spec(&p.call, p.spec, "X"), specs[i].ports);
        assert_int_equal(krx_replica_old_first(p.spec), specs[i].old_first);
        assert_int_equal(krx_replica_recreates(p.spec), specs[i].recreates);
        release(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_states), cmocka_unit_test(test_labels),
                                       cmocka_unit_test(test_rules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
