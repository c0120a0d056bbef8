/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes as the API server tells them, the marks of a drain, and which pods one may move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/model/health.h"
#include "modules/kubernetes/nodes/drain.h"
#include "modules/kubernetes/nodes/nodes.h"

static cJSON *parse(const char *text)
{
    cJSON *json = cJSON_Parse(text);
    if (!json)
        fail_msg("not JSON: %s", text);
    return json;
}

static void scores_are_as_defined(void **state)
{
    static const struct {
        uint32_t troubles;
        int64_t score;
    } rows[] = {{0, 100},
                {KRX_NODE_NOT_READY, 50},
                {KRX_NODE_MEMORY_PRESSURE, 85},
                {KRX_NODE_DISK_PRESSURE, 85},
                {KRX_NODE_PID_PRESSURE, 90},
                {KRX_NODE_UNSCHEDULABLE, 90},
                {KRX_NODE_DRAINING, 75},
                {KRX_NODE_NOT_READY | KRX_NODE_DRAINING, 25},
                {KRX_NODE_UNSCHEDULABLE | KRX_NODE_DRAINING, 65},
                {0xff, 0}};
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++)
        assert_int_equal(krx_node_score(rows[i].troubles), rows[i].score);
}

static void nodes_are_read(void **state)
{
    krx_node_health n;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *node = parse(
        "{\"metadata\":{\"name\":\"n1\",\"creationTimestamp\":\"2026-01-02T03:04:05Z\",\"labels\":{"
        "\"beta.kubernetes.io/arch\":\"arm64\",\"node-role.kubernetes.io/worker\":\"\","
        "\"node-role.kubernetes.io/control-plane\":\"\",\"kubernetes.io/role\":\"worker\"}},"
        "\"spec\":{\"taints\":[{\"key\":\"other\",\"effect\":\"NoExecute\"},"
        "{\"key\":\"kranix.io/drain\",\"effect\":\"NoSchedule\"}]},"
        "\"status\":{\"conditions\":[{\"type\":\"PIDPressure\",\"status\":\"True\"},"
        "{\"type\":\"MemoryPressure\",\"status\":\"True\"},{\"type\":\"DiskPressure\",\"status\":"
        "\"Unknown\"},{\"type\":\"Ready\",\"status\":\"Unknown\"}],"
        "\"addresses\":[{\"type\":\"Hostname\",\"address\":\"n1\"},{\"type\":\"ExternalIP\","
        "\"address\":\"1.2.3.4\"},{\"type\":\"InternalIP\",\"address\":\"10.0.0.1\"}],"
        "\"nodeInfo\":{\"kubeletVersion\":\"v1.20.2\"}}}");
    (void)state;
    assert_true(krx_k8s_node_health(arena, node, &n));
    assert_string_equal(n.name, "n1");
    assert_false(n.ready);
    assert_true(n.draining);
    assert_false(n.unschedulable);
    assert_int_equal(n.score, 100 - 50 - 25 - 15 - 10);
    assert_string_equal(n.architecture, "arm64");
    assert_string_equal(n.conditions[0], "PIDPressure");
    assert_string_equal(n.conditions[1], "MemoryPressure");
    assert_string_equal(n.conditions[2], "NotReady");
    assert_null(n.conditions[3]);
    assert_string_equal(n.roles, "control-plane,worker");
    assert_string_equal(n.version, "v1.20.2");
    assert_string_equal(n.ip, "10.0.0.1");
    assert_true(n.created_ns > 0);
}

static void nodes_may_be_nearly_empty(void **state)
{
    krx_node_health n;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *node =
        parse("{\"metadata\":{\"name\":\"n\",\"labels\":{\"kranix.io/drain\":\"true\"}}}");
    (void)state;
    assert_true(krx_k8s_node_health(arena, node, &n));
    assert_int_equal(n.score, 25);
    assert_string_equal(n.conditions[0], "NotReady");
    assert_null(n.roles);
    assert_null(n.version);
    assert_null(n.ip);
    assert_null(n.architecture);
}

static void reasons_become_values(void **state)
{
    static const struct {
        const char *reason;
        const char *value;
    } rows[] = {{NULL, "maintenance"},
                {"", "maintenance"},
                {"  \t", "maintenance"},
                {"  Disk is FULL ", "disk-is-full"},
                {"kernel 6.1_x", "kernel-6.1_x"},
                {"-(a)-", "a"},
                {"Gr\xc3\xbc\xc3\x9f", "gr"},
                {"a23456789 b23456789 c23456789 d23456789 e23456789 f23456789 g2 4567",
                 "a23456789-b23456789-c23456789-d23456789-e23456789-f23456789-g2"}};
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        char value[KRX_K8S_TAINT_VALUE_MAX + 1];
        krx_k8s_taint_value(rows[i].reason, value);
        assert_string_equal(value, rows[i].value);
    }
}

