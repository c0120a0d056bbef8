/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments and CronJobs as they come from the API server: state, figures and reason. */
#include "tests/unit/unit.h"

#include <string.h>

#include "modules/kubernetes/status/rollout.h"

/* JSON with ' for ". */
static cJSON *parse(const char *text)
{
    krx_autofree char *copy = krx_format("%s", text);
    assert_non_null(copy);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    cJSON *json = cJSON_Parse(copy);
    assert_non_null(json);
    return json;
}

typedef struct row {
    const char *replicas;    /* of the spec */
    const char *annotations; /* members */
    const char *status;      /* members, after observedGeneration */
    const char *pods;        /* elements */
    const char *events;      /* elements */
    const char *state;
    const char *message; /* part of it; NULL: there is none */
} row;

#define FIGURES(total, updated, ready)                                                             \
    "'observedGeneration':2,'replicas':" total ",'updatedReplicas':" updated                       \
    ",'readyReplicas':" ready ",'availableReplicas':" ready
#define CONDITION(type, status, reason, message)                                                   \
    ",'conditions':[{'type':'" type "','status':'" status "','reason':'" reason                    \
    "','message':'" message "'}]"
#define COMPLETE CONDITION("Progressing", "True", "NewReplicaSetAvailable", "done")
#define GOING_ON CONDITION("Progressing", "True", "ReplicaSetUpdated", "going on")
#define POD(name, time, status)                                                                    \
    "{'metadata':{'name':'" name "','creationTimestamp':'2026-01-02T03:04:0" time                  \
    "Z'},'spec':{'containers':[{'name':'web'}]},'status':{" status "}}"
#define UP                                                                                         \
    "'phase':'Running','conditions':[{'type':'Ready','status':'True'}],"                           \
    "'containerStatuses':[{'name':'web','ready':true,'state':{'running':{}}}]"
#define WAITS(reason, message)                                                                     \
    "'phase':'Pending','containerStatuses':[{'name':'web','state':{'waiting':{'reason':'" reason   \
    "','message':'" message "'}}}]"
#define EVENT(kind, name, reason, message)                                                         \
    "{'involvedObject':{'kind':'" kind "','name':'" name "'},'reason':'" reason                    \
    "','message':'" message "','lastTimestamp':'2026-01-02T03:04:05Z'}"
#define QUOTA "pods is forbidden: exceeded quota: small"

static const row rows[] = {
    {"2", "", FIGURES("2", "2", "2") COMPLETE, NULL, NULL, "Running", NULL},
    {"2", "", "'observedGeneration':1", NULL, NULL, "Pending", "has not been seen"},
    {"2", "", FIGURES("0", "0", "0"), NULL, NULL, "Pending", "0 of 2 pods created"},
    {"2", "", FIGURES("2", "2", "0") GOING_ON, NULL, NULL, "Pending", NULL},
    {"2", "", FIGURES("2", "2", "1") GOING_ON, NULL, NULL, "Updating", NULL},
    {"2", "", FIGURES("3", "1", "2") GOING_ON, NULL, NULL, "Updating", "1 of 2 updated, 2 of the"},
    {"2", "", FIGURES("2", "2", "1") COMPLETE, NULL, NULL, "Degraded", NULL},
    {"0", "", FIGURES("0", "0", "0") COMPLETE, NULL, NULL, "Stopped", NULL},
    {"0", "'kranix.io/stopped':'stop','kranix.io/replicas':'2'", FIGURES("0", "0", "0"), NULL, NULL,
     "Stopped", NULL},
    {"0", "'kranix.io/stopped':'ckpt-1','kranix.io/replicas':'2'", FIGURES("0", "0", "0"), NULL,
     NULL, "Paused", NULL},
    {"2", "",
     FIGURES("2", "2", "0")
         CONDITION("Progressing", "False", "ProgressDeadlineExceeded", "no progress"),
     NULL, NULL, "Failed", "no progress (ProgressDeadlineExceeded)"},
    {"2", "",
     FIGURES("3", "1", "2")
         CONDITION("Progressing", "False", "ProgressDeadlineExceeded", "no progress"),
     NULL, NULL, "Degraded", "no progress"},
    {"2", "", FIGURES("0", "0", "0") CONDITION("ReplicaFailure", "True", "FailedCreate", QUOTA),
     NULL, NULL, "Pending", "quota: " QUOTA},
    {"2", "", FIGURES("0", "0", "0"), "",
     EVENT("ReplicaSet", "web-12345678", "FailedCreate", QUOTA), "Pending", "quota: " QUOTA},
    {"1", "", FIGURES("1", "1", "0") GOING_ON, POD("web-1", "1", WAITS("InvalidImageName", "no")),
     NULL, "Failed", "web-1: InvalidImageName: no"},
    {"1", "", FIGURES("1", "1", "0") GOING_ON,
     POD("web-1", "1", WAITS("ImagePullBackOff", "Back-off")),
     EVENT("Pod", "web-1", "Failed", "Failed to pull image x: refused") "," EVENT(
         "Pod", "web-1", "Failed", "Error: ImagePullBackOff"),
     "Pending", "web-1: ImagePullBackOff: Failed to pull image x: refused"},
    {"1", "", FIGURES("1", "1", "0") GOING_ON,
     POD("web-1", "1",
         "'phase':'Running','containerStatuses':[{'name':'web','state':{'waiting':{'reason':"
         "'CrashLoopBackOff'}},'lastState':{'terminated':{'exitCode':7,'reason':'Error'}}}]"),
     NULL, "Degraded", "exit code 7"},
    {"2", "", FIGURES("3", "1", "2") GOING_ON,
     POD("web-old", "1", UP) "," POD("web-new", "2", WAITS("ErrImageNeverPull", "not there")), NULL,
     "Updating", "web-new: ErrImageNeverPull: not there"},
};

