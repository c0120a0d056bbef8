/* SPDX-License-Identifier: Apache-2.0 */
/* probe DIR: the probes of one run of a container, until it ends. */
#include "modules/oci/keeper/probe.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "lib/json/json.h"
#include "modules/oci/keeper/dial.h"
#include "modules/oci/keeper/keeper.h"
#include "modules/oci/store/events.h"
#include "modules/oci/store/fields.h"
#include "modules/oci/store/lock.h"

#define DEFAULT_GRACE (10 * KRX_NS_PER_S)

/* One run, seen by the process that probes it. */
typedef struct prober {
    krx_oci_job *job;
    krx_oci_process self;
    int init; /* pidfd */
    const char *health;
    krx_oci_probe probes[KRX_OCI_PROBES];
} prober;

/* container.json as it is now, in an arena of its own; false when this run is over. */
static bool look(prober *p, krx_arena *arena, krx_oci_container *now)
{
    krx_side_call side;
    return krx_oci_container_read(krx_side_call_init(&side, p->job->call), arena, &p->job->store,
                                  p->job->id, now) == 0 &&
           now->prober.pid == p->self.pid && now->prober.token == p->self.token;
}

/* Tells it when it has changed. False when this run is over. */
static bool tell(prober *p, const char *message)
{
    const char *health = krx_oci_probes_health(p->probes);
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_container now;
    if (krx_streq(health, p->health))
        return true;
    krx_autoclose int lock =
        arena ? krx_oci_lock_container(p->job->call, &p->job->store, p->job->id) : -1;
    if (lock < 0 || !look(p, arena, &now))
        return false;
    now.health = health;
    p->health = health;
    if (krx_oci_container_write(p->job->call, &p->job->store, &now) < 0)
        return false;
    krx_autofree char *text =
        message ? krx_format("%s: %s", health, message) : krx_format("%s", health);
    krx_oci_event_note(p->job->call, &p->job->store, &now, "health", KRX_UNSET, text);
    return true;
}

/* As a stop would, but its policy begins it anew. */
static void end_container(prober *p)
{
    krx_oci_job *job = p->job;
    const krx_oci_container *c = &job->container;
    krx_side_call side;
    krx_call *call = krx_side_call_init(&side, job->call);
    int64_t grace = c->stop_grace_ns > 0 ? c->stop_grace_ns : DEFAULT_GRACE;
    int sent = c->stop_signal > 0 ? (int)c->stop_signal : SIGTERM;
    krx_oci_event_note(job->call, &job->store, c, "kill", KRX_UNSET, "a probe failed");
    (void)krx_oci_runtime_signal(call, &job->runtime, job->keeper, c, sent);
    if (!krx_oci_await_end(call, &c->init, grace))
        (void)krx_oci_runtime_signal(call, &job->runtime, job->keeper, c, SIGKILL);
}

/* One due check. False when there is nothing more to do. */
static bool step(prober *p, krx_oci_probe *probe)
{
    krx_oci_job *job = p->job;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_container now;
    bool outside = !(job->runtime.can & KRX_OCI_CAN_SEE_INIT);
    if (!arena || !look(p, arena, &now))
        return false;
    probe->due_ns = krx_now_monotonic() + probe->period_ns;
    if (now.phase != KRX_OCI_RUNNING)
        return now.phase == KRX_OCI_PAUSED; /* it can't answer; that is no failure */
    job->call->error->message[0] = '\0';
    int32_t code = krx_oci_probe_check(job, probe, outside);
    if (code == KRX_E_CANCELLED || !krx_oci_process_alive(&job->container.init))
        return false;
    krx_oci_probe_note(probe, code == 0);
    const char *message = code < 0 ? job->call->error->message : NULL;
    if (!tell(p, message))
        return false;
    if (!krx_oci_probes_hopeless(p->probes))
        return true;
    end_container(p);
    return false;
}

static int32_t loop(prober *p)
{
    krx_call *call = p->job->call;
    for (krx_oci_probe *next; (next = krx_oci_probe_next(p->probes));) {
        krx_wait_fd ended = {.struct_size = sizeof ended, .fd = p->init, .want = KRX_WAIT_READ};
        int64_t left = next->due_ns - krx_now_monotonic();
        int32_t code = call->host->wait(call->host, call, &ended, 1, left > 0 ? left : 0);
        if (code != 0)
            return code < 0 && code != KRX_E_CANCELLED ? code : 0;
        if (!step(p, next))
            return 0;
    }
    return 0;
}

static int32_t read_probes(krx_oci_job *job, krx_oci_probe *probes)
{
    krx_auto_json cJSON *spec = NULL;
    const char *path = krx_oci_job_path(job, "spec.json");
    int32_t code = path ? krx_oci_json_at(job->call, AT_FDCWD, path, &spec)
                        : krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (code < 0)
        return code;
    return krx_oci_probes_read(job->arena, spec, probes) ? 1 : 0;
}

int32_t krx_oci_verb_probe(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_auto_job krx_oci_job job = {.lock = -1};
    prober p = {.job = &job, .init = -1, .health = "starting"};
    bool outside = false;
    (void)argc, (void)answer;
    if (!krx_oci_process_of(getpid(), &p.self))
        return krx_fail(call, KRX_E_INTERNAL, "this process is not there");
    int32_t code = krx_oci_job_open(call, arena, argv[1], &job);
    if (code == 0) /* free as soon as the start is written */
        code = krx_oci_job_lock(&job);
    krx_oci_job_unlock(&job);
    if (code < 0)
        return code;
    if (job.container.prober.pid != p.self.pid || job.container.phase != KRX_OCI_RUNNING)
        return 0;
    code = read_probes(&job, p.probes);
    if (code > 0)
        code = krx_oci_dial_enter(&job, &outside);
    if (code < 0)
        return code;
    krx_autoclose int init = krx_oci_process_open(&job.container.init);
    p.init = init;
    return init < 0 ? 0 : loop(&p);
}
