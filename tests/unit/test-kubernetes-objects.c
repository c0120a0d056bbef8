/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Specs of tests/unit/golden/kubernetes and the objects that they become, and specs that can't
 * become any. With KRX_GOLDEN_WRITE=1 the expected objects are written anew, to be read in a diff.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/base/str.h"
#include "lib/model/model.h"
#include "modules/kubernetes/objects/objects.h"
#include "modules/kubernetes/objects/priority.h"

typedef struct made {
    krx_error error;
    krx_call call;
    krx_specs specs;
    krx_diags diags;
    krx_k8s_settings settings;
    krx_k8s_scope scope;
    krx_k8s_objects objects;
    int32_t code;
} made;

static void make(made *m, const char *yaml, const krx_k8s_scope *scope)
{
    memset(m, 0, sizeof *m);
    krx_call_init(&m->call, &m->error);
    krx_diags_init(&m->diags);
    int32_t code = krx_specs_parse(&m->call, "test", yaml, strlen(yaml), KRX_SPEC_NO_FILES,
                                   &m->specs, &m->diags);
    if (code)
        fail_msg("%s: %s", yaml, m->diags.count ? m->diags.items[0].message : m->error.message);
    assert_int_equal(m->specs.count, 1);
    const krx_workload *spec = m->specs.items[0]->workload;
    m->settings = (krx_k8s_settings){.default_namespace = "default",
                                     .default_volume_bytes = INT64_C(2) << 30,
                                     .volumes = true,
                                     .bandwidth = true,
                                     .multi_arch = true};
    m->scope =
        scope ? *scope : (krx_k8s_scope){.cron_api = "batch/v1", .hpa_api = "autoscaling/v2"};
    if (!m->scope.settings)
        m->scope.settings = &m->settings;
    m->scope.namespace_ = krx_blank(spec->namespace_) ? "default" : spec->namespace_;
    m->code = krx_k8s_make_objects(&m->call, &m->scope, spec, m->specs.items[0]->json, &m->objects);
}

static void unmake(made *m)
{
    krx_k8s_objects_free(&m->objects);
    krx_specs_free(&m->specs);
    krx_diags_free(&m->diags);
}

/* ---------------------------------------------------------------------------------------- golden
 */

static char *read_golden(const char *name, const char *suffix)
{
    krx_autofree char *path = krx_format("%s/%s.%s", KRX_GOLDEN, name, suffix);
    krx_autofile FILE *file = fopen(path, "re");
    krx_str text = {0};
    char block[4096];
    size_t n;
    while (file && (n = fread(block, 1, sizeof block, file)) > 0)
        krx_str_addn(&text, block, n);
    return krx_str_take(&text);
}

static void write_golden(const char *name, const cJSON *json)
{
    krx_autofree char *path = krx_format("%s/%s.json", KRX_GOLDEN, name);
    krx_autofree char *text = cJSON_Print(json);
    krx_autofile FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fprintf(file, "%s\n", text) > 0);
}

static cJSON *as_array(made *m)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < m->objects.count; i++)
        cJSON_AddItemToArray(array, cJSON_Duplicate(m->objects.items[i].json, true));
    return array;
}

static void check_golden(const char *name)
{
    made m;
    krx_autofree char *yaml = read_golden(name, "yaml");
    assert_non_null(yaml);
    make(&m, yaml, NULL);
    if (m.code)
        fail_msg("%s: %s", name, m.error.message);
    krx_auto_json cJSON *got = as_array(&m);
    if (getenv("KRX_GOLDEN_WRITE"))
        write_golden(name, got);
    krx_autofree char *text = read_golden(name, "json");
    krx_auto_json cJSON *wanted = cJSON_Parse(text);
    if (!cJSON_Compare(got, wanted, true)) {
        krx_autofree char *printed = cJSON_Print(got);
        fail_msg("%s: not as in the golden file, but %s", name, printed);
    }
    unmake(&m);
}

static void test_golden(void **state)
{
    static const char *const names[] = {
        "small",          "process",      "resources",        "ports",    "storage",
        "probes",         "probes-other", "rolling",          "recreate", "placement",
        "architecture",   "platform",     "affinity",         "spot",     "priority",
        "traffic",        "traffic-none", "bandwidth",        "cron",     "cron-retries",
        "cron-suspended", "autoscaling",  "autoscaling-plain"};
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(names); i++)
        check_golden(names[i]);
}

