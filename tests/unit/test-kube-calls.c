/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to an API server: what goes out, what comes back, and every way in which it fails. */
#include "tests/unit/kube_served.h"

#define STATUS(code, reason, message)                                                              \
    "    body "                                                                                    \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"" message     \
    "\",\"reason\":\"" reason "\",\"code\":" #code "}\n"

static const krx_kube_ref web = {.kind = KRX_KUBE_DEPLOYMENT, .namespace_ = "shop", .name = "web"};
static const krx_kube_ref nightly = {
    .kind = KRX_KUBE_CRON_JOB, .namespace_ = "shop", .name = "nightly"};
static const krx_kube_ref pod = {.kind = KRX_KUBE_POD, .namespace_ = "shop", .name = "p"};

#define WEB "/apis/apps/v1/namespaces/shop/deployments/web"

static void objects_are_read(void **state)
{
    kube_served s;
    (void)state;
    kube_serve(&s, "GET " WEB "\n    body {\"metadata\":{\"name\":\"web\"}}\n"
                   "GET /api/v1/nodes/n%2F1\n    body {\"metadata\":{\"name\":\"node\"}}\n");
    krx_auto_json cJSON *object = NULL;
    krx_auto_json cJSON *node = NULL;
    assert_int_equal(krx_kube_get(&s.call, s.kube, &web, &object), 0);
    assert_string_equal(krx_json_text(krx_json_get(object, "metadata"), "name"), "web");
    krx_kube_ref ref = {.kind = KRX_KUBE_NODE, .name = "n/1"};
    assert_int_equal(krx_kube_get(&s.call, s.kube, &ref, &node), 0);
    assert_int_equal(krx_fake_connections(s.fake), 1);
    kube_serve_stop(&s);
}

static void refs_are_checked(void **state)
{
    kube_served s;
    cJSON *out = NULL;
    (void)state;
    kube_serve(&s, "");
    krx_kube_ref nameless = {.kind = KRX_KUBE_POD, .namespace_ = "shop", .name = ""};
    krx_kube_ref homeless = {.kind = KRX_KUBE_POD, .name = "p"};
    krx_kube_ref climbing = {.kind = KRX_KUBE_POD, .namespace_ = "..", .name = "p"};
    krx_kube_ref none = {.kind = KRX_KUBE_KIND_COUNT_, .name = "p"};
    assert_int_equal(krx_kube_get(&s.call, s.kube, &nameless, &out), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_kube_get(&s.call, s.kube, &homeless, &out), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_kube_get(&s.call, s.kube, &climbing, &out), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_kube_get(&s.call, s.kube, &none, &out), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_kube_delete(&s.call, s.kube,
                                     &(krx_kube_ref){.kind = KRX_KUBE_POD, .namespace_ = "shop"},
                                     NULL),
                     KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_fake_connections(s.fake), 0);
    kube_serve_stop(&s);
}

