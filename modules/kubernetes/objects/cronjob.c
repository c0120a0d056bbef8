/* SPDX-License-Identifier: Apache-2.0 */
/* A workload that runs by schedule. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "modules/kubernetes/objects/build.h"

#define HISTORY 3
#define BACKOFF_LIMIT 6
#define TIME_ZONES_SINCE 1025 /* Kubernetes 1.25 */
#define WEEKDAYS 7

/* ------------------------------------------------------------------------------------- schedule */

/*
 * Sunday is 0 or 7 for cron, but only 0 for Kubernetes: one element ("5-7", "7", "1-7/2") of the
 * last field is added to the set of days. False for what has names in it, where no 7 can be.
 */
static bool add_days(const char *text, size_t length, bool days[WEEKDAYS])
{
    char element[32], *end;
    if (length >= sizeof element || strcspn(text, ",") < length)
        return false;
    memcpy(element, text, length);
    element[length] = '\0';
    long low = 0, high = WEEKDAYS - 1, step = 1;
    char *at = element;
    if (*at == '*') {
        at++;
    } else {
        if (!isdigit((unsigned char)*at))
            return false;
        low = high = strtol(at, &end, 10);
        at = end;
        if (*at == '-') {
            high = strtol(at + 1, &end, 10);
            at = end;
        }
    }
    if (*at == '/') {
        step = strtol(at + 1, &end, 10);
        at = end;
    }
    if (*at || step < 1 || low > high || high > WEEKDAYS)
        return false;
    for (long day = low; day <= high; day += step)
        days[day % WEEKDAYS] = true;
    return true;
}

static const char *with_sunday_as_0(krx_k8s_build *b, const char *schedule)
{
    const char *last = strrchr(schedule, ' ');
    bool days[WEEKDAYS] = {false};
    char list[2 * WEEKDAYS + 1] = "";
    size_t used = 0;
    if (!last || !strchr(++last, '7'))
        return schedule;
    for (const char *p = last; *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ','))
        if (!add_days(p, strcspn(p, ","), days))
            return schedule;
    for (int day = 0; day < WEEKDAYS; day++)
        if (days[day]) {
            if (used)
                list[used++] = ',';
            list[used++] = (char)('0' + day);
        }
    return krx_k8s_text(b, "%.*s%s", (int)(last - schedule), schedule, list);
}

/* The five fields with single blanks between. */
static const char *schedule_of(krx_k8s_build *b)
{
    char *out = krx_arena_strdup(b->arena, b->spec->cron_schedule->schedule), *to = out;
    for (const char *from = out; from && *from; from++) {
        bool blank = *from == ' ' || *from == '\t';
        if (!blank)
            *to++ = *from;
        else if (to > out && to[-1] != ' ')
            *to++ = ' ';
    }
    if (!out) {
        b->maker.failed = true;
        return "";
    }
    while (to > out && to[-1] == ' ')
        to--;
    *to = '\0';
    return with_sunday_as_0(b, out);
}

/* A server without time zones runs its schedules in its own, which is UTC as a rule. */
static void put_time_zone(krx_k8s_build *b, cJSON *spec)
{
    const char *zone = b->spec->cron_schedule->time_zone;
    int32_t server = b->scope->server;
    if (krx_blank(zone))
        return;
    if (server == 0 || server >= TIME_ZONES_SINCE) {
        krx_json_add_text(&b->maker, spec, "timeZone", zone);
        return;
    }
    if (krx_streq(zone, "UTC") || krx_streq(zone, "Etc/UTC"))
        return;
    krx_k8s_refuse_as(b, KRX_E_UNSUPPORTED, "cronSchedule.timeZone",
                      "this cluster is Kubernetes %d.%d; time zones came with 1.25",
                      (int)server / 1000, (int)server % 1000);
    krx_k8s_advise(b, "give the schedule in UTC and set timeZone to UTC");
}

/* ------------------------------------------------------------------------------------------ job */

static int64_t backoff_limit(const krx_workload *spec)
{
    if (krx_strcaseeq(spec->restart_policy, "no"))
        return 0;
    return spec->restart_retries == KRX_UNSET ? BACKOFF_LIMIT : spec->restart_retries;
}

static void put_job(krx_k8s_build *b, cJSON *job_template)
{
    krx_json_maker *m = &b->maker;
    int64_t instances = b->spec->replicas > 1 ? b->spec->replicas : 1;
    cJSON *metadata = krx_json_add_object(m, job_template, "metadata");
    krx_k8s_put_labels(b, metadata);
    krx_k8s_put_annotations(b, metadata);
    cJSON *job = krx_json_add_object(m, job_template, "spec");
    krx_json_add_int(m, job, "parallelism", instances);
    krx_json_add_int(m, job, "completions", instances);
    krx_json_add_int(m, job, "backoffLimit", backoff_limit(b->spec));
    krx_k8s_put_pod(b, krx_json_add_object(m, job, "template"));
}

void krx_k8s_build_cron_job(krx_k8s_build *b)
{
    krx_json_maker *m = &b->maker;
    const char *policy = b->spec->cron_schedule->concurrency_policy;
    b->out->workload = b->out->count;
    cJSON *object =
        krx_k8s_object(b, KRX_KUBE_CRON_JOB, b->scope->cron_api, "CronJob", b->spec->name);
    cJSON *metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");
    krx_k8s_put_annotations(b, metadata);
    krx_k8s_put_spec(b, metadata);
    cJSON *spec = krx_json_add_object(m, object, "spec");
    krx_json_add_text(m, spec, "schedule", schedule_of(b));
    put_time_zone(b, spec);
    krx_json_add_text(m, spec, "concurrencyPolicy", krx_blank(policy) ? "Allow" : policy);
    krx_json_add_bool(m, spec, "suspend", false);
    krx_json_add_int(m, spec, "successfulJobsHistoryLimit", HISTORY);
    krx_json_add_int(m, spec, "failedJobsHistoryLimit", HISTORY);
    put_job(b, krx_json_add_object(m, spec, "jobTemplate"));
}
