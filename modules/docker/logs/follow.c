/* SPDX-License-Identifier: Apache-2.0 */
/* Following several containers: one thread each reads, the op's thread alone emits. */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/logs/queue.h"
#include "modules/docker/logs/follow.h"
#include "modules/docker/logs/position.h"

#define POLL_NS (500 * KRX_NS_PER_MS)
#define LOOK_NS (2 * KRX_NS_PER_S)
#define END_GRACE_NS (3 * KRX_NS_PER_S) /* for a stop and start by hand */

typedef struct follower follower;

typedef struct hub {
    krx_call *call;
    krx_dk_backend *backend;
    const krx_logs_req *req;
    krx_log_queue queue;
    int stop_fd; /* readable: followers shall end */
    follower *followers;
} hub;

/* One container's log, and how far it was read. */
typedef struct source {
    char *id;
    int64_t since_ns;
    int64_t tail;
    krx_dk_position position;
} source;

/* One replica, or one container that was named. */
struct follower {
    follower *next;
    hub *hub;
    pthread_t thread;
    int64_t replica;
    char *name;
    source now;
    source before; /* a rollout that fails goes back to it */
    bool left;
    krx_call call;
    krx_error error;
};

/* --------------------------------------------------------------------------------------- emitting
 */

static int32_t emit_pieces(const hub *h, const krx_log_piece *p, krx_sink *log)
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

static int32_t take_line(void *ctx, const krx_log_line *line)
{
    follower *f = ctx;
    if (line->time_ns > 0 && !krx_dk_position_accept(&f->now.position, line->stream, line->time_ns))
        return 0;
    return krx_log_queue_put(&f->call, &f->hub->queue, f->name, f->replica, line);
}

static int32_t read_until_it_stops(follower *f, bool tty)
{
    krx_auto_str krx_str path = {0}, what = {0};
    int64_t since = krx_dk_position_resume(&f->now.position);
    bool again = since != KRX_UNSET;
    krx_dk_logs_path(&path, f->now.id, f->hub->req, true, true, again ? KRX_UNSET : f->now.tail,
                     again ? since : f->now.since_ns);
    krx_str_addf(&what, "following the log of container %s", f->name);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(&f->call);
    krx_engine_request request = {.path = krx_str_get(&path), .what = krx_str_get(&what)};
    return krx_engine_lines(&f->call, f->hub->backend->engine, &request, tty, true, take_line, f);
}

static void swap_sources(follower *f)
{
    source now = f->now;
    f->now = f->before;
    f->before = now;
}

/* All of a new container's log is new; one that was read before goes on where it was left. */
static int32_t turn_to(follower *f, const krx_replica *container)
{
    char *id = strdup(container->id), *name = strdup(container->name);
    if (!id || !name) {
        free(id);
        free(name);
        return krx_no_memory(&f->call);
    }
    if (f->now.id && !krx_streq(f->now.id, id)) {
        swap_sources(f);
        if (!krx_streq(f->now.id, id)) {
            free(f->now.id);
            f->now = (source){.since_ns = KRX_UNSET, .tail = KRX_UNSET};
        }
    }
    free(f->now.id);
    free(f->name);
    f->now.id = id;
    f->name = name;
    return 0;
}

/* The container that stands for the replica now: the newest. NULL when there is none. */
static const krx_replica *now_for(const follower *f, const krx_replica_group *workload)
{
    const krx_replica *found = NULL;
    for (size_t i = 0; workload && i < workload->count; i++) {
        const krx_replica *c = workload->containers[i];
        if (c->replica == f->replica && (!found || c->generation > found->generation))
            found = c;
    }
    return found;
}

static bool may_come_back(const krx_replica *c, const char *policy)
{
    return c->phase == KRX_REPLICA_RUNNING || c->phase == KRX_REPLICA_RESTARTING ||
           c->phase == KRX_REPLICA_PAUSED || c->phase == KRX_REPLICA_CREATED ||
           krx_streq(policy, "always") || krx_streq(policy, "unless-stopped");
}

