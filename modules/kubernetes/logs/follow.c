/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following pods: a watch tells which there are and how their containers are, one thread each reads
 * a pod's log, the op's thread alone emits.
 */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "lib/logs/queue.h"
#include "modules/kubernetes/logs/logs.h"

#define FOLLOWED_MAX 256
#define STACK_BYTES ((size_t)512 << 10)
#define LOOK_NS (2 * KRX_NS_PER_S)
#define SETTLE_NS (500 * KRX_NS_PER_MS)
#define REFUSED_MAX 60                   /* some half a minute */
#define PATIENCE_NS (120 * KRX_NS_PER_S) /* with an API server that is away */

typedef struct follower follower;

typedef struct hub {
    krx_call *call;
    krx_k8s_backend *backend;
    const krx_logs_req *req;
    krx_log_queue queue;
    int stop_fd; /* readable: all threads shall end */
    bool single; /* one pod only: it ends with that */
    krx_kube_select select;
    pthread_t thread; /* of the watch */
    krx_call watch_call;
    krx_error watch_error;
    bool watch_left;
    /* of the watch's thread */
    follower *followers;
    bool synced;
    bool full; /* and it was said */
    /* under the lock */
    pthread_mutex_t lock;
    bool complete; /* the first list was told */
} hub;

/* What the watch knows of a container. */
typedef struct sight {
    char id[128]; /* of its latest run; "" before the first */
    bool running;
    bool over; /* the pod has ended or is gone: there will be no further run */
    bool gone;
} sight;

struct follower {
    follower *next;
    hub *hub;
    pthread_t thread;
    krx_call call;
    krx_error error;
    char *namespace_, *pod, *uid, *container;
    bool later; /* was not there at the start: all of its log is new */
    bool told;  /* in the present list */
    bool left;
    int wake_fd; /* the sight has changed */
    sight sight; /* under the hub's lock */
    /* of its own thread */
    krx_k8s_log_lines lines;
    krx_k8s_log_position position;
    bool begun_reading;                     /* the server has let us */
    uint32_t refused;                       /* times in a row, after that */
    int64_t begun_ns;                       /* wall clock of the first try; 0: none yet */
    char reading[sizeof(((sight *)0)->id)]; /* the run */
    bool passed;                            /* the line whose parts come was accepted */
};

/* -------------------------------------------------------------------------------------- reading */

static int32_t take_line(void *ctx, const krx_log_line *line)
{
    follower *f = ctx;
    int64_t since = f->later ? KRX_UNSET : f->hub->req->since_ns;
    bool known = line->time_ns != KRX_UNSET;
    if (!known && krx_k8s_log_is_gone(line->text, line->length, f->reading))
        return 0;
    if (!f->lines.continued)
        f->passed = !known || ((since == KRX_UNSET || line->time_ns >= since) &&
                               krx_k8s_log_accept(&f->position, line->time_ns));
    return f->passed ? krx_log_queue_put(&f->call, &f->hub->queue, f->pod, 0, line) : 0;
}

static int32_t take_bytes(void *ctx, const char *data, size_t length)
{
    follower *f = ctx;
    f->begun_reading = true;
    f->refused = 0;
    return krx_k8s_log_lines_feed(&f->call, &f->lines, data, length);
}

/* From where this reading begins: as asked for, or where the one before left off. */
static void place(follower *f, krx_kube_log_options *o)
{
    const krx_logs_req *req = f->hub->req;
    int64_t resume = krx_k8s_log_resume(&f->position);
    bool first = !f->begun_ns;
    o->tail = KRX_UNSET;
    o->since_ns = resume;
    if (resume == KRX_UNSET && !f->later) {
        o->since_ns = req->since_ns;
        if (first)
            o->tail = req->tail;
        else if (req->tail != KRX_UNSET)
            o->since_ns = f->begun_ns; /* there was no history to show: what came since */
    }
    if (first)
        f->begun_ns = krx_now_unix();
}

