/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The op. Whoever follows also notes what conmon saw of memory that ran out: conmon leaves a file
 * at the kill and tells nobody.
 */
#include <dirent.h>
#include <string.h>
#include <sys/inotify.h>

#include "lib/base/clock.h"
#include "modules/oci/containers/event_file.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/containers/watch.h"

#define POLL_NS (500 * KRX_NS_PER_MS) /* only where nothing can be watched */
#define LOOK_NS (5 * KRX_NS_PER_S)

typedef struct follower {
    krx_call *call;
    krx_oci_backend *backend;
    const krx_events_req *req;
    krx_sink *sink;
    int inotify_fd;
    krx_arena *arena;     /* of ids */
    const char **watched; /* id by number of the watch */
    int room;
    bool containers_changed;
    bool over; /* until has passed */
} follower;

static int32_t pass(krx_call *call, void *ctx, const krx_event *event)
{
    follower *f = ctx;
    const krx_events_req *req = f->req;
    (void)call;
    if (req->until_ns > 0 && event->time_ns > req->until_ns) {
        f->over = true;
        return 0;
    }
    if ((req->since_ns > 0 && event->time_ns < req->since_ns) ||
        (req->namespace_ && !krx_streq(req->namespace_, event->namespace_)))
        return 0;
    return krx_emit(f->sink, KRX_ITEM_EVENT, event);
}

/* ------------------------------------------------------------------------------------------- oom
 */

static bool remember(follower *f, int watch, const char *id)
{
    if (watch < 0)
        return false;
    if (watch >= f->room) {
        int room = watch + 64;
        const char **grown = realloc(f->watched, (size_t)room * sizeof *grown);
        if (!grown)
            return false;
        memset(grown + f->room, 0, (size_t)(room - f->room) * sizeof *grown);
        f->watched = grown;
        f->room = room;
    }
    if (!f->watched[watch] || !krx_streq(f->watched[watch], id))
        f->watched[watch] = krx_arena_strdup(f->arena, id);
    return true;
}

/* A folder that is watched already gets the same number again: nothing is lost by asking. */
static int32_t watch_all(follower *f)
{
    const krx_oci_store *store = &f->backend->store;
    krx_oci_container **all;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    int32_t code = arena ? krx_oci_containers(f->call, arena, f->backend, &all) : 0;
    if (code)
        return code;
    const char *path = arena ? krx_oci_path(arena, store, "containers", NULL, NULL) : NULL;
    if (!path)
        return krx_no_memory(f->call);
    krx_autodir DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL) {
        if (!krx_oci_id_valid(entry->d_name))
            continue;
        const char *persist = krx_oci_path(arena, store, "containers", entry->d_name, "persist");
        if (!persist)
            return krx_no_memory(f->call);
        if (f->inotify_fd >= 0)
            (void)remember(f, krx_oci_watch(f->inotify_fd, persist, IN_CREATE | IN_MOVED_TO),
                           entry->d_name);
        /* what was left before it was watched */
        (void)krx_oci_oom_note(f->call, store, entry->d_name);
    }
    return 0;
}

static void see(void *ctx, int watch, uint32_t mask, const char *name)
{
    follower *f = ctx;
    const char *id = watch >= 0 && watch < f->room ? f->watched[watch] : NULL;
    if (mask & IN_IGNORED) {
        if (id)
            f->watched[watch] = NULL;
    } else if (id && krx_streq(name, "oom")) {
        (void)krx_oci_oom_note(f->call, &f->backend->store, id);
    } else if (mask & (IN_CREATE | IN_MOVED_TO | IN_MODIFY | IN_Q_OVERFLOW)) {
        f->containers_changed = true;
    }
}

/* ---------------------------------------------------------------------------------------- follow
 */

static int64_t until_end(const krx_events_req *req)
{
    return req->until_ns > 0 ? req->until_ns - krx_now_unix() : INT64_MAX;
}

static int32_t await_more(follower *f)
{
    int64_t limit = f->inotify_fd < 0 ? POLL_NS : LOOK_NS, left = until_end(f->req);
    krx_wait_fd w = {.struct_size = sizeof w, .fd = f->inotify_fd, .want = KRX_WAIT_READ};
    if (left < limit)
        limit = left > 0 ? left : 0;
    int32_t code =
        f->call->host->wait(f->call->host, f->call, &w, f->inotify_fd >= 0 ? 1 : 0, limit);
    if (code > 0)
        krx_oci_watch_take(f->inotify_fd, see, f);
    if (code == 0)
        f->containers_changed = true;
    return code < 0 ? code : 0;
}

static int32_t follow(follower *f, krx_oci_event_log *log)
{
    int32_t code = 0;
    while (!code && !f->over) {
        if (f->containers_changed) {
            f->containers_changed = false;
            code = watch_all(f);
        }
        if (!code)
            code = krx_oci_event_log_more(f->call, log);
        if (until_end(f->req) <= 0)
            break;
        if (!code && !f->over)
            code = await_more(f);
    }
    return code;
}

static int32_t run(follower *f, krx_arena *arena, krx_oci_event_log *log)
{
    const krx_oci_store *store = &f->backend->store;
    bool history = !f->req->follow || f->req->since_ns > 0;
    const char *containers = krx_oci_path(arena, store, "containers", NULL, NULL);
    if (!containers)
        return krx_no_memory(f->call);
    (void)krx_oci_watch(f->inotify_fd, store->root, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
    (void)krx_oci_watch(f->inotify_fd, containers, IN_CREATE | IN_MOVED_TO);
    int32_t code = history ? 0 : krx_oci_event_log_end(f->call, arena, log, store, pass, f);
    if (!code)
        code = watch_all(f);
    if (!code && history)
        code = krx_oci_event_log_read(f->call, arena, log, store, pass, f);
    return code || !f->req->follow ? code : follow(f, log);
}

int32_t krx_oci_events_op(krx_call *call, void *backend, const krx_events_req *req, krx_sink *event)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const krx_oci_runtime *runtime;
    krx_autoclose int inotify_fd = req->follow ? krx_oci_watch_open() : -1;
    follower f = {.call = call,
                  .backend = backend,
                  .req = req,
                  .sink = event,
                  .inotify_fd = inotify_fd,
                  .arena = arena};
    krx_oci_event_log log = {.file = {.fd = -1}};
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_backend_ready(call, backend, &runtime);
    if (!code)
        code = run(&f, arena, &log);
    krx_oci_event_log_free(&log);
    free(f.watched);
    return code;
}
