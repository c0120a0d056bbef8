/* SPDX-License-Identifier: Apache-2.0 */
/* A turn to speak with a module that does one thing at a time; waiting for it can be given up. */
#ifndef KRX_CORE_TURN_H
#define KRX_CORE_TURN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct krx_turn {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const char *holder; /* name of the op that has it, NULL: free */
} krx_turn;

int krx_turn_init(krx_turn *turn); /* 0 or -1 */
void krx_turn_destroy(krx_turn *turn);

/*
 * Waits until the turn is free, the monotonic deadline (INT64_MAX: none) or *given_up, which is
 * read and, by krx_turn_give_up(), written under the turn's lock. 0 when taken, else
 * KRX_E_DEADLINE_EXCEEDED or KRX_E_CANCELLED.
 */
int32_t krx_turn_take(krx_turn *turn, const char *op, int64_t deadline_ns, const bool *given_up);
void krx_turn_give_back(krx_turn *turn);
void krx_turn_give_up(krx_turn *turn, bool *given_up);
/* The op that has it at the moment, or NULL. */
const char *krx_turn_holder(krx_turn *turn);

/* A condition variable on CLOCK_MONOTONIC; 0 or -1. */
int krx_cond_init(pthread_cond_t *cond);
/* False when the deadline passed. */
bool krx_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline_ns);

#endif