/* --------------------------------------------------------------------------------------- refusals
 */

#define NAME_54 "a123456789b123456789c123456789d123456789e123456789f123"

static void test_refusals(void **state)
{
    static const struct {
        const char *yaml;
        const char *text; /* part of the message */
    } cases[] = {
        {"labels: {managed-by: me}", "labels.managed-by: the label 'managed-by' is kranix's own"},
        {"labels: {app: other}", "labels.app"},
        {"labels: {'a b': c}", "labels.a b: a label of Kubernetes is a key of at most 63"},
        {"labels: {a: 'b c'}", "labels.a: the value of a label of Kubernetes is at most 63"},
        {"tags: {environment: 'Staging EU'}", "tags.environment"},
        {"tags: {custom: {app: b}}", "tags.custom.app"},
        {"annotations: {kranix.io/spec: x}", "annotations.kranix.io/spec"},
        {"annotations: {'a b': x}", "annotations.a b"},
        {"env: {1A: x}", "env.1A"},
        {"user: www-data", "user: Kubernetes knows users and groups by number only"},
        {"user: '1000:staff'", "user:"},
        {"user: '3000000000'", "user:"},
        {"extraHosts: ['up:host-gateway']", "extraHosts[0]: the address of a node"},
        {"extraHosts: ['Up_1:10.0.0.1']", "extraHosts[0]: the name must be"},
        {"runtime: Runc_1", "runtime: the name of a RuntimeClass must be"},
        {"ports: [{containerPort: 1}, {containerPort: 1, hostPort: 2}]", "ports[1].containerPort"},
        {"ports: [{containerPort: 1, hostPort: 0, hostIp: 127.0.0.1}]", "ports[0].hostIp"},
        {"rolloutStrategy: {maxSurge: 0, maxUnavailable: 0}", "rolloutStrategy: maxSurge and"},
        {"probes: {liveness: {successThreshold: 2}}",
         "probes.liveness.successThreshold: must be 1"},
        {"mounts: [{source: /a, target: '/b:c'}]", "mounts[0].target"},
        {"volumes: [{name: a, size: '0'}]", "volumes[0].size"},
        {"volumes: [{name: a, storageClass: Fast_1}]", "volumes[0].storageClass"},
        {"networkBandwidth: {egressLimit: 1bps}", "networkBandwidth.egressLimit: must be from"},
        {"autoScaling: {enabled: true}", "autoScaling.maxReplicas: is required"},
        {"autoScaling: {enabled: true, maxReplicas: 2, minReplicas: 0}", "autoScaling.minReplicas"},
        {"autoScaling: {enabled: true, maxReplicas: 2, scaleUpCooldownSeconds: 4000}",
         "autoScaling.scaleUpCooldownSeconds: must be at most 3600"},
        {"autoScaling: {enabled: true, maxReplicas: 2, customMetrics: [{name: a}]}",
         "autoScaling.customMetrics[0]: 'target' is required"},
        {"autoScaling: {enabled: true, maxReplicas: 2, customMetrics: [{name: a, target: {type: "
         "value, value: '1'}}]}",
         "target.type must be average"},
        {"autoScaling: {enabled: true, maxReplicas: 2, customMetrics: [{name: a, target: {type: "
         "average, averageValue: lots}}]}",
         "target.averageValue must be a Kubernetes quantity"},
        {"scheduling: {priorityClassName: Hi_There}", "scheduling.priorityClassName"},
        {"scheduling: {nodeSelectors: {kubernetes.io/arch: amd64}, architecture: arm64}",
         "scheduling.architecture: no node has 'arm64'"},
        {"platform: linux/amd64\nscheduling: {architecture: arm64}", "scheduling.architecture"},
        {"scheduling: {nodeSelectors: {zone: 'a b'}}", "scheduling.nodeSelectors.zone"},
        {"scheduling: {tolerations: [{operator: Exists, key: a, value: b}]}",
         "scheduling.tolerations[0]: 'value' must be absent"},
        {"scheduling: {tolerations: [{value: b}]}", "scheduling.tolerations[0]: without 'key'"},
        {"scheduling: {tolerations: [{key: b, tolerationSeconds: 3}]}", "'tolerationSeconds'"},
        {"scheduling: {affinity: {nodeAffinity: {requiredDuringScheduling: [{}]}}}",
         "nodeAffinity.requiredDuringScheduling[0]: must have matchExpressions"},
        {"scheduling: {affinity: {nodeAffinity: {requiredDuringScheduling: [{matchExpressions: "
         "[{key: a, operator: In}]}]}}}",
         "requiredDuringScheduling[0].matchExpressions[0]: 'values' must have at least one"},
        {"scheduling: {affinity: {nodeAffinity: {requiredDuringScheduling: [{matchExpressions: "
         "[{key: a, operator: Gt, values: [b]}]}]}}}",
         "must be one whole number"},
        {"scheduling: {affinity: {nodeAffinity: {requiredDuringScheduling: [{matchFields: "
         "[{key: spec, operator: In, values: [b]}]}]}}}",
         "matchFields[0]: 'key' must be metadata.name"},
        {"scheduling: {affinity: {podAffinity: {preferredDuringScheduling: [{weight: 1}]}}}",
         "podAffinity.preferredDuringScheduling[0].podAffinityTerm: is required"},
        {"crossNamespaceTraffic: {enabled: true, allowedIngressNamespaces: [Shop]}",
         "crossNamespaceTraffic.allowedIngressNamespaces[0]"},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        made m;
        krx_autofree char *yaml = krx_format("name: a\nimage: b\n%s\n", cases[i].yaml);
        make(&m, yaml, NULL);
        if (m.code != KRX_E_INVALID_ARGUMENT || !strstr(m.error.message, cases[i].text))
            fail_msg("%s: %d: %s", cases[i].yaml, m.code, m.error.message);
        assert_int_equal(m.objects.count, 0);
        unmake(&m);
    }
}

