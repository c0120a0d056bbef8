/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS_MAX 8u

typedef struct crew {
    krx_call *call;
    size_t count;
    krx_job_fn *job;
    void *ctx;
    atomic_size_t next;
    pthread_mutex_t lock;
    size_t failed_index;
    krx_error failure; /* code 0: none */
} crew;

static void note_failure(crew *c, size_t index, const krx_error *error, int32_t code)
{
    pthread_mutex_lock(&c->lock);
    if (!c->failure.code || index < c->failed_index) {
        c->failure = *error;
        c->failure.code = code;
        c->failed_index = index;
    }
    pthread_mutex_unlock(&c->lock);
}

static void *work(void *arg)
{
    crew *c = arg;
    for (;;) {
        size_t index = atomic_fetch_add(&c->next, 1);
        if (index >= c->count)
            return NULL;
        krx_error error = {.struct_size = sizeof error};
        krx_call call = *c->call;
        call.error = &error;
        call.progress = NULL;
        int32_t code = c->job(&call, c->ctx, index);
        if (code)
            note_failure(c, index, &error, code);
    }
}

int32_t krx_parallel(krx_call *call, size_t count, krx_job_fn *job, void *ctx)
{
    pthread_t threads[THREADS_MAX];
    size_t started = 0;
    if (count == 1)
        return job(call, ctx, 0);
    crew c = {.call = call, .count = count, .job = job, .ctx = ctx};
    pthread_mutex_init(&c.lock, NULL);
    while (started + 1 < count && started < THREADS_MAX &&
           pthread_create(&threads[started], NULL, work, &c) == 0)
        started++;
    (void)work(&c);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&c.lock);
    if (c.failure.code)
        *call->error = c.failure;
    return c.failure.code;
}
