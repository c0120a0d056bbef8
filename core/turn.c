/* SPDX-License-Identifier: Apache-2.0 */
#include "core/turn.h"

#include <errno.h>
#include <time.h>

#include <kranix/errors.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

int krx_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr))
        return -1;
    int failed =
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) || pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
    return failed ? -1 : 0;
}

bool krx_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline_ns)
{
    if (deadline_ns == INT64_MAX)
        return pthread_cond_wait(cond, lock) == 0;
    struct timespec until = {.tv_sec = deadline_ns / KRX_NS_PER_S,
                             .tv_nsec = deadline_ns % KRX_NS_PER_S};
    return pthread_cond_timedwait(cond, lock, &until) != ETIMEDOUT;
}

int krx_turn_init(krx_turn *turn)
{
    turn->holder = NULL;
    if (pthread_mutex_init(&turn->lock, NULL))
        return -1;
    if (krx_cond_init(&turn->changed) == 0)
        return 0;
    pthread_mutex_destroy(&turn->lock);
    return -1;
}

void krx_turn_destroy(krx_turn *turn)
{
    pthread_cond_destroy(&turn->changed);
    pthread_mutex_destroy(&turn->lock);
}

int32_t krx_turn_take(krx_turn *turn, const char *op, int64_t deadline_ns, const bool *given_up)
{
    KRX_LOCK_SCOPE(&turn->lock);
    while (turn->holder && !*given_up)
        if (!krx_cond_wait_until(&turn->changed, &turn->lock, deadline_ns))
            break;
    if (*given_up)
        return KRX_E_CANCELLED;
    if (turn->holder)
        return KRX_E_DEADLINE_EXCEEDED;
    turn->holder = op;
    return 0;
}

void krx_turn_give_back(krx_turn *turn)
{
    KRX_LOCK_SCOPE(&turn->lock);
    turn->holder = NULL;
    pthread_cond_broadcast(&turn->changed);
}

void krx_turn_give_up(krx_turn *turn, bool *given_up)
{
    KRX_LOCK_SCOPE(&turn->lock);
    *given_up = true;
    pthread_cond_broadcast(&turn->changed);
}

const char *krx_turn_holder(krx_turn *turn)
{
    KRX_LOCK_SCOPE(&turn->lock);
    return turn->holder;
}