static void test_deployments(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        const row *r = &rows[i];
        krx_auto_arena krx_arena *arena = krx_arena_new();
        krx_autofree char *text = krx_format(
            "{'metadata':{'name':'web','uid':'u','generation':2,'labels':{'managed-by':'kranix'},"
            "'annotations':{%s}},'spec':{'replicas':%s},'status':{%s}}",
            r->annotations, r->replicas, r->status);
        krx_autofree char *pods_text = krx_format("[%s]", r->pods ? r->pods : "");
        krx_autofree char *events_text = krx_format("[%s]", r->events ? r->events : "");
        krx_auto_json cJSON *object = parse(text), *pods = parse(pods_text);
        krx_auto_json cJSON *events = parse(events_text);
        const krx_status *s = krx_k8s_status(arena, KRX_KUBE_DEPLOYMENT, object,
                                             r->pods ? pods : NULL, events, false);
        assert_non_null(s);
        if (!krx_streq(s->state, r->state))
            fail_msg("row %zu: state %s, not %s", i, s->state, r->state);
        if (!r->message && s->message)
            fail_msg("row %zu: a message: %s", i, s->message);
        if (r->message && (!s->message || !strstr(s->message, r->message)))
            fail_msg("row %zu: message %s", i, s->message ? s->message : "(none)");
    }
}

static void test_count_is_remembered(void **state)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *object =
        parse("{'metadata':{'name':'web','annotations':{'kranix.io/stopped':'stop',"
              "'kranix.io/replicas':'3'}},'spec':{'replicas':0},'status':{}}");
    (void)state;
    const krx_status *s = krx_k8s_status(arena, KRX_KUBE_DEPLOYMENT, object, NULL, NULL, false);
    assert_non_null(s);
    assert_int_equal(s->replicas, 3);
    assert_int_equal(s->ready_replicas, 0);
    assert_int_equal(s->managed, 0);
}

static void test_cron_jobs(void **state)
{
    static const struct {
        const char *spec, *status, *annotations, *state;
    } cases[] = {
        {"'suspend':false", "", "", "PendingSchedule"},
        {"'suspend':false", "'lastScheduleTime':'2026-01-02T03:04:05Z','active':[{},{}]", "",
         "Scheduled"},
        {"'suspend':true", "", "", "Stopped"},
        {"'suspend':true", "", "'kranix.io/stopped':'ckpt-1'", "Paused"},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        krx_auto_arena krx_arena *arena = krx_arena_new();
        krx_autofree char *text =
            krx_format("{'metadata':{'name':'tick','annotations':{%s}},'spec':{%s,'jobTemplate':"
                       "{'spec':{'parallelism':2}}},'status':{%s}}",
                       cases[i].annotations, cases[i].spec, cases[i].status);
        krx_auto_json cJSON *object = parse(text);
        const krx_status *s = krx_k8s_status(arena, KRX_KUBE_CRON_JOB, object, NULL, NULL, false);
        assert_non_null(s);
        assert_string_equal(s->state, cases[i].state);
        assert_int_equal(s->replicas, 2);
        assert_int_equal(s->ready_replicas, i == 1 ? 2 : 0);
        assert_true((s->last_schedule_ns != KRX_UNSET) == (i == 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deployments),
        cmocka_unit_test(test_count_is_remembered),
        cmocka_unit_test(test_cron_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
