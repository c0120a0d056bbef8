/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/events/queue.h"

#include <stdlib.h>
#include <sys/eventfd.h>

#include "lib/base/clock.h"

#define WATCHES_MAX 4
#define QUEUED_MAX 4096

typedef struct queue {
    pthread_mutex_t lock;
    pthread_cond_t room;
    krx_k8s_news *first, **last;
    size_t queued;
    bool stop;
    int wake_fd;
    int stop_fd;
    int32_t code; /* of the first watch that failed */
    krx_error error;
} queue;

typedef struct watcher {
    queue *queue;
    krx_k8s_watched *watched;
    krx_kube *kube;
    krx_call call;
    krx_error error;
    pthread_t thread;
} watcher;

void krx_k8s_news_free(krx_k8s_news *news)
{
    while (news) {
        krx_k8s_news *next = news->next;
        cJSON_Delete(news->object);
        free(news);
        news = next;
    }
}

static void wake(int fd)
{
    uint64_t one = 1;
    ssize_t n = write(fd, &one, sizeof one);
    (void)n; /* full is awake */
}

static int32_t put(void *ctx, krx_kube_change change, const cJSON *item)
{
    watcher *w = ctx;
    queue *q = w->queue;
    krx_k8s_news *news = calloc(1, sizeof *news);
    if (news && item)
        news->object = cJSON_Duplicate(item, 1);
    if (!news || (item && !news->object)) {
        free(news);
        return krx_no_memory(&w->call);
    }
    news->kind = w->watched->select.kind;
    news->change = change;
    KRX_LOCK_SCOPE(&q->lock);
    while (q->queued >= QUEUED_MAX && !q->stop)
        pthread_cond_wait(&q->room, &q->lock);
    if (q->stop) {
        krx_k8s_news_free(news);
        return 1;
    }
    *q->last = news;
    q->last = &news->next;
    if (!q->queued++)
        wake(q->wake_fd);
    return 0;
}

static void *work(void *arg)
{
    watcher *w = arg;
    krx_kube_watch_options options = {.from_version = w->watched->version,
                                      .patience_ns = KRX_UNSET};
    int32_t code = krx_kube_watch(&w->call, w->kube, &w->watched->select, &options, put, w);
    KRX_LOCK_SCOPE(&w->queue->lock);
    if (code < 0 && !w->queue->code && !w->queue->stop) {
        w->queue->code = code;
        w->queue->error = w->error;
    }
    wake(w->queue->wake_fd);
    return NULL;
}

static krx_k8s_news *take_all(queue *q, int32_t *code)
{
    uint64_t count;
    ssize_t n = read(q->wake_fd, &count, sizeof count);
    (void)n;
    KRX_LOCK_SCOPE(&q->lock);
    krx_k8s_news *news = q->first;
    q->first = NULL;
    q->last = &q->first;
    q->queued = 0;
    *code = q->code;
    pthread_cond_broadcast(&q->room);
    return news;
}

static int32_t pass_on(krx_call *call, queue *q, int64_t until_ns, krx_k8s_news_fn *on_news,
                       void *ctx)
{
    for (;;) {
        int64_t left = until_ns == KRX_UNSET ? -1 : until_ns - krx_now_unix();
        krx_wait_fd fd = {.struct_size = sizeof fd, .fd = q->wake_fd, .want = KRX_WAIT_READ};
        if (until_ns != KRX_UNSET && left <= 0)
            return 0;
        int32_t code = call->host->wait(call->host, call, &fd, 1, left);
        if (code < 0)
            return code;
        int32_t failed;
        krx_k8s_news *news = take_all(q, &failed);
        code = 0;
        for (const krx_k8s_news *n = news; n && !code; n = n->next)
            code = on_news(ctx, n);
        krx_k8s_news_free(news);
        if (!code && failed) {
            *call->error = q->error;
            code = failed;
        }
        if (code)
            return code;
    }
}

int32_t krx_k8s_watch_all(krx_call *call, krx_k8s_backend *backend, krx_k8s_watched *watches,
                          size_t count, int64_t until_ns, krx_k8s_news_fn *on_news, void *ctx)
{
    krx_autoclose int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    krx_autoclose int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watcher watchers[WATCHES_MAX] = {0};
    queue q = {.wake_fd = wake_fd, .stop_fd = stop_fd};
    size_t started = 0;
    if (wake_fd < 0 || stop_fd < 0 || count > WATCHES_MAX)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no descriptors left to watch with");
    q.last = &q.first;
    pthread_mutex_init(&q.lock, NULL);
    pthread_cond_init(&q.room, NULL);
    for (; started < count; started++) {
        watcher *w = &watchers[started];
        w->queue = &q;
        w->watched = &watches[started];
        w->kube = backend->kube;
        w->call = *call;
        w->call.cancel_fd = stop_fd;
        w->call.progress = NULL;
        w->call.error = &w->error;
        w->error.struct_size = sizeof w->error;
        if (pthread_create(&w->thread, NULL, work, w) != 0)
            break;
    }
    int32_t code = started == count
                       ? pass_on(call, &q, until_ns, on_news, ctx)
                       : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no thread to watch with");
    pthread_mutex_lock(&q.lock);
    q.stop = true;
    pthread_cond_broadcast(&q.room);
    pthread_mutex_unlock(&q.lock);
    wake(stop_fd);
    for (size_t i = 0; i < started; i++)
        pthread_join(watchers[i].thread, NULL);
    krx_k8s_news_free(q.first);
    pthread_cond_destroy(&q.room);
    pthread_mutex_destroy(&q.lock);
    return code;
}
