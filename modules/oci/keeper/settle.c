/* SPDX-License-Identifier: Apache-2.0 */
/* How a run ends. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "modules/oci/keeper/cgroup.h"
#include "modules/oci/keeper/life.h"
#include "modules/oci/net/net.h"
#include "modules/oci/store/events.h"

#define END_TIME (5 * KRX_NS_PER_S)
#define EXIT_FILE_TIME (2 * KRX_NS_PER_S)
#define MAKERS_MAX 8
#define LOOK_EVERY (5 * KRX_NS_PER_MS)

/* What conmon wrote: the code and when it ended; false when it has not (yet). */
static bool read_exit(krx_oci_job *job, int64_t *exit_code, int64_t *finished_ns)
{
    char text[32];
    struct stat st;
    const char *path = krx_arena_printf(job->arena, "%s/exit/%s", job->folder, job->id);
    krx_autoclose int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (n <= 0 || fstat(fd, &st) < 0)
        return false;
    text[n] = '\0';
    *exit_code = strtoll(text, NULL, 10);
    *finished_ns = st.st_mtim.tv_sec * KRX_NS_PER_S + st.st_mtim.tv_nsec;
    return true;
}

/* Conmon notes the code right after the end, when it has read the rest of the output. */
static void await_exit(krx_oci_job *job, krx_call *call, int64_t *exit_code, int64_t *finished_ns)
{
    int64_t until = krx_now_monotonic() + EXIT_FILE_TIME;
    while (!read_exit(job, exit_code, finished_ns)) {
        if (!krx_oci_process_alive(&job->container.conmon) || krx_now_monotonic() > until ||
            krx_sleep(call, LOOK_EVERY) < 0) {
            (void)read_exit(job, exit_code, finished_ns);
            return;
        }
    }
}

/* True when it had not ended by itself. */
static bool end_init(krx_oci_job *job, krx_call *call)
{
    const krx_oci_process *init = &job->container.init;
    if (!krx_oci_process_alive(init))
        return false;
    if (!(job->runtime.can & KRX_OCI_CAN_SEE_INIT) ||
        !krx_oci_signal_process(init, SIGKILL)) /* runsc: the sandbox reports the guest's code */
        (void)krx_oci_job_kill(job, call);
    if (!krx_oci_await_end(call, init, END_TIME)) {
        krx_oci_signal_process(init, SIGKILL);
        (void)krx_oci_await_end(call, init, END_TIME);
    }
    return true;
}

static bool nothing_left(const krx_oci_container *c)
{
    return !c->starting && c->init.pid <= 0 && c->conmon.pid <= 0 && c->prober.pid <= 0 &&
           c->phase != KRX_OCI_RUNNING && c->phase != KRX_OCI_PAUSED && c->phase != KRX_OCI_WAITING;
}

static void note_end(krx_oci_job *job, krx_call *call, const char *reason)
{
    krx_oci_container *c = &job->container;
    if (!c->oom_killed && !krx_oci_oom_take(job->call, &job->store, c) && krx_oci_cgroup_oom(job)) {
        c->oom_killed = true;
        krx_oci_event_note(job->call, &job->store, c, "oom", KRX_UNSET, "out of memory");
    }
    /* who hears of the end may ask at once how it was */
    if (krx_oci_container_write(call, &job->store, c) < 0)
        krx_log(job->call, KRX_LOG_WARN, "%s", call->error->message);
    krx_oci_event_note(job->call, &job->store, c, "die", c->exit_code, reason);
}

/* Of a start that was cut off. It may have run and ended all the same. Conmon takes a runtime that
 * still makes it along. */
static void end_start(krx_oci_job *job, krx_call *call)
{
    krx_oci_container *c = &job->container;
    if (c->conmon.pid > 0 && read_exit(job, &c->exit_code, &c->finished_ns)) {
        c->phase = KRX_OCI_EXITED;
        note_end(job, call, NULL);
        return;
    }
    krx_oci_process makers[MAKERS_MAX];
    size_t count = krx_oci_children(call, &c->conmon, makers, MAKERS_MAX);
    krx_oci_signal_process(&c->conmon, SIGKILL);
    (void)krx_oci_await_end(call, &c->conmon, END_TIME);
    for (size_t i = 0; i < count; i++) { /* what they make would be nobody's */
        krx_oci_signal_process(&makers[i], SIGKILL);
        (void)krx_oci_await_end(call, &makers[i], END_TIME);
    }
    c->exit_code = -1;
    if (c->phase == KRX_OCI_WAITING || c->phase == KRX_OCI_EXITED)
        c->finished_ns = krx_now_unix();
}

int32_t krx_oci_life_settle(krx_oci_job *job, const char *reason)
{
    krx_side_call side;
    krx_call *call = krx_undo_call(&side, job->call);
    krx_oci_container *c = &job->container;
    const krx_oci_process none = {0};
    bool ran = c->phase == KRX_OCI_RUNNING || c->phase == KRX_OCI_PAUSED;
    if (nothing_left(c))
        return 0;
    krx_oci_signal_process(&c->prober, SIGKILL);
    if (end_init(job, call))
        reason = NULL;
    if (c->starting && !ran)
        end_start(job, call);
    if (ran) {
        c->exit_code = -1;
        c->finished_ns = krx_now_unix();
        await_exit(job, call, &c->exit_code, &c->finished_ns);
        note_end(job, call, reason);
    }
    /* conmon would only call us, who are here already; a keeper that waits for the next start has
     * its place too */
    krx_oci_signal_process(&c->conmon, SIGKILL);
    if (job->launch.rootless && !job->inside) /* only from here may we signal all of them */
        krx_oci_signal_process(&c->pasta, SIGKILL);
    int32_t code = krx_oci_job_enter(job);
    if (code < 0)
        return code;
    code = krx_oci_job_runtime(job, call, "delete", (const char *const[]){"--force", NULL});
    if (code < 0 && code != KRX_E_NOT_FOUND)
        krx_log(job->call, KRX_LOG_WARN, "%s", side.error.message);
    krx_oci_cgroup_clean(job);
    c->init = c->conmon = c->prober = none;
    c->health = NULL;
    c->starting = false;
    if (c->phase != KRX_OCI_REMOVING && c->phase != KRX_OCI_CREATED)
        c->phase = KRX_OCI_EXITED;
    return 0;
}

int32_t krx_oci_life_release(krx_oci_job *job, krx_call *call)
{
    return krx_oci_net_detach(call, job->arena, &job->store, &job->launch, &job->container);
}
