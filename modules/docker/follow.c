/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following several containers: one thread each reads, the op's thread alone emits. Between them
 * is a queue of bounded size, so that a slow reader slows the engine down and nothing is lost.
 */
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

#include "lib/base/clock.h"
#include "modules/docker/follow.h"
#include "modules/docker/log_position.h"

#define QUEUE_BYTES ((size_t)1 << 20)
#define POLL_NS (500 * KRX_NS_PER_MS)
#define LOOK_NS (2 * KRX_NS_PER_S)
#define END_GRACE_NS (3 * KRX_NS_PER_S) /* for a stop and start by hand */

typedef struct piece {
    struct piece *next;
    uint32_t stream;
    int64_t replica;
    int64_t time_ns;
    char *name;
    size_t length;
    char data[];
} piece;

typedef struct follower follower;

typedef struct hub {
    krx_call *call;
    krx_dk_backend *backend;
    const krx_logs_req *req;
    pthread_mutex_t lock;
    pthread_cond_t room;
    piece *first, **last;
    size_t queued;
    size_t running; /* followers that have not ended */
    bool stop;
    int wake_fd; /* readable: something is in the queue or a follower ended */
    int stop_fd; /* readable: followers shall end */
    follower *followers;
    krx_error failure;
} hub;

/* One replica, or one container that was named. */
struct follower {
    follower *next;
    hub *hub;
    pthread_t thread;
    int64_t replica;
    char *id; /* that is read now */
    char *name;
    int64_t since_ns;
    int64_t tail;
    krx_dk_position position;
    krx_call call;
    krx_error error;
};

/* ----------------------------------------------------------------------------------------- queue
 */

static void wake(int fd)
{
    uint64_t one = 1;
    ssize_t done = write(fd, &one, sizeof one);
    (void)done;
}

static int32_t put_piece(follower *f, uint32_t stream, int64_t time_ns, const char *text,
                         size_t length, bool newline)
{
    hub *h = f->hub;
    piece *p = malloc(sizeof *p + length + 1);
    char *name = strdup(f->name);
    if (!p || !name) {
        free(p);
        free(name);
        return krx_dk_no_memory(&f->call);
    }
    *p = (piece){.stream = stream,
                 .replica = f->replica,
                 .time_ns = time_ns,
                 .name = name,
                 .length = length + newline};
    memcpy(p->data, text, length);
    if (newline)
        p->data[length] = '\n';
    pthread_mutex_lock(&h->lock);
    while (h->queued >= QUEUE_BYTES && !h->stop)
        pthread_cond_wait(&h->room, &h->lock);
    bool stop = h->stop;
    bool empty = !h->first;
    if (!stop) {
        *h->last = p;
        h->last = &p->next;
        h->queued += p->length + sizeof *p;
    }
    pthread_mutex_unlock(&h->lock);
    if (stop) {
        free(p->name);
        free(p);
        return krx_fail(&f->call, KRX_E_CANCELLED, "following was ended");
    }
    if (empty)
        wake(h->wake_fd);
    return 0;
}

static void free_pieces(piece *p)
{
    while (p) {
        piece *next = p->next;
        free(p->name);
        free(p);
        p = next;
    }
}

static piece *take_pieces(hub *h, size_t *running)
{
    pthread_mutex_lock(&h->lock);
    piece *all = h->first;
    h->first = NULL;
    h->last = &h->first;
    h->queued = 0;
    *running = h->running;
    pthread_cond_broadcast(&h->room);
    pthread_mutex_unlock(&h->lock);
    return all;
}

static int32_t emit_pieces(const hub *h, const piece *p, krx_sink *log)
{
    int32_t code = 0;
    for (; p && !code; p = p->next) {
        krx_log_chunk chunk = {.struct_size = sizeof chunk,
                               .stream = p->stream,
                               .instance = p->name,
                               .replica = p->replica,
                               .time_ns =
                                   h->req->timestamps && p->time_ns > 0 ? p->time_ns : KRX_UNSET,
                               .data = p->data,
                               .length = p->length};
        code = krx_emit(log, KRX_ITEM_LOG, &chunk);
    }
    return code;
}

/* -------------------------------------------------------------------------------------- follower
 */

static int32_t take_line(void *ctx, const krx_engine_line *line)
{
    follower *f = ctx;
    if (line->time_ns > 0 && !krx_dk_position_accept(&f->position, line->stream, line->time_ns))
        return 0;
    return put_piece(f, line->stream, line->time_ns, line->text, line->length, !line->partial);
}

