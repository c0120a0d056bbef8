/* SPDX-License-Identifier: Apache-2.0 */
/* revive DIR: a container whose keeper was killed, or its conmon before it could tell the end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "lib/json/json.h"
#include "modules/oci/keeper/cgroup.h"
#include "modules/oci/keeper/keeper.h"
#include "modules/oci/keeper/life.h"
#include "modules/oci/keeper/policy.h"
#include "modules/oci/keeper/prober.h"
#include "modules/oci/store/events.h"

#define LOCK_TIME (2 * KRX_NS_PER_S)

/* Whoever holds it for longer is at work on the container. */
static int32_t lock_soon(krx_oci_job *job)
{
    krx_side_call side;
    krx_call *own = job->call;
    int64_t until = krx_now_monotonic() + LOCK_TIME;
    job->call = krx_side_call_init(&side, own);
    if (side.call.deadline_ns == KRX_NO_DEADLINE || side.call.deadline_ns > until)
        side.call.deadline_ns = until;
    int32_t code = krx_oci_job_lock(job);
    job->call = own;
    return code < 0 ? krx_fail(own, code, "%s", side.error.message) : 0;
}

/* ------------------------------------------------------------------------------ it runs already */

static cJSON *state_of(krx_oci_job *job)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    krx_oci_command command = {.keeper = job->keeper, .name = "state", .id = job->id};
    if (krx_oci_runtime_run(krx_side_call_init(&side, job->call), &job->runtime, &command, &text) <
        0)
        return NULL;
    return cJSON_ParseWithLength(krx_str_get(&text), text.length);
}

static int phase_of(const cJSON *state)
{
    const char *status = krx_json_text(state, "status");
    return strcmp(status, "running") == 0  ? KRX_OCI_RUNNING
           : strcmp(status, "paused") == 0 ? KRX_OCI_PAUSED
                                           : 0;
}

/* Conmon notes the pid when the container is made. */
static int64_t made_at(krx_oci_job *job)
{
    struct stat st;
    const char *path = krx_oci_job_path(job, "pid");
    return path && stat(path, &st) == 0 ? st.st_mtim.tv_sec * KRX_NS_PER_S + st.st_mtim.tv_nsec
                                        : krx_now_unix();
}

/* The last thing of a start that was missing is the note of it. */
static bool adopt(krx_oci_job *job)
{
    krx_oci_container *c = &job->container;
    krx_auto_json cJSON *state = state_of(job);
    int phase = phase_of(state);
    if (!phase || !krx_oci_process_of(krx_json_int(state, "pid", 0), &c->init))
        return false;
    c->phase = phase;
    c->starting = c->stop_asked = c->restart_asked = c->oom_killed = false;
    c->finished_ns = c->exit_code = KRX_UNSET;
    c->started_ns = made_at(job);
    krx_oci_cgroup_keep(job, c->init.pid);
    krx_oci_signal_process(&c->prober, SIGKILL);
    krx_oci_prober_start(job);
    krx_oci_event_note(job->call, &job->store, c, "start", KRX_UNSET, NULL);
    return true;
}

/* --------------------------------------------------------------------------------- it shall run */

static int32_t go_on_alone(krx_oci_job *job, krx_oci_turns *turns)
{
    krx_autoclose int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (null_fd < 0 || dup2(null_fd, fd) < 0)
            return KRX_E_RESOURCE_EXHAUSTED;
    (void)setsid();
    return krx_oci_life_go_on(job, turns);
}

/* Both of us have the lock; it is free when the one that goes on waits. */
static int32_t hand_over(krx_oci_job *job, krx_oci_turns *turns)
{
    int told[2];
    if (pipe2(told, O_CLOEXEC) < 0)
        return krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "no pipe: %s", strerror(errno));
    krx_autoclose int ours = told[0];
    turns->told = told[1];
    pid_t pid = fork();
    if (pid == 0)
        _exit(go_on_alone(job, turns) < 0);
    close(told[1]);
    if (pid < 0)
        return krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "no process: %s", strerror(errno));
    krx_oci_job_unlock(job);
    krx_wait_fd ended = {.struct_size = sizeof ended, .fd = ours, .want = KRX_WAIT_READ};
    int32_t code = job->call->host->wait(job->call->host, job->call, &ended, 1, -1);
    return code < 0 ? code : 0;
}

/* What is left of the pause that it was killed in. */
static int64_t pause_left(const krx_oci_container *c)
{
    if (c->phase != KRX_OCI_WAITING || c->starting || c->finished_ns == KRX_UNSET)
        return KRX_UNSET;
    int64_t left = c->finished_ns + c->pause_ns - krx_now_unix();
    return left < 0 ? 0 : left > c->pause_ns ? c->pause_ns : left;
}

static int32_t revive(krx_oci_job *job)
{
    krx_oci_container *c = &job->container;
    krx_oci_turns turns = {.told = -1, .left_ns = pause_left(c)};
    if (c->starting && adopt(job))
        return krx_oci_job_write(job);
    int32_t code = krx_oci_life_settle_for(job, "its end was not noted", &turns);
    if (code == 0)
        code = krx_oci_job_enter(job);
    if (code < 0)
        return code;
    turns.again = krx_oci_restart_wanted(c);
    return turns.again ? hand_over(job, &turns) : krx_oci_life_go_on(job, &turns);
}

int32_t krx_oci_verb_revive(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_auto_job krx_oci_job job = {.lock = -1};
    (void)argc, (void)answer;
    int32_t code = krx_oci_job_open(call, arena, argv[1], &job);
    if (code == 0)
        code = lock_soon(&job);
    if (code == KRX_E_DEADLINE_EXCEEDED && krx_check(call) == 0)
        return 0; /* somebody is at it */
    if (code < 0 ||
        !krx_oci_container_lost(&job.container, krx_oci_container_phase(&job.container)))
        return code;
    return revive(&job);
}
