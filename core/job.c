/* SPDX-License-Identifier: Apache-2.0 */
#include "core/job.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* How long krx_jobs_close() waits for callers, after it cancelled them, and then for modules that
 * were abandoned before: those had their grace already. */
#define CALLERS_NS (3 * KRX_JOB_GRACE_NS)
#define ABANDONED_NS (KRX_JOB_GRACE_NS / 4)
#define STACK_BYTES (1024u * 1024)

static void raise_fd(int fd)
{
    while (eventfd_write(fd, 1) < 0 && errno == EINTR)
        ;
}

int krx_jobs_init(krx_jobs *jobs)
{
    if (pthread_mutex_init(&jobs->lock, NULL))
        return -1;
    if (krx_cond_init(&jobs->changed) == 0)
        return 0;
    pthread_mutex_destroy(&jobs->lock);
    return -1;
}

void krx_jobs_destroy(krx_jobs *jobs)
{
    pthread_cond_destroy(&jobs->changed);
    pthread_mutex_destroy(&jobs->lock);
}

bool krx_jobs_enter(krx_jobs *jobs)
{
    KRX_LOCK_SCOPE(&jobs->lock);
    if (jobs->closing)
        return false;
    jobs->inside++;
    return true;
}

void krx_jobs_leave(krx_jobs *jobs)
{
    KRX_LOCK_SCOPE(&jobs->lock);
    jobs->inside--;
    pthread_cond_broadcast(&jobs->changed);
}

static bool link_job(krx_jobs *jobs, krx_job *job)
{
    KRX_LOCK_SCOPE(&jobs->lock);
    if (jobs->closing)
        return false;
    job->next = jobs->first;
    job->previous = NULL;
    if (job->next)
        job->next->previous = job;
    jobs->first = job;
    return true;
}

static void unlink_job(krx_jobs *jobs, krx_job *job)
{
    KRX_LOCK_SCOPE(&jobs->lock);
    if (job->next)
        job->next->previous = job->previous;
    if (job->previous)
        job->previous->next = job->next;
    else
        jobs->first = job->next;
    pthread_cond_broadcast(&jobs->changed);
}

/* The host is going away. */
static void tell_closing(krx_job *job)
{
    pthread_mutex_lock(&job->lock);
    job->closing = true;
    pthread_mutex_unlock(&job->lock);
    raise_fd(job->cancel_fd);
    raise_fd(job->done_fd);
}

bool krx_jobs_close(krx_jobs *jobs)
{
    int64_t limit = krx_now_monotonic() + CALLERS_NS;
    KRX_LOCK_SCOPE(&jobs->lock);
    jobs->closing = true;
    for (krx_job *job = jobs->first; job; job = job->next)
        tell_closing(job);
    while (jobs->inside)
        if (!krx_cond_wait_until(&jobs->changed, &jobs->lock, limit))
            break;
    limit = krx_now_monotonic() + ABANDONED_NS;
    while (jobs->first)
        if (!krx_cond_wait_until(&jobs->changed, &jobs->lock, limit))
            break;
    return jobs->inside == 0;
}

static int32_t make_sync(krx_job *job)
{
    job->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    job->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (job->done_fd < 0 || job->cancel_fd < 0 || pthread_mutex_init(&job->lock, NULL))
        return -1;
    if (krx_cond_init(&job->changed) == 0)
        return 0;
    pthread_mutex_destroy(&job->lock);
    return -1;
}

int32_t krx_job_init(krx_job *job, krx_call *caller, const krx_host *host, int64_t deadline_ns)
{
    if (make_sync(job) < 0) {
        int saved = errno;
        (void)krx_cleanup_close_(&job->done_fd), krx_cleanup_close_(&job->cancel_fd);
        return krx_fail(caller, KRX_E_RESOURCE_EXHAUSTED, "preparing a call: %s", strerror(saved));
    }
    job->refs = 1;
    job->error.struct_size = sizeof job->error;
    job->call = (krx_call){
        .struct_size = sizeof job->call,
        .cancel_fd = job->cancel_fd,
        .deadline_ns = deadline_ns,
        .prefix = job->prefix,
        .error = &job->error,
        .host = host,
        .host_data = job,
    };
    return 0;
}

void krx_job_unref(krx_job *job)
{
    pthread_mutex_lock(&job->lock);
    int left = --job->refs;
    pthread_mutex_unlock(&job->lock);
    if (left)
        return;
    pthread_mutex_destroy(&job->lock);
    pthread_cond_destroy(&job->changed);
    close(job->done_fd);
    close(job->cancel_fd);
    job->dispose(job);
}

int32_t krx_job_emit(krx_job *job, krx_sink *to, uint32_t kind, const void *item)
{
    pthread_mutex_lock(&job->lock);
    bool gone = job->abandoned;
    job->emitting = !gone;
    pthread_mutex_unlock(&job->lock);
    if (gone)
        return KRX_E_CANCELLED;
    int32_t code = krx_emit(to, kind, item);
    pthread_mutex_lock(&job->lock);
    job->emitting = false;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
    return code;
}

