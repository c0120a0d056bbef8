/* SPDX-License-Identifier: Apache-2.0 */
/* Single deeds on one container. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/store/events.h"
#include "modules/oci/store/lock.h"

#define KILL_LIMIT_NS (15 * KRX_NS_PER_S)

/* One container while something is done to it. */
typedef struct work {
    krx_oci_backend *backend;
    krx_arena *arena;
    krx_oci_container c;
    krx_oci_runtime runtime;
    int phase; /* as it is now */
} work;

/* *lock gets the container's lock: what is read stays so until it is closed. */
static int32_t take(krx_call *call, work *w, const char *id, int *lock)
{
    if (!w->arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_lock_container(call, &w->backend->store, id);
    if (code < 0)
        return code;
    *lock = code;
    code = krx_oci_container_read(call, w->arena, &w->backend->store, id, &w->c);
    if (!code)
        w->phase = krx_oci_container_phase(&w->c);
    return code;
}

static int32_t need_runtime(krx_call *call, work *w)
{
    return krx_oci_runtime_of(call, w->arena, w->backend, &w->c, &w->runtime);
}

static int32_t keep(krx_call *call, const work *w)
{
    return krx_oci_container_write(call, &w->backend->store, &w->c);
}

static void note(krx_call *call, const work *w, const char *type, const char *message)
{
    krx_oci_event_note(call, &w->backend->store, &w->c, type, KRX_UNSET, message);
}

static int32_t command(krx_call *call, const work *w, const char *name, const char *const *options,
                       const char *const *trailing)
{
    krx_oci_command c = {.keeper = w->backend->choice.keeper,
                         .name = name,
                         .options = options,
                         .id = w->c.id,
                         .trailing = trailing,
                         .inside = w->runtime.rootless ? w->c.conmon.pid : 0};
    return krx_oci_runtime_run(call, &w->runtime, &c, NULL);
}

static int32_t keeper(krx_call *call, const work *w, const char *verb, const char *id)
{
    const char *args[] = {krx_oci_path(w->arena, &w->backend->store, "containers", id, NULL), NULL};
    krx_oci_keeper_job job = {
        .keeper = w->backend->choice.keeper, .verb = verb, .args = args, .stdin_fd = -1};
    return args[0] ? krx_oci_keeper_run(call, w->arena, &job, NULL) : krx_no_memory(call);
}

/* --------------------------------------------------------------------------------------- signals
 */

/* One that has just ended needs no signal any more. */
static int32_t send(krx_call *call, work *w, int number)
{
    krx_side_call side;
    krx_side_call_init(&side, call);
    int32_t code =
        krx_oci_runtime_signal(&side.call, &w->runtime, w->backend->choice.keeper, &w->c, number);
    if (code && code != KRX_E_FAILED_PRECONDITION && code != KRX_E_NOT_FOUND) {
        *call->error = side.error;
        return code;
    }
    return 0;
}

/* Once: whoever resumes one that is being deleted leaves files of it. */
static void thaw(krx_call *call, work *w)
{
    krx_side_call side;
    krx_side_call_init(&side, call);
    if (w->phase != KRX_OCI_PAUSED)
        return;
    if (command(&side.call, w, "resume", NULL, NULL) == 0)
        w->phase = KRX_OCI_RUNNING;
    else
        krx_log(call, KRX_LOG_WARN, "unpausing container %s so that it can end: %s", w->c.name,
                side.error.message);
}

/* runsc takes no signal for what is paused. */
static void thaw_before(krx_call *call, work *w)
{
    if (!(w->runtime.can & KRX_OCI_CAN_SEE_INIT))
        thaw(call, w);
}

/* All of its processes, whatever process ids it sees. */
static int32_t kill_all(krx_call *call, work *w)
{
    static const char *const all[] = {"--all", NULL}, *const kill[] = {"KILL", NULL};
    krx_side_call side;
    krx_side_call_init(&side, call);
    thaw_before(call, w);
    (void)command(&side.call, w, "kill", all, kill);
    int32_t code = send(call, w, SIGKILL);
    thaw(call, w); /* what is frozen dies when it thaws */
    if (!code)
        code = krx_oci_await_process(call, &w->c.init, KILL_LIMIT_NS);
    if (code == 0)
        return krx_fail(call, KRX_E_UNKNOWN,
                        "container %s does not end, even by KILL: process %lld", w->c.name,
                        (long long)w->c.init.pid);
    return code < 0 ? code : 0;
}

/* ---------------------------------------------------------------------------------- start and stop
 */

int32_t krx_oci_start(krx_call *call, krx_oci_backend *backend, const char *id)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_autoclose int lock = -1;
    work w = {.backend = backend, .arena = arena};
    int32_t code = take(call, &w, id, &lock);
    if (code)
        return code;
    close(krx_move_fd(&lock));
    if (w.phase == KRX_OCI_RUNNING || w.phase == KRX_OCI_WAITING)
        return 0;
    if (w.phase == KRX_OCI_PAUSED) {
        krx_fail(call, KRX_E_FAILED_PRECONDITION, "starting container %s: it is paused", w.c.name);
        return krx_hint(call, "unpause it");
    }
    if (w.phase == KRX_OCI_REMOVING)
        return krx_fail(call, KRX_E_ABORTED, "starting container %s: it is being removed",
                        w.c.name);
    krx_tell_progress(call, "start", w.c.name, "starting");
    if (w.c.phase != w.phase) /* its last end was noted by nobody */
        code = keeper(call, &w, "reap", id);
    if (!code)
        code = keeper(call, &w, "start", id);
    /* a program or user that is not there is no mistake of this call */
    return code == KRX_E_INVALID_ARGUMENT ? (call->error->code = KRX_E_FAILED_PRECONDITION) : code;
}

