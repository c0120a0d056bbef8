/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to an API server: create, apply where the server has it, has it not or has it badly, and
 * edits under the optimistic lock. */
#include "tests/unit/kube_served.h"

#define STATUS(code, reason, message)                                                              \
    "    body "                                                                                    \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"" message     \
    "\",\"reason\":\"" reason "\",\"code\":" #code "}\n"

static const krx_kube_ref web = {.kind = KRX_KUBE_DEPLOYMENT, .namespace_ = "shop", .name = "web"};

#define WEB "/apis/apps/v1/namespaces/shop/deployments/web"

static cJSON *wanted(const char *text)
{
    cJSON *object = cJSON_Parse(text);
    assert_non_null(object);
    return object;
}

static void writing_says_who_and_whether_in_earnest(void **state)
{
    kube_served s;
    krx_auto_json cJSON *object = wanted("{\"metadata\":{\"name\":\"web\"}}");
    (void)state;
    kube_serve(&s, "* *\n    body {}\n");
    assert_int_equal(krx_kube_create(&s.call, s.kube, &web, object, KRX_KUBE_DRY_RUN, NULL), 0);
    assert_int_equal(kube_asked(&s, "POST /apis/apps/v1/namespaces/shop/deployments?fieldManager="
                                    "kranix&dryRun=All\n"),
                     1);
    assert_int_equal(kube_asked(&s, "\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\""), 1);
    assert_int_equal(
        krx_kube_apply(&s.call, s.kube, &web, object, KRX_KUBE_DRY_RUN | KRX_KUBE_FORCE, NULL), 0);
    assert_int_equal(kube_asked(&s, "PATCH " WEB "?fieldManager=kranix&force=true&dryRun=All\n"),
                     1);
    assert_int_equal(kube_asked(&s, "application/apply-patch+yaml"), 1);
    assert_int_equal(krx_kube_patch(&s.call, s.kube, &web, "merge", object, 0, NULL), 0);
    assert_int_equal(kube_asked(&s, "application/merge-patch+json"), 1);
    krx_kube_delete_options options = {
        .propagation = "Foreground", .grace_seconds = 5, .uid = "u-1", .flags = KRX_KUBE_DRY_RUN};
    assert_int_equal(krx_kube_delete(&s.call, s.kube, &web, &options), 0);
    assert_int_equal(kube_asked(&s, "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\","
                                    "\"propagationPolicy\":\"Foreground\",\"gracePeriodSeconds\":5,"
                                    "\"preconditions\":{\"uid\":\"u-1\"},\"dryRun\":[\"All\"]}"),
                     1);
    kube_serve_stop(&s);
}

#define OLD_LIVE                                                                                   \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\","          \
    "\"resourceVersion\":\"7\",\"annotations\":{\"theirs\":\"1\",\"kranix.io/last-applied\":"      \
    "\"{\\\\\"spec\\\\\":{\\\\\"paused\\\\\":true,\\\\\"replicas\\\\\":1}}\"}},\"spec\":{"         \
    "\"paused\":true,"                                                                             \
    "\"replicas\":1,\"ports\":[{\"name\":\"http\",\"port\":80,\"nodePort\":30001}],"               \
    "\"filled\":\"in\"}}"

static void without_apply_fields_are_set_one_by_one(void **state)
{
    kube_served s;
    (void)state;
    kube_serve(&s, "PATCH * 415\n    times 1\n    body {}\n"
                   "GET " WEB "\n    body " OLD_LIVE "\n"
                   "PUT " WEB
                   " 409\n    times 1\n" STATUS(409, "Conflict", "too late") "PUT " WEB
                                                                             "\n    body {}\n");
    krx_auto_json cJSON *object =
        wanted("{\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":3,\"ports\":[{\"name\":"
               "\"http\",\"port\":81}]}}");
    assert_int_equal(krx_kube_apply(&s.call, s.kube, &web, object, 0, NULL), 0);
    assert_int_equal(krx_kube_apply(&s.call, s.kube, &web, object, 0, NULL), 0);
    assert_int_equal(kube_asked(&s, "PATCH /"), 1);
    assert_int_equal(kube_asked(&s, "PUT /"), 3);
    assert_int_equal(kube_asked(&s, "\"spec\":{\"replicas\":3,\"ports\":[{\"name\":\"http\","
                                    "\"port\":81,\"nodePort\":30001}],\"filled\":\"in\"}"),
                     3);
    assert_int_equal(kube_asked(&s, "\"theirs\":\"1\""), 3);
    assert_int_equal(kube_asked(&s, "\"resourceVersion\":\"7\""), 3);
    kube_serve_stop(&s);
}

