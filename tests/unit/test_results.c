/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static const krx_kv label = {.struct_size = sizeof label, .key = "team", .value = "a"};
static const krx_kv *const labels[] = {&label, NULL};
static const char *const ports[] = {"127.0.0.1:8080->80/tcp", NULL};

static krx_instance sample_instance(void)
{
    return (krx_instance){.struct_size = sizeof(krx_instance),
                          .managed = 1,
                          .id = "abc",
                          .name = "web-1",
                          .workload = "web",
                          .image = "nginx",
                          .state = "Running",
                          .replica = 1,
                          .restarts = 2,
                          .exit_code = KRX_UNSET,
                          .created_ns = INT64_C(1795301347000000000),
                          .labels = labels,
                          .ports = ports,
                          .raw = "{\"x\":1}"};
}

static void is_json(cJSON *json, const char *wanted)
{
    assert_non_null(json);
    char *text = cJSON_PrintUnformatted(json);
    assert_string_equal(text, wanted);
    free(text);
    cJSON_Delete(json);
}

static void status_as_json(void **state)
{
    (void)state;
    krx_instance instance = sample_instance();
    const krx_instance *const instances[] = {&instance, NULL};
    krx_status status = {.struct_size = sizeof status,
                         .managed = 1,
                         .id = "web",
                         .name = "web",
                         .namespace_ = "default",
                         .backend = "docker",
                         .state = "Running",
                         .phase = "Running",
                         .image = "nginx",
                         .replicas = 1,
                         .ready_replicas = 1,
                         .last_updated_ns = INT64_C(1795301347500000000),
                         .labels = labels,
                         .instances = instances,
                         .spec_json = "{\"name\":\"web\"}",
                         .last_schedule_ns = KRX_UNSET};
    is_json(krx_status_to_json(&status),
            "{\"id\":\"web\",\"name\":\"web\",\"namespace\":\"default\",\"backend\":\"docker\","
            "\"managed\":true,\"state\":\"Running\",\"phase\":\"Running\",\"image\":\"nginx\","
            "\"replicas\":1,\"readyReplicas\":1,\"lastUpdated\":\"2026-11-21T22:49:07.500000000Z\","
            "\"labels\":{\"team\":\"a\"},\"pods\":[\"web-1\"],\"instances\":[{\"id\":\"abc\","
            "\"name\":\"web-1\",\"workload\":\"web\",\"managed\":true,\"image\":\"nginx\","
            "\"state\":\"Running\",\"replica\":1,\"restarts\":2,"
            "\"createdAt\":\"2026-11-21T22:49:07Z\",\"labels\":{\"team\":\"a\"},"
            "\"ports\":[\"127.0.0.1:8080->80/tcp\"],\"raw\":{\"x\":1}}],"
            "\"spec\":{\"name\":\"web\"}}");
}

static void other_results_as_json(void **state)
{
    (void)state;
    krx_stats stats = {.struct_size = sizeof stats,
                       .instance = "web-1",
                       .cpu_total_ns = INT64_C(9007199254740993),
                       .cpu_cores = NAN,
                       .cpu_limit_milli = KRX_UNSET,
                       .memory_bytes = 5,
                       .memory_cache_bytes = KRX_UNSET,
                       .memory_limit_bytes = KRX_UNSET,
                       .network_rx_bytes = KRX_UNSET,
                       .network_tx_bytes = KRX_UNSET,
                       .block_read_bytes = KRX_UNSET,
                       .block_write_bytes = KRX_UNSET,
                       .pids = 0};
    is_json(krx_stats_to_json(&stats), "{\"instance\":\"web-1\",\"cpuTotalNanoseconds\":"
                                       "9007199254740993,\"memoryBytes\":5,\"pids\":0}");
    krx_capability capability = {.kind = KRX_CAP_FIELD,
                                 .name = "ports.hostPort",
                                 .level = KRX_CAP_EMULATED,
                                 .reason = "because"};
    is_json(krx_capability_to_json(&capability),
            "{\"kind\":\"field\",\"name\":\"ports.hostPort\",\"level\":\"emulated\","
            "\"reason\":\"because\"}");
    krx_backend_info info = {.name = "docker", .version = "24"};
    is_json(krx_backend_info_to_json(&info), "{\"name\":\"docker\",\"version\":\"24\"}");
    krx_change change = {.action = KRX_CHANGE_REPLACE,
                         .kind = "container",
                         .object = "web-1",
                         .field = "image",
                         .old_value = "",
                         .new_value = "b"};
    is_json(krx_change_to_json(&change),
            "{\"action\":\"replace\",\"kind\":\"container\",\"object\":\"web-1\","
            "\"field\":\"image\",\"oldValue\":\"\",\"newValue\":\"b\"}");
    krx_image image = {.id = "sha256:1", .tags = ports, .size_bytes = 7, .in_use = -1};
    is_json(krx_image_to_json(&image),
            "{\"id\":\"sha256:1\",\"tags\":[\"127.0.0.1:8080->80/tcp\"],\"sizeBytes\":7}");
    assert_string_equal(krx_change_name(KRX_CHANGE_NONE), "unchanged");
    assert_string_equal(krx_capability_name(KRX_CAP_UNSUPPORTED), "unsupported");
}

