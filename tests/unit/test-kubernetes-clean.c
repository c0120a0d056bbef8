/* SPDX-License-Identifier: Apache-2.0 */
/* Objects as servers have them, and what a person would have written. */
#include "tests/unit/unit.h"

#include <string.h>

#include "modules/kubernetes/capabilities.h"
#include "modules/kubernetes/objects/clean.h"

#include <kranix/results.h>

static void check(const char *live, const char *wanted)
{
    krx_auto_json cJSON *object = cJSON_Parse(live), *clean = cJSON_Parse(wanted);
    assert_non_null(object);
    assert_non_null(clean);
    krx_k8s_clean(object);
    if (!cJSON_Compare(object, clean, true)) {
        krx_autofree char *text = cJSON_PrintUnformatted(object);
        fail_msg("not %s\nbut %s", wanted, text);
    }
}

#define BURDEN                                                                                     \
    "\"uid\":\"u\",\"resourceVersion\":\"7\",\"generation\":3,\"selfLink\":\"/x\","                \
    "\"creationTimestamp\":\"2026-01-01T00:00:00Z\",\"managedFields\":[{}],\"finalizers\":[\"f\"]"

static void test_deployment(void **state)
{
    (void)state;
    check("{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"a\"," BURDEN
          ",\"labels\":{\"app\":\"a\"},\"annotations\":{\"deployment.kubernetes.io/revision\":"
          "\"4\",\"kubectl.kubernetes.io/last-applied-configuration\":\"{}\","
          "\"kranix.io/spec\":\"{}\"}},\"spec\":{\"replicas\":2,\"progressDeadlineSeconds\":600,"
          "\"revisionHistoryLimit\":5,\"template\":{\"metadata\":{\"creationTimestamp\":null,"
          "\"labels\":{\"app\":\"a\"},\"annotations\":{\"kranix.io/restartedAt\":\"x\"}},"
          "\"spec\":{\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,"
          "\"dnsPolicy\":\"ClusterFirst\",\"securityContext\":{},\"schedulerName\":"
          "\"default-scheduler\",\"containers\":[{\"name\":\"a\",\"image\":\"b\",\"resources\":{},"
          "\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":"
          "\"File\",\"imagePullPolicy\":\"Always\"}]}}},\"status\":{\"replicas\":2}}",
          "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"a\","
          "\"labels\":{\"app\":\"a\"},\"annotations\":{\"kranix.io/spec\":\"{}\"}},"
          "\"spec\":{\"replicas\":2,\"revisionHistoryLimit\":5,\"template\":{\"metadata\":"
          "{\"labels\":{\"app\":\"a\"}},\"spec\":{\"restartPolicy\":\"Always\",\"containers\":["
          "{\"name\":\"a\",\"image\":\"b\",\"imagePullPolicy\":\"Always\"}]}}}}");
}

/* Stopped or frozen, it is exported as what it will be again. */
static void test_stopped(void **state)
{
    (void)state;
    check(
        "{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"a\",\"annotations\":{"
        "\"kranix.io/stopped\":\"stop\",\"kranix.io/replicas\":\"3\"}},\"spec\":{\"replicas\":0}}",
        "{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"replicas\":3}}");
    check(
        "{\"kind\":\"CronJob\",\"metadata\":{\"name\":\"a\",\"annotations\":{"
        "\"kranix.io/stopped\":\"ckpt-1\",\"kranix.io/replicas\":\"1\"}},\"spec\":{\"suspend\":"
        "true,\"jobTemplate\":{\"metadata\":{\"creationTimestamp\":null},\"spec\":{\"template\":{"
        "\"metadata\":{\"creationTimestamp\":null},\"spec\":{\"dnsPolicy\":\"ClusterFirst\"}}}}}}",
        "{\"kind\":\"CronJob\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"suspend\":false,"
        "\"jobTemplate\":{\"metadata\":{},\"spec\":{\"template\":{\"metadata\":{},"
        "\"spec\":{}}}}}}");
    /* nobody stopped it: 0 is what was asked for */
    check("{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"replicas\":0}}",
          "{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"replicas\":0}}");
}