static int32_t read_log(follower *f, bool follow, bool previous)
{
    krx_kube_log_options options = {.namespace_ = f->namespace_,
                                    .pod = f->pod,
                                    .container = f->container,
                                    .follow = follow,
                                    .previous = previous,
                                    .timestamps = true};
    place(f, &options);
    f->lines = (krx_k8s_log_lines){.fn = take_line, .ctx = f};
    int32_t code = krx_kube_log(&f->call, f->hub->backend->kube, &options, take_bytes, f);
    /* a line that was cut off in the middle comes again, whole */
    if (!code)
        code = krx_k8s_log_lines_end(&f->call, &f->lines);
    krx_k8s_log_lines_free(&f->lines);
    return code;
}

/* ------------------------------------------------------------------------------------- follower */

static sight see(follower *f)
{
    KRX_LOCK_SCOPE(&f->hub->lock);
    return f->sight;
}

/* Until the sight changes, or for a while. */
static int32_t wait_for_change(follower *f, int64_t timeout_ns)
{
    uint64_t count;
    krx_wait_fd w = {.struct_size = sizeof w, .fd = f->wake_fd, .want = KRX_WAIT_READ};
    int32_t ready = f->call.host->wait(f->call.host, &f->call, &w, 1, timeout_ns);
    if (ready > 0)
        (void)!read(f->wake_fd, &count, sizeof count);
    return ready < 0 ? ready : 0;
}

/*
 * The API server or the kubelet may be away for a moment; a container may just be between runs. An
 * API server that has just started does not know its users and their rights yet.
 */
static bool passing(follower *f, int32_t code)
{
    if (f->begun_reading && (code == KRX_E_PERMISSION_DENIED || code == KRX_E_UNAUTHENTICATED))
        return f->refused++ < REFUSED_MAX;
    return code == KRX_E_UNAVAILABLE || code == KRX_E_DATA_LOSS || code == KRX_E_NOT_FOUND ||
           code == KRX_E_INVALID_ARGUMENT || code == KRX_E_UNKNOWN;
}

/* One reading. *whole: it went to the end of a run that was over before. */
static int32_t read_run(follower *f, const sight *at, bool *whole)
{
    int32_t code = 0;
    bool next = *f->reading && !krx_streq(f->reading, at->id);
    if (next && !*whole) { /* what is left of the run that was interrupted */
        code = read_log(f, false, true);
        if (code && !passing(f, code))
            return code;
    }
    (void)snprintf(f->reading, sizeof f->reading, "%s", at->id);
    code = read_log(f, at->running, false);
    *whole = !code && !at->running;
    return code && passing(f, code) ? krx_k8s_forgive(&f->call) : code;
}

static int32_t follow_pod(follower *f)
{
    bool whole = false;
    for (;;) {
        sight now = see(f);
        int32_t code = 0;
        bool done = whole && krx_streq(now.id, f->reading);
        if (now.over && (done || !*now.id || now.gone))
            return 0;
        if (done || !*now.id) {
            code = wait_for_change(f, -1);
        } else {
            code = read_run(f, &now, &whole);
            if (!code && !whole)
                code = wait_for_change(f, SETTLE_NS);
        }
        if (code)
            return code;
    }
}

static void *run_follower(void *arg)
{
    follower *f = arg;
    int32_t code = follow_pod(f);
    krx_log_queue_leave(&f->hub->queue, code, &f->error, &f->left);
    return NULL;
}

static void free_follower(follower *f)
{
    if (f->wake_fd >= 0)
        close(f->wake_fd);
    free(f->namespace_);
    free(f->pod);
    free(f->uid);
    free(f->container);
    free(f);
}

/* ---------------------------------------------------------------------------------------- watch */

static sight look_at(const cJSON *pod)
{
    sight s = {0};
    const char *name = krx_json_text(krx_k8s_main_container(pod), "name");
    const cJSON *status = krx_k8s_container_status(pod, "containerStatuses", name);
    (void)snprintf(s.id, sizeof s.id, "%s", krx_json_text(status, "containerID"));
    s.running = krx_json_object(krx_json_object(status, "state"), "running") != NULL;
    s.over = krx_k8s_pod_ended(pod) || (krx_k8s_pod_leaving(pod) && !s.running);
    return s;
}