static const struct {
    const char *script;
    int32_t code;
    const char *text;
    const char *hint;
} failures[] = {
    {"GET * 404\n" STATUS(404, "NotFound", "deployments.apps \\\\\"web\\\\\" not found"), 0, "",
     ""},
    {"GET * 400\n" STATUS(400, "BadRequest", "no"), KRX_E_INVALID_ARGUMENT,
     "reading Deployment web in namespace shop: no", ""},
    {"GET * 401\n" STATUS(401, "Unauthorized", "Unauthorized"), KRX_E_UNAUTHENTICATED,
     "Unauthorized", "credentials"},
    {"GET * 403\n" STATUS(
         403, "Forbidden",
         "deployments.apps \\\\\"web\\\\\" is forbidden: User \\\\\"joe\\\\\" cannot get "
         "resource \\\\\"deployments\\\\\" in API group \\\\\"apps\\\\\" in the "
         "namespace \\\\\"shop\\\\\""),
     KRX_E_PERMISSION_DENIED, "User \"joe\" cannot get",
     "bind a Role to joe in namespace shop with the rule {apiGroups: [\"apps\"], resources: "
     "[\"deployments\"], verbs: [\"get\"]}"},
    {"GET * 403\n" STATUS(403, "Forbidden",
                          "nodes is forbidden: User \\\\\"joe\\\\\" cannot list resource "
                          "\\\\\"nodes\\\\\" in API group \\\\\"\\\\\" at the cluster scope"),
     KRX_E_PERMISSION_DENIED, "cluster scope",
     "bind a ClusterRole to joe with the rule {apiGroups: [\"\"], resources: [\"nodes\"], verbs: "
     "[\"list\"]}"},
    {"GET * 403\n" STATUS(403, "Forbidden",
                          "forbidden: User \\\\\"joe\\\\\" cannot get path \\\\\"/version\\\\\""),
     KRX_E_PERMISSION_DENIED, "cannot get path", "nonResourceURLs: [\"/version\"]"},
    {"GET * 403\n" STATUS(403, "Forbidden", "pods \\\\\"a\\\\\" is forbidden: exceeded quota: q"),
     KRX_E_RESOURCE_EXHAUSTED, "exceeded quota", "ResourceQuota"},
    {"GET * 409\n" STATUS(409, "AlreadyExists", "it is there"), KRX_E_ALREADY_EXISTS, "is there",
     ""},
    {"GET * 409\n" STATUS(409, "Conflict", "please apply your changes"), KRX_E_ABORTED, "please",
     ""},
    {"GET * 410\n" STATUS(410, "Expired", "too old resource version"), KRX_E_OUT_OF_RANGE,
     "too old", ""},
    {"GET * 415\n" STATUS(415, "UnsupportedMediaType", "what"), KRX_E_UNIMPLEMENTED, "what", ""},
    {"GET * 501\n    header Content-Type: text/plain\n    body never\n", KRX_E_UNIMPLEMENTED,
     "never", ""},
    {"GET * 302\n    header Content-Type: text/html\n    body <html>login</html>\n",
     KRX_E_UNAVAILABLE, "status 302 and no reason", "points elsewhere"},
    {"GET * 404\n    header Content-Type: text/plain\n    body 404 page not found\n",
     KRX_E_UNIMPLEMENTED, "has no deployments in API group \"apps\" (404 page not found)",
     "api-resources"},
    {"GET * 200\n    body {\"metadata\":{\n", KRX_E_DATA_LOSS, "half a JSON document", ""},
    {"GET * 200\n    body <html>\n", KRX_E_DATA_LOSS, "not JSON", ""},
    {"GET * 200\n    body [[[\n    fault endless 5368709120\n", KRX_E_DATA_LOSS, "larger than", ""},
    {"GET * 422\n    body {\"kind\":\"Status\",\"message\":\"Deployment.apps \\\\\"web\\\\\" is "
     "invalid\",\"code\":422,\"details\":{\"causes\":[{\"reason\":\"FieldValueInvalid\","
     "\"field\":\"spec.replicas\",\"message\":\"must be greater than 0\"},{\"field\":\"x\","
     "\"message\":\"two\\\\nlines\\\\u001b[31m\"}]}}\n",
     KRX_E_INVALID_ARGUMENT, "invalid; spec.replicas: must be greater than 0; x: two lines [31m",
     ""},
};

static void failures_say_what_why_and_what_to_try(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(failures); i++) {
        kube_served s;
        cJSON *out = NULL;
        kube_serve(&s, failures[i].script);
        int32_t code = failures[i].code ? krx_kube_get(&s.call, s.kube, &web, &out)
                                        : krx_kube_look(&s.call, s.kube, &web, &out);
        if (code != failures[i].code || !strstr(s.error.message, failures[i].text) ||
            !strstr(s.error.hint, failures[i].hint))
            fail_msg("%zu: %d\n%s\n%s", i, code, s.error.message, s.error.hint);
        assert_null(out);
        assert_int_equal(kube_asked(&s, "GET /"), 1);
        kube_serve_stop(&s);
    }
}