static void test_names_refused(void **state)
{
    static const struct {
        const char *yaml;
        const char *text;
    } cases[] = {
        {"name: 1web\nimage: b\nports: [{containerPort: 80}]\n", "begins with a letter"},
        {"name: " NAME_54 "\nimage: b\ncronSchedule: {schedule: '0 0 * * *'}\n", "at most 52"},
        {"name: " NAME_54 "\nimage: b\nports: [{containerPort: 80, hostPort: 0}]\n",
         "more than 63"},
        {"name: a\nimage: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
         "image: a node can't pull an image by its id"},
        {"name: a\nimage: 'rootfs:/srv'\n", "image: a node takes images from registries only"},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        made m;
        make(&m, cases[i].yaml, NULL);
        if (m.code != KRX_E_INVALID_ARGUMENT || !strstr(m.error.message, cases[i].text))
            fail_msg("%s: %d: %s", cases[i].yaml, m.code, m.error.message);
        unmake(&m);
    }
}

/* Fields that other backends take. */
static void test_unsupported(void **state)
{
    static const char *const cases[][2] = {
        {"name: a\nimage: b\nnetwork: none\n", "network: a pod is never without"},
        {"name: a\nimage: b\nnetwork: 'ns:/run/netns/x'\n", "network: a pod is never without"},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        made m;
        make(&m, cases[i][0], NULL);
        if (m.code != KRX_E_UNSUPPORTED || !strstr(m.error.message, cases[i][1]))
            fail_msg("%s: %d: %s", cases[i][0], m.code, m.error.message);
        unmake(&m);
    }
}

/* A reserved label refused in several objects is one refusal, and its hint stays. */
static void test_hint(void **state)
{
    made m;
    (void)state;
    make(&m, "name: a\nimage: b\nlabels: {managed-by: me}\nenv: {1: x}\n", NULL);
    assert_string_equal(m.error.message,
                        "workload 'a' can't run on Kubernetes as it is: "
                        "labels.managed-by: the label 'managed-by' is kranix's own");
    assert_string_equal(m.error.hint, "choose another key");
    unmake(&m);
}

/* ---------------------------------------------------------------------------------- what is around
 */