static int32_t read_until_it_stops(follower *f, bool tty)
{
    krx_auto_str krx_str path = {0}, what = {0};
    int64_t since = krx_dk_position_resume(&f->position);
    bool again = since != KRX_UNSET;
    krx_dk_logs_path(&path, f->id, f->hub->req, true, true, again ? KRX_UNSET : f->tail,
                     again ? since : f->since_ns);
    krx_str_addf(&what, "following the log of container %s", f->name);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_dk_no_memory(&f->call);
    krx_engine_request request = {.path = krx_str_get(&path), .what = krx_str_get(&what)};
    return krx_engine_lines(&f->call, f->hub->backend->engine, &request, tty, true, take_line, f);
}

static int32_t turn_to(follower *f, const krx_dk_container *container)
{
    char *id = strdup(container->id), *name = strdup(container->name);
    if (!id || !name) {
        free(id);
        free(name);
        return krx_dk_no_memory(&f->call);
    }
    if (f->id && !krx_streq(f->id, id)) { /* a new container: all of its log is new */
        f->position = (krx_dk_position){0};
        f->since_ns = KRX_UNSET;
        f->tail = KRX_UNSET;
    }
    free(f->id);
    free(f->name);
    f->id = id;
    f->name = name;
    return 0;
}

/* The container that stands for the replica now: the newest. NULL when there is none. */
static const krx_dk_container *now_for(const follower *f, const krx_dk_workload *workload)
{
    const krx_dk_container *found = NULL;
    for (size_t i = 0; workload && i < workload->count; i++) {
        const krx_dk_container *c = workload->containers[i];
        if (c->replica == f->replica && (!found || c->generation > found->generation))
            found = c;
    }
    return found;
}

static bool may_come_back(const krx_dk_container *c, const char *policy)
{
    return c->phase == KRX_DK_RUNNING || c->phase == KRX_DK_RESTARTING ||
           c->phase == KRX_DK_PAUSED || c->phase == KRX_DK_CREATED || krx_streq(policy, "always") ||
           krx_streq(policy, "unless-stopped");
}

/* 1: read (again), 0: wait, KRX_E_NOT_FOUND: it is over. */
static int32_t look_again(follower *f, int64_t ended_ns)
{
    const krx_ref *ref = &f->hub->req->ref;
    krx_auto_dk_targets krx_dk_targets targets = {0};
    krx_auto_dk_intent krx_dk_intent intent = {0};
    int32_t code = krx_dk_resolve(&f->call, f->hub->backend, ref, &targets);
    if (code)
        return code;
    const krx_dk_container *c =
        krx_blank(ref->instance) ? now_for(f, targets.found.workload) : targets.items[0];
    if (!c)
        return KRX_E_NOT_FOUND;
    krx_dk_intent_read(c->ours ? c->spec_json : NULL, &intent);
    if (c->phase == KRX_DK_RUNNING || !krx_streq(c->id, f->id)) {
        code = turn_to(f, c);
        return code ? code : 1;
    }
    bool over = !may_come_back(c, intent.policy) && krx_now_monotonic() - ended_ns > END_GRACE_NS;
    return over ? KRX_E_NOT_FOUND : 0;
}

/* The engine itself may be away for a moment while it is restarted. */
static bool passing(int32_t code)
{
    return code == KRX_E_UNAVAILABLE || code == KRX_E_DATA_LOSS;
}

static int32_t follow_replica(follower *f)
{
    for (;;) {
        krx_auto_json cJSON *json = NULL;
        int32_t code = krx_dk_inspect_json(&f->call, f->hub->backend, f->id, &json);
        bool tty = !code && krx_json_bool(krx_json_object(json, "Config"), "Tty", false);
        if (!code)
            code = read_until_it_stops(f, tty);
        if (code && code != KRX_E_NOT_FOUND && !passing(code))
            return code;
        int64_t ended_ns = krx_now_monotonic();
        int32_t next = 0;
        while (!next) {
            code = krx_sleep(&f->call, POLL_NS);
            if (code < 0)
                return code;
            next = look_again(f, ended_ns);
            if (passing(next))
                next = 0;
        }
        if (next < 0)
            return next == KRX_E_NOT_FOUND ? 0 : next;
    }
}

static void *run_follower(void *arg)
{
    follower *f = arg;
    hub *h = f->hub;
    int32_t code = follow_replica(f);
    pthread_mutex_lock(&h->lock);
    if (code && code != KRX_E_CANCELLED && !h->failure.code) {
        h->failure = f->error;
        h->failure.code = code;
    }
    h->running--;
    pthread_mutex_unlock(&h->lock);
    wake(h->wake_fd);
    return NULL;
}

