/* SPDX-License-Identifier: Apache-2.0 */
/* Following the logs of a workload across restarts, full log files and replacement. */
#include <errno.h>
#include <string.h>
#include <sys/inotify.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/containers/logs.h"
#include "modules/oci/containers/watch.h"

#define LOOK_NS (2 * KRX_NS_PER_S)
#define POLL_NS (500 * KRX_NS_PER_MS)   /* only where nothing can be watched */
#define END_GRACE_NS (3 * KRX_NS_PER_S) /* for a stop and start by hand */

/* The log of one container. */
typedef struct source {
    struct source *next;
    krx_oci_log log;
    krx_oci_log_out out;
    char *id, *name, *path;
    int watch;
    int64_t ended_ns; /* when it was first seen to have ended for good; 0: it runs */
    bool seen;        /* in the latest look */
} source;

typedef struct hub {
    krx_call *call;
    krx_oci_backend *backend;
    const krx_logs_req *req;
    krx_sink *sink;
    source *sources;
    int inotify_fd; /* -1: there is none */
    bool later;     /* the containers of the beginning are known */
} hub;

static void free_source(hub *h, source *s)
{
    if (s->watch >= 0)
        (void)inotify_rm_watch(h->inotify_fd, s->watch);
    krx_oci_log_free(&s->log);
    krx_str_free(&s->out.text);
    free(s->id);
    free(s->name);
    free(s->path);
    free(s);
}

/* All of a container that came later is new. */
static int32_t begin(hub *h, source *s)
{
    int64_t lines = h->later ? KRX_UNSET : h->req->tail;
    int32_t code = krx_oci_line_file_open(h->call, &s->log.file, s->path);
    if (!code && s->log.file.fd >= 0 && lines != KRX_UNSET)
        s->log.file.offset = krx_oci_log_tail(s->log.file.fd, h->req->streams, lines);
    return code;
}

static int32_t add_source(hub *h, krx_arena *arena, const krx_oci_container *c)
{
    krx_oci_log_filter filter = {.streams = h->req->streams,
                                 .since_ns = h->later ? KRX_UNSET : h->req->since_ns,
                                 .until_ns = KRX_UNSET};
    const char *folder = krx_oci_path(arena, &h->backend->store, "containers", c->id, NULL);
    const char *path = krx_oci_log_path(arena, h->backend, c->id);
    source *s = calloc(1, sizeof *s);
    if (!s || !folder || !path) {
        free(s);
        return krx_no_memory(h->call);
    }
    *s = (source){.next = h->sources,
                  .id = strdup(c->id),
                  .name = strdup(c->name),
                  .path = strdup(path),
                  .watch = -1,
                  .seen = true};
    int32_t code = krx_oci_log_init(h->call, &s->log, &filter, krx_oci_log_put, &s->out);
    if (code || !s->id || !s->name || !s->path) {
        free_source(h, s);
        return krx_no_memory(h->call);
    }
    s->out = (krx_oci_log_out){
        .sink = h->sink, .name = s->name, .replica = c->replica, .timestamps = h->req->timestamps};
    s->watch = krx_oci_watch(h->inotify_fd, folder, IN_MODIFY | IN_MOVED_TO | IN_CREATE);
    h->sources = s;
    return begin(h, s);
}

static int32_t drain(hub *h, source *s)
{
    int32_t code = krx_oci_line_file_follow(h->call, &s->log.file, s->path);
    return code ? code : krx_oci_log_flush(&s->out);
}

static int32_t finish(source *s)
{
    int32_t code = krx_oci_log_end(&s->log);
    return code ? code : krx_oci_log_flush(&s->out);
}

/* ------------------------------------------------------------------------------------------ looks
 */

static bool may_come_back(const krx_oci_container *c)
{
    int phase = krx_oci_container_phase(c);
    return (phase != KRX_OCI_EXITED && phase != KRX_OCI_REMOVING) ||
           krx_streq(c->restart_policy, "always") || krx_streq(c->restart_policy, "unless-stopped");
}

static int32_t note_container(hub *h, krx_arena *arena, const krx_oci_container *c)
{
    for (source *s = h->sources; s; s = s->next) {
        if (!krx_streq(s->id, c->id))
            continue;
        s->seen = true;
        if (may_come_back(c))
            s->ended_ns = 0;
        else if (!s->ended_ns)
            s->ended_ns = krx_now_monotonic();
        return 0;
    }
    return add_source(h, arena, c);
}

/* Those that are gone have been read to their end: the file stays open. */
static int32_t drop_gone(hub *h)
{
    int32_t code = 0;
    for (source **at = &h->sources; *at && !code;) {
        source *s = *at;
        if (s->seen) {
            at = &s->next;
            continue;
        }
        code = drain(h, s);
        if (!code)
            code = finish(s);
        *at = s->next;
        free_source(h, s);
    }
    return code;
}

/* Those that are there at the start must be; later ones join as they come. */
static int32_t look(hub *h)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_container **items = NULL;
    krx_side_call side;
    if (!arena)
        return krx_no_memory(h->call);
    for (source *s = h->sources; s; s = s->next)
        s->seen = false;
    krx_side_call_init(&side, h->call);
    int32_t code = krx_oci_resolve(&side.call, arena, h->backend, &h->req->ref, &items);
    bool none = code == KRX_E_NOT_FOUND || code == KRX_E_FAILED_PRECONDITION;
    if (code && (!h->later || !none)) {
        *h->call->error = side.error;
        return code;
    }
    for (code = 0; !none && items[0] && !code; items++)
        code = note_container(h, arena, items[0]);
    h->later = true;
    return code ? code : drop_gone(h);
}

static bool all_over(const hub *h)
{
    int64_t now = krx_now_monotonic();
    for (const source *s = h->sources; s; s = s->next)
        if (!s->ended_ns || now - s->ended_ns < END_GRACE_NS)
            return false;
    return true;
}

static int32_t follow(hub *h)
{
    int64_t looked = krx_now_monotonic();
    int32_t code = look(h);
    while (!code) {
        for (source *s = h->sources; s && !code; s = s->next)
            code = drain(h, s);
        if (code || all_over(h))
            break;
        int64_t left = looked + LOOK_NS - krx_now_monotonic();
        bool changed = false;
        if (left > 0)
            code = krx_oci_watch_wait(h->call, h->inotify_fd,
                                      h->inotify_fd < 0 && left > POLL_NS ? POLL_NS : left,
                                      IN_CREATE | IN_DELETE, &changed);
        if (!code && (changed || krx_now_monotonic() - looked >= LOOK_NS)) {
            looked = krx_now_monotonic();
            code = look(h);
        }
    }
    for (source *s = h->sources; s && !code; s = s->next)
        code = finish(s);
    return code;
}

int32_t krx_oci_logs_follow(krx_call *call, krx_oci_backend *backend, const krx_logs_req *req,
                            krx_sink *log)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const char *all = arena ? krx_oci_path(arena, &backend->store, "containers", NULL, NULL) : NULL;
    krx_autoclose int inotify_fd = krx_oci_watch_open();
    hub h = {.call = call, .backend = backend, .req = req, .sink = log, .inotify_fd = inotify_fd};
    if (!all)
        return krx_no_memory(call);
    (void)krx_oci_watch(inotify_fd, all, IN_CREATE | IN_DELETE | IN_MOVED_TO);
    int32_t code = follow(&h);
    while (h.sources) {
        source *s = h.sources;
        h.sources = s->next;
        free_source(&h, s);
    }
    return code;
}
