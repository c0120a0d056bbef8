/* SPDX-License-Identifier: Apache-2.0 */
/* The container view without a cluster: scaling, records of checkpoints, events, figures. */
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/events/read.h"
#include "modules/kubernetes/lifecycle/records.h"
#include "modules/kubernetes/lifecycle/scale.h"
#include "modules/kubernetes/pods/metrics.h"

/* JSON with ' for ". */
static cJSON *parse(const char *text)
{
    krx_autofree char *copy = strdup(text);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    cJSON *json = cJSON_Parse(copy);
    assert_non_null(json);
    return json;
}

/* --------------------------------------------------------------------------------------- scaling
 */

static void test_down_and_up(void **state)
{
    (void)state;
    krx_auto_json cJSON *web = parse("{'metadata':{'name':'web'},'spec':{'replicas':3}}");
    assert_false(krx_k8s_is_down(KRX_KUBE_DEPLOYMENT, web));
    assert_true(krx_k8s_remembered(web) == KRX_UNSET);
    assert_true(krx_k8s_bring_down(KRX_KUBE_DEPLOYMENT, web, "stop"));
    assert_true(krx_k8s_is_down(KRX_KUBE_DEPLOYMENT, web));
    assert_int_equal(krx_k8s_remembered(web), 3);
    assert_string_equal(krx_k8s_annotation(web, KRX_K8S_STOPPED), "stop");
    /* once more does not forget */
    assert_true(krx_k8s_bring_down(KRX_KUBE_DEPLOYMENT, web, "ckpt-1"));
    assert_int_equal(krx_k8s_remembered(web), 3);
    assert_string_equal(krx_k8s_annotation(web, KRX_K8S_STOPPED), "ckpt-1");
    assert_true(krx_k8s_bring_up(KRX_KUBE_DEPLOYMENT, web, 3));
    assert_int_equal(krx_k8s_count(web), 3);
    assert_string_equal(krx_k8s_annotation(web, KRX_K8S_STOPPED), "");
    assert_string_equal(krx_k8s_annotation(web, KRX_K8S_REPLICAS), "");
}

static void test_schedule(void **state)
{
    (void)state;
    krx_auto_json cJSON *tick = parse("{'metadata':{},'spec':{'schedule':'* * * * *'}}");
    assert_false(krx_k8s_has_count(KRX_KUBE_CRON_JOB));
    assert_false(krx_k8s_is_down(KRX_KUBE_CRON_JOB, tick));
    assert_true(krx_k8s_bring_down(KRX_KUBE_CRON_JOB, tick, "stop"));
    assert_true(krx_k8s_is_down(KRX_KUBE_CRON_JOB, tick));
    assert_true(krx_k8s_remembered(tick) == KRX_UNSET);
    assert_null(krx_json_get(krx_json_get(tick, "spec"), "replicas"));
    assert_true(krx_k8s_bring_up(KRX_KUBE_CRON_JOB, tick, 1));
    assert_false(krx_k8s_is_down(KRX_KUBE_CRON_JOB, tick));
}

static void test_counts(void **state)
{
    static const struct {
        const char *text;
        int64_t count;
    } cases[] = {{"3", 3},          {"0", KRX_UNSET},
                 {"-1", KRX_UNSET}, {"many", KRX_UNSET},
                 {"3x", KRX_UNSET}, {"99999999999", KRX_UNSET}};
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        krx_auto_json cJSON *object = cJSON_CreateObject();
        assert_true(krx_k8s_set_annotation(object, KRX_K8S_REPLICAS, cases[i].text));
        assert_true(krx_k8s_remembered(object) == cases[i].count);
    }
    krx_auto_json cJSON *implied = parse("{'spec':{}}");
    assert_int_equal(krx_k8s_count(implied), 1);
    krx_auto_json cJSON *odd = parse("{'metadata':3,'spec':[]}");
    assert_true(krx_k8s_bring_down(KRX_KUBE_DEPLOYMENT, odd, "stop"));
    assert_int_equal(krx_k8s_count(odd), 0);
}

static void test_selectors(void **state)
{
    static const struct {
        krx_kube_kind kind;
        const char *selector, *text;
    } cases[] = {
        {KRX_KUBE_DEPLOYMENT, "{'matchLabels':{'app':'web','tier':'a'}}", "app=web,tier=a"},
        {KRX_KUBE_DEPLOYMENT,
         "{'matchLabels':{'app':'web'},'matchExpressions':[{'key':'t','operator':'In','values':["
         "'a','b']},{'key':'u','operator':'NotIn','values':['c']},{'key':'v','operator':'Exists'},"
         "{'key':'w','operator':'DoesNotExist'}]}",
         "app=web,t in (a,b),u notin (c),v,!w"},
        {KRX_KUBE_REPLICATION_CONTROLLER, "{'app':'rc'}", "app=rc"},
        {KRX_KUBE_CRON_JOB, "{}", NULL},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        krx_auto_arena krx_arena *arena = krx_arena_new();
        krx_auto_str krx_str json = {0};
        krx_str_addf(&json, "{'spec':{'selector':%s}}", cases[i].selector);
        krx_auto_json cJSON *object = parse(krx_str_get(&json));
        const char *text = krx_k8s_selector_text(arena, cases[i].kind, object);
        if (cases[i].text)
            assert_string_equal(text ? text : "none", cases[i].text);
        else
            assert_null(text);
    }
}