/* ------------------------------------------------------------------------------------------- hub
 */

static bool is_followed(const hub *h, int64_t replica)
{
    for (const follower *f = h->followers; f; f = f->next)
        if (f->replica == replica)
            return true;
    return false;
}

static int32_t add_follower(hub *h, const krx_dk_container *container, bool later)
{
    follower *f = calloc(1, sizeof *f);
    if (!f)
        return krx_dk_no_memory(h->call);
    f->hub = h;
    f->replica = container->replica;
    f->since_ns = later ? KRX_UNSET : h->req->since_ns;
    f->tail = later ? KRX_UNSET : h->req->tail;
    f->call = *h->call;
    f->error = (krx_error){.struct_size = sizeof f->error};
    f->call.error = &f->error;
    f->call.progress = NULL;
    f->call.cancel_fd = h->stop_fd;
    int32_t code = turn_to(f, container);
    pthread_mutex_lock(&h->lock);
    h->running++;
    pthread_mutex_unlock(&h->lock);
    if (code || pthread_create(&f->thread, NULL, run_follower, f) != 0) {
        pthread_mutex_lock(&h->lock);
        h->running--;
        pthread_mutex_unlock(&h->lock);
        free(f->id);
        free(f->name);
        free(f);
        return krx_dk_no_memory(h->call);
    }
    f->next = h->followers;
    h->followers = f;
    return 0;
}

/* Those that are there at the start must be; later ones join as they come. */
static int32_t add_missing(hub *h, bool later)
{
    krx_auto_dk_targets krx_dk_targets targets = {0};
    int32_t code = krx_dk_resolve(h->call, h->backend, &h->req->ref, &targets);
    for (size_t i = 0; i < targets.count && !code; i++)
        if (!is_followed(h, targets.items[i]->replica))
            code = add_follower(h, targets.items[i], later);
    return code;
}

static int32_t pump(hub *h, krx_sink *log)
{
    int64_t looked = krx_now_monotonic();
    bool grows = krx_blank(h->req->ref.instance) && !h->req->ref.replica;
    for (;;) {
        krx_wait_fd ready = {.struct_size = sizeof ready, .fd = h->wake_fd, .want = KRX_WAIT_READ};
        uint64_t count;
        size_t running;
        int32_t code = h->call->host->wait(h->call->host, h->call, &ready, 1, LOOK_NS);
        if (code < 0)
            return code;
        if (code > 0 && read(h->wake_fd, &count, sizeof count) < 0)
            return krx_fail(h->call, KRX_E_INTERNAL, "reading an event counter failed");
        piece *all = take_pieces(h, &running);
        code = emit_pieces(h, all, log);
        bool idle = !all;
        free_pieces(all);
        if (code)
            return code;
        if (idle && !running)
            return 0;
        if (grows && krx_now_monotonic() - looked >= LOOK_NS) {
            looked = krx_now_monotonic();
            code = add_missing(h, true);
            if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED)
                return code;
            if (code)
                krx_dk_forgive(h->call);
        }
    }
}

static void end_followers(hub *h)
{
    pthread_mutex_lock(&h->lock);
    h->stop = true;
    pthread_cond_broadcast(&h->room);
    pthread_mutex_unlock(&h->lock);
    wake(h->stop_fd);
    for (follower *f = h->followers; f;) {
        follower *next = f->next;
        pthread_join(f->thread, NULL);
        free(f->id);
        free(f->name);
        free(f);
        f = next;
    }
    free_pieces(h->first);
}

int32_t krx_dk_logs_follow(krx_call *call, krx_dk_backend *backend, const krx_logs_req *req,
                           krx_sink *log)
{
    krx_autoclose int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    krx_autoclose int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    hub h = {.call = call,
             .backend = backend,
             .req = req,
             .wake_fd = wake_fd,
             .stop_fd = stop_fd,
             .last = &h.first};
    if (wake_fd < 0 || stop_fd < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no descriptors left to follow logs");
    pthread_mutex_init(&h.lock, NULL);
    pthread_cond_init(&h.room, NULL);
    int32_t code = add_missing(&h, false);
    if (!code)
        code = pump(&h, log);
    end_followers(&h);
    pthread_cond_destroy(&h.room);
    pthread_mutex_destroy(&h.lock);
    if (!code && h.failure.code) {
        *call->error = h.failure;
        code = h.failure.code;
    }
    return code;
}
