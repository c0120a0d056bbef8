/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/specs.h"

static void note(void *ctx, const char *path, const char *old_value, const char *new_value)
{
    krx_str_addf(ctx, "%s: %s -> %s\n", path, old_value ? old_value : "-",
                 new_value ? new_value : "-");
}

/* The differences between two texts. */
static void differs(const char *a, const char *b, const char *wanted)
{
    krx_auto_str krx_str text = {0};
    parsed x, y;
    size_t lines = 0;
    parse_good(&x, a);
    parse_good(&y, b);
    size_t count =
        krx_workload_diff(x.specs.items[0]->workload, y.specs.items[0]->workload, note, &text);
    assert_string_equal(krx_str_get(&text), wanted);
    for (const char *p = krx_str_get(&text); (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(count, lines);
    parsed_free(&x);
    parsed_free(&y);
}

#define HEAD "name: a\nimage: b\n"

static void differences_have_paths(void **state)
{
    (void)state;
    differs(HEAD, HEAD, "");
    differs(HEAD "replicas: 1\n", HEAD, "");
    differs(HEAD, HEAD "replicas: 3\n", "replicas: 1 -> 3\n");
    differs(HEAD "env: {A: 1, B: 2, C: 3}\n", HEAD "env: [C=3, D=4, A=5]\n",
            "env.A: 1 -> 5\nenv.B: 2 -> -\nenv.D: - -> 4\n");
    differs(HEAD "ports: [{containerPort: 80, hostPort: 1}]\n",
            HEAD "ports: [{containerPort: 80, hostPort: 2}, {containerPort: 81}]\n",
            "ports[0].hostPort: 1 -> 2\nports[1].containerPort: - -> 81\n");
    differs(HEAD "command: sh\n", HEAD "command: [sh, -c]\n",
            "command: [\"sh\"] -> [\"sh\", \"-c\"]\n");
    differs(HEAD "resources: {memoryLimit: 1Gi}\n", HEAD "resources: {memoryLimit: 1024Mi}\n", "");
    differs(HEAD "resources: {memoryLimit: 1Gi}\n", HEAD, "resources.memoryLimit: 1Gi -> -\n");
    differs(HEAD, HEAD "probes: {liveness: {}}\n", "probes.liveness: - -> {}\n");
    differs(HEAD "labels: {x: ''}\n", HEAD, "labels.x:  -> -\n");
}

static int note_path(void *ctx, const char *path, const krx_field_info *field)
{
    assert_non_null(field);
    krx_str_addf(ctx, "%s\n", path);
    return 0;
}

static int stop(void *ctx, const char *path, const krx_field_info *field)
{
    (void)path;
    (void)field;
    return ++*(int *)ctx == 2 ? 7 : 0;
}

static void fields_that_are_set_are_visited_once(void **state)
{
    (void)state;
    krx_auto_str krx_str text = {0};
    parsed p;
    int visits = 0;
    parse_good(&p, HEAD "replicas: 1\nports: [{containerPort: 1}, {containerPort: 2, name: x}]\n"
                        "probes: {liveness: {type: tcp}}\n");
    const krx_workload *w = p.specs.items[0]->workload;
    assert_int_equal(krx_workload_visit_set(w, note_path, &text), 0);
    assert_string_equal(krx_str_get(&text),
                        "name\nimage\nports\nports.name\nports.containerPort\nprobes\n"
                        "probes.liveness\nprobes.liveness.type\n");
    assert_int_equal(krx_workload_visit_set(w, stop, &visits), 7);
    assert_int_equal(visits, 2);
    parsed_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_have_paths),
        cmocka_unit_test(fields_that_are_set_are_visited_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