/* --------------------------------------------------------------------------------------- records
 */

static void test_records(void **state)
{
    char text[64];
    (void)state;
    krx_auto_json cJSON *web = parse("{'metadata':{'name':'web'}}");
    krx_auto_json cJSON *records = krx_k8s_records(web);
    assert_int_equal(krx_k8s_record_find(records, NULL, ""), -1);
    assert_true(krx_k8s_record_add(records, "ckpt-1", KRX_NS_PER_S, 3, "a comment", "ff"));
    assert_true(krx_k8s_record_add(records, "ckpt-2", 2 * KRX_NS_PER_S, KRX_UNSET, NULL, ""));
    assert_int_equal(krx_k8s_record_find(records, "ckpt-1", ""), 0);
    assert_int_equal(krx_k8s_record_find(records, "ckpt-3", ""), -1);
    assert_int_equal(krx_k8s_record_find(records, NULL, ""), 1);
    assert_int_equal(krx_k8s_record_find(records, NULL, "ckpt-1"), 0);
    krx_k8s_records_text(records, text, sizeof text);
    assert_string_equal(text, "ckpt-2, ckpt-1");
    assert_true(krx_k8s_records_keep(web, records));
    krx_auto_json cJSON *again = krx_k8s_records(web);
    const cJSON *first = cJSON_GetArrayItem(again, 0);
    assert_int_equal(krx_json_int(first, "replicas", 0), 3);
    assert_string_equal(krx_json_text(first, "comment"), "a comment");
    assert_string_equal(krx_json_text(first, "created"), "1970-01-01T00:00:01Z");
    assert_string_equal(krx_json_text(first, "specHash"), "ff");
    assert_null(krx_json_get(cJSON_GetArrayItem(again, 1), "replicas"));
    krx_k8s_records_text(records, text, 10);
    assert_true(strlen(text) < 10);
}

static void test_many_records(void **state)
{
    char id[24];
    (void)state;
    krx_auto_json cJSON *records = cJSON_CreateArray();
    for (int i = 0; i < 100; i++) {
        (void)snprintf(id, sizeof id, "ckpt-%d", i);
        assert_true(krx_k8s_record_add(records, id, i, 1, NULL, NULL));
    }
    assert_in_range(cJSON_GetArraySize(records), 2, 50);
    assert_int_equal(krx_k8s_record_find(records, "ckpt-0", ""), -1);
    assert_true(krx_k8s_record_find(records, "ckpt-99", "") >= 0);
    krx_auto_json cJSON *broken = cJSON_CreateObject();
    assert_true(krx_k8s_set_annotation(broken, KRX_K8S_CHECKPOINT, "{not json"));
    krx_auto_json cJSON *none = krx_k8s_records(broken);
    assert_int_equal(cJSON_GetArraySize(none), 0);
}

/* ---------------------------------------------------------------------------------------- events
 */

static void test_whose_event(void **state)
{
    static const struct {
        const char *kind, *name, *workload;
    } cases[] = {
        {"Deployment", "web", "web"},
        {"CronJob", "tick", "tick"},
        {"HorizontalPodAutoscaler", "web", "web"},
        {"ReplicaSet", "web-api-6d4b9c5f7", "web-api"},
        {"Pod", "web-api-6d4b9c5f7-x2x9k", "web-api"},
        {"Pod", "tick-1795318260-x2x9k", "tick"},
        {"Pod", "tick-28123456-x2x9k", "tick"},
        {"Job", "tick-28123456", "tick"},
        {"Pod", "db-0", NULL},
        {"Pod", "lone", NULL},
        {"Job", "once", NULL},
        {"Node", "node1", NULL},
        {"Service", "web", NULL},
        {"ReplicaSet", "", NULL},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        krx_auto_arena krx_arena *arena = krx_arena_new();
        krx_auto_str krx_str json = {0};
        krx_str_addf(&json, "{'involvedObject':{'kind':'%s','name':'%s'}}", cases[i].kind,
                     cases[i].name);
        krx_auto_json cJSON *event = parse(krx_str_get(&json));
        const char *workload = krx_k8s_event_workload(arena, event);
        if (cases[i].workload)
            assert_string_equal(workload ? workload : "none", cases[i].workload);
        else
            assert_null(workload);
    }
}