static void test_pod(void **state)
{
    (void)state;
    check("{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"," BURDEN ",\"ownerReferences\":[{}],"
          "\"generateName\":\"p-\",\"labels\":{\"pod-template-hash\":\"1\"}},\"spec\":{"
          "\"nodeName\":\"n1\",\"priority\":0,\"preemptionPolicy\":\"PreemptLowerPriority\","
          "\"serviceAccount\":\"default\",\"serviceAccountName\":\"default\","
          "\"enableServiceLinks\":true,\"tolerations\":[{\"key\":\"node.kubernetes.io/not-ready\","
          "\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":300},"
          "{\"key\":\"mine\",\"operator\":\"Exists\"}],\"volumes\":[{\"name\":"
          "\"default-token-x1\",\"secret\":{\"secretName\":\"default-token-x1\",\"defaultMode\":"
          "420}},{\"name\":\"kube-api-access-abc\",\"projected\":{}},{\"name\":\"my-token-file\","
          "\"secret\":{\"secretName\":\"other\",\"defaultMode\":420}}],\"containers\":[{\"name\":"
          "\"a\",\"volumeMounts\":[{\"name\":\"default-token-x1\",\"mountPath\":"
          "\"/var/run/secrets/kubernetes.io/serviceaccount\"},{\"name\":\"my-token-file\","
          "\"mountPath\":\"/t\"}]}]},\"status\":{}}",
          "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"tolerations\":[{\"key\":"
          "\"mine\",\"operator\":\"Exists\"}],\"volumes\":[{\"name\":\"my-token-file\",\"secret\":{"
          "\"secretName\":\"other\"}}],\"containers\":[{\"name\":\"a\",\"volumeMounts\":[{"
          "\"name\":\"my-token-file\",\"mountPath\":\"/t\"}]}]}}");
}

static void test_service(void **state)
{
    (void)state;
    check("{\"kind\":\"Service\",\"metadata\":{\"name\":\"s\"," BURDEN "},\"spec\":{\"clusterIP\":"
          "\"10.0.0.1\",\"clusterIPs\":[\"10.0.0.1\"],\"type\":\"NodePort\",\"sessionAffinity\":"
          "\"None\",\"externalTrafficPolicy\":\"Cluster\",\"ports\":[{\"port\":80,\"nodePort\":"
          "31000}]},\"status\":{\"loadBalancer\":{}}}",
          "{\"kind\":\"Service\",\"metadata\":{\"name\":\"s\"},\"spec\":{\"type\":\"NodePort\","
          "\"ports\":[{\"port\":80}]}}");
    /* a service without an address is that on purpose */
    check("{\"kind\":\"Service\",\"metadata\":{\"name\":\"s\"},\"spec\":{\"clusterIP\":\"None\","
          "\"clusterIPs\":[\"None\"],\"sessionAffinity\":\"ClientIP\"}}",
          "{\"kind\":\"Service\",\"metadata\":{\"name\":\"s\"},\"spec\":{\"clusterIP\":\"None\","
          "\"sessionAffinity\":\"ClientIP\"}}");
}

