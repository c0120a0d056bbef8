/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/specs.h"

#include <glob.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"

#define HEAD "name: a\nimage: b\n"

static void values_are_typed_once(void **state)
{
    (void)state;
    parsed p;
    parse_good(&p, "name: web\nimage: nginx:1.10\nreplicas: 3\ncommand: sh -c\n"
                   "args: [1.10, yes, null-ish]\n"
                   "resources: {cpuLimit: 1.5, memoryLimit: 256Mi}\n"
                   "networkBandwidth: {egressLimit: 10}\nstopGracePeriod: 1h30m\n"
                   "ports: [{containerPort: 80, protocol: UDP, hostPort: 0}]\n"
                   "restartPolicy: no\npullPolicy: missing\nlabels: {tag: 1.10, on: true}\n"
                   "failurePrediction: {threshold: 0.5}\n");
    const krx_workload *w = p.specs.items[0]->workload;
    assert_int_equal(w->struct_size, sizeof *w);
    assert_string_equal(w->image, "nginx:1.10");
    assert_int_equal(w->replicas, 3);
    assert_string_equal(w->command[0], "sh -c");
    assert_null(w->command[1]);
    assert_string_equal(w->args[0], "1.10");
    assert_string_equal(w->args[1], "yes");
    assert_int_equal(w->resources->cpu_limit_milli, 1500);
    assert_int_equal(w->resources->memory_limit_bytes, 256 << 20);
    assert_int_equal(w->resources->cpu_request_milli, KRX_UNSET);
    assert_int_equal(w->network_bandwidth->egress_bps, 10000000);
    assert_int_equal(w->network_bandwidth->enabled, 1);
    assert_int_equal(w->stop_grace_period_ns, 5400 * KRX_NS_PER_S);
    assert_int_equal(w->ports[0]->struct_size, sizeof(krx_port));
    assert_string_equal(w->ports[0]->protocol, "udp");
    assert_int_equal(w->ports[0]->host_port, 0);
    assert_string_equal(w->restart_policy, "no");
    assert_string_equal(w->pull_policy, "IfNotPresent");
    assert_string_equal(w->labels[0]->value, "1.10");
    assert_string_equal(w->labels[1]->value, "true");
    assert_true(w->failure_prediction->threshold == 0.5);
    assert_int_equal(w->read_only_root_filesystem, 0);
    assert_int_equal(w->stdin_open, 0);
    assert_int_equal(w->tty, 0);
    assert_null(w->probes);
    parsed_free(&p);
}

static void env_has_three_forms(void **state)
{
    (void)state;
    static const char *const forms[] = {
        HEAD "env: {A: 1, B: 'x=y', C: }\n",
        HEAD "env: [A=1, B=x=y, C=]\n",
        HEAD "env:\n  - {name: A, value: 1}\n  - {name: B, value: x=y}\n  - name: C\n",
    };
    for (size_t i = 0; i < KRX_COUNT(forms); i++) {
        parsed p;
        parse_good(&p, forms[i]);
        assert_string_equal(p.specs.items[0]->json, "{\"name\":\"a\",\"image\":\"b\",\"env\":{"
                                                    "\"A\":\"1\",\"B\":\"x=y\",\"C\":\"\"}}");
        parsed_free(&p);
    }
}

/* It may be the value of a secret whose key was forgotten. */
static void variables_are_not_shown(void **state)
{
    (void)state;
    parsed p;
    parse_text(&p, HEAD "env: [hunter2]\n");
    assert_non_null(complaint(&p, "env[0]: must be KEY=VALUE"));
    assert_null(complaint(&p, "hunter2"));
    assert_null(strstr(p.error.message, "hunter2"));
    parsed_free(&p);
}

static void several_workloads(void **state)
{
    (void)state;
    parsed p;
    parse_good(&p, HEAD "---\n- {name: c, image: d}\n- {name: e, image: f}\n---\n");
    assert_int_equal(p.specs.count, 3);
    assert_string_equal(p.specs.items[2]->workload->name, "e");
    krx_spec *kept = krx_spec_ref(p.specs.items[1]);
    parsed_free(&p);
    assert_string_equal(kept->workload->name, "c");
    krx_spec_unref(kept);
    krx_spec_unref(NULL);
}

