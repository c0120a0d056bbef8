/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A piece of a module's code running on a thread of its own, so that a module that never returns
 * costs one call and not the caller. The caller waits; when deadline or cancel and a short grace
 * have passed it abandons the job, which then finishes alone and frees itself.
 */
#ifndef KRX_CORE_JOB_H
#define KRX_CORE_JOB_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <kranix/call.h>
#include <kranix/host.h>
#include <kranix/sink.h>

#include "core/turn.h"

/* How long a module may overstay. */
#define KRX_JOB_GRACE_NS INT64_C(1000000000)
#define KRX_JOB_PREFIX_MAX 112

typedef struct krx_job krx_job;

/* The jobs that run, and how many threads are inside to start and await them. */
typedef struct krx_jobs {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    krx_job *first;
    size_t inside;
    bool closing;
} krx_jobs;

struct krx_job {
    /* set by the owner before the start */
    int32_t (*run)(krx_job *job);  /* on the thread */
    void (*dispose)(krx_job *job); /* once, by whoever is last; frees the job */
    krx_jobs *jobs;
    krx_turn *turn;   /* what run needs first, or NULL */
    const char *what; /* "driver.ping"; static */

    /* for run */
    krx_call call;
    krx_error error;
    char prefix[KRX_JOB_PREFIX_MAX];

    /* the job's own */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    int done_fd;
    int cancel_fd;
    bool done;
    bool abandoned;
    bool emitting;
    bool closing;  /* the host is going away */
    bool given_up; /* under the turn's lock */
    int refs;
    int32_t result;
    int32_t ended_by; /* 0, or KRX_E_CANCELLED or KRX_E_DEADLINE_EXCEEDED: why the host ended it */
    krx_job *next, *previous; /* under the lock of jobs */
};

/*
 * Prepares a zeroed job for a caller: its deadline, no later than `deadline_ns`, and the table of
 * services. After a failure the owner frees it, after 0 dispose does.
 */
int32_t krx_job_init(krx_job *job, krx_call *caller, const krx_host *host, int64_t deadline_ns);

/*
 * Runs it. Afterwards job->abandoned, or result and error are valid (run has ended, or could not
 * be started). The owner's reference is still held.
 */
void krx_job_run(krx_job *job, krx_call *caller);
void krx_job_unref(krx_job *job);

/* Passes an item on, unless the caller has gone. From run only. */
int32_t krx_job_emit(krx_job *job, krx_sink *to, uint32_t kind, const void *item);

int krx_jobs_init(krx_jobs *jobs); /* 0 or -1 */
void krx_jobs_destroy(krx_jobs *jobs);
/* Counts a thread in and out; false when no more may come. */
bool krx_jobs_enter(krx_jobs *jobs);
void krx_jobs_leave(krx_jobs *jobs);
/* Lets no more in, cancels what runs and waits a little. False: threads are still inside. */
bool krx_jobs_close(krx_jobs *jobs);

#endif