static const cJSON *object_of(const made *m, krx_kube_kind kind)
{
    for (size_t i = 0; i < m->objects.count; i++)
        if (m->objects.items[i].kind == kind)
            return m->objects.items[i].json;
    return NULL;
}

static void test_old_server(void **state)
{
    static const krx_k8s_scope old = {
        .cron_api = "batch/v1beta1", .hpa_api = "autoscaling/v2beta1", .server = 1020};
    made m;
    (void)state;
    make(&m, "name: a\nimage: b\ncronSchedule: {schedule: '0 0 * * *', timeZone: Europe/Berlin}\n",
         &old);
    assert_int_equal(m.code, KRX_E_UNSUPPORTED);
    assert_non_null(strstr(m.error.message, "this cluster is Kubernetes 1.20"));
    unmake(&m);
    make(&m, "name: a\nimage: b\ncronSchedule: {schedule: '0 0 * * *', timeZone: UTC}\n", &old);
    assert_int_equal(m.code, 0);
    const cJSON *job = object_of(&m, KRX_KUBE_CRON_JOB);
    assert_string_equal(krx_json_text(job, "apiVersion"), "batch/v1beta1");
    assert_null(krx_json_dig(job, "spec/timeZone"));
    assert_ptr_equal(m.objects.items[m.objects.workload].json, job);
    unmake(&m);
    make(&m,
         "name: a\nimage: b\nautoScaling: {enabled: true, maxReplicas: 3, "
         "targetCPUUtilization: 50}\n",
         &old);
    assert_int_equal(m.code, 0);
    const cJSON *metrics = krx_json_dig(object_of(&m, KRX_KUBE_HPA), "spec/metrics");
    const cJSON *cpu = krx_json_get(cJSON_GetArrayItem(metrics, 0), "resource");
    assert_int_equal(krx_json_int(cpu, "targetAverageUtilization", 0), 50);
    unmake(&m);
}

static void test_settings(void **state)
{
    static const krx_k8s_settings off = {.default_storage_class = "slow"};
    static const krx_k8s_settings on = {.default_storage_class = "slow",
                                        .volumes = true,
                                        .bandwidth = true,
                                        .default_egress_bps = 100000000};
    static const krx_k8s_scope none = {.settings = &off, .cron_api = "batch/v1"};
    static const krx_k8s_scope all = {.settings = &on, .cron_api = "batch/v1"};
    made m;
    (void)state;
    make(&m, "name: a\nimage: b\nvolumes: [{name: v}]\n", &none);
    assert_int_equal(m.code, KRX_E_FAILED_PRECONDITION);
    unmake(&m);
    make(&m, "name: a\nimage: amd64/b\nnetworkBandwidth: {egressLimit: 1Mbit}\n", &none);
    assert_int_equal(m.code, 0);
    const cJSON *pod = krx_json_dig(object_of(&m, KRX_KUBE_DEPLOYMENT), "spec/template");
    assert_null(krx_json_dig(pod, "metadata/annotations"));
    assert_null(krx_json_dig(pod, "spec/nodeSelector"));
    unmake(&m);
    make(&m, "name: a\nimage: b\nvolumes: [{name: v}]\nnetworkBandwidth: {ingressLimit: 1Mbit}\n",
         &all);
    assert_int_equal(m.code, 0);
    const cJSON *claim = krx_json_dig(object_of(&m, KRX_KUBE_PVC), "spec");
    assert_string_equal(krx_json_text(claim, "storageClassName"), "slow");
    assert_string_equal(krx_json_text(krx_json_dig(claim, "resources/requests"), "storage"), "1Gi");
    pod = krx_json_dig(object_of(&m, KRX_KUBE_DEPLOYMENT), "spec/template/metadata/annotations");
    assert_string_equal(krx_json_text(pod, KRX_K8S_EGRESS), "100M");
    unmake(&m);
}