/* Asks what runs to end, and insists when its grace is over. */
static int32_t end(krx_call *call, work *w, int64_t grace_ns)
{
    int64_t grace = grace_ns != KRX_UNSET             ? grace_ns
                    : w->c.stop_grace_ns != KRX_UNSET ? w->c.stop_grace_ns
                                                      : w->backend->stop_grace_ns;
    if (w->phase != KRX_OCI_RUNNING && w->phase != KRX_OCI_PAUSED)
        return 0;
    int32_t code = need_runtime(call, w);
    if (!code && grace > 0) {
        thaw_before(call, w);
        code = send(call, w, w->c.stop_signal > 0 ? (int)w->c.stop_signal : SIGTERM);
    }
    if (!code && grace > 0)
        thaw(call, w);
    if (!code)
        code = krx_oci_await_process(call, &w->c.init, grace > 0 ? grace : 0);
    return code == 0 ? kill_all(call, w) : code < 0 ? code : 0;
}

/* Nothing runs, and nobody is about to start it. */
static bool is_down(const krx_oci_container *c)
{
    return !c->starting && (c->phase == KRX_OCI_CREATED || c->phase == KRX_OCI_EXITED);
}

/* Written for whoever notes the end; gives the lock back. */
static int32_t ask(krx_call *call, work *w, bool again, int *lock)
{
    bool asked = w->c.stop_asked && w->c.restart_asked == again;
    w->c.stop_asked = true;
    w->c.restart_asked = again;
    int32_t code = asked ? 0 : keep(call, w);
    close(krx_move_fd(lock));
    return code;
}

int32_t krx_oci_stop(krx_call *call, krx_oci_backend *backend, const char *id, int64_t grace_ns)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_autoclose int lock = -1;
    work w = {.backend = backend, .arena = arena};
    int32_t code = take(call, &w, id, &lock);
    if (code || w.c.phase == KRX_OCI_REMOVING || (is_down(&w.c) && !w.c.restart_asked))
        return code;
    bool was_up = w.phase != KRX_OCI_EXITED;
    if ((code = ask(call, &w, false, &lock)) < 0)
        return code;
    krx_tell_progress(call, "stop", w.c.name, "stopping");
    code = end(call, &w, grace_ns);
    if (!code) /* a start that was cut off has nobody who would note its end */
        code = w.c.starting ? keeper(call, &w, "reap", id) : krx_oci_await_noted(call, backend, id);
    if (!code && was_up)
        note(call, &w, "stop", NULL);
    return code;
}

static int32_t start_again(krx_call *call, const work *w, const char *id)
{
    int32_t code = krx_oci_start(call, w->backend, id);
    if (!code)
        note(call, w, "restart", NULL);
    return code;
}

/* Whoever noted the end had the lock until it was started again, or could not be. */
static int32_t await_restart(krx_call *call, work *w, const char *id)
{
    int32_t code = w->c.starting ? keeper(call, w, "reap", id)
                                 : krx_oci_await_settled(call, w->arena, w->backend, id, &w->c);
    if (code)
        return code;
    if (w->c.starting || w->c.restart_asked) /* nobody was left who could */
        return start_again(call, w, id);
    return w->c.error ? krx_fail(call, KRX_E_FAILED_PRECONDITION, "%s", w->c.error) : 0;
}