static void test_others(void **state)
{
    (void)state;
    check("{\"kind\":\"PersistentVolumeClaim\",\"metadata\":{\"name\":\"c\"," BURDEN
          ",\"annotations\":{\"pv.kubernetes.io/bind-completed\":\"yes\",\"kranix.io/volume\":"
          "\"d\"}},\"spec\":{\"volumeName\":\"pvc-1\",\"volumeMode\":\"Filesystem\","
          "\"accessModes\":[\"ReadWriteOnce\"]},\"status\":{\"phase\":\"Bound\"}}",
          "{\"kind\":\"PersistentVolumeClaim\",\"metadata\":{\"name\":\"c\",\"annotations\":{"
          "\"kranix.io/volume\":\"d\"}},\"spec\":{\"accessModes\":[\"ReadWriteOnce\"]}}");
    check("{\"kind\":\"Job\",\"metadata\":{\"name\":\"j\",\"labels\":{\"controller-uid\":\"u\","
          "\"job-name\":\"j\",\"mine\":\"x\"}},\"spec\":{\"selector\":{\"matchLabels\":{"
          "\"controller-uid\":\"u\"}},\"template\":{\"metadata\":{\"labels\":{\"controller-uid\":"
          "\"u\"}},\"spec\":{}}}}",
          "{\"kind\":\"Job\",\"metadata\":{\"name\":\"j\",\"labels\":{\"mine\":\"x\"}},\"spec\":{"
          "\"template\":{\"metadata\":{},\"spec\":{}}}}");
    check(
        "{\"kind\":\"StatefulSet\",\"metadata\":{\"name\":\"s\"},\"spec\":{\"podManagementPolicy\":"
        "\"Parallel\",\"volumeClaimTemplates\":[{\"metadata\":{\"name\":\"d\","
        "\"creationTimestamp\":null},\"spec\":{\"volumeMode\":\"Filesystem\"},\"status\":{"
        "\"phase\":\"Pending\"}}]}}",
        "{\"kind\":\"StatefulSet\",\"metadata\":{\"name\":\"s\"},\"spec\":{\"podManagementPolicy\":"
        "\"Parallel\",\"volumeClaimTemplates\":[{\"metadata\":{\"name\":\"d\"},\"spec\":{}}]}}");
}

/* Whatever a server sends, or somebody who plays one. */
static void test_strange(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{\"kind\":7,\"metadata\":[],\"spec\":\"x\",\"status\":1}",
        "{\"kind\":\"Pod\",\"metadata\":null,\"spec\":{\"containers\":\"x\",\"volumes\":{}}}",
        "{\"kind\":\"Deployment\",\"metadata\":{\"labels\":[],\"annotations\":[1]},\"spec\":[]}",
        "{\"kind\":\"Service\",\"spec\":{\"ports\":[1,null,[]],\"clusterIP\":{}}}",
        "{\"kind\":\"CronJob\",\"spec\":{\"jobTemplate\":[{\"spec\":1}]}}"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        krx_auto_json cJSON *object = cJSON_Parse(texts[i]);
        assert_non_null(object);
        krx_k8s_clean(object);
        assert_null(krx_json_get(object, "status"));
    }
}

/* ------------------------------------------------------------------------------------ capabilities
 */

typedef struct counted {
    size_t fields;
    size_t ops;
    size_t native;
} counted;

static int32_t count(krx_sink *sink, uint32_t kind, const void *item)
{
    const krx_capability *c = item;
    counted *seen = sink->ctx;
    assert_int_equal(kind, KRX_ITEM_CAPABILITY);
    if (c->level == KRX_CAP_NATIVE)
        seen->native++;
    else if (!c->reason || !*c->reason)
        fail_msg("%s is not native, but says not why", c->name);
    if (c->kind == KRX_CAP_OP)
        seen->ops++;
    else
        seen->fields++;
    return 0;
}

static void test_capabilities(void **state)
{
    counted seen = {0};
    krx_sink sink = {
        .struct_size = sizeof sink, .kind = KRX_ITEM_CAPABILITY, .emit = count, .ctx = &seen};
    (void)state;
    assert_int_equal(krx_k8s_emit_capabilities(&sink), 0);
    assert_true(seen.fields > 150);
    assert_true(seen.ops > 40);
    assert_true(seen.native > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deployment),  cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_pod),         cmocka_unit_test(test_service),
        cmocka_unit_test(test_others),      cmocka_unit_test(test_strange),
        cmocka_unit_test(test_capabilities)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
