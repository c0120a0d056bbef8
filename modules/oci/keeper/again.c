/* SPDX-License-Identifier: Apache-2.0 */
/* After a run has ended: again as somebody asked for it or by the restart policy, or the end for
 * good. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "modules/oci/keeper/life.h"
#include "modules/oci/keeper/policy.h"
#include "modules/oci/net/net.h"
#include "modules/oci/store/events.h"

#define LOOK_EVERY (100 * KRX_NS_PER_MS)

bool krx_oci_life_is_ours(const krx_oci_job *job, const krx_oci_process *who)
{
    return job->container.conmon.pid == who->pid && job->container.conmon.token == who->token;
}

/* Until `until`, or until container.json says something else: 0, or what ended it. */
static int32_t sleep_until(krx_oci_job *job, const krx_oci_process *self, int64_t until)
{
    krx_autoclose int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    const uint32_t what = IN_MOVED_TO | IN_MOVE_SELF | IN_DELETE_SELF;
    bool watching = watch >= 0 && inotify_add_watch(watch, job->folder, what) >= 0;
    for (;;) {
        krx_auto_arena krx_arena *arena = krx_arena_new();
        krx_oci_container now;
        char events[4096];
        int64_t left = until - krx_now_monotonic();
        if (!arena)
            return krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        int32_t code = krx_oci_container_read(job->call, arena, &job->store, job->id, &now);
        if (code < 0)
            return code;
        if (left <= 0 || now.stop_asked || now.phase != KRX_OCI_WAITING ||
            now.conmon.token != self->token)
            return 0;
        krx_wait_fd change = {.struct_size = sizeof change, .fd = watch, .want = KRX_WAIT_READ};
        code = job->call->host->wait(job->call->host, job->call, &change, watching ? 1 : 0,
                                     watching || left < LOOK_EVERY ? left : LOOK_EVERY);
        if (code < 0)
            return code;
        if (code > 0)
            (void)!read(watch, events, sizeof events);
    }
}

/* Ended for good. What was cancelled meanwhile is still written. */
static int32_t finish(krx_oci_job *job)
{
    krx_side_call side;
    krx_call *call = krx_undo_call(&side, job->call);
    krx_oci_container *c = &job->container;
    if (krx_oci_life_release(job, call) < 0)
        krx_log(job->call, KRX_LOG_WARN, "%s", side.error.message);
    c->conmon = (krx_oci_process){0};
    if (c->phase == KRX_OCI_WAITING)
        c->phase = KRX_OCI_EXITED;
    return krx_oci_container_write(call, &job->store, c);
}

/* One that was killed while it waited has left a part of its pause, which counts once. */
static int64_t pause_of(krx_oci_container *c, krx_oci_turns *turns)
{
    int64_t left = turns->left_ns;
    int64_t ran = c->finished_ns != KRX_UNSET && c->started_ns != KRX_UNSET
                      ? c->finished_ns - c->started_ns
                      : 0;
    turns->left_ns = KRX_UNSET;
    if (left != KRX_UNSET)
        return left;
    c->pause_ns = krx_oci_next_pause(c->pause_ns, ran);
    return c->pause_ns;
}

/* WAITING, with us as the one who will start it; the lock is free meanwhile. */
static int32_t wait_for_turn(krx_oci_job *job, krx_oci_turns *turns, const krx_oci_process *self)
{
    krx_oci_container *c = &job->container;
    int64_t until = krx_now_monotonic() + pause_of(c, turns);
    c->phase = KRX_OCI_WAITING;
    c->starting = false;
    c->conmon = *self;
    int32_t code = krx_oci_job_write(job);
    krx_oci_job_unlock(job);
    if (turns->told >= 0)
        close(krx_move_fd(&turns->told));
    if (code == 0)
        code = sleep_until(job, self, until);
    if (code < 0 && code != KRX_E_CANCELLED)
        return code;
    krx_side_call side;
    krx_call *own = job->call;
    job->call = krx_undo_call(&side, own);
    int32_t locked = krx_oci_job_lock(job);
    job->call = own;
    if (locked < 0)
        return krx_fail(own, locked, "%s", side.error.message);
    if (code == KRX_E_CANCELLED)
        job->container.stop_asked = true;
    return 0;
}

/* Turn after turn until it runs again (*running) or nobody wants it to. */
static int32_t restart(krx_oci_job *job, krx_oci_turns *turns, bool *running)
{
    krx_oci_container *c = &job->container;
    krx_oci_process self;
    if (!krx_oci_process_of(getpid(), &self))
        return krx_fail(job->call, KRX_E_FAILED_PRECONDITION, "/proc is not to be read");
    while (krx_oci_restart_wanted(c)) {
        int32_t code = wait_for_turn(job, turns, &self);
        if (code < 0 || !krx_oci_life_is_ours(job, &self))
            return code < 0 ? code : KRX_E_ABORTED;
        if (c->stop_asked || c->phase != KRX_OCI_WAITING)
            return 0;
        c->restarts += turns->uncounted ? 0 : 1;
        turns->uncounted = false;
        code = krx_oci_net_attach(job->call, job->arena, &job->store, &job->launch, c);
        if (code == 0)
            code = krx_oci_life_begin(job, NULL);
        if (code == 0) {
            *running = true;
            return 0;
        }
        c->error = krx_arena_strdup(job->arena, job->call->error->message);
        c->exit_code = 127; /* could not be started, as of a shell */
        c->finished_ns = krx_now_unix();
        krx_oci_event_note(job->call, &job->store, c, "error", KRX_UNSET, c->error);
    }
    return 0;
}

int32_t krx_oci_life_settle_for(krx_oci_job *job, const char *reason, krx_oci_turns *turns)
{
    krx_oci_container *c = &job->container;
    bool cut_off = c->starting, counted = c->phase == KRX_OCI_WAITING && c->restarts > 0;
    int32_t code = krx_oci_life_settle(job, reason);
    if (code < 0 || !cut_off || c->exit_code != -1)
        return code;
    c->restarts -= counted ? 1 : 0;
    turns->uncounted = !counted;
    return 0;
}

/* Whoever asked for it may be gone by now. */
static int32_t start_anew(krx_oci_job *job)
{
    static const krx_oci_restore none;
    krx_oci_container *c = &job->container;
    c->conmon = (krx_oci_process){0}; /* in WAITING that is us */
    if (c->phase == KRX_OCI_WAITING)
        c->phase = KRX_OCI_EXITED;
    krx_oci_event_note(job->call, &job->store, c, "stop", KRX_UNSET, NULL);
    int32_t code = krx_oci_life_start(job, &none);
    if (code == 0)
        krx_oci_event_note(job->call, &job->store, c, "restart", KRX_UNSET, NULL);
    return code;
}

int32_t krx_oci_life_go_on(krx_oci_job *job, krx_oci_turns *turns)
{
    const krx_oci_container *c = &job->container;
    bool running = false;
    int32_t code = turns->again && !c->restart_asked ? restart(job, turns, &running) : 0;
    if (code == KRX_E_ABORTED || code == KRX_E_NOT_FOUND || running)
        return 0; /* somebody else's now */
    if (code == 0 && c->restart_asked)
        return start_anew(job);
    int32_t finished = finish(job);
    return code < 0 ? code : finished;
}