/* 1: read (again), 0: wait, KRX_E_NOT_FOUND: it is over. */
static int32_t look_again(follower *f, int64_t ended_ns)
{
    const krx_ref *ref = &f->hub->req->ref;
    krx_auto_dk_targets krx_dk_targets targets = {0};
    krx_auto_replica_intent krx_replica_intent intent = {0};
    int32_t code = krx_dk_resolve(&f->call, f->hub->backend, ref, &targets);
    if (code)
        return code;
    const krx_replica *c =
        krx_blank(ref->instance) ? now_for(f, targets.found.workload) : targets.items[0];
    if (!c)
        return KRX_E_NOT_FOUND;
    krx_replica_intent_read(c->ours ? c->spec_json : NULL, &intent);
    if (c->phase == KRX_REPLICA_RUNNING || !krx_streq(c->id, f->now.id)) {
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
        int32_t code = krx_dk_inspect_json(&f->call, f->hub->backend, f->now.id, &json);
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
    int32_t code = follow_replica(f);
    krx_log_queue_leave(&f->hub->queue, code, &f->error, &f->left);
    return NULL;
}

/* ------------------------------------------------------------------------------------------- hub
 */

static void free_follower(follower *f)
{
    free(f->now.id);
    free(f->before.id);
    free(f->name);
    free(f);
}

/* Forgets the one that ended with another container: the replica has come back. */
static bool is_followed(hub *h, const krx_replica *container)
{
    for (follower **at = &h->followers; *at; at = &(*at)->next) {
        follower *f = *at;
        if (f->replica != container->replica)
            continue;
        if (!krx_log_queue_has_left(&h->queue, &f->left) || krx_streq(f->now.id, container->id))
            return true;
        *at = f->next;
        pthread_join(f->thread, NULL);
        free_follower(f);
        return false;
    }
    return false;
}

static int32_t add_follower(hub *h, const krx_replica *container, bool later)
{
    follower *f = calloc(1, sizeof *f);
    if (!f)
        return krx_no_memory(h->call);
    f->hub = h;
    f->replica = container->replica;
    f->now.since_ns = later ? KRX_UNSET : h->req->since_ns;
    f->now.tail = later ? KRX_UNSET : h->req->tail;
    f->call = *h->call;
    f->error = (krx_error){.struct_size = sizeof f->error};
    f->call.error = &f->error;
    f->call.progress = NULL;
    f->call.cancel_fd = h->stop_fd;
    int32_t code = turn_to(f, container);
    krx_log_queue_join(&h->queue);
    if (code || pthread_create(&f->thread, NULL, run_follower, f) != 0) {
        krx_log_queue_leave(&h->queue, 0, NULL, &f->left);
        free_follower(f);
        return krx_no_memory(h->call);
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
        if (!is_followed(h, targets.items[i]))
            code = add_follower(h, targets.items[i], later);
    return code;
}

static int32_t pump(hub *h, krx_sink *log)
{
    int64_t looked = krx_now_monotonic();
    bool grows = krx_blank(h->req->ref.instance) && !h->req->ref.replica;
    for (;;) {
        krx_wait_fd ready = {
            .struct_size = sizeof ready, .fd = h->queue.wake_fd, .want = KRX_WAIT_READ};
        uint64_t count;
        size_t writers;
        int32_t code = h->call->host->wait(h->call->host, h->call, &ready, 1, LOOK_NS);
        if (code < 0)
            return code;
        if (code > 0 && read(h->queue.wake_fd, &count, sizeof count) < 0)
            return krx_fail(h->call, KRX_E_INTERNAL, "reading an event counter failed");
        krx_log_piece *all = krx_log_queue_take(&h->queue, &writers);
        code = emit_pieces(h, all, log);
        krx_log_pieces_free(all);
        if (code || !writers)
            return code;
        if (grows && krx_now_monotonic() - looked >= LOOK_NS) {
            looked = krx_now_monotonic();
            code = add_missing(h, true);
            if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED)
                return code;
            if (code)
                krx_forgive(h->call);
        }
    }
}

static void end_followers(hub *h)
{
    uint64_t one = 1;
    krx_log_queue_stop(&h->queue);
    ssize_t done = write(h->stop_fd, &one, sizeof one);
    (void)done;
    for (follower *f = h->followers; f;) {
        follower *next = f->next;
        pthread_join(f->thread, NULL);
        free_follower(f);
        f = next;
    }
}

int32_t krx_dk_logs_follow(krx_call *call, krx_dk_backend *backend, const krx_logs_req *req,
                           krx_sink *log)
{
    krx_autoclose int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    krx_autoclose int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    hub h = {.call = call, .backend = backend, .req = req, .stop_fd = stop_fd};
    if (wake_fd < 0 || stop_fd < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no descriptors left to follow logs");
    krx_log_queue_init(&h.queue, wake_fd);
    int32_t code = add_missing(&h, false);
    if (!code)
        code = pump(&h, log);
    end_followers(&h);
    if (!code && h.queue.failure.code) {
        *call->error = h.queue.failure;
        code = h.queue.failure.code;
    }
    krx_log_queue_free(&h.queue);
    return code;
}