static void without_apply_what_is_missing_is_created(void **state)
{
    kube_served s;
    (void)state;
    kube_serve(&s, "PATCH * 404\n    body {\"kind\":\"Status\",\"code\":404,\"message\":\"not "
                   "found\",\"details\":{\"name\":\"web\"}}\n"
                   "GET * 404\n    body {\"kind\":\"Status\",\"code\":404,\"message\":\"not "
                   "found\",\"details\":{\"name\":\"web\"}}\n"
                   "POST *\n    body {\"made\":true}\n");
    krx_auto_json cJSON *object = wanted("{\"metadata\":{\"name\":\"web\"}}");
    krx_auto_json cJSON *out = NULL;
    assert_int_equal(krx_kube_apply(&s.call, s.kube, &web, object, 0, &out), 0);
    assert_true(krx_json_bool(out, "made", false));
    assert_int_equal(kube_asked(&s, "kranix.io/last-applied"), 1);
    kube_serve_stop(&s);
}

static void a_missing_namespace_is_no_missing_apply(void **state)
{
    kube_served s;
    (void)state;
    kube_serve(&s, "PATCH * 404\n    body {\"kind\":\"Status\",\"code\":404,\"message\":"
                   "\"namespaces \\\\\"shop\\\\\" not found\",\"details\":{\"name\":\"shop\","
                   "\"kind\":\"namespaces\"}}\n");
    krx_auto_json cJSON *object = wanted("{\"metadata\":{\"name\":\"web\"}}");
    assert_int_equal(krx_kube_apply(&s.call, s.kube, &web, object, 0, NULL), KRX_E_NOT_FOUND);
    assert_non_null(strstr(s.error.hint, "kubectl create namespace shop"));
    assert_int_equal(kube_asked(&s, "POST /"), 0);
    kube_serve_stop(&s);
}

/* What an old server's own apply would leave: a probe without a handler, a volume of two types. */
#define LEFT_LIVE                                                                                  \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\","          \
    "\"resourceVersion\":\"7\",\"annotations\":{\"theirs\":\"1\",\"ours\":\"1\"},"                 \
    "\"managedFields\":["                                                                          \
    "{\"manager\":\"kranix\",\"operation\":\"Update\",\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}" \
    "}}},"                                                                                         \
    "{\"manager\":\"kranix\",\"operation\":\"Apply\",\"fieldsV1\":{\"f:metadata\":{"               \
    "\"f:annotations\":{\"f:ours\":{}}},\"f:spec\":{\"f:gone\":{},\"f:containers\":{"              \
    "\"k:{\\\\\"name\\\\\":\\\\\"web\\\\\"}\":{\".\":{},\"f:name\":{},\"f:probe\":{\"f:tcp\":{"    \
    "\"f:port\":"                                                                                  \
    "{}}"                                                                                          \
    "}}},\"f:volumes\":{\"k:{\\\\\"name\\\\\":\\\\\"data\\\\\"}\":{\".\":{},\"f:name\":{},\"f:"    \
    "memory\":{"                                                                                   \
    "\"f:size\":{}}}}}}}]},\"spec\":{\"replicas\":2,\"gone\":[1],\"filled\":\"in\","               \
    "\"containers\":"                                                                              \
    "[{\"name\":\"web\",\"probe\":{\"tcp\":{\"port\":1},\"seconds\":1},\"filled\":\"too\"}],"      \
    "\"volumes\":[{\"name\":\"data\",\"memory\":{\"size\":1}}]}}"
#define LESS                                                                                       \
    "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":3,\"containers\":[{\"name\":\"web\"}" \
    "],"                                                                                           \
    "\"volumes\":[{\"name\":\"data\",\"claim\":{\"name\":\"c\"}}]}}"
#define WRITTEN                                                                                    \
    "\"spec\":{\"replicas\":3,\"filled\":\"in\",\"containers\":[{\"name\":\"web\",\"filled\":"     \
    "\"too\"}],\"volumes\":[{\"name\":\"data\",\"claim\":{\"name\":\"c\"}}]}}"
#define REFUSED "    body {\"kind\":\"Status\",\"code\":422,\"message\":\"web is invalid\"}\n"

static void what_a_server_would_leave_is_written_in_one_piece(void **state)
{
    kube_served s;
    (void)state;
    kube_serve(&s, "PATCH * 422\n    times 1\n" REFUSED "PATCH *\n    body {\"applied\":true}\n"
                   "GET " WEB "\n    body " LEFT_LIVE "\n"
                   "PUT " WEB "\n    body {\"written\":true}\n");
    krx_auto_json cJSON *object = wanted(LESS);
    krx_auto_json cJSON *out = NULL;
    krx_auto_json cJSON *tried = NULL;
    assert_int_equal(krx_kube_apply(&s.call, s.kube, &web, object, 0, &out), 0);
    assert_int_equal(s.error.code, 0);
    assert_true(krx_json_bool(out, "applied", false));
    assert_int_equal(kube_asked(&s, "PATCH /"), 2);
    assert_int_equal(kube_asked(&s, "PUT /"), 2);
    assert_int_equal(kube_asked(&s, WRITTEN), 1);
    assert_int_equal(kube_asked(&s, "\"annotations\":{\"theirs\":\"1\"}"), 1);
    /* what was written is to be had by the apply alone */
    assert_int_equal(kube_asked(&s, "\"operation\":\"Update\""), 1);
    assert_int_equal(kube_asked(&s, "\"resourceVersion\":\"7\""), 2);
    kube_serve_again(&s, "PATCH * 422\n" REFUSED "GET " WEB "\n    body " LEFT_LIVE "\n"
                         "PUT " WEB "\n    body {\"written\":true}\n");
    assert_int_equal(krx_kube_apply(&s.call, s.kube, &web, object, KRX_KUBE_DRY_RUN, &tried), 0);
    assert_true(krx_json_bool(tried, "written", false));
    assert_int_equal(kube_asked(&s, "PATCH /"), 3);
    assert_int_equal(kube_asked(&s, "PUT " WEB "?fieldManager=kranix&dryRun=All\n"), 1);
    kube_serve_stop(&s);
}

