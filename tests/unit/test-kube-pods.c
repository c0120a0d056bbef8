/* SPDX-License-Identifier: Apache-2.0 */
/* Pods as they come from the API server: state, words for people, reasons, instance, owner. */
#include "tests/unit/unit.h"

#include <string.h>

#include "lib/base/local_host.h"
#include "lib/json/items.h"
#include "modules/kubernetes/pods/kind_word.h"
#include "modules/kubernetes/pods/pods.h"

static int32_t copy_item(void *ctx, const cJSON *item)
{
    cJSON **out = ctx;
    *out = cJSON_Duplicate(item, 1);
    return 0;
}

/* JSON with ' for ", and of it only what lists of instances ask for: more is not needed. */
static cJSON *parse(const char *text)
{
    krx_error error;
    krx_call call;
    cJSON *json = NULL;
    krx_json_items_options options = {
        .member = "items", .keep = krx_k8s_instance_members, .on_item = copy_item, .ctx = &json};
    krx_autofree char *copy = krx_format("{'items':[%s]}", text);
    krx_auto_json_items krx_json_items *items = krx_json_items_new(&options);
    krx_call_init(&call, &error);
    assert_non_null(items);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    assert_int_equal(krx_json_items_feed(&call, items, copy, strlen(copy)), 0);
    assert_non_null(json);
    return json;
}

typedef struct row {
    const char *spec;   /* members of spec, after one container web */
    const char *meta;   /* members of metadata, after the name */
    const char *status; /* members of status */
    const char *state;
    const char *words; /* krx_k8s_pod_status */
    const char *why;   /* NULL: none */
} row;

#define READY "'conditions':[{'type':'Ready','status':'True'}]"
#define UP "'name':'web','ready':true,'state':{'running':{'startedAt':'2026-01-02T03:04:05Z'}}"
#define SCHEDULING                                                                                 \
    "'conditions':[{'type':'PodScheduled','status':'False','reason':'Unschedulable','message':"    \
    "'0/1 nodes are available'}]"
#define UNREADY                                                                                    \
    "'conditions':[{'type':'Ready','status':'False','reason':'ContainersNotReady','message':"      \
    "'containers with unready status: [web]'}]"