static const char *architecture_with(const char *image, const krx_k8s_settings *settings, made *m)
{
    krx_k8s_scope scope = {.settings = settings, .cron_api = "batch/v1"};
    krx_autofree char *yaml = krx_format("name: a\nimage: %s\n", image);
    make(m, yaml, &scope);
    assert_int_equal(m->code, 0);
    const cJSON *pod = krx_json_dig(object_of(m, KRX_KUBE_DEPLOYMENT), "spec/template/spec");
    return krx_json_text(krx_json_get(pod, "nodeSelector"), "kubernetes.io/arch");
}

static void test_architecture(void **state)
{
    static const krx_k8s_settings set = {.multi_arch = true, .default_arch = "s390x"};
    static const krx_k8s_settings off = {.default_arch = "s390x"};
    made m;
    (void)state;
    assert_string_equal(architecture_with("b", &set, &m), "s390x");
    unmake(&m);
    assert_string_equal(architecture_with("arm32/b", &set, &m), "arm");
    unmake(&m);
    assert_string_equal(architecture_with("arm32/b", &off, &m), "");
    unmake(&m);
}

static void test_many_volumes(void **state)
{
    krx_auto_str krx_str yaml = {0};
    made m;
    (void)state;
    krx_str_add(&yaml, "name: a\nimage: b\nvolumes:\n");
    for (int i = 0; i < KRX_K8S_OBJECTS_MAX; i++)
        krx_str_addf(&yaml, "- {name: v%d}\n", i);
    make(&m, krx_str_get(&yaml), NULL);
    assert_int_equal(m.code, KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(m.error.message, "volumes: there may be at most"));
    unmake(&m);
}

static void test_priority_classes(void **state)
{
    static const struct {
        const char *name;
        int64_t value;
        const char *policy;
        bool tier;
    } wanted[] = {{"kranix-critical", 1000000, "PreemptLowerPriority", true},
                  {"kranix-high", 750000, "PreemptLowerPriority", true},
                  {"kranix-normal", 500000, "PreemptLowerPriority", true},
                  {"kranix-low", 250000, "PreemptLowerPriority", true},
                  {"kranix-critical-np", 990000, "Never", true},
                  {"kranix-high-np", 740000, "Never", false},
                  {"kranix-normal-np", 490000, "Never", false},
                  {"kranix-low-np", 240000, "Never", false}};
    bool end = false;
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(wanted); i++) {
        krx_auto_json cJSON *class = krx_k8s_priority_class(i, &end);
        assert_false(end);
        const cJSON *metadata = krx_json_object(class, "metadata");
        assert_string_equal(krx_json_text(metadata, "name"), wanted[i].name);
        assert_int_equal(krx_json_int(class, "value", 0), wanted[i].value);
        assert_string_equal(krx_json_text(class, "preemptionPolicy"), wanted[i].policy);
        assert_false(krx_json_bool(class, "globalDefault", true));
        assert_int_equal(krx_json_get(krx_json_object(metadata, "labels"), "kranix.io/tier") !=
                             NULL,
                         wanted[i].tier);
    }
    assert_null(krx_k8s_priority_class(KRX_COUNT(wanted), &end));
    assert_true(end);
}

static void test_names(void **state)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    (void)state;
    assert_string_equal(krx_k8s_selector(arena, "web"), "app=web,managed-by=kranix");
    assert_string_equal(krx_k8s_claim_name(arena, "Web_a", "My_Data"), "web-a-my-data-pvc");
    assert_string_equal(krx_k8s_policy_name(arena, "Web_a"), "kranix-ns-traffic-web-a");
    assert_string_equal(krx_k8s_policy_name(arena, ""), "kranix-ns-traffic-workload");
    const char *one = krx_k8s_policy_name(arena, NAME_54 "1");
    const char *other = krx_k8s_policy_name(arena, NAME_54 "2");
    assert_int_equal(strlen(one), strlen("kranix-ns-traffic-") + 40);
    assert_string_not_equal(one, other);
    assert_true(krx_k8s_key_reserved("managed-by"));
    assert_false(krx_k8s_key_reserved("kranix.io/team"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_names_refused), cmocka_unit_test(test_unsupported),
        cmocka_unit_test(test_hint),          cmocka_unit_test(test_old_server),
        cmocka_unit_test(test_settings),      cmocka_unit_test(test_architecture),
        cmocka_unit_test(test_many_volumes),  cmocka_unit_test(test_priority_classes),
        cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