/* ------------------------------------------------------------------------------------ again */

static const struct {
    const char *method;
    const char *script; /* first answers */
    int32_t code;
    int asked;
} repeats[] = {
    {"GET", "* * 503\n    times 2\n    body later\n", 0, 3},
    {"GET", "* * 500\n    times 3\n    body later\n", 0, 4},
    {"GET", "* * 500\n    times 9\n    body later\n", KRX_E_UNAVAILABLE, 4},
    {"GET", "* *\n    times 2\n    fault drop\n", 0, 3},
    {"GET", "* *\n    times 2\n    body {\"a\":\"012345678\"}\n    fault half\n", 0, 3},
    {"GET", "* * 429\n    times 5\n    header Retry-After: 0\n", 0, 6},
    {"GET", "* * 429\n    header Retry-After: 3600\n", KRX_E_RESOURCE_EXHAUSTED, 1},
    {"GET", "* * 404\n    times 1\n" STATUS(404, "NotFound", "pods \\\\\"p\\\\\" not found"),
     KRX_E_UNIMPLEMENTED, 1},
    {"POST", "* * 429\n    times 2\n    header Retry-After: 0\n", 0, 3},
    {"POST", "* * 503\n    times 2\n    header Retry-After: 0\n", 0, 3},
    {"POST", "* * 503\n    times 1\n", KRX_E_UNAVAILABLE, 1},
    {"POST", "* * 500\n    times 1\n", KRX_E_UNAVAILABLE, 1},
    {"POST", "* *\n    times 1\n    fault drop\n", KRX_E_UNAVAILABLE, 1},
    {"PUT", "* *\n    times 1\n    fault drop\n", 0, 2},
    {"PATCH", "* *\n    times 1\n    fault drop\n", 0, 2},
    {"DELETE", "* *\n    times 1\n    fault drop\n", 0, 2},
    {"POST",
     "* * 429\n    times 1\n    body {\"kind\":\"Status\",\"code\":429,\"reason\":"
     "\"TooManyRequests\",\"message\":\"Cannot evict pod as it would violate the pod's disruption "
     "budget.\"}\n",
     KRX_E_RESOURCE_EXHAUSTED, 1},
};

static void only_what_is_safe_is_repeated(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(repeats); i++) {
        kube_served s;
        krx_auto_str krx_str script = {0};
        krx_str_addf(&script, "%s* *\n    body {}\n", repeats[i].script);
        kube_serve(&s, krx_str_get(&script));
        krx_kube_request request = {.method = repeats[i].method, .ref = pod};
        int32_t code = krx_kube_call(&s.call, s.kube, &request, NULL);
        int asked = kube_asked(&s, " /api/v1/namespaces/shop/pods/p\n");
        if (code != repeats[i].code || asked != repeats[i].asked)
            fail_msg("%zu: %d after %d: %s", i, code, asked, s.error.message);
        kube_serve_stop(&s);
    }
}

static void the_caller_can_forbid_repetition(void **state)
{
    kube_served s;
    int32_t status = 0;
    (void)state;
    kube_serve(&s, "* * 503\n    header Retry-After: 0\n");
    krx_kube_request request = {.ref = pod, .retries = 1, .status = &status};
    assert_int_equal(krx_kube_call(&s.call, s.kube, &request, NULL), KRX_E_UNAVAILABLE);
    assert_int_equal(status, 503);
    assert_int_equal(kube_asked(&s, "GET /"), 1);
    kube_serve_stop(&s);
}

/* A deletion that was done, but its answer lost, is done. */
static void a_lost_deletion_is_one(void **state)
{
    kube_served s;
    (void)state;
    kube_serve(&s, "DELETE *\n    times 1\n    fault drop\n"
                   "DELETE * 404\n    body {\"kind\":\"Status\",\"code\":404,\"message\":\"gone\","
                   "\"details\":{\"name\":\"p\"}}\n");
    assert_int_equal(krx_kube_delete(&s.call, s.kube, &pod, NULL), 0);
    assert_int_equal(krx_kube_delete(&s.call, s.kube, &pod, NULL), KRX_E_NOT_FOUND);
    kube_serve_stop(&s);
}