static const row rows[] = {
    {"", "", "'phase':'Running'," READY ",'containerStatuses':[{" UP "}]", "Running",
     "Running (1/1 ready)", NULL},
    {"", "",
     "'phase':'Running'," UNREADY ",'containerStatuses':[{'name':'web','ready':false,"
     "'state':{'running':{}}}]",
     "Running", "Running (0/1 ready)", "ContainersNotReady: containers with unready status: [web]"},
    {"", "", "'phase':'Pending'," SCHEDULING, "Pending", "Pending",
     "Unschedulable: 0/1 nodes are available"},
    {"", "", "", "Pending", "Pending", NULL},
    {"", "",
     "'phase':'Pending','containerStatuses':[{'name':'web','state':{'waiting':{'reason':"
     "'ContainerCreating'}}}]",
     "Pending", "ContainerCreating", "ContainerCreating"},
    {"", "",
     "'phase':'Pending','containerStatuses':[{'name':'web','state':{'waiting':{'reason':"
     "'ImagePullBackOff','message':'Back-off pulling image x'}}}]",
     "Pending", "ImagePullBackOff", "ImagePullBackOff: Back-off pulling image x"},
    {"", "",
     "'phase':'Running','containerStatuses':[{'name':'web','restartCount':4,'state':{'waiting':"
     "{'reason':'CrashLoopBackOff','message':'back-off 40s'}},'lastState':{'terminated':"
     "{'exitCode':3,'reason':'Error'}}}]",
     "Failed", "CrashLoopBackOff", "CrashLoopBackOff: Error: container web ended with exit code 3"},
    {"", "",
     "'phase':'Running','containerStatuses':[{'name':'web','state':{'terminated':{'exitCode':137,"
     "'reason':'OOMKilled'}}}]",
     "Failed", "OOMKilled", "OOMKilled: container web ended with exit code 137"},
    {"", "",
     "'phase':'Failed','containerStatuses':[{'name':'web','state':{'terminated':{'exitCode':2}}}]",
     "Failed", "ExitCode:2", "container web ended with exit code 2"},
    {"", "",
     "'phase':'Failed','containerStatuses':[{'name':'web','state':{'terminated':{'exitCode':137,"
     "'signal':9}}}]",
     "Failed", "Signal:9", "container web ended with exit code 137"},
    {"", "", "'phase':'Failed','reason':'Evicted','message':'The node was low on memory'", "Failed",
     "Evicted", "Evicted: The node was low on memory"},
    {"", "",
     "'phase':'Succeeded','containerStatuses':[{'name':'web','state':{'terminated':{'exitCode':0,"
     "'reason':'Completed'}}}]",
     "Succeeded", "Completed", NULL},
    {"", ",'deletionTimestamp':'2026-01-02T03:04:05Z'",
     "'phase':'Running'," READY ",'containerStatuses':[{" UP "}]", "Running", "Terminating", NULL},
    {"", ",'deletionTimestamp':'2026-01-02T03:04:05Z'",
     "'phase':'Running','containerStatuses':[{'name':'web','state':{'terminated':{'exitCode':0,"
     "'reason':'Completed'}}}]",
     "Stopped", "Terminating", NULL},
    {"", ",'deletionTimestamp':'2026-01-02T03:04:05Z'", "'phase':'Running','reason':'NodeLost'",
     "Unknown", "Unknown", "NodeLost"},
    {"", ",'deletionTimestamp':'2026-01-02T03:04:05Z'",
     "'phase':'Succeeded','containerStatuses':[{'name':'web','state':{'terminated':{'exitCode':0,"
     "'reason':'Completed'}}}]",
     "Succeeded", "Completed", NULL},
    {"", "", "'phase':'Unknown'", "Unknown", "Unknown", NULL},
    {",'initContainers':[{'name':'a'},{'name':'b'}]", "",
     "'phase':'Pending','initContainerStatuses':[{'name':'a','state':{'terminated':{'exitCode':0}}}"
     ",{'name':'b','state':{'running':{}}}],'containerStatuses':[{'name':'web','state':{'waiting':"
     "{'reason':'PodInitializing'}}}]",
     "Pending", "Init:1/2", "PodInitializing"},
    {",'initContainers':[{'name':'a'}]", "",
     "'phase':'Pending','initContainerStatuses':[{'name':'a','state':{'waiting':{'reason':"
     "'CrashLoopBackOff','message':'back-off'}},'lastState':{'terminated':{'exitCode':1}}}]",
     "Failed", "Init:CrashLoopBackOff", "CrashLoopBackOff: container a ended with exit code 1"},
    {",'initContainers':[{'name':'a'}]", "",
     "'phase':'Pending','initContainerStatuses':[{'name':'a','state':{'terminated':{'exitCode':1,"
     "'reason':'Error'}}}]",
     "Failed", "Init:Error", "Error: container a ended with exit code 1"},
    {",'initContainers':[{'name':'a'}]", "",
     "'phase':'Pending','initContainerStatuses':[{'name':'a','state':{'waiting':{'reason':"
     "'ErrImagePull','message':'no such image'}}}]",
     "Pending", "Init:ErrImagePull", "ErrImagePull: no such image"},
    {",'initContainers':[{'name':'a','restartPolicy':'Always'}]", "",
     "'phase':'Running'," READY ",'initContainerStatuses':[{'name':'a','started':true,'state':"
     "{'running':{}}}],'containerStatuses':[{" UP "}]",
     "Running", "Running (1/1 ready)", NULL},
    {",'initContainers':[{'name':'a'}]", "",
     "'phase':'Running','conditions':[{'type':'Initialized','status':'True'},{'type':'Ready',"
     "'status':'True'}],'initContainerStatuses':[{'name':'a','state':{'running':{}}}],"
     "'containerStatuses':[{" UP "}]",
     "Running", "Running (1/1 ready)", NULL},
    {"", "",
     "'phase':'Running'," READY ",'containerStatuses':[{'name':'side','state':{'terminated':"
     "{'exitCode':0,'reason':'Completed'}}},{" UP "}]",
     "Running", "Running (1/1 ready)", NULL},
    {"", "",
     "'phase':'Pending','conditions':[{'type':'PodScheduled','status':'False','reason':"
     "'SchedulingGated'}]",
     "Pending", "SchedulingGated", "SchedulingGated"},
};