static void blank_is_absent(void **state)
{
    (void)state;
    parsed p;
    parse_good(&p, HEAD "replicas: \nnamespace: ''\ncommand: []\nenv: {}\nports: []\nlabels: ~\n"
                        "rolloutStrategy: {type: ''}\ncronSchedule: {schedule: ''}\nargs: ''\n");
    const krx_workload *w = p.specs.items[0]->workload;
    assert_int_equal(w->replicas, 1);
    assert_null(w->namespace_);
    assert_null(w->command);
    assert_null(w->args);
    assert_null(w->env);
    assert_null(w->ports);
    assert_string_equal(w->rollout_strategy->type, "rolling");
    assert_null(w->cron_schedule->schedule);
    parsed_free(&p);
}

static void ten_mistakes_are_ten_complaints(void **state)
{
    (void)state;
    static const struct {
        unsigned line, column;
        const char *path, *part;
    } wanted[] = {
        {1, 7, "name", "lower-case"},
        {2, 1, "", "unknown field 'imgae'"},
        {3, 11, "replicas", "whole number from 0 to 10000"},
        {5, 20, "ports[0].containerPort", "1 to 65535"},
        {6, 5, "ports[1].containerPort", "required"},
        {7, 15, "ports[1].protocol", "tcp, udp or sctp"},
        {9, 13, "resources.cpuLimit", "number of CPUs"},
        {10, 7, "env[0]", "KEY=VALUE"},
        {11, 25, "readOnlyRootFilesystem", "true or false"},
        {12, 16, "restartPolicy", "unless-stopped"},
        {1, 1, "image", "required"},
    };
    parsed p;
    parse_text(&p, "name: Web\n"
                   "imgae: nginx\n"
                   "replicas: -1\n"
                   "ports:\n"
                   "  - containerPort: 99999\n"
                   "  - name: x\n"
                   "    protocol: quic\n"
                   "resources:\n"
                   "  cpuLimit: lots\n"
                   "env: [NOVALUE]\n"
                   "readOnlyRootFilesystem: yes\n"
                   "restartPolicy: sometimes\n");
    assert_int_equal(p.rc, KRX_E_INVALID_ARGUMENT);
    assert_int_equal(p.specs.count, 0);
    for (size_t i = 0; i < KRX_COUNT(wanted); i++) {
        const krx_diag *d = NULL;
        for (size_t k = 0; k < p.diags.count && !d; k++)
            if (strcmp(p.diags.items[k].path, wanted[i].path) == 0 &&
                strstr(p.diags.items[k].message, wanted[i].part))
                d = &p.diags.items[k];
        if (!d || d->line != wanted[i].line || d->column != wanted[i].column)
            print_error("%s: %u:%u\n", wanted[i].path, d ? d->line : 0, d ? d->column : 0);
        assert_non_null(d);
        assert_int_equal(d->line, wanted[i].line);
        assert_int_equal(d->column, wanted[i].column);
        assert_string_equal(d->file, "t.yaml");
    }
    assert_int_equal(p.diags.count, KRX_COUNT(wanted));
    assert_non_null(strstr(p.error.message, "11 mistakes"));
    parsed_free(&p);
}

static void mistakes_of_all_documents_are_collected(void **state)
{
    (void)state;
    parsed p;
    parse_text(&p, "name: a\n---\nimage: b\n---\nname: c\nname: d\nimage: e\n");
    assert_int_equal(p.rc, KRX_E_INVALID_ARGUMENT);
    assert_int_equal(p.diags.count, 3);
    assert_non_null(complaint(&p, "t.yaml:1:1: image: is required"));
    assert_non_null(complaint(&p, "t.yaml:3:1: name: is required"));
    assert_non_null(complaint(&p, "t.yaml:6:1: the key 'name' stands here twice"));
    assert_int_equal(p.diags.items[0].line, 1);
    assert_int_equal(p.diags.items[1].line, 3);
    assert_int_equal(p.diags.items[2].line, 6);
    parsed_free(&p);
}