static int32_t take_turn_and_run(krx_job *job)
{
    if (!job->turn)
        return job->run(job);
    int32_t code = krx_turn_take(job->turn, job->what, job->call.deadline_ns, &job->given_up);
    if (code) {
        const char *holder = krx_turn_holder(job->turn);
        return krx_fail(&job->call, code,
                        "%s waited in vain: the module does one thing at a time and is not done "
                        "with an earlier %s",
                        job->what, holder ? holder : "call");
    }
    code = job->run(job);
    krx_turn_give_back(job->turn);
    return code;
}

static void *thread_main(void *arg)
{
    krx_job *job = arg;
    krx_jobs *jobs = job->jobs;
    int32_t code = take_turn_and_run(job);
    unlink_job(jobs, job);
    pthread_mutex_lock(&job->lock);
    job->result = code;
    job->done = true;
    pthread_mutex_unlock(&job->lock);
    raise_fd(job->done_fd);
    krx_job_unref(job);
    return NULL;
}

/* Signals belong to the program's own threads. */
static int start_thread(krx_job *job)
{
    sigset_t all, old;
    pthread_attr_t attr;
    if (pthread_attr_init(&attr))
        return ENOMEM;
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int err = pthread_create(&job->thread, &attr, thread_main, job);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return err;
}

/* The module learns that it is to stop, and so does its waiting for a turn. */
static void raise_cancel(krx_job *job)
{
    raise_fd(job->cancel_fd);
    if (job->turn)
        krx_turn_give_up(job->turn, &job->given_up);
}

/* Leaves the job alone, unless it ended just now. False when it did. */
static bool abandon(krx_job *job)
{
    KRX_LOCK_SCOPE(&job->lock);
    while (job->emitting)
        pthread_cond_wait(&job->changed, &job->lock);
    job->abandoned = !job->done;
    return job->abandoned;
}

/* Sleeps until the job ends, the caller cancels (if `watch`) or the limit; true for cancel. */
static bool sleep_until(krx_job *job, const krx_call *caller, bool watch, int64_t limit_ns)
{
    struct pollfd fds[2] = {
        {.fd = job->done_fd, .events = POLLIN},
        {.fd = watch ? caller->cancel_fd : -1, .events = POLLIN},
    };
    struct timespec t, *timeout = NULL;
    if (limit_ns != INT64_MAX) {
        int64_t left = limit_ns - krx_now_monotonic();
        left = left > 0 ? left : 0;
        t = (struct timespec){.tv_sec = left / KRX_NS_PER_S, .tv_nsec = left % KRX_NS_PER_S};
        timeout = &t;
    }
    if (ppoll(fds, 2, timeout, NULL) < 0)
        return false;
    eventfd_t drained;
    if (fds[0].revents)
        (void)eventfd_read(job->done_fd, &drained);
    return fds[1].revents != 0;
}

/* False when the job was abandoned. */
static bool wait_done(krx_job *job, const krx_call *caller)
{
    const int64_t deadline = job->call.deadline_ns;
    int64_t limit = deadline;
    bool raised = false;
    for (;;) {
        bool cancelled = sleep_until(job, caller, job->ended_by == 0, limit);
        pthread_mutex_lock(&job->lock);
        bool done = job->done, closing = job->closing;
        pthread_mutex_unlock(&job->lock);
        if (done)
            return true;
        int64_t now = krx_now_monotonic();
        if (job->ended_by == 0 && (cancelled || closing)) {
            job->ended_by = KRX_E_CANCELLED;
            raise_cancel(job);
            raised = true;
            limit = now + KRX_JOB_GRACE_NS;
        } else if (job->ended_by == 0 && now >= deadline) {
            /* a module that watches its deadline says more than we can, so it goes first */
            job->ended_by = KRX_E_DEADLINE_EXCEEDED;
            limit = now + KRX_JOB_GRACE_NS / 4;
        } else if (job->ended_by != 0 && now >= limit && !raised) {
            raise_cancel(job);
            raised = true;
            limit = now + KRX_JOB_GRACE_NS * 3 / 4;
        } else if (job->ended_by != 0 && now >= limit) {
            return !abandon(job);
        }
    }
}

void krx_job_run(krx_job *job, krx_call *caller)
{
    if (!link_job(job->jobs, job)) {
        job->result = krx_fail(&job->call, KRX_E_CANCELLED, "the runtime is being shut down");
        return;
    }
    job->refs++;
    int err = start_thread(job);
    if (err) {
        job->refs--;
        unlink_job(job->jobs, job);
        job->result = krx_fail(&job->call, KRX_E_RESOURCE_EXHAUSTED, "starting a thread for %s: %s",
                               job->what, strerror(err));
    } else if (wait_done(job, caller)) {
        pthread_join(job->thread, NULL);
    } else {
        pthread_detach(job->thread);
    }
}