static void nodes_and_checkpoints_as_json(void **state)
{
    (void)state;
    static const char *const conditions[] = {"Ready", NULL};
    krx_node_health node = {.name = "n1",
                            .score = 95,
                            .ready = 1,
                            .unschedulable = 1,
                            .conditions = conditions,
                            .latency_ns = 1500000,
                            .error_rate = NAN,
                            .created_ns = KRX_UNSET};
    is_json(krx_node_health_to_json(&node, "kubernetes"),
            "{\"name\":\"n1\",\"backend\":\"kubernetes\",\"score\":95,\"ready\":true,"
            "\"draining\":false,\"unschedulable\":true,\"latencyMs\":1.5,"
            "\"conditions\":[\"Ready\"]}");
    krx_backend_health health = {.healthy = 1, .score = 100, .latency_ns = 0, .error_rate = 0};
    is_json(krx_backend_health_to_json(&health, "docker"),
            "{\"backend\":\"docker\",\"score\":100,\"latencyMs\":0,\"errorRate\":0,"
            "\"healthy\":true}");
    krx_drain_result drain = {.node = "n1", .phase = "evicting", .evicted = 2, .remaining = 1};
    is_json(krx_drain_result_to_json(&drain), "{\"nodeName\":\"n1\",\"phase\":\"evicting\","
                                              "\"podsEvicted\":2,\"podsRemaining\":1}");
    krx_checkpoint checkpoint = {.workload = "web",
                                 .id = "cp-1",
                                 .state = "checkpointed",
                                 .created_ns = INT64_C(1795301347000000000),
                                 .size_bytes = KRX_UNSET};
    is_json(krx_checkpoint_to_json(&checkpoint),
            "{\"workloadId\":\"web\",\"checkpointId\":\"cp-1\",\"state\":\"checkpointed\","
            "\"createdAt\":\"2026-11-21T22:49:07Z\"}");
    krx_volume_result volume = {
        .name = "data", .workload = "web", .volume_id = "web-data-pvc", .state = "bound"};
    volume.size_bytes = volume.created_ns = KRX_UNSET;
    is_json(krx_volume_result_to_json(&volume), "{\"name\":\"data\",\"workloadId\":\"web\","
                                                "\"volumeId\":\"web-data-pvc\","
                                                "\"status\":\"bound\"}");
    krx_revision revision = {.revision = 3, .current = 1, .image = "a", .spec_json = "{}"};
    is_json(krx_revision_to_json(&revision),
            "{\"revision\":3,\"current\":true,\"image\":\"a\",\"spec\":{}}");
}

static void events_as_json(void **state)
{
    (void)state;
    krx_event event = {.struct_size = sizeof event,
                       .type = "Failed",
                       .instance = "web-1",
                       .exit_code = KRX_UNSET,
                       .message = "no such image"};
    const krx_event *const events[] = {&event, NULL};
    is_json(krx_event_to_json(&event), "{\"type\":\"Failed\",\"instance\":\"web-1\","
                                       "\"message\":\"no such image\"}");
    krx_status status = {.id = "web", .name = "web", .state = "Pending", .events = events};
    cJSON *json = krx_status_to_json(&status);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "events")), 1);
    cJSON_Delete(json);
}

static void copies_are_deep(void **state)
{
    (void)state;
    char name[] = "web-1";
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_instance instance = sample_instance();
    instance.name = name;
    const krx_instance *const instances[] = {&instance, NULL};
    krx_status status = {.struct_size = sizeof status,
                         .id = "web",
                         .instances = instances,
                         .labels = labels,
                         .replicas = 3};
    krx_status *copy = krx_status_copy(arena, &status);
    assert_non_null(copy);
    name[0] = 'X';
    assert_string_equal(copy->instances[0]->name, "web-1");
    assert_null(copy->instances[1]);
    assert_ptr_not_equal(copy->labels[0], &label);
    assert_string_equal(copy->labels[0]->value, "a");
    assert_string_equal(copy->instances[0]->ports[0], ports[0]);
    assert_null(copy->name);
    assert_int_equal(copy->replicas, 3);
}

/* A maker that compiled an older, shorter struct. */
static void shorter_structs_are_copied(void **state)
{
    (void)state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_status status = {.id = "web", .replicas = 3, .last_schedule_ns = 9, .spec_json = "x"};
    status.struct_size = offsetof(krx_status, spec_json);
    krx_status *copy = krx_status_copy(arena, &status);
    assert_int_equal(copy->struct_size, sizeof *copy);
    assert_int_equal(copy->replicas, 3);
    assert_null(copy->spec_json);
    assert_int_equal(copy->last_schedule_ns, 0);
}

static void a_full_arena_is_no_copy(void **state)
{
    (void)state;
    krx_instance instance = sample_instance();
    for (size_t limit = 0; limit < 400; limit += 16) {
        krx_auto_arena krx_arena *arena = krx_arena_new_limited(limit);
        krx_instance *copy = krx_instance_copy(arena, &instance);
        if (copy)
            assert_string_equal(copy->raw, "{\"x\":1}");
    }
    krx_auto_arena krx_arena *tiny = krx_arena_new_limited(64);
    assert_null(krx_instance_copy(tiny, &instance));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_as_json),          cmocka_unit_test(other_results_as_json),
        cmocka_unit_test(copies_are_deep),         cmocka_unit_test(shorter_structs_are_copied),
        cmocka_unit_test(a_full_arena_is_no_copy), cmocka_unit_test(nodes_and_checkpoints_as_json),
        cmocka_unit_test(events_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