static void hints_help(void **state)
{
    (void)state;
    assert_refused(HEAD "replcas: 2\n", "did you mean 'replicas'?");
    assert_refused(HEAD "environment: {A: b}\n", "'env'");
    assert_refused(HEAD "containerPort: 80\n", "'containerPort' belongs under 'ports'");
    assert_refused(HEAD "resources: {image: x}\n", "'image' belongs at the top level");
    assert_refused(HEAD "restartPolicy: allways\n", "did you mean 'always'?");
    assert_refused(HEAD "capabilities: {add: [NET_ADMN]}\n", "did you mean 'NET_ADMIN'?");
    assert_refused(HEAD "readOnlyRootFilesystem: yes\n", "true or false");
    assert_refused(HEAD "replicas: '3'\n", "take the quotes away");
    assert_refused(HEAD "replicas: 010\n", "whole number");
    assert_refused(HEAD "replicas: 0x10\n", "whole number");
    assert_refused("apiVersion: apps/v1\nkind: Deployment\nmetadata: {}\nspec: {}\n",
                   "this is a Kubernetes manifest (Deployment)");
    assert_refused("version: '3'\nservices: {web: {image: x}}\n", "this is a Compose file");
    assert_refused("just text\n", "must be a map");
    assert_refused("# nothing\n", "holds no workload");
    assert_refused("", "holds no workload");
}

static void types_are_checked(void **state)
{
    (void)state;
    assert_refused(HEAD "replicas: [1]\n", "must be a whole number, not a list");
    assert_refused(HEAD "namespace: {a: b}\n", "must be a text, not a map");
    assert_refused(HEAD "ports: {containerPort: 1}\n", "must be a list of maps");
    assert_refused(HEAD "ports: [80]\n", "ports[0]: must be a map");
    assert_refused(HEAD "resources: 5\n", "must be a map");
    assert_refused(HEAD "command: {a: b}\n", "a text or a list of texts");
    assert_refused(HEAD "args: [[a]]\n", "args[0]: must be a text, not a list");
    assert_refused(HEAD "extraHosts: db:1.1.1.1\n", "must be a list of texts");
    assert_refused(HEAD "labels: [a]\n", "must be a map of texts");
    assert_refused(HEAD "labels: {a: [b]}\n", "labels.a: must be a text, not a list");
    assert_refused(HEAD "env: text\n", "must be a map of texts");
    assert_refused(HEAD "env: [{value: x}]\n", "must have a name");
    assert_refused(HEAD "env: [{name: A, valueFrom: {x: y}}]\n", "valueFrom");
    assert_refused(HEAD "env: [A=1, A=2]\n", "'A' is given twice");
    assert_refused(HEAD "env: {A=B: c}\n", "must not contain '='");
    assert_refused(HEAD "failurePrediction: {threshold: 1.5}\n", "a number from 0 to 1");
    assert_refused(HEAD "failurePrediction: {threshold: nan}\n", "a number from 0 to 1");
    assert_refused(HEAD "failurePrediction: {features: [disk]}\n", "cpu_usage, memory_usage");
    assert_refused(HEAD "backend: [docker]\n", "must be a text");
}