static void show(follower *f, const sight *now)
{
    uint64_t one = 1;
    pthread_mutex_lock(&f->hub->lock);
    bool changed = memcmp(&f->sight, now, sizeof *now) != 0;
    f->sight = *now;
    pthread_mutex_unlock(&f->hub->lock);
    if (changed)
        (void)!write(f->wake_fd, &one, sizeof one);
}

static krx_call call_for(const hub *h, krx_error *error)
{
    krx_call call = *h->call;
    *error = (krx_error){.struct_size = sizeof *error};
    call.error = error;
    call.progress = NULL;
    call.cancel_fd = h->stop_fd;
    return call;
}

static follower *new_follower(hub *h, const cJSON *pod)
{
    follower *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->hub = h;
    f->later = h->synced;
    f->call = call_for(h, &f->error);
    f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    f->namespace_ = strdup(krx_k8s_namespace_of(pod));
    f->pod = strdup(krx_k8s_name(pod));
    f->uid = strdup(krx_json_text(krx_json_object(pod, "metadata"), "uid"));
    f->container = strdup(krx_json_text(krx_k8s_main_container(pod), "name"));
    if (f->wake_fd >= 0 && f->namespace_ && f->pod && f->uid && f->container)
        return f;
    free_follower(f);
    return NULL;
}

static bool start_thread(pthread_t *thread, void *(*run)(void *), void *arg)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    bool started = pthread_create(thread, &attributes, run, arg) == 0;
    (void)pthread_attr_destroy(&attributes);
    return started;
}

static size_t count_followed(hub *h)
{
    size_t count = 0;
    for (follower *f = h->followers; f; f = f->next)
        count += !krx_log_queue_has_left(&h->queue, &f->left);
    return count;
}

static int32_t too_many(hub *h)
{
    if (!h->synced) {
        (void)krx_fail(&h->watch_call, KRX_E_RESOURCE_EXHAUSTED,
                       "there are more than %d pods, and no more are followed at a time",
                       FOLLOWED_MAX);
        return krx_hint(&h->watch_call, "follow one of them with --replica N, or by its name");
    }
    if (!h->full)
        krx_log(&h->watch_call, KRX_LOG_WARN,
                "there are more than %d pods: the newest are not followed", FOLLOWED_MAX);
    h->full = true;
    return 0;
}

static int32_t add_follower(hub *h, const cJSON *pod, const sight *now)
{
    if (count_followed(h) >= FOLLOWED_MAX)
        return too_many(h);
    follower *f = new_follower(h, pod);
    if (!f)
        return krx_k8s_no_memory(&h->watch_call);
    f->sight = *now;
    f->told = true;
    krx_log_queue_join(&h->queue);
    if (!start_thread(&f->thread, run_follower, f)) {
        krx_log_queue_leave(&h->queue, 0, NULL, &f->left);
        free_follower(f);
        return krx_k8s_no_memory(&h->watch_call);
    }
    f->next = h->followers;
    h->followers = f;
    return 0;
}

static follower **find(hub *h, const char *uid)
{
    follower **at = &h->followers;
    while (*at && !krx_streq((*at)->uid, uid))
        at = &(*at)->next;
    return at;
}

static void set_gone(follower *f)
{
    sight now = see(f);
    now.running = false;
    now.over = true;
    now.gone = true;
    show(f, &now);
}

/* One that has ended with its pod is forgotten. */
static void forget_ended(hub *h)
{
    for (follower **at = &h->followers; *at;) {
        follower *f = *at;
        if (!see(f).gone || !krx_log_queue_has_left(&h->queue, &f->left)) {
            at = &f->next;
            continue;
        }
        *at = f->next;
        pthread_join(f->thread, NULL);
        free_follower(f);
    }
}

