/* SPDX-License-Identifier: Apache-2.0 */
/* A spec as the body of a create request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/engine/engine.h"
#include "lib/model/model.h"
#include "modules/docker/backend/names.h"
#include "modules/docker/capabilities.h"
#include "modules/docker/mapping/mapping.h"

typedef struct parsed {
    krx_error error;
    krx_call call;
    krx_specs specs;
    krx_diags diags;
    krx_arena *arena;
    const krx_workload *spec;
} parsed;

static void parse(parsed *p, const char *yaml)
{
    memset(p, 0, sizeof *p);
    krx_call_init(&p->call, &p->error);
    krx_diags_init(&p->diags);
    p->arena = krx_arena_new();
    assert_non_null(p->arena);
    int32_t code = krx_specs_parse(&p->call, "test", yaml, strlen(yaml), KRX_SPEC_NO_FILES,
                                   &p->specs, &p->diags);
    if (code)
        fail_msg("%s", p->diags.count ? p->diags.items[0].message : p->error.message);
    assert_int_equal(p->specs.count, 1);
    p->spec = p->specs.items[0]->workload;
}

static void release(parsed *p)
{
    krx_specs_free(&p->specs);
    krx_diags_free(&p->diags);
    krx_arena_free(p->arena);
}

static const krx_dk_identity who = {
    .replica = 2, .spec_json = "{}", .hash = "00ff", .generation = "17"};

static const char full[] =
    "name: api\nnamespace: shop\nimage: registry:5000/api:1\nreplicas: 2\n"
    "env: {A: '1', B: 'x \"y\"'}\ncommand: [/bin/api, -v]\nargs: [--port, '80']\n"
    "workingDir: /srv\nuser: '1000:1000'\nhostname: box\nlabels: {tier: web, managed-by: me}\n"
    "annotations: {note: hello}\ntags: {team: core, costCenter: '7'}\n"
    "networkBandwidth: {egressLimit: 10Mbit}\n"
    "ports:\n- {containerPort: 80, hostPort: 0, hostIp: 127.0.0.1}\n"
    "- {containerPort: 53, protocol: UDP}\n"
    "resources: {cpuRequest: 250m, cpuLimit: '1.5', memoryRequest: 64Mi, memoryLimit: 128Mi,\n"
    "  gpu: {vendor: NVIDIA, count: 2}}\n"
    "restartPolicy: OnFailure\nrestartRetries: 3\nstopGracePeriod: 1500ms\nstopSignal: SIGINT\n"
    "volumes:\n- {name: data-1, mountPath: /d}\n- {name: ro, accessMode: ReadOnlyMany}\n"
    "mounts:\n- {source: /etc, target: /host, readOnly: true}\n"
    "- {type: tmpfs, target: /t, size: 1Mi}\n"
    "tmpfs: [/run]\nextraHosts: ['db:10.0.0.1']\nreadOnlyRootFilesystem: true\n"
    "network: bridge\nruntime: crun\n"
    "capabilities: {add: [NET_ADMIN], drop: [ALL]}\n";

static const char full_body[] =
    "{\"Image\":\"registry:5000/api:1\",\"Hostname\":\"box\",\"User\":\"1000:1000\","
    "\"WorkingDir\":\"/srv\",\"Env\":[\"A=1\",\"B=x \\\"y\\\"\"],\"Entrypoint\":[\"/bin/api\","
    "\"-v\"],\"Cmd\":[\"--port\",\"80\"],\"StopSignal\":\"SIGINT\",\"StopTimeout\":2,"
    "\"ExposedPorts\":{\"80/tcp\":{},\"53/udp\":{}},"
    "\"Labels\":{\"tier\":\"web\",\"kranix.io/annotation.note\":\"hello\","
    "\"kranix.io/team\":\"core\",\"kranix.io/cost-center\":\"7\","
    "\"kranix.io/bandwidth-managed\":\"true\",\"kranix.io/egress-bandwidth\":\"10Mbit\","
    "\"managed-by\":\"kranix\",\"kranix.io/replica\":\"2\",\"kranix.io/spec\":\"{}\","
    "\"kranix.io/spec-hash\":\"00ff\",\"kranix.io/generation\":\"17\","
    "\"kranix.io/workload\":\"api\",\"kranix.io/namespace\":\"shop\"},"
    "\"HostConfig\":{\"NetworkMode\":\"bridge\",\"Runtime\":\"crun\",\"PortBindings\":{\"80/"
    "tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"\"}]},"
    "\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"shop.api-data-1\",\"Target\":\"/d\"},"
    "{\"Type\":\"volume\",\"Source\":\"shop.api-ro\",\"Target\":\"/data/ro\",\"ReadOnly\":true},"
    "{\"Type\":\"bind\",\"Source\":\"/etc\",\"Target\":\"/host\",\"ReadOnly\":true},"
    "{\"Type\":\"tmpfs\",\"Target\":\"/t\",\"TmpfsOptions\":{\"SizeBytes\":1048576}}],"
    "\"Tmpfs\":{\"/run\":\"\"},"
    "\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":3},"
    "\"NanoCpus\":1500000000,\"CpuShares\":256,\"Memory\":134217728,\"MemorySwap\":268435456,"
    "\"MemoryReservation\":67108864,"
    "\"DeviceRequests\":[{\"Driver\":\"nvidia\",\"Count\":2,\"Capabilities\":[[\"gpu\"]]}],"
    "\"ExtraHosts\":[\"db:10.0.0.1\"],\"ReadonlyRootfs\":true,\"CapAdd\":[\"NET_ADMIN\"],"
    "\"CapDrop\":[\"ALL\"]}}";

static void test_full(void **state)
{
    parsed p;
    (void)state;
    parse(&p, full);
    char *body = krx_dk_create_body(p.arena, p.spec, &who);
    assert_string_equal(body, full_body);
    krx_auto_json cJSON *json = cJSON_Parse(body);
    assert_non_null(json);
    release(&p);
}

static void test_streams(void **state)
{
    parsed p;
    (void)state;
    parse(&p, "name: a\nimage: b\nstdin: true\ntty: true\n");
    const char *body = krx_dk_create_body(p.arena, p.spec, &who);
    assert_non_null(strstr(body, "\"OpenStdin\":true,\"Tty\":true"));
    assert_null(strstr(body, "StdinOnce")); /* open for whoever comes next */
    release(&p);
    parse(&p, "name: a\nimage: b\nstdin: false\ntty: false\n");
    body = krx_dk_create_body(p.arena, p.spec, &who);
    assert_null(strstr(body, "OpenStdin"));
    assert_null(strstr(body, "Tty"));
    release(&p);
}