static cJSON *pod_of(const row *r)
{
    krx_auto_str krx_str text = {0};
    krx_str_addf(&text,
                 "{'metadata':{'name':'web-1'%s},'spec':{'containers':[{'name':'web','image':'i'}]"
                 "%s},'status':{%s}}",
                 r->meta, r->spec, r->status);
    return parse(krx_str_get(&text));
}

static void test_states(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        krx_auto_arena krx_arena *arena = krx_arena_new();
        krx_auto_json cJSON *pod = pod_of(&rows[i]);
        const char *why = "unset";
        print_message("row %zu: %s\n", i, rows[i].words);
        assert_string_equal(krx_k8s_pod_state(arena, pod, &why), rows[i].state);
        assert_string_equal(krx_k8s_pod_status(arena, pod), rows[i].words);
        if (rows[i].why)
            assert_string_equal(why ? why : "none", rows[i].why);
        else
            assert_null(why);
    }
}

static void test_ready(void **state)
{
    (void)state;
    krx_auto_json cJSON *ready = pod_of(&rows[0]), *unready = pod_of(&rows[1]),
                        *leaving = pod_of(&rows[12]), *done = pod_of(&rows[11]);
    assert_true(krx_k8s_pod_ready(ready));
    assert_false(krx_k8s_pod_ready(unready));
    assert_false(krx_k8s_pod_ready(leaving));
    assert_true(krx_k8s_pod_leaving(leaving));
    assert_true(krx_k8s_pod_ended(done));
    assert_false(krx_k8s_pod_ended(ready));
}

static const char whole[] =
    "{'metadata':{'name':'web-6d4b9c-x2x9k','namespace':'shop','uid':'u-1',"
    "'creationTimestamp':'2026-01-02T03:04:00Z','labels':{'app':'web','managed-by':'kranix',"
    "'tier':'front','pod-template-hash':'6d4b9c'},'ownerReferences':[{'apiVersion':'apps/v1',"
    "'kind':'ReplicaSet','name':'web-6d4b9c','controller':true}]},"
    "'spec':{'nodeName':'n1','containers':[{'name':'side','image':'proxy:1','ports':["
    "{'containerPort':15000}]},{'name':'web','image':'nginx:1','readinessProbe':{'tcpSocket':{}},"
    "'ports':[{'containerPort':80,'protocol':'TCP'},{'containerPort':53,'protocol':'UDP',"
    "'hostPort':5353},{'containerPort':81,'hostPort':8081,'hostIP':'127.0.0.1'}]}]},"
    "'status':{'phase':'Running','podIP':'10.0.0.7'," READY
    ",'containerStatuses':[{'name':'side','ready':true,'restartCount':1,'state':{'running':{}}},"
    "{'name':'web','ready':true,'restartCount':2,'state':{'running':{'startedAt':"
    "'2026-01-02T03:04:05Z'}},'lastState':{'terminated':{'exitCode':3}}}]}}";

static bool has_label(const krx_instance *instance, const char *key)
{
    for (size_t i = 0; instance->labels[i]; i++)
        if (strcmp(instance->labels[i]->key, key) == 0)
            return true;
    return false;
}