static void nobody_there_is_asked_a_few_times(void **state)
{
    kube_served s;
    (void)state;
    kube_serve(&s, "");
    krx_fake_stop(s.fake);
    s.fake = NULL;
    krx_kube_request request = {.method = "POST", .ref = pod};
    assert_int_equal(krx_kube_call(&s.call, s.kube, &request, NULL), KRX_E_UNAVAILABLE);
    assert_non_null(strstr(s.error.message, "creating"));
    assert_non_null(strstr(s.error.message, "Connection refused"));
    /* the reason, not that there was no time to try again */
    s.call.deadline_ns = krx_now_monotonic() + 50 * KRX_NS_PER_MS;
    assert_int_equal(krx_kube_call(&s.call, s.kube, &request, NULL), KRX_E_UNAVAILABLE);
    kube_serve_stop(&s);
}

/* ------------------------------------------------------------------------------------ discovery */

static void versions_are_found_once(void **state)
{
    kube_served s;
    const char *version = NULL, *text = NULL;
    int32_t number = 0;
    cJSON *out = NULL;
    (void)state;
    kube_serve(
        &s,
        "GET /apis/batch/v1\n    body {\"resources\":[{\"name\":\"jobs\"}]}\n"
        "GET /apis/batch/v1beta1\n    body {\"resources\":[{\"name\":\"cronjobs\"}]}\n"
        "GET /apis/batch/v1beta1/namespaces/shop/cronjobs/nightly\n    body {\"a\":1}\n"
        "GET /version\n    body {\"major\":\"1\",\"minor\":\"20+\",\"gitVersion\":\"v1.20.2\"}\n"
        "GET /apis/metrics.k8s.io* 404\n    body 404 page not found\n");
    assert_int_equal(krx_kube_get(&s.call, s.kube, &nightly, &out), 0);
    cJSON_Delete(out);
    assert_int_equal(krx_kube_api_version(&s.call, s.kube, KRX_KUBE_CRON_JOB, &version), 0);
    assert_string_equal(version, "batch/v1beta1");
    assert_int_equal(kube_asked(&s, "GET /apis/batch/v1\n"), 1);
    assert_int_equal(kube_asked(&s, "GET /apis/batch/v1beta1\n"), 1);
    assert_int_equal(krx_kube_api_version(&s.call, s.kube, KRX_KUBE_DEPLOYMENT, &version), 0);
    assert_string_equal(version, "apps/v1");
    assert_int_equal(krx_kube_api_version(&s.call, s.kube, KRX_KUBE_POD, &version), 0);
    assert_string_equal(version, "v1");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(krx_kube_server_version(&s.call, s.kube, &number, &text), 0);
        assert_int_equal(number, 1020);
        assert_string_equal(text, "v1.20.2");
    }
    assert_int_equal(kube_asked(&s, "GET /version"), 1);
    assert_int_equal(krx_kube_api_version(&s.call, s.kube, KRX_KUBE_POD_METRICS, &version),
                     KRX_E_UNIMPLEMENTED);
    assert_non_null(strstr(s.error.hint, "metrics-server"));
    krx_kube_ref metrics = {.kind = KRX_KUBE_POD_METRICS, .namespace_ = "shop"};
    assert_int_equal(krx_kube_look(&s.call, s.kube, &metrics, &out), 0);
    assert_null(out);
    kube_serve_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_read),
        cmocka_unit_test(refs_are_checked),
        cmocka_unit_test(failures_say_what_why_and_what_to_try),
        cmocka_unit_test(only_what_is_safe_is_repeated),
        cmocka_unit_test(the_caller_can_forbid_repetition),
        cmocka_unit_test(a_lost_deletion_is_one),
        cmocka_unit_test(nobody_there_is_asked_a_few_times),
        cmocka_unit_test(versions_are_found_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