static void test_small(void **state)
{
    parsed p;
    (void)state;
    parse(&p, "name: a\nimage: b\nargs: [x]\n");
    krx_auto_json cJSON *json = cJSON_Parse(krx_dk_create_body(p.arena, p.spec, &who));
    assert_null(krx_json_get(json, "Entrypoint"));
    assert_int_equal(cJSON_GetArraySize(krx_json_array(json, "Cmd")), 1);
    assert_null(krx_json_get(json, "Healthcheck"));
    const cJSON *host = krx_json_object(json, "HostConfig");
    assert_string_equal(krx_json_text(krx_json_object(host, "RestartPolicy"), "Name"),
                        "unless-stopped");
    assert_null(krx_json_get(host, "Memory"));
    release(&p);
}

/* A command alone silences the image's own arguments. */
static void test_command_alone(void **state)
{
    parsed p;
    (void)state;
    parse(&p, "name: a\nimage: b\ncommand: /bin/x\n");
    krx_auto_json cJSON *json = cJSON_Parse(krx_dk_create_body(p.arena, p.spec, &who));
    assert_int_equal(cJSON_GetArraySize(krx_json_array(json, "Entrypoint")), 1);
    assert_non_null(krx_json_array(json, "Cmd"));
    assert_int_equal(cJSON_GetArraySize(krx_json_array(json, "Cmd")), 0);
    release(&p);
}

static const cJSON *check_of(parsed *p, cJSON **json, const char *probes)
{
    krx_autofree char *yaml = krx_format("name: a\nimage: b\nprobes: %s\n", probes);
    parse(p, yaml);
    *json = cJSON_Parse(krx_dk_create_body(p->arena, p->spec, &who));
    return krx_json_object(*json, "Healthcheck");
}