static void test_event_facts(void **state)
{
    (void)state;
    krx_auto_json cJSON *plain =
        parse("{'reason':'Started','firstTimestamp':'1970-01-01T00:00:01Z','lastTimestamp':"
              "'1970-01-01T00:00:05Z','involvedObject':{'kind':'Pod','name':'p'}}");
    krx_auto_json cJSON *series =
        parse("{'reason':'Odd','lastTimestamp':null,'eventTime':'1970-01-01T00:00:02.000000Z',"
              "'series':{'lastObservedTime':'1970-01-01T00:00:07.5Z'},'involvedObject':{'kind':"
              "'ReplicaSet','name':'p'}}");
    krx_auto_json cJSON *none = parse("{}");
    assert_string_equal(krx_k8s_event_type(plain), "start");
    assert_int_equal(krx_k8s_event_time(plain), 5 * KRX_NS_PER_S);
    assert_string_equal(krx_k8s_event_pod(plain), "p");
    assert_string_equal(krx_k8s_event_type(series), "Odd");
    assert_int_equal(krx_k8s_event_time(series), 7500 * KRX_NS_PER_MS);
    assert_null(krx_k8s_event_pod(series));
    assert_true(krx_k8s_event_time(none) == KRX_UNSET);
    assert_true(*krx_k8s_event_type(none));
}

static void test_endings(void **state)
{
    (void)state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *pod = parse(
        "{'status':{'containerStatuses':[{'name':'web','state':{'terminated':{'exitCode':137,"
        "'reason':'OOMKilled','finishedAt':'1970-01-01T00:00:09Z'}},'lastState':{'terminated':{"
        "'exitCode':3,'finishedAt':'1970-01-01T00:00:04Z'}}},{'name':'side','state':{'running':{}}"
        "},{'name':'lost','state':{'terminated':{'exitCode':137,'finishedAt':null}}}]}}");
    const krx_k8s_ending *const *ends = krx_k8s_endings(arena, pod);
    assert_non_null(ends);
    assert_int_equal(ends[0]->exit_code, 3);
    assert_false(ends[0]->oom);
    assert_int_equal(ends[0]->time_ns, 4 * KRX_NS_PER_S);
    assert_string_equal(ends[0]->message, "container web ended with exit code 3");
    assert_true(ends[1]->oom);
    assert_string_not_equal(ends[0]->key, ends[1]->key);
    assert_null(ends[2]);
}

static void test_names(void **state)
{
    (void)state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_k8s_names names = {.arena = arena};
    assert_false(krx_k8s_names_has(&names, "a", "b"));
    assert_true(krx_k8s_names_add(&names, "a", "b"));
    assert_false(krx_k8s_names_add(&names, "a", "b"));
    assert_true(krx_k8s_names_has(&names, "a", "b"));
    assert_false(krx_k8s_names_has(&names, "b", "a"));
    for (int i = 0; i < 5000; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "n%d", i);
        assert_true(krx_k8s_names_add(&names, "many", name));
    }
    assert_true(krx_k8s_names_has(&names, "many", "n4999"));
    assert_int_equal(names.count, 5001);
}

/* --------------------------------------------------------------------------------------- figures
 */

static void test_quantities(void **state)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"2", 2},
                 {"500m", 0.5},
                 {"1500000n", 0.0015},
                 {"250u", 0.00025},
                 {"0.25", 0.25},
                 {"1e3", 1000},
                 {"1E", 1e18},
                 {"128Mi", 134217728},
                 {"1.5Gi", 1610612736},
                 {"131072k", 131072000},
                 {"0", 0}};
    static const char *const wrong[] = {"", "x", "-1", "0x10", "1Q", "1e999", "nan", "inf", "1 Mi"};
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        double got = krx_k8s_cpu_quantity(cases[i].text);
        assert_true(fabs(got - cases[i].value) <= cases[i].value * 1e-9);
    }
    for (size_t i = 0; i < KRX_COUNT(wrong); i++) {
        assert_true(isnan(krx_k8s_cpu_quantity(wrong[i])));
        assert_true(krx_k8s_bytes_quantity(wrong[i]) == KRX_UNSET);
    }
    assert_int_equal(krx_k8s_bytes_quantity("64Mi"), INT64_C(67108864));
    assert_true(krx_k8s_bytes_quantity("1000E") == KRX_UNSET);
}