static void fields_are_checked_together(void **state)
{
    (void)state;
    assert_refused(HEAD "ports: [{containerPort: 80}, {containerPort: 80, protocol: TCP}]\n",
                   "t.yaml:3:46: ports[1].containerPort: the port 80/tcp is taken by");
    assert_refused(HEAD
                   "ports: [{containerPort: 80, hostPort: 1}, {containerPort: 81, hostPort: 1}]\n",
                   "ports[1].hostPort: the host port 1/tcp is taken by ports[0]");
    assert_refused(HEAD "network: none\nports: [{containerPort: 80, hostPort: 80}]\n",
                   "ports[0].hostPort: on network none no port is published");
    assert_refused(HEAD "network: host\nports: [{containerPort: 80, hostPort: 0}]\n",
                   "ports[0].hostPort: on network host a port can't have another number");
    assert_refused(HEAD "ports: [{containerPort: 1, name: x}, {containerPort: 2, name: x}]\n",
                   "ports[1].name");
    assert_refused(HEAD "volumes: [{name: a, mountPath: /a}, {name: a, mountPath: /b}]\n",
                   "volumes[1].name");
    assert_refused(HEAD "volumes: [{name: a}]\nmounts: [{source: /x, target: /data/a}]\n",
                   "mounts[0].target: the path /data/a is taken by volumes[0].mountPath");
    assert_refused(HEAD "tmpfs: [/run, /run]\n", "tmpfs[1]");
    assert_refused(HEAD "mounts: [{target: /x}]\n", "mounts[0].source: is required");
    assert_refused(HEAD "mounts: [{type: tmpfs, source: /y, target: /x}]\n",
                   "does not belong to a tmpfs");
    assert_refused(HEAD "mounts: [{source: /y, target: /x, size: 1Mi}]\n",
                   "does not belong to a bind");
    assert_refused(HEAD "resources: {cpuRequest: 2, cpuLimit: 500m}\n",
                   "2 is more than the cpuLimit of 500m");
    assert_refused(HEAD "resources: {memoryRequest: 2Gi, memoryLimit: 1Gi}\n",
                   "memoryLimit of 1Gi");
    assert_refused(HEAD "autoScaling: {minReplicas: 5, maxReplicas: 2}\n", "maxReplicas of 2");
    assert_refused(HEAD "probes: {liveness: {type: exec}}\n",
                   "probes.liveness.command: is required");
    assert_refused(HEAD "restartPolicy: always\nrestartRetries: 3\n", "restartPolicy always");
}

static void what_is_legal_stays_legal(void **state)
{
    (void)state;
    static const char *const texts[] = {
        HEAD "ports: [{containerPort: 53}, {containerPort: 53, protocol: udp}]\n",
        HEAD "ports: [{containerPort: 80, hostPort: 1}, {containerPort: 80, hostPort: 2}]\n",
        HEAD "ports: [{containerPort: 1, hostPort: 5, hostIp: 127.0.0.1}, "
             "{containerPort: 2, hostPort: 5, hostIp: 127.0.0.2}]\n",
        HEAD "ports: [{containerPort: 1, hostPort: 0}, {containerPort: 2, hostPort: 0}]\n",
        HEAD "resources: {cpuRequest: 2, memoryRequest: 1Gi}\n",
        HEAD "mounts: [{type: tmpfs, target: /x, size: 1Mi}]\n",
        HEAD "replicas: 0\n",
        HEAD "restartPolicy: on-failure\nrestartRetries: 3\n",
        HEAD "restartPolicy: Never\n",
        HEAD "labels: {'any key/at all': ''}\n",
        HEAD "probes: {liveness: {}}\n",
        "{\"name\":\"a\",\"image\":\"b\",\"replicas\":2,\"env\":null}",
        "\xef\xbb\xbf{name: a, image: b}\n",
    };
    for (size_t i = 0; i < KRX_COUNT(texts); i++) {
        parsed p;
        parse_good(&p, texts[i]);
        parsed_free(&p);
    }
}

static void the_examples_are_accepted(void **state)
{
    (void)state;
    const char *top = getenv("KRX_SRCDIR");
    krx_autofree char *pattern = krx_format("%s/examples/*.yaml", top ? top : ".");
    glob_t found;
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        krx_auto_str krx_str text = {0};
        krx_error error;
        krx_call call;
        parsed p;
        krx_call_init(&call, &error);
        assert_int_equal(krx_read_file(&call, found.gl_pathv[i], 1 << 20, &text), 0);
        parse_file_text(&p, found.gl_pathv[i], krx_str_get(&text), text.length);
        if (p.rc != 0)
            print_error("%s\n", p.error.message);
        assert_int_equal(p.rc, 0);
        parsed_free(&p);
    }
    globfree(&found);
}