static void a_refusal_for_other_reasons_stays_one(void **state)
{
    kube_served s;
    (void)state;
    kube_serve(&s, "PATCH * 422\n" REFUSED "GET " WEB "\n    times 1\n    body " LEFT_LIVE "\n"
                   "GET " WEB " 404\n    body {\"kind\":\"Status\",\"code\":404,\"message\":"
                   "\"not found\",\"details\":{\"name\":\"web\"}}\n");
    krx_auto_json cJSON *object = wanted(
        "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"containers\":[{\"name\":\"web\",\"probe\":{"
        "\"tcp\":{\"port\":-1}}}],\"volumes\":[{\"name\":\"data\",\"memory\":{}}]}}");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(krx_kube_apply(&s.call, s.kube, &web, object, 0, NULL),
                         KRX_E_INVALID_ARGUMENT);
        assert_non_null(strstr(s.error.message, "web is invalid"));
    }
    assert_int_equal(kube_asked(&s, "PUT /"), 0);
    kube_serve_stop(&s);
}

/* The server itself gives no reason here. */
static void an_apply_that_may_not_create_names_the_right(void **state)
{
    kube_served s;
    (void)state;
    kube_serve(&s, "PATCH * 403\n    body {\"kind\":\"Status\",\"code\":403,\"reason\":"
                   "\"Forbidden\",\"message\":\"deployments.apps \\\\\"web\\\\\" is forbidden: "
                   "\"}\n");
    krx_auto_json cJSON *object = wanted("{\"metadata\":{\"name\":\"web\"}}");
    assert_int_equal(krx_kube_apply(&s.call, s.kube, &web, object, 0, NULL),
                     KRX_E_PERMISSION_DENIED);
    assert_non_null(strstr(s.error.message, "cannot create resource \"deployments\""));
    assert_non_null(strstr(s.error.hint, "Role to the account in namespace shop with the rule "
                                         "{apiGroups: [\"apps\"], resources: [\"deployments\"], "
                                         "verbs: [\"create\"]}"));
    kube_serve_stop(&s);
}

static int32_t scale_up(void *ctx, krx_call *call, cJSON *object)
{
    int *times = ctx;
    (void)call;
    ++*times;
    cJSON *spec = cJSON_GetObjectItemCaseSensitive(object, "spec");
    if (krx_json_int(spec, "replicas", 0) == 5)
        return 1;
    return cJSON_ReplaceItemInObjectCaseSensitive(spec, "replicas", cJSON_CreateNumber(5))
               ? 0
               : KRX_E_INTERNAL;
}

static void edits_begin_again_when_too_late(void **state)
{
    kube_served s;
    int times = 0;
    krx_auto_json cJSON *out = NULL;
    (void)state;
    kube_serve(&s, "GET *\n    times 3\n    body {\"spec\":{\"replicas\":1}}\n"
                   "GET *\n    body {\"spec\":{\"replicas\":5}}\n"
                   "PUT * 409\n" STATUS(409, "Conflict", "too late"));
    assert_int_equal(krx_kube_edit(&s.call, s.kube, &web, scale_up, &times, 0, &out), 0);
    assert_int_equal(s.call.error->code, 0);
    assert_int_equal(times, 4);
    assert_int_equal(krx_json_int(krx_json_get(out, "spec"), "replicas", 0), 5);
    assert_int_equal(kube_asked(&s, "PUT " WEB "?fieldManager=kranix\n"), 3);
    kube_serve_again(&s, "GET *\n    body {\"spec\":{\"replicas\":1}}\n"
                         "PUT * 409\n" STATUS(409, "Conflict", "too late"));
    times = 0;
    assert_int_equal(krx_kube_edit(&s.call, s.kube, &web, scale_up, &times, 0, NULL),
                     KRX_E_ABORTED);
    assert_int_equal(times, 10);
    kube_serve_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing_says_who_and_whether_in_earnest),
        cmocka_unit_test(without_apply_fields_are_set_one_by_one),
        cmocka_unit_test(without_apply_what_is_missing_is_created),
        cmocka_unit_test(a_missing_namespace_is_no_missing_apply),
        cmocka_unit_test(what_a_server_would_leave_is_written_in_one_piece),
        cmocka_unit_test(a_refusal_for_other_reasons_stays_one),
        cmocka_unit_test(an_apply_that_may_not_create_names_the_right),
        cmocka_unit_test(edits_begin_again_when_too_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