static void same_json(const cJSON *json, const char *wanted)
{
    char *text = cJSON_PrintUnformatted(json);
    assert_non_null(text);
    assert_string_equal(text, wanted);
    cJSON_free(text);
}

static void marks_come_and_go(void **state)
{
    static const char plain[] = "{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"taints\":[{"
                                "\"key\":\"x\",\"effect\":\"NoExecute\"}]}}";
    krx_auto_json cJSON *node = parse(plain);
    (void)state;
    assert_int_equal(krx_k8s_mark_draining(node, "Why not"), 0);
    same_json(node,
              "{\"metadata\":{\"labels\":{\"a\":\"b\",\"kranix.io/drain\":\"true\"}},\"spec\":"
              "{\"taints\":[{\"key\":\"x\",\"effect\":\"NoExecute\"},{\"key\":\"kranix.io/drain"
              "\",\"effect\":\"NoSchedule\",\"value\":\"why-not\"}],\"unschedulable\":true}}");
    assert_int_equal(krx_k8s_mark_draining(node, "why NOT"), 1);
    assert_int_equal(krx_k8s_mark_draining(node, "another"), 0);
    assert_int_equal(cJSON_GetArraySize(krx_json_array(krx_json_object(node, "spec"), "taints")),
                     2);
    assert_int_equal(krx_k8s_unmark(node), 0);
    same_json(node, plain);
    assert_int_equal(krx_k8s_unmark(node), 1);
}

#define OWNED(kind)                                                                                \
    "\"metadata\":{\"name\":\"p\",\"namespace\":\"n\",\"ownerReferences\":[{\"kind\":\"" kind      \
    "\",\"controller\":true}]}"
#define ALONE "\"metadata\":{\"name\":\"p\",\"namespace\":\"n\"}"
#define DATA                                                                                       \
    "\"spec\":{\"volumes\":[{\"name\":\"s\",\"secret\":{}},{\"name\":\"d\",\"emptyDir\":{}}]}"

static const struct {
    const char *pod;
    bool daemons;
    bool data;
    bool force;
    krx_k8s_drain_class class_;
} pods[] = {
    {"{" OWNED("ReplicaSet") "}", false, false, false, KRX_K8S_EVICT},
    {"{" OWNED("StatefulSet") "," DATA "}", true, false, true, KRX_K8S_NEEDS_EMPTY_DIR},
    {"{" OWNED("StatefulSet") "," DATA "}", false, true, false, KRX_K8S_EVICT},
    {"{" OWNED("DaemonSet") "," DATA "}", true, false, false, KRX_K8S_STAYS_DAEMON},
    {"{" OWNED("DaemonSet") "}", false, true, true, KRX_K8S_NEEDS_DAEMON},
    {"{" OWNED("Node") "}", false, false, false, KRX_K8S_STAYS_MIRROR},
    {"{" ALONE "," DATA "}", true, true, false, KRX_K8S_NEEDS_FORCE},
    {"{" ALONE "," DATA "}", true, false, true, KRX_K8S_NEEDS_EMPTY_DIR},
    {"{" ALONE "," DATA "}", false, true, true, KRX_K8S_EVICT},
    {"{" ALONE "," DATA ",\"status\":{\"phase\":\"Succeeded\"}}", false, false, false,
     KRX_K8S_EVICT},
    {"{\"metadata\":{\"annotations\":{\"kubernetes.io/config.mirror\":\"x\"}}}", false, false,
     false, KRX_K8S_STAYS_MIRROR},
    {"{\"metadata\":{\"namespace\":\"kube-system\",\"labels\":{\"component\":\"kube-proxy\"}}}",
     false, false, false, KRX_K8S_STAYS_DAEMON},
};

static void pods_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(pods); i++) {
        krx_auto_json cJSON *pod = parse(pods[i].pod);
        krx_drain_req req = {.struct_size = sizeof req,
                             .ignore_daemonsets = pods[i].daemons,
                             .delete_empty_dir = pods[i].data,
                             .force = pods[i].force};
        krx_k8s_drain_class found = krx_k8s_drain_classify(pod, &req);
        if (found != pods[i].class_)
            fail_msg("%s: %d", pods[i].pod, (int)found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_as_defined),     cmocka_unit_test(nodes_are_read),
        cmocka_unit_test(nodes_may_be_nearly_empty), cmocka_unit_test(reasons_become_values),
        cmocka_unit_test(marks_come_and_go),         cmocka_unit_test(pods_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