/* The check that the reference works out. */
static void test_probe_worked(void **state)
{
    parsed p;
    krx_auto_json cJSON *json = NULL;
    (void)state;
    const cJSON *check = check_of(&p, &json,
                                  "{startup: {periodSeconds: 5, failureThreshold: 30}, "
                                  "liveness: {type: http, port: 8080, path: /healthz}}");
    assert_non_null(check);
    assert_int_equal(krx_json_int(check, "Interval", 0), INT64_C(10000000000));
    assert_int_equal(krx_json_int(check, "Timeout", 0), INT64_C(1000000000));
    assert_int_equal(krx_json_int(check, "Retries", 0), 3);
    assert_int_equal(krx_json_int(check, "StartPeriod", 0), INT64_C(180000000000));
    const cJSON *words = krx_json_array(check, "Test");
    assert_string_equal(cJSON_GetArrayItem(words, 0)->valuestring, "CMD-SHELL");
    const char *line = cJSON_GetArrayItem(words, 1)->valuestring;
    assert_non_null(strstr(line, "curl -fs "));
    assert_non_null(strstr(line, "'http://localhost:8080/healthz'"));
    assert_non_null(strstr(line, "|| exit 1"));
    release(&p);
}

static void test_probe_kinds(void **state)
{
    static const struct {
        const char *probes;
        const char *words; /* joined with | */
    } cases[] = {
        {"{readiness: {type: tcp, port: 5432}}",
         "CMD-SHELL|nc -z localhost 5432 2>/dev/null || nc localhost 5432 -e true 2>/dev/null || "
         "exit 1|"},
        {"{liveness: {type: exec, command: [test, -f, '/a b']}}", "CMD|test|-f|/a b|"},
        {"{liveness: {type: exec, command: 'pg_isready -U me'}}", "CMD-SHELL|pg_isready -U me|"},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        parsed p;
        krx_auto_json cJSON *json = NULL;
        krx_auto_str krx_str words = {0};
        const cJSON *word;
        const cJSON *check = check_of(&p, &json, cases[i].probes);
        cJSON_ArrayForEach (word, krx_json_array(check, "Test"))
            krx_str_addf(&words, "%s|", word->valuestring);
        assert_string_equal(krx_str_get(&words), cases[i].words);
        assert_null(krx_json_get(check, "StartPeriod"));
        release(&p);
    }
}

/* A path can't break out of the quotes. */
static void test_probe_quoting(void **state)
{
    parsed p;
    krx_auto_json cJSON *json = NULL;
    (void)state;
    const cJSON *check = check_of(&p, &json, "{liveness: {path: \"/a'; reboot; '\"}}");
    const char *line = cJSON_GetArrayItem(krx_json_array(check, "Test"), 1)->valuestring;
    assert_non_null(strstr(line, "/a'\\''; reboot; '\\'''"));
    release(&p);
}

static void hash_of(const char *yaml, char out[KRX_DK_HASH_MAX])
{
    parsed p;
    parse(&p, yaml);
    krx_dk_spec_hash(p.spec, out);
    assert_int_equal(strlen(out), KRX_DK_HASH_MAX - 1);
    release(&p);
}

static void test_hash(void **state)
{
    static const struct {
        const char *more;
        bool same;
    } cases[] = {{"", true},
                 {"replicas: 4\n", true},
                 {"resources: {memoryLimit: 64Mi}\n", true},
                 {"restartPolicy: always\n", true},
                 {"circuitBreaker: {enabled: true}\n", true},
                 {"stdin: false\ntty: false\n", true},
                 {"stdin: true\n", false},
                 {"tty: true\n", false},
                 {"env: {A: b}\n", false},
                 {"labels: {a: b}\n", false},
                 {"ports: [{containerPort: 1}]\n", false},
                 {"probes: {liveness: {port: 1}}\n", false},
                 {"resources: {gpu: {vendor: amd, count: 1}}\n", false},
                 {"platform: linux/arm64\n", false}};
    char base[KRX_DK_HASH_MAX], other[KRX_DK_HASH_MAX];
    (void)state;
    hash_of("name: a\nimage: b\n", base);
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        krx_autofree char *yaml = krx_format("name: a\nimage: b\n%s", cases[i].more);
        hash_of(yaml, other);
        if ((strcmp(base, other) == 0) != cases[i].same)
            fail_msg("%s: the hash is %s", cases[i].more, cases[i].same ? "another" : "the same");
    }
}

