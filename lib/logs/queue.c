/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/logs/queue.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUEUE_BYTES ((size_t)1 << 20)
#define JOINED_BYTES ((size_t)8 << 10)

void krx_log_queue_init(krx_log_queue *queue, int wake_fd)
{
    *queue = (krx_log_queue){.wake_fd = wake_fd};
    queue->last = &queue->first;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->room, NULL);
}

void krx_log_queue_free(krx_log_queue *queue)
{
    krx_log_pieces_free(queue->first);
    pthread_cond_destroy(&queue->room);
    pthread_mutex_destroy(&queue->lock);
}

static void wake(const krx_log_queue *queue)
{
    uint64_t one = 1;
    ssize_t done = write(queue->wake_fd, &one, sizeof one);
    (void)done;
}

static void add_text(krx_log_piece *p, const krx_log_line *line)
{
    memcpy(p->data + p->length, line->text, line->length);
    p->length += line->length;
    if (!line->partial)
        p->data[p->length++] = '\n';
}

static krx_log_piece *new_piece(const char *name, int64_t replica, const krx_log_line *line,
                                size_t room)
{
    krx_log_piece *p = malloc(sizeof *p + room);
    char *copy = strdup(name);
    if (!p || !copy) {
        free(p);
        free(copy);
        return NULL;
    }
    *p = (krx_log_piece){.stream = line->stream,
                         .replica = replica,
                         .time_ns = line->time_ns,
                         .name = copy,
                         .room = room};
    add_text(p, line);
    return p;
}

/* True when the line went into the newest piece. */
static bool join_newest(krx_log_queue *queue, const char *name, const krx_log_line *line)
{
    KRX_LOCK_SCOPE(&queue->lock);
    krx_log_piece *p = queue->newest;
    if (queue->stop || queue->queued >= QUEUE_BYTES || !p || p->stream != line->stream ||
        p->room - p->length < line->length + 1 || strcmp(p->name, name) != 0)
        return false;
    add_text(p, line);
    return true;
}

int32_t krx_log_queue_put(krx_call *call, krx_log_queue *queue, const char *name, int64_t replica,
                          const krx_log_line *line)
{
    size_t least = line->length + 1;
    if (queue->joins && join_newest(queue, name, line))
        return 0;
    krx_log_piece *p =
        new_piece(name, replica, line, queue->joins && least < JOINED_BYTES ? JOINED_BYTES : least);
    if (!p)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    pthread_mutex_lock(&queue->lock);
    while (queue->queued >= QUEUE_BYTES && !queue->stop)
        pthread_cond_wait(&queue->room, &queue->lock);
    bool stop = queue->stop;
    bool empty = !queue->first;
    if (!stop) {
        *queue->last = p;
        queue->last = &p->next;
        queue->newest = p;
        queue->queued += p->room + sizeof *p;
    }
    pthread_mutex_unlock(&queue->lock);
    if (stop) {
        krx_log_pieces_free(p);
        return krx_fail(call, KRX_E_CANCELLED, "following was ended");
    }
    if (empty)
        wake(queue);
    return 0;
}

krx_log_piece *krx_log_queue_take(krx_log_queue *queue, size_t *writers)
{
    pthread_mutex_lock(&queue->lock);
    krx_log_piece *all = queue->first;
    queue->first = NULL;
    queue->last = &queue->first;
    queue->newest = NULL;
    queue->queued = 0;
    *writers = queue->writers;
    pthread_cond_broadcast(&queue->room);
    pthread_mutex_unlock(&queue->lock);
    return all;
}

void krx_log_pieces_free(krx_log_piece *pieces)
{
    while (pieces) {
        krx_log_piece *next = pieces->next;
        free(pieces->name);
        free(pieces);
        pieces = next;
    }
}

void krx_log_queue_join(krx_log_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->writers++;
    pthread_mutex_unlock(&queue->lock);
}

void krx_log_queue_leave(krx_log_queue *queue, int32_t code, const krx_error *error, bool *left)
{
    pthread_mutex_lock(&queue->lock);
    if (code && code != KRX_E_CANCELLED && !queue->failure.code) {
        queue->failure = *error;
        queue->failure.code = code;
    }
    queue->writers--;
    *left = true;
    pthread_mutex_unlock(&queue->lock);
    wake(queue);
}

bool krx_log_queue_has_left(krx_log_queue *queue, const bool *left)
{
    pthread_mutex_lock(&queue->lock);
    bool answer = *left;
    pthread_mutex_unlock(&queue->lock);
    return answer;
}

bool krx_log_queue_has_failed(krx_log_queue *queue)
{
    KRX_LOCK_SCOPE(&queue->lock);
    return queue->failure.code != 0;
}

void krx_log_queue_stop(krx_log_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->stop = true;
    pthread_cond_broadcast(&queue->room);
    pthread_mutex_unlock(&queue->lock);
}