static void a_spec_built_in_memory_is_validated(void **state)
{
    (void)state;
    parsed p = {0};
    krx_workload w;
    krx_port port, *ports[] = {&port, NULL};
    krx_spec *spec = NULL;
    krx_call_init(&p.call, &p.error);
    krx_diags_init(&p.diags);
    krx_struct_init(krx_schema_workload(), &w, true);
    assert_int_equal(w.replicas, 1);
    assert_int_equal(w.restart_retries, KRX_UNSET);
    assert_string_equal(w.restart_policy, "unless-stopped");
    w.name = "web";
    w.image = "nginx";
    memset(&port, 0, sizeof port);
    port.struct_size = sizeof port;
    port.container_port = 80;
    port.host_port = KRX_UNSET;
    w.ports = (const krx_port *const *)ports;
    assert_int_equal(krx_spec_from_workload(&p.call, &w, &spec, &p.diags), 0);
    assert_string_equal(
        spec->json, "{\"name\":\"web\",\"image\":\"nginx\",\"ports\":[{\"containerPort\":80}]}");
    assert_ptr_not_equal(spec->workload->name, w.name);
    krx_spec_unref(spec);
    w.name = "No Good";
    w.image = NULL;
    assert_int_equal(krx_spec_from_workload(&p.call, &w, &spec, &p.diags), KRX_E_INVALID_ARGUMENT);
    assert_null(spec);
    assert_int_equal(p.diags.count, 2);
    assert_int_equal(p.diags.items[0].line, 0);
    krx_diags_free(&p.diags);
}

static void hostile_specs_are_bounded(void **state)
{
    (void)state;
    parsed p;
    krx_auto_str krx_str s = {0};
    krx_str_add(&s, HEAD "labels:\n");
    for (int i = 0; i < 60000; i++)
        krx_str_addf(&s, "  k%d: v\n", i);
    krx_str_add(&s, "bogus: 1\n");
    parse_file_text(&p, "t.yaml", krx_str_get(&s), s.length);
    assert_int_equal(p.diags.count, 1);
    parsed_free(&p);
    krx_str_reset(&s);
    for (int i = 0; i < 50000; i++)
        krx_str_addf(&s, "k%d: v\n", i);
    parse_file_text(&p, "t.yaml", krx_str_get(&s), s.length);
    assert_int_equal(p.rc, KRX_E_INVALID_ARGUMENT);
    assert_int_equal(p.diags.count, KRX_DIAGS_MAX);
    assert_int_equal(p.diags.count + p.diags.more, 50002);
    parsed_free(&p);
    krx_str_reset(&s);
    krx_str_add(&s, HEAD "ports:\n");
    for (int i = 0; i < 30000; i++)
        krx_str_addf(&s, "- {containerPort: %d, hostPort: %d}\n", i + 1, i + 1);
    parse_file_text(&p, "t.yaml", krx_str_get(&s), s.length);
    assert_int_equal(p.rc, 0);
    parsed_free(&p);
    krx_str_reset(&s);
    for (int i = 0; i < 20000; i++)
        krx_str_add(&s, "---\n" HEAD);
    parse_file_text(&p, "t.yaml", krx_str_get(&s), s.length);
    assert_int_equal(p.rc, KRX_E_INVALID_ARGUMENT);
    assert_int_equal(p.specs.count, 0);
    assert_non_null(strstr(p.error.message, "more than 10000 workloads"));
    parsed_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_typed_once),
        cmocka_unit_test(env_has_three_forms),
        cmocka_unit_test(variables_are_not_shown),
        cmocka_unit_test(several_workloads),
        cmocka_unit_test(blank_is_absent),
        cmocka_unit_test(ten_mistakes_are_ten_complaints),
        cmocka_unit_test(mistakes_of_all_documents_are_collected),
        cmocka_unit_test(hints_help),
        cmocka_unit_test(types_are_checked),
        cmocka_unit_test(fields_are_checked_together),
        cmocka_unit_test(what_is_legal_stays_legal),
        cmocka_unit_test(the_examples_are_accepted),
        cmocka_unit_test(a_spec_built_in_memory_is_validated),
        cmocka_unit_test(hostile_specs_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
