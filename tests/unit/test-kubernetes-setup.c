/* SPDX-License-Identifier: Apache-2.0 */
/* Priority classes that are there already in some form, and rate limits of what runs. */
#include "tests/unit/kube_served.h"

#include "modules/kubernetes/backend/backend.h"
#include "modules/kubernetes/backend/ops.h"

#define CLASSES "/apis/scheduling.k8s.io/v1/priorityclasses"
#define GROUP                                                                                      \
    "GET /apis/scheduling.k8s.io\n    body {\"versions\":[{\"version\":\"v1\"}]}\n"                \
    "GET /apis/scheduling.k8s.io/v1\n    body {\"resources\":[{\"name\":\"priorityclasses\"}]}\n"
#define OURS "\"labels\":{\"app.kubernetes.io/managed-by\":\"kranix\",\"kranix.io/tier\":\"high\"}"
#define ABSENT                                                                                     \
    "GET " CLASSES "* 404\n    body {\"kind\":\"Status\",\"code\":404,\"reason\":\"NotFound\","    \
    "\"message\":\"not found\"}\n"

typedef struct changes {
    size_t count;
    uint32_t of_high;
} changes;

static int32_t take_change(krx_sink *sink, uint32_t kind, const void *item)
{
    const krx_change *change = item;
    changes *seen = sink->ctx;
    assert_int_equal(kind, KRX_ITEM_CHANGE);
    seen->count++;
    if (strcmp(change->object, "kranix-high") == 0)
        seen->of_high = change->action;
    return 0;
}

static int32_t set_up(kube_served *s, uint32_t flags, changes *seen)
{
    krx_k8s_backend backend = {.kube = s->kube};
    krx_setup_req req = {.struct_size = sizeof req, .flags = flags};
    krx_sink sink = {
        .struct_size = sizeof sink, .kind = KRX_ITEM_CHANGE, .emit = take_change, .ctx = seen};
    memset(seen, 0, sizeof *seen);
    return krx_k8s_setup_op(&s->call, &backend, &req, &sink);
}

/* The class kranix-high as the server has it; the others are missing. */
static void serve_high(kube_served *s, const char *high)
{
    krx_autofree char *script = krx_format(
        GROUP "GET " CLASSES "/kranix-high\n    body %s\n" ABSENT "* *\n    body {}\n", high);
    kube_serve(s, script);
}

static void test_classes(void **state)
{
    static const struct {
        const char *high;
        uint32_t action;
        int deleted;
    } cases[] = {
        {"{\"metadata\":{\"name\":\"kranix-high\"," OURS "},\"value\":750000,\"description\":"
         "\"Workloads of kranix\",\"preemptionPolicy\":\"PreemptLowerPriority\"}",
         KRX_CHANGE_NONE, 0},
        {"{\"metadata\":{\"name\":\"kranix-high\"," OURS "},\"value\":750000,\"description\":"
         "\"old words\",\"preemptionPolicy\":\"PreemptLowerPriority\"}",
         KRX_CHANGE_UPDATE, 0},
        {"{\"metadata\":{\"name\":\"kranix-high\"," OURS "},\"value\":7,\"description\":"
         "\"Workloads of kranix\"}",
         KRX_CHANGE_UPDATE, 1},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        kube_served s;
        changes seen;
        serve_high(&s, cases[i].high);
        int32_t code = set_up(&s, 0, &seen);
        if (code)
            fail_msg("case %zu: %s", i, s.error.message);
        assert_int_equal(seen.count, 8);
        assert_int_equal(seen.of_high, cases[i].action);
        assert_int_equal(kube_asked(&s, "DELETE " CLASSES "/kranix-high"), cases[i].deleted);
        assert_int_equal(kube_asked(&s, "PATCH " CLASSES),
                         cases[i].action == KRX_CHANGE_NONE ? 7 : 8);
        kube_serve_stop(&s);
    }
}

static void test_dry_run(void **state)
{
    kube_served s;
    changes seen;
    (void)state;
    serve_high(&s, "{\"metadata\":{\"name\":\"kranix-high\"," OURS "},\"value\":7}");
    assert_int_equal(set_up(&s, KRX_DEPLOY_DRY_RUN, &seen), 0);
    assert_int_equal(seen.count, 8);
    assert_int_equal(kube_asked(&s, "PATCH "), kube_asked(&s, "dryRun=All"));
    assert_true(kube_asked(&s, "dryRun=All") > 0);
    kube_serve_stop(&s);
}

static void test_foreign_class(void **state)
{
    kube_served s;
    changes seen;
    (void)state;
    serve_high(&s, "{\"metadata\":{\"name\":\"kranix-high\"},\"value\":750000}");
    assert_int_equal(set_up(&s, 0, &seen), KRX_E_ALREADY_EXISTS);
    assert_non_null(strstr(s.error.message, "'kranix-high' that kranix did not make"));
    assert_non_null(strstr(s.error.hint, "kubectl label priorityclass kranix-high"));
    kube_serve_stop(&s);
}

/* -------------------------------------------------------------------------------------- bandwidth
 */

#define WEB "/apis/apps/v1/namespaces/shop/deployments/web"
#define APPS                                                                                       \
    "GET /apis/apps\n    body {\"versions\":[{\"version\":\"v1\"}]}\n"                             \
    "GET /apis/apps/v1\n    body {\"resources\":[{\"name\":\"deployments\"}]}\n"

static int32_t limit(kube_served *s, bool enabled, int64_t egress, int64_t ingress)
{
    krx_k8s_backend backend = {.kube = s->kube, .settings = {.bandwidth = enabled}};
    krx_bandwidth_req req = {
        .struct_size = sizeof req,
        .ref = {.struct_size = sizeof req.ref, .workload = "web", .namespace_ = "shop"},
        .egress_bps = egress,
        .ingress_bps = ingress};
    return krx_k8s_bandwidth_op(&s->call, &backend, &req, NULL);
}

static void test_bandwidth(void **state)
{
    kube_served s;
    (void)state;
    kube_serve(&s,
               APPS "GET " WEB "\n    body {\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\","
                    "\"labels\":{\"managed-by\":\"kranix\"}}}\n"
                    "PATCH " WEB "\n    body {}\n");
    if (limit(&s, true, 10000000, 0))
        fail_msg("%s", s.error.message);
    assert_int_equal(kube_asked(&s, "\"kubernetes.io/egress-bandwidth\":\"10M\""), 1);
    assert_int_equal(kube_asked(&s, "\"kubernetes.io/ingress-bandwidth\":null"), 1);
    assert_int_equal(limit(&s, true, KRX_UNSET, 2500), 0);
    assert_int_equal(kube_asked(&s, "\"kubernetes.io/egress-bandwidth\""), 1);
    assert_int_equal(kube_asked(&s, "\"kubernetes.io/ingress-bandwidth\":\"2500\""), 1);
    assert_int_equal(limit(&s, true, 999, KRX_UNSET), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(limit(&s, false, 1000, KRX_UNSET), KRX_E_FAILED_PRECONDITION);
    assert_int_equal(kube_asked(&s, "PATCH "), 2);
    kube_serve_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes), cmocka_unit_test(test_dry_run),
        cmocka_unit_test(test_foreign_class), cmocka_unit_test(test_bandwidth)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