static void test_instance(void **state)
{
    (void)state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *pod = parse(whole);
    const krx_instance *got = krx_k8s_instance(arena, pod);
    assert_non_null(got);
    assert_int_equal(got->managed, 1);
    assert_string_equal(got->id, "web-6d4b9c-x2x9k");
    assert_string_equal(got->name, got->id);
    assert_string_equal(got->workload, "web");
    assert_string_equal(got->namespace_, "shop");
    assert_string_equal(got->image, "nginx:1");
    assert_string_equal(got->state, "Running");
    assert_string_equal(got->status, "Running (2/2 ready)");
    assert_string_equal(got->health, "healthy");
    assert_string_equal(got->host, "n1");
    assert_string_equal(got->ip, "10.0.0.7");
    assert_null(got->message);
    assert_int_equal(got->replica, 0);
    assert_int_equal(got->restarts, 3);
    assert_true(got->exit_code == KRX_UNSET);
    assert_int_equal(got->started_ns - got->created_ns, INT64_C(5000000000));
    assert_string_equal(got->ports[0], "15000/tcp");
    assert_string_equal(got->ports[1], "80/tcp");
    assert_string_equal(got->ports[2], "5353->53/udp");
    assert_string_equal(got->ports[3], "127.0.0.1:8081->81/tcp");
    assert_null(got->ports[4]);
    assert_string_equal(got->owner, "Deployment/web");
    assert_true(has_label(got, "tier"));
    assert_false(has_label(got, "managed-by"));
}

static void test_foreign_instance(void **state)
{
    (void)state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *pod =
        parse("{'metadata':{'name':'x','namespace':'a','labels':{'app':'y'}},'spec':{'containers':"
              "[{'name':'c','image':'i'}]},'status':{'phase':'Failed','containerStatuses':[{'name':"
              "'c','state':{'terminated':{'exitCode':4}}}]}}");
    const krx_instance *got = krx_k8s_instance(arena, pod);
    assert_non_null(got);
    assert_int_equal(got->managed, 0);
    assert_null(got->workload);
    assert_null(got->owner);
    assert_null(got->health);
    assert_null(got->host);
    assert_int_equal(got->exit_code, 4);
    assert_true(got->started_ns == KRX_UNSET);
    assert_string_equal(got->message, "container c ended with exit code 4");
    assert_true(has_label(got, "app"));
}

/* Whatever comes, there is an answer. */
static void test_nonsense(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}", "[]", "3", "{'metadata':[],'spec':3,'status':'x'}",
        ("{'spec':{'containers':[1,[],{'ports':[[],{'protocol':4}]}]},'status':{'phase':7,"
         "'containerStatuses':[null,{'state':[]}],'conditions':{}}}")};
    for (size_t i = 0; i < KRX_COUNT(texts); i++) {
        krx_auto_arena krx_arena *arena = krx_arena_new();
        krx_auto_json cJSON *pod = parse(texts[i]);
        const krx_instance *got = krx_k8s_instance(arena, pod);
        assert_non_null(got);
        assert_string_equal(got->name, "");
        assert_string_equal(got->state, "Pending");
    }
}

