/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kranix/bulk.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"

typedef struct bulk {
    pthread_mutex_t lock;
    size_t count;
    size_t next;     /* to be worked */
    size_t reported; /* done() was called for those below */
    bool *worked;
    void (*work)(void *ctx, size_t i);
    void (*done)(void *ctx, size_t i);
    void *ctx;
} bulk;

static void report(bulk *b, size_t i)
{
    KRX_LOCK_SCOPE(&b->lock);
    b->worked[i] = true;
    for (; b->reported < b->count && b->worked[b->reported]; b->reported++)
        b->done(b->ctx, b->reported);
}

static bool take(bulk *b, size_t *i)
{
    KRX_LOCK_SCOPE(&b->lock);
    if (b->next >= b->count)
        return false;
    *i = b->next++;
    return true;
}

static void *worker(void *arg)
{
    bulk *b = arg;
    size_t i;
    while (take(b, &i)) {
        b->work(b->ctx, i);
        report(b, i);
    }
    return NULL;
}

void krx_cli_parallel(size_t count, size_t width, void (*work)(void *ctx, size_t i),
                      void (*done)(void *ctx, size_t i), void *ctx)
{
    pthread_t threads[64];
    size_t started = 0;
    bulk b = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .count = count, .work = work, .done = done, .ctx = ctx};
    krx_autofree bool *worked = calloc(count + 1, sizeof *worked);
    b.worked = worked;
    if (!worked) {
        for (size_t i = 0; i < count; i++) {
            work(ctx, i);
            done(ctx, i);
        }
        return;
    }
    while (started + 1 < width && started + 1 < count && started < KRX_COUNT(threads) &&
           pthread_create(&threads[started], NULL, worker, &b) == 0)
        started++;
    (void)worker(&b);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}
