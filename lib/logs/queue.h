/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines on their way from the threads that read them to the one that emits. The size is
 * bounded, so that a slow reader slows the server down and nothing is lost.
 */
#ifndef KRX_LOGS_QUEUE_H
#define KRX_LOGS_QUEUE_H

#include <pthread.h>

#include "lib/logs/lines.h"

typedef struct krx_log_piece {
    struct krx_log_piece *next;
    uint32_t stream;
    int64_t replica;
    int64_t time_ns;
    char *name;
    size_t length;
    size_t room;
    char data[];
} krx_log_piece;

typedef struct krx_log_queue {
    pthread_mutex_t lock;
    pthread_cond_t room;
    krx_log_piece *first, **last;
    krx_log_piece *newest; /* of those in the queue */
    bool joins; /* lines of one source that follow each other become one piece, the time lost */
    size_t queued;
    size_t writers; /* that have not left */
    bool stop;
    int wake_fd;       /* an eventfd, readable: something is in the queue or a writer left */
    krx_error failure; /* of the first writer that failed; code 0: none */
} krx_log_queue;

void krx_log_queue_init(krx_log_queue *queue, int wake_fd);
void krx_log_queue_free(krx_log_queue *queue);

/* Waits for room. KRX_E_CANCELLED once the queue was stopped. */
int32_t krx_log_queue_put(krx_call *call, krx_log_queue *queue, const char *name, int64_t replica,
                          const krx_log_line *line);
/* All there is; *writers gets how many may add more. */
krx_log_piece *krx_log_queue_take(krx_log_queue *queue, size_t *writers);
void krx_log_pieces_free(krx_log_piece *pieces);

void krx_log_queue_join(krx_log_queue *queue);
/* *left is set in the same moment. */
void krx_log_queue_leave(krx_log_queue *queue, int32_t code, const krx_error *error, bool *left);
bool krx_log_queue_has_left(krx_log_queue *queue, const bool *left);
bool krx_log_queue_has_failed(krx_log_queue *queue);
/* Nobody waits for room any more. */
void krx_log_queue_stop(krx_log_queue *queue);

#endif