static void test_owner_text(void **state)
{
    static const struct {
        const char *meta, *text;
    } cases[] = {
        {"'labels':{'pod-template-hash':'77'},'ownerReferences':[{'kind':'ReplicaSet','name':"
         "'a-b-77','controller':true}]",
         "Deployment/a-b"},
        {"'labels':{'pod-template-hash':'78'},'ownerReferences':[{'kind':'ReplicaSet','name':"
         "'a-b-77','controller':true}]",
         "ReplicaSet/a-b-77"},
        {"'ownerReferences':[{'kind':'ReplicaSet','name':'plain','controller':true}]",
         "ReplicaSet/plain"},
        {"'ownerReferences':[{'kind':'Sheet','name':'s'},{'kind':'StatefulSet','name':'db',"
         "'controller':true}]",
         "StatefulSet/db"},
        {"'labels':{'app':'tick','managed-by':'kranix'},'ownerReferences':[{'kind':'Job','name':"
         "'tick-28123','controller':true}]",
         "CronJob/tick"},
        {"'labels':{'app':'tick'},'ownerReferences':[{'kind':'Job','name':'tick-28123',"
         "'controller':true}]",
         "Job/tick-28123"},
        {"'ownerReferences':[{'kind':'Node','name':'n1','controller':true}]", NULL},
        {"'ownerReferences':[{'kind':'Sheet','name':'s'}]", NULL},
        {"'ownerReferences':[]", NULL},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        krx_auto_arena krx_arena *arena = krx_arena_new();
        krx_auto_str krx_str json = {0};
        krx_str_addf(&json, "{'metadata':{%s}}", cases[i].meta);
        krx_auto_json cJSON *pod = parse(krx_str_get(&json));
        const char *text = krx_k8s_owner_text(arena, pod);
        if (cases[i].text)
            assert_string_equal(text ? text : "none", cases[i].text);
        else
            assert_null(text);
    }
}

static void test_health(void **state)
{
    static const struct {
        const char *probe, *status, *health;
    } cases[] = {
        {"", "'ready':true,'started':true", NULL},
        {",'livenessProbe':{}", "'ready':true,'started':true", "healthy"},
        {",'startupProbe':{}", "'ready':false,'started':false", "starting"},
        {",'readinessProbe':{}", "'ready':false,'started':true", "unhealthy"},
        {",'readinessProbe':{}", "'ready':true,'started':true", "healthy"},
        {",'readinessProbe':{'initialDelaySeconds':2000000000}", "'ready':false,'started':true",
         "starting"},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        krx_auto_str krx_str json = {0};
        krx_str_addf(&json,
                     "{'spec':{'containers':[{'name':'c'%s}]},'status':{'phase':'Running',"
                     "'containerStatuses':[{'name':'c',%s,'state':{'running':{'startedAt':"
                     "'2026-01-01T00:00:00Z'}}}]}}",
                     cases[i].probe, cases[i].status);
        krx_auto_json cJSON *pod = parse(krx_str_get(&json));
        const char *health = krx_k8s_pod_health(pod);
        if (cases[i].health)
            assert_string_equal(health ? health : "none", cases[i].health);
        else
            assert_null(health);
    }
}

static void test_kind_word(void **state)
{
    static const struct {
        const char *text;
        krx_kube_kind kind;
        const char *name;
    } cases[] = {
        {"web", KRX_KUBE_KIND_COUNT_, "web"},
        {"shop/web", KRX_KUBE_KIND_COUNT_, "web"},
        {"deployment/", KRX_KUBE_KIND_COUNT_, ""},
        {"Deployment/web", KRX_KUBE_DEPLOYMENT, "web"},
        {"deployments/web", KRX_KUBE_DEPLOYMENT, "web"},
        {"deploy/web", KRX_KUBE_DEPLOYMENT, "web"},
        {"deplo/web", KRX_KUBE_KIND_COUNT_, "web"},
        {"sts/db", KRX_KUBE_STATEFUL_SET, "db"},
        {"cj/tick", KRX_KUBE_CRON_JOB, "tick"},
        {"pod/web-1", KRX_KUBE_POD, "web-1"},
        {"po/web-1", KRX_KUBE_POD, "web-1"},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        const char *name = NULL;
        assert_int_equal(krx_k8s_kind_word(cases[i].text, &name), cases[i].kind);
        assert_string_equal(name, cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),   cmocka_unit_test(test_ready),
        cmocka_unit_test(test_instance), cmocka_unit_test(test_foreign_instance),
        cmocka_unit_test(test_nonsense), cmocka_unit_test(test_owner_text),
        cmocka_unit_test(test_health),   cmocka_unit_test(test_kind_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