int32_t krx_oci_restart(krx_call *call, krx_oci_backend *backend, const char *id, int64_t grace_ns)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_autoclose int lock = -1;
    work w = {.backend = backend, .arena = arena};
    int32_t code = take(call, &w, id, &lock);
    if (code)
        return code;
    if (w.c.phase == KRX_OCI_REMOVING || is_down(&w.c)) {
        close(krx_move_fd(&lock));
        return start_again(call, &w, id);
    }
    if ((code = ask(call, &w, true, &lock)) < 0)
        return code;
    krx_tell_progress(call, "restart", w.c.name, "restarting");
    code = end(call, &w, grace_ns);
    return code ? code : await_restart(call, &w, id);
}

int32_t krx_oci_kill(krx_call *call, krx_oci_backend *backend, const char *id, int signal_number)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_autoclose int lock = -1;
    char text[16];
    work w = {.backend = backend, .arena = arena};
    int32_t code = take(call, &w, id, &lock);
    if (code || (w.phase != KRX_OCI_RUNNING && w.phase != KRX_OCI_PAUSED))
        return code;
    bool ends = signal_number == SIGKILL || signal_number == w.c.stop_signal;
    if (ends && !w.c.stop_asked) {
        w.c.stop_asked = true;
        code = keep(call, &w);
    }
    if (!code)
        code = need_runtime(call, &w);
    close(krx_move_fd(&lock));
    if (!code && ends)
        thaw_before(call, &w);
    if (!code)
        code =
            krx_oci_runtime_signal(call, &w.runtime, backend->choice.keeper, &w.c, signal_number);
    if (code)
        return code;
    (void)snprintf(text, sizeof text, "signal %d", signal_number);
    note(call, &w, "kill", text);
    if (ends)
        thaw(call, &w);
    return signal_number == SIGKILL ? krx_oci_await_noted(call, backend, id) : 0;
}

int32_t krx_oci_pause(krx_call *call, krx_oci_backend *backend, const char *id, bool pause)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_autoclose int lock = -1;
    work w = {.backend = backend, .arena = arena};
    int32_t code = take(call, &w, id, &lock);
    if (code || w.phase != (pause ? KRX_OCI_RUNNING : KRX_OCI_PAUSED))
        return code;
    code = need_runtime(call, &w);
    if (!code && !krx_oci_can_pause(&w.runtime))
        return krx_oci_fail_pause(call, &w.runtime);
    if (!code)
        code = command(call, &w, pause ? "pause" : "resume", NULL, NULL);
    /* so already: whoever was at it was killed before it was noted */
    if (code == KRX_E_FAILED_PRECONDITION && krx_oci_process_alive(&w.c.init))
        code = krx_forgive(call);
    if (code)
        return krx_wrap(call, "%s container %s", pause ? "pausing" : "unpausing", w.c.name);
    w.c.phase = pause ? KRX_OCI_PAUSED : KRX_OCI_RUNNING;
    code = keep(call, &w);
    if (!code)
        note(call, &w, pause ? "pause" : "unpause", NULL);
    return code;
}

/* ---------------------------------------------------------------------------------------- remove
 */

/* No restart policy brings it back from here on. A folder without a readable container.json is
 * half of one: there is nothing in it to end. */
static int32_t condemn(krx_call *call, work *w, const char *id)
{
    krx_autoclose int lock = -1;
    krx_side_call side;
    krx_side_call_init(&side, call);
    int32_t code = take(&side.call, w, id, &lock);
    if (code && krx_check(call) < 0)
        return call->error->code;
    if (code == KRX_E_NOT_FOUND || code == KRX_E_DATA_LOSS) {
        w->c = (krx_oci_container){.id = id, .name = id};
        return 0;
    }
    if (code) {
        *call->error = side.error;
        return code;
    }
    w->c.stop_asked = true;
    w->c.restart_asked = false;
    w->c.phase = KRX_OCI_REMOVING;
    return keep(call, w);
}

int32_t krx_oci_remove(krx_call *call, krx_oci_backend *backend, const char *id)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    work w = {.backend = backend, .arena = arena};
    const char *folder =
        arena ? krx_oci_path(arena, &backend->store, "containers", id, NULL) : NULL;
    if (!folder)
        return krx_no_memory(call);
    if (access(folder, F_OK) != 0 && errno == ENOENT)
        return 0;
    int32_t code = condemn(call, &w, id);
    if (!code && krx_oci_process_alive(&w.c.init)) {
        code = need_runtime(call, &w);
        if (!code)
            code = kill_all(call, &w);
    }
    if (!code && !w.c.starting) /* one that does not end is reaped by force */
        code = krx_oci_await_process(call, &w.c.conmon, KILL_LIMIT_NS);
    if (code >= 0)
        code = keeper(call, &w, "remove", id);
    if (!code && w.c.workload)
        note(call, &w, "destroy", NULL);
    return code;
}