static void end_list(hub *h)
{
    for (follower *f = h->followers; f; f = f->next) {
        if (!f->told)
            set_gone(f);
        f->told = false;
    }
    h->synced = true;
    pthread_mutex_lock(&h->lock);
    h->complete = true;
    pthread_mutex_unlock(&h->lock);
}

static int32_t on_change(void *ctx, krx_kube_change change, const cJSON *pod)
{
    hub *h = ctx;
    forget_ended(h);
    if (change == KRX_KUBE_SYNCED)
        end_list(h);
    if (change == KRX_KUBE_LOST)
        krx_log(&h->watch_call, KRX_LOG_WARN, "%s is away: going on when it is back",
                krx_kube_label(h->backend->kube));
    if (!pod)
        return 0;
    follower *f = *find(h, krx_json_text(krx_json_object(pod, "metadata"), "uid"));
    sight now = look_at(pod);
    if (change == KRX_KUBE_DELETED) {
        if (f)
            set_gone(f);
        return 0;
    }
    if (!f)
        return add_follower(h, pod, &now);
    f->told = true;
    show(f, &now);
    return 0;
}

static void *run_watch(void *arg)
{
    hub *h = arg;
    krx_kube_watch_options options = {.patience_ns = PATIENCE_NS};
    int32_t code =
        krx_kube_watch(&h->watch_call, h->backend->kube, &h->select, &options, on_change, h);
    krx_log_queue_leave(&h->queue, code, &h->watch_error, &h->watch_left);
    return NULL;
}

/* ------------------------------------------------------------------------------------------ hub */

static int32_t emit_pieces(const hub *h, const krx_log_piece *p, krx_sink *log)
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
static bool is_over(hub *h)
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

static int32_t pump(hub *h, krx_sink *log)
{
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

static void end_threads(hub *h)
{
    uint64_t one = 1;
    krx_log_queue_stop(&h->queue);
    (void)!write(h->stop_fd, &one, sizeof one);
    pthread_join(h->thread, NULL);
    while (h->followers) {
        follower *f = h->followers;
        h->followers = f->next;
        pthread_join(f->thread, NULL);
        free_follower(f);
    }
}

static int32_t run_hub(hub *h, krx_sink *log)
{
    h->watch_call = call_for(h, &h->watch_error);
    krx_log_queue_join(&h->queue);
    if (!start_thread(&h->thread, run_watch, h))
        return krx_k8s_no_memory(h->call);
    int32_t code = pump(h, log);
    end_threads(h);
    if (code || !h->queue.failure.code)
        return code;
    *h->call->error = h->queue.failure;
    return h->queue.failure.code;
}

/* By selector for a workload, by name for one pod or replica. */
static int32_t select_pods(hub *h, krx_arena *arena)
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
        return code || h->select.label_selector ? code : krx_k8s_no_memory(h->call);
    }
    int32_t code = krx_k8s_pods_of(h->call, h->backend, arena, ref, &pods);
    const cJSON *pod = code ? NULL : cJSON_GetArrayItem(pods, 0);
    if (!pod)
        return code;
    h->select.namespace_ = krx_arena_strdup(arena, krx_k8s_namespace_of(pod));
    h->select.field_selector = krx_arena_printf(arena, "metadata.name=%s", krx_k8s_name(pod));
    return krx_arena_failed(arena) ? krx_k8s_no_memory(h->call) : 0;
}

int32_t krx_k8s_follow_logs(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                            const krx_logs_req *req, krx_sink *log)
{
    krx_autoclose int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    krx_autoclose int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    hub h = {.call = call, .backend = backend, .req = req, .stop_fd = stop_fd};
    if (wake_fd < 0 || stop_fd < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no descriptors left to follow logs");
    int32_t code = select_pods(&h, arena);
    if (code)
        return code;
    pthread_mutex_init(&h.lock, NULL);
    krx_log_queue_init(&h.queue, wake_fd);
    code = run_hub(&h, log);
    krx_log_queue_free(&h.queue);
    pthread_mutex_destroy(&h.lock);
    return code;
}