static void test_metrics_api(void **state)
{
    krx_k8s_figures got;
    (void)state;
    krx_auto_json cJSON *item =
        parse("{'timestamp':'1970-01-01T00:01:00Z','containers':[{'usage':{'cpu':'250m','memory':"
              "'10Mi'}},{'usage':{'cpu':'1000000n','memory':'1024Ki'}}]}");
    krx_k8s_read_metrics(item, &got);
    assert_string_equal(got.source, "metrics.k8s.io");
    assert_true(fabs(got.cpu_cores - 0.251) < 1e-9);
    assert_int_equal(got.memory_bytes, 11 * 1024 * 1024);
    assert_int_equal(got.time_ns, 60 * KRX_NS_PER_S);
    assert_true(got.rx_bytes == KRX_UNSET && got.cpu_total_ns == KRX_UNSET);
    krx_auto_json cJSON *empty = parse("{'containers':[]}");
    krx_k8s_read_metrics(empty, &got);
    assert_null(got.source);
}

static void test_summary(void **state)
{
    krx_k8s_figures got;
    (void)state;
    krx_auto_json cJSON *whole =
        parse("{'cpu':{'time':'1970-01-01T00:01:00Z','usageNanoCores':12000000,"
              "'usageCoreNanoSeconds':343092768},'memory':{'usageBytes':5000,'workingSetBytes':"
              "4000},'network':{'rxBytes':7,'txBytes':8},'process_stats':{'process_count':3}}");
    krx_k8s_read_summary(whole, &got);
    assert_string_equal(got.source, "kubelet");
    assert_true(fabs(got.cpu_cores - 0.012) < 1e-9);
    assert_int_equal(got.cpu_total_ns, 343092768);
    assert_int_equal(got.memory_bytes, 4000);
    assert_int_equal(got.cache_bytes, 1000);
    assert_int_equal(got.rx_bytes, 7);
    assert_int_equal(got.tx_bytes, 8);
    assert_int_equal(got.pids, 3);
    /* a kubelet that counts by container only */
    krx_auto_json cJSON *parts =
        parse("{'containers':[{'cpu':{'usageCoreNanoSeconds':10},'memory':{'workingSetBytes':1}},"
              "{'cpu':{'usageCoreNanoSeconds':20},'memory':{'workingSetBytes':2}}]}");
    krx_k8s_read_summary(parts, &got);
    assert_int_equal(got.cpu_total_ns, 30);
    assert_int_equal(got.memory_bytes, 3);
    assert_true(isnan(got.cpu_cores));
    assert_true(got.pids == KRX_UNSET);
    /* not measured yet */
    krx_auto_json cJSON *zero = parse("{'cpu':{'usageNanoCores':0,'usageCoreNanoSeconds':0},"
                                      "'memory':{'usageBytes':0,'workingSetBytes':0}}");
    krx_k8s_read_summary(zero, &got);
    assert_null(got.source);
    assert_true(got.memory_bytes == KRX_UNSET);
}

static void test_cache(void **state)
{
    krx_k8s_figures in = {.source = "kubelet", .memory_bytes = 5}, none = {0}, out;
    (void)state;
    krx_auto_json cJSON *pod = parse("{'metadata':{'name':'p','namespace':'a','uid':'1'}}");
    krx_auto_json cJSON *successor = parse("{'metadata':{'name':'p','namespace':'a','uid':'2'}}");
    krx_k8s_metrics *cache = krx_k8s_metrics_new();
    assert_non_null(cache);
    assert_false(krx_k8s_metrics_get(cache, pod, INT64_MAX, &out));
    krx_k8s_metrics_put(cache, pod, &in);
    assert_true(krx_k8s_metrics_get(cache, pod, INT64_MAX, &out));
    assert_int_equal(out.memory_bytes, 5);
    assert_false(krx_k8s_metrics_get(cache, pod, -1, &out));
    assert_false(krx_k8s_metrics_get(cache, successor, INT64_MAX, &out));
    krx_k8s_metrics_put(cache, successor, &none);
    assert_true(krx_k8s_metrics_get(cache, successor, INT64_MAX, &out));
    assert_null(out.source);
    assert_false(krx_k8s_metrics_absent(cache, INT64_MAX));
    krx_k8s_metrics_note_absent(cache);
    assert_true(krx_k8s_metrics_absent(cache, INT64_MAX));
    assert_false(krx_k8s_metrics_absent(cache, -1));
    krx_k8s_metrics_free(cache);
    krx_k8s_metrics_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_down_and_up), cmocka_unit_test(test_schedule),
        cmocka_unit_test(test_counts),      cmocka_unit_test(test_selectors),
        cmocka_unit_test(test_records),     cmocka_unit_test(test_many_records),
        cmocka_unit_test(test_whose_event), cmocka_unit_test(test_event_facts),
        cmocka_unit_test(test_endings),     cmocka_unit_test(test_names),
        cmocka_unit_test(test_quantities),  cmocka_unit_test(test_metrics_api),
        cmocka_unit_test(test_summary),     cmocka_unit_test(test_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
