/* SPDX-License-Identifier: Apache-2.0 */
/* From the engine's list of containers to workloads and their states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/docker/backend/container.h"

/* One container of workload w as the engine lists it. */
static void add_container(krx_str *out, int replica, const char *state, const char *status,
                          const char *spec)
{
    krx_str_addf(out,
                 "%s{\"Id\":\"id%d%s\",\"Names\":[\"/other/alias\",\"/w-%d\"],\"Image\":\"i\","
                 "\"Created\":100,\"State\":\"%s\",\"Status\":\"%s\",\"Labels\":{\"managed-by\":"
                 "\"kranix\",\"kranix.io/workload\":\"w\",\"kranix.io/namespace\":\"default\","
                 "\"kranix.io/replica\":\"%d\",\"kranix.io/generation\":\"5\","
                 "\"kranix.io/spec\":\"%s\"}}",
                 out->length > 1 ? "," : "", replica, state, replica, state, status, replica, spec);
}

typedef struct row {
    const char *spec;       /* with ' for " */
    const char *containers; /* "running:Up 1 second;exited:Exited (1) ago" */
    const char *state;
    int ready;
} row;

static const row rows[] = {
    {"{'replicas':2}", "running:Up 1 s;running:Up 1 s", "Running", 2},
    {"{'replicas':2}", "running:Up 1 s (healthy);running:Up 1 s (healthy)", "Running", 2},
    {"{'replicas':2}", "running:Up 1 s", "Degraded", 1},
    {"{'replicas':2}", "running:Up 1 s;running:Up 1 s (unhealthy)", "Degraded", 1},
    {"{}", "running:Up 1 s (unhealthy)", "Degraded", 0},
    {"{}", "running:Up 1 s (health: starting)", "Pending", 0},
    {"{'replicas':2}", "running:Up 1 s;running:Up (health: starting)", "Degraded", 1},
    {"{'replicas':2}", "running:Up 1 s;exited:Exited (1) 2 s ago", "Degraded", 1},
    {"{}", "created:Created", "Pending", 0},
    {"{}", "paused:Up 1 s (Paused)", "Paused", 0},
    {"{'replicas':2}", "paused:Up 1 s (Paused);running:Up 1 s", "Degraded", 1},
    {"{}", "exited:Exited (0) 1 s ago", "Stopped", 0},
    {"{}", "exited:Exited (1) 1 s ago", "Stopped", 0},
    {"{'restartPolicy':'no'}", "exited:Exited (0) 1 s ago", "Succeeded", 0},
    {"{'restartPolicy':'no'}", "exited:Exited (3) 1 s ago", "Failed", 0},
    {"{'restartPolicy':'no'}", "exited:Exited (143) 1 s ago", "Stopped", 0},
    {"{'restartPolicy':'on-failure'}", "exited:Exited (2) 1 s ago", "Failed", 0},
    {"{'restartPolicy':'no','replicas':2}", "exited:Exited (0) 1 s ago;running:Up 1 s", "Running",
     1},
    {"{}", "restarting:Restarting (1) 1 s ago", "Failed", 0},
    {"{}", "restarting:Restarting (0) 1 s ago", "Pending", 0},
    {"{}", "dead:Dead", "Failed", 0},
};

static cJSON *list_of(const row *r)
{
    krx_auto_str krx_str text = {0};
    krx_auto_str krx_str spec = {0};
    char containers[256];
    int replica = 0;
    for (const char *c = r->spec; *c; c++)
        krx_str_add(&spec, *c == '\'' ? "\\\"" : (char[]){*c, 0});
    (void)snprintf(containers, sizeof containers, "%s", r->containers);
    krx_str_addc(&text, '[');
    for (char *rest = containers, *one; (one = strsep(&rest, ";"));) {
        char *status = strchr(one, ':');
        *status++ = '\0';
        add_container(&text, ++replica, one, status, krx_str_get(&spec));
    }
    krx_str_addc(&text, ']');
    return cJSON_Parse(krx_str_get(&text));
}

static void test_states(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        krx_auto_arena krx_arena *arena = krx_arena_new();
        krx_auto_json cJSON *json = list_of(&rows[i]);
        krx_auto_replica_intent krx_replica_intent intent = {0};
        assert_non_null(json);
        krx_replica_group **groups =
            krx_replicas_group(arena, krx_dk_containers_listed(arena, json));
        assert_non_null(groups[0]);
        assert_null(groups[1]);
        krx_replica_intent_read(groups[0]->current->spec_json, &intent);
        krx_status *status = krx_replica_group_status(arena, groups[0], &intent, true);
        if (!krx_streq(status->state, rows[i].state))
            fail_msg("%s with %s is %s, not %s", rows[i].spec, rows[i].containers, status->state,
                     rows[i].state);
        assert_int_equal(status->ready_replicas, rows[i].ready);
        assert_string_equal(status->instances[0]->name, "w-1");
        assert_int_equal(status->labels[0] == NULL, 1);
    }
}

