/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following pods: a watch tells which there are and how their containers are, one thread each reads
 * a pod's log, the op's thread alone emits.
 */
#include "modules/kubernetes/logs/follow.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"

#define LOOK_NS (2 * KRX_NS_PER_S)
#define GATHER_NS (5 * KRX_NS_PER_MS)

static int32_t emit_pieces(const krx_k8s_follow *h, const krx_log_piece *p, krx_sink *log)
{
    int32_t code = 0;
    for (; p && !code; p = p->next) {
        krx_log_chunk chunk = {.struct_size = sizeof chunk,
                               .stream = p->stream,
                               .instance = p->name,
                               .time_ns = h->req->timestamps ? p->time_ns : KRX_UNSET,
                               .data = p->data,
                               .length = p->length};
        code = p->length ? krx_emit(log, KRX_ITEM_LOG, &chunk) : 0;
    }
    return code;
}

/* With no pod left to read: whether there will be further ones. */
static bool is_over(krx_k8s_follow *h)
{
    krx_side_call side;
    krx_auto_k8s_found krx_k8s_found found = {0};
    krx_auto_arena krx_arena *arena = krx_arena_new();
    pthread_mutex_lock(&h->lock);
    bool complete = h->complete;
    pthread_mutex_unlock(&h->lock);
    if (!complete)
        return false;
    if (h->single || krx_log_queue_has_failed(&h->queue))
        return true;
    krx_side_call_init(&side, h->call);
    return arena && !krx_k8s_find(&side.call, h->backend, arena, &h->req->ref, &found) &&
           !found.object;
}

/* When lines come all the time they are taken many at once, not one by one. */
static int32_t let_gather(const krx_k8s_follow *h, int64_t *taken_ns)
{
    int64_t now = krx_now_monotonic();
    int32_t code = now - *taken_ns < 2 * GATHER_NS ? krx_sleep(h->call, GATHER_NS) : 0;
    *taken_ns = krx_now_monotonic();
    return code;
}

static int32_t pump(krx_k8s_follow *h, krx_sink *log)
{
    int64_t taken_ns = 0;
    for (;;) {
        uint64_t count;
        size_t writers;
        krx_wait_fd w = {.struct_size = sizeof w, .fd = h->queue.wake_fd, .want = KRX_WAIT_READ};
        int32_t code = h->call->host->wait(h->call->host, h->call, &w, 1, LOOK_NS);
        if (code < 0)
            return code;
        bool idle = code == 0;
        if (!idle)
            (void)!read(h->queue.wake_fd, &count, sizeof count);
        if (!idle && (code = let_gather(h, &taken_ns)) < 0)
            return code;
        bool blind = krx_log_queue_has_left(&h->queue, &h->watch_left);
        krx_log_piece *all = krx_log_queue_take(&h->queue, &writers);
        code = emit_pieces(h, all, log);
        krx_log_pieces_free(all);
        if (code || blind)
            return code;
        if (writers == 1 && (idle || h->single) && is_over(h))
            return 0;
    }
}

static void end_threads(krx_k8s_follow *h)
{
    uint64_t one = 1;
    krx_log_queue_stop(&h->queue);
    (void)!write(h->stop_fd, &one, sizeof one);
    pthread_join(h->thread, NULL);
    while (h->followers) {
        krx_k8s_follower *f = h->followers;
        h->followers = f->next;
        pthread_join(f->thread, NULL);
        krx_k8s_follower_free(f);
    }
}

static int32_t run_hub(krx_k8s_follow *h, krx_sink *log)
{
    h->watch_call = krx_k8s_follow_call(h, &h->watch_error);
    krx_log_queue_join(&h->queue);
    if (!krx_k8s_follow_thread(&h->thread, krx_k8s_follow_watch, h))
        return krx_no_memory(h->call);
    int32_t code = pump(h, log);
    end_threads(h);
    if (code || !h->queue.failure.code)
        return code;
    *h->call->error = h->queue.failure;
    return h->queue.failure.code;
}

/* By selector for a workload, by name for one pod or replica. */
static int32_t select_pods(krx_k8s_follow *h, krx_arena *arena)
{
    const krx_ref *ref = &h->req->ref;
    krx_auto_k8s_found krx_k8s_found found = {0};
    krx_auto_json cJSON *pods = NULL;
    h->select = (krx_kube_select){.kind = KRX_KUBE_POD};
    h->single = krx_blank(ref->workload) || ref->replica > 0;
    if (!h->single) {
        int32_t code = krx_k8s_require(h->call, h->backend, arena, ref, &found);
        h->select.namespace_ = found.namespace_;
        h->select.label_selector = krx_k8s_selector(arena, ref->workload);
        return code || h->select.label_selector ? code : krx_no_memory(h->call);
    }
    int32_t code = krx_k8s_pods_of(h->call, h->backend, arena, ref, &pods);
    const cJSON *pod = code ? NULL : cJSON_GetArrayItem(pods, 0);
    if (!pod)
        return code;
    h->select.namespace_ = krx_arena_strdup(arena, krx_k8s_namespace_of(pod));
    h->select.field_selector = krx_arena_printf(arena, "metadata.name=%s", krx_k8s_name(pod));
    return krx_arena_failed(arena) ? krx_no_memory(h->call) : 0;
}

int32_t krx_k8s_follow_logs(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                            const krx_logs_req *req, krx_sink *log)
{
    krx_autoclose int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    krx_autoclose int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    krx_k8s_follow h = {.call = call, .backend = backend, .req = req, .stop_fd = stop_fd};
    if (wake_fd < 0 || stop_fd < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no descriptors left to follow logs");
    int32_t code = select_pods(&h, arena);
    if (code)
        return code;
    pthread_mutex_init(&h.lock, NULL);
    krx_log_queue_init(&h.queue, wake_fd);
    h.queue.joins = !req->timestamps;
    code = run_hub(&h, log);
    krx_log_queue_free(&h.queue);
    pthread_mutex_destroy(&h.lock);
    return code;
}