static void test_platform(void **state)
{
    static const struct {
        const char *yaml;
        const char *pull;
        const char *create;
    } cases[] = {
        {"image: b", NULL, NULL},
        {"image: b\nplatform: linux/arm/v7", "linux/arm/v7", "linux/arm/v7"},
        {"image: b\nscheduling: {architecture: ' X86_64 '}", "linux/amd64", "linux/amd64"},
        {"image: b\nscheduling: {architecture: aarch64}", "linux/arm64", "linux/arm64"},
        {"image: arm64v8/b", "linux/arm64", NULL},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        parsed p;
        krx_autofree char *yaml = krx_format("name: a\n%s\n", cases[i].yaml);
        parse(&p, yaml);
        const char *pull = krx_dk_platform(p.arena, p.spec, true);
        const char *create = krx_dk_platform(p.arena, p.spec, false);
        assert_true(krx_streq(pull, cases[i].pull));
        assert_true(krx_streq(create, cases[i].create));
        release(&p);
    }
}

static void test_names(void **state)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    (void)state;
    assert_string_equal(krx_replica_name(arena, "default", "web", 1), "web-1");
    assert_string_equal(krx_replica_name(arena, "shop", "web", 12), "shop.web-12");
    assert_string_equal(krx_replica_volume_name(arena, "default", "Web_a", "My_Data"),
                        "web-a-my-data");
    assert_string_equal(krx_replica_volume_name(arena, "shop", "web", "d"), "shop.web-d");
    const char *labels[] = {"a=b", "c=\"d\"", NULL};
    assert_string_equal(krx_dk_label_filter(arena, labels),
                        "{\"label\":[\"a=b\",\"c=\\\"d\\\"\"]}");
    assert_true(krx_label_reserved("managed-by"));
    assert_false(krx_label_reserved("kranix.io/team"));
}

static int count_below_native(void *ctx, const char *path, const krx_field_info *field)
{
    const char *reason;
    size_t *seen = ctx;
    (void)field;
    ++*seen;
    if (krx_dk_field_level(path, &reason) != KRX_CAP_NATIVE && !reason)
        fail_msg("%s is not native, but says not why", path);
    return 0;
}

static void test_capabilities(void **state)
{
    static const struct {
        const char *path;
        uint32_t level;
    } cases[] = {{"image", KRX_CAP_NATIVE},
                 {"ports", KRX_CAP_NATIVE},
                 {"ports.hostPort", KRX_CAP_NATIVE},
                 {"ports.name", KRX_CAP_EMULATED},
                 {"networkBandwidth", KRX_CAP_UNSUPPORTED},
                 {"networkBandwidth.egressLimit", KRX_CAP_UNSUPPORTED},
                 {"cronSchedule.schedule", KRX_CAP_UNSUPPORTED},
                 {"scheduling", KRX_CAP_EMULATED},
                 {"scheduling.architecture", KRX_CAP_EMULATED},
                 {"scheduling.affinity.nodeAffinity", KRX_CAP_UNSUPPORTED},
                 {"probes.liveness.path", KRX_CAP_EMULATED},
                 {"probes.liveness.successThreshold", KRX_CAP_UNSUPPORTED}};
    const char *reason;
    size_t seen = 0;
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++)
        if (krx_dk_field_level(cases[i].path, &reason) != cases[i].level)
            fail_msg("%s is at another level", cases[i].path);
    assert_int_equal(krx_schema_walk(count_below_native, &seen), 0);
    assert_true(seen > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),          cmocka_unit_test(test_small),
        cmocka_unit_test(test_command_alone), cmocka_unit_test(test_probe_worked),
        cmocka_unit_test(test_probe_kinds),   cmocka_unit_test(test_probe_quoting),
        cmocka_unit_test(test_streams),       cmocka_unit_test(test_hash),
        cmocka_unit_test(test_platform),      cmocka_unit_test(test_names),
        cmocka_unit_test(test_capabilities)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