static cJSON *parse_list(const char *text)
{
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    return json;
}

#define OURS(id, name, ns, workload, replica, generation, more)                                    \
    "{\"Id\":\"" id "\",\"Names\":[\"/" name "\"],\"State\":\"running\",\"Status\":\"Up\","        \
    "\"Labels\":{\"managed-by\":\"kranix\",\"kranix.io/namespace\":\"" ns "\","                    \
    "\"kranix.io/workload\":\"" workload "\",\"kranix.io/replica\":\"" replica "\","               \
    "\"kranix.io/generation\":\"" generation "\"" more "}}"

static void test_grouping(void **state)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *json =
        parse_list("[" OURS("c", "b-2", "default", "b", "2", "1", "") "," OURS(
            "d", "b-spec", "default", "b", "0", "9",
            ",\"kranix.io/record\":\"true\"") "," OURS("a", "b-1", "default", "b", "1", "1",
                                                       "") "," OURS("e", "x.b-1", "x", "b", "1",
                                                                    "1",
                                                                    "") ",{\"Id\":\"f\",\"Names\":["
                                                                        "\"/"
                                                                        "stranger\"],\"State\":"
                                                                        "\"running\",\"Labels\":{}}"
                                                                        ",{\"Id\":\"\",\"Names\":[]"
                                                                        "},7,null]");
    (void)state;
    krx_replica **all = krx_dk_containers_listed(arena, json);
    krx_replica_group **groups = krx_replicas_group(arena, all);
    assert_int_equal(groups[0]->count, 2);
    assert_string_equal(groups[0]->containers[0]->name, "b-1");
    assert_string_equal(groups[0]->record->name, "b-spec");
    assert_string_equal(groups[0]->current->name, "b-spec");
    assert_string_equal(groups[1]->namespace_, "x");
    assert_null(groups[2]);
    assert_false(all[4]->ours);
    krx_status *foreign = krx_replica_foreign_status(arena, all[4], true);
    assert_int_equal(foreign->managed, 0);
    assert_string_equal(foreign->name, "stranger");
}

/* While one container takes over from another the workload is being updated. */
static void test_updating(void **state)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *json =
        parse_list("[" OURS("a", "b-1", "default", "b", "1", "1",
                            "") "," OURS("c", "b-1.next", "default", "b", "1", "2", "") "]");
    krx_auto_replica_intent krx_replica_intent intent = {0};
    const krx_replica *why;
    int64_t ready;
    (void)state;
    krx_replica_group **groups = krx_replicas_group(arena, krx_dk_containers_listed(arena, json));
    krx_replica_intent_read(NULL, &intent);
    assert_string_equal(krx_replica_group_state(groups[0], &intent, &ready, &why), "Updating");
    assert_int_equal(ready, 1);
}

static void test_instance(void **state)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *json = parse_list(
        "[{\"Id\":\"a\",\"Names\":[\"/n\"],\"State\":\"running\",\"Status\":\"Up (healthy)\","
        "\"Labels\":{\"managed-by\":\"kranix\",\"kranix.io/workload\":\"n\",\"k\":\"v\"},"
        "\"Ports\":[{\"IP\":\"127.0.0.1\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"},"
        "{\"IP\":\"::\",\"PrivatePort\":80,\"PublicPort\":81,\"Type\":\"tcp\"},"
        "{\"PrivatePort\":53,\"Type\":\"udp\"}],"
        "\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"IPAddress\":\"172.17.0.2\"}}}}]");
    (void)state;
    krx_replica **all = krx_dk_containers_listed(arena, json);
    krx_instance *item = krx_replica_instance(arena, all[0], "always");
    assert_string_equal(item->ports[0], "127.0.0.1:8080->80/tcp");
    assert_string_equal(item->ports[1], "[::]:81->80/tcp");
    assert_string_equal(item->ports[2], "53/udp");
    assert_null(item->ports[3]);
    assert_string_equal(item->ip, "172.17.0.2");
    assert_string_equal(item->health, "healthy");
    assert_string_equal(item->namespace_, "default");
    assert_string_equal(item->labels[0]->key, "k");
    assert_null(item->labels[1]);
    assert_true(item->exit_code == KRX_UNSET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states), cmocka_unit_test(test_grouping),
        cmocka_unit_test(test_updating), cmocka_unit_test(test_instance)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
