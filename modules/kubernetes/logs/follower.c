/* SPDX-License-Identifier: Apache-2.0 */
/* One pod that is followed: reading the log of each run of its container, without a gap. */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/logs/follow.h"

#define STACK_BYTES ((size_t)512 << 10)
#define SETTLE_NS (500 * KRX_NS_PER_MS)
#define REFUSED_MAX 60 /* some half a minute */

krx_call krx_k8s_follow_call(const krx_k8s_follow *h, krx_error *error)
{
    krx_call call = *h->call;
    *error = (krx_error){.struct_size = sizeof *error};
    call.error = error;
    call.progress = NULL;
    call.cancel_fd = h->stop_fd;
    return call;
}

bool krx_k8s_follow_thread(pthread_t *thread, void *(*run)(void *), void *arg)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    bool started = pthread_create(thread, &attributes, run, arg) == 0;
    (void)pthread_attr_destroy(&attributes);
    return started;
}

/* -------------------------------------------------------------------------------------- reading */

static int32_t take_line(void *ctx, const krx_log_line *line)
{
    krx_k8s_follower *f = ctx;
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
    krx_k8s_follower *f = ctx;
    f->begun_reading = true;
    f->refused = 0;
    return krx_k8s_log_lines_feed(&f->call, &f->lines, data, length);
}

/* From where this reading begins: as asked for, or where the one before left off. */
static void place(krx_k8s_follower *f, krx_kube_log_options *o)
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

static int32_t read_log(krx_k8s_follower *f, bool follow, bool previous)
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

/* -------------------------------------------------------------------------------------
 * krx_k8s_follower */

krx_k8s_sight krx_k8s_follower_see(krx_k8s_follower *f)
{
    KRX_LOCK_SCOPE(&f->hub->lock);
    return f->sight;
}

/* Until the sight changes, or for a while. */
static int32_t wait_for_change(krx_k8s_follower *f, int64_t timeout_ns)
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
static bool passing(krx_k8s_follower *f, int32_t code)
{
    if (f->begun_reading && (code == KRX_E_PERMISSION_DENIED || code == KRX_E_UNAUTHENTICATED))
        return f->refused++ < REFUSED_MAX;
    return code == KRX_E_UNAVAILABLE || code == KRX_E_DATA_LOSS || code == KRX_E_NOT_FOUND ||
           code == KRX_E_INVALID_ARGUMENT || code == KRX_E_UNKNOWN;
}

/* One reading. *whole: it went to the end of a run that was over before. */
static int32_t read_run(krx_k8s_follower *f, const krx_k8s_sight *at, bool *whole)
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
    return code && passing(f, code) ? krx_forgive(&f->call) : code;
}

static int32_t follow_pod(krx_k8s_follower *f)
{
    bool whole = false;
    for (;;) {
        krx_k8s_sight now = krx_k8s_follower_see(f);
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

void *krx_k8s_follower_run(void *arg)
{
    krx_k8s_follower *f = arg;
    int32_t code = follow_pod(f);
    krx_log_queue_leave(&f->hub->queue, code, &f->error, &f->left);
    return NULL;
}

/* ------------------------------------------------------------------------------------ its life */

void krx_k8s_follower_show(krx_k8s_follower *f, const krx_k8s_sight *now)
{
    uint64_t one = 1;
    pthread_mutex_lock(&f->hub->lock);
    bool changed = memcmp(&f->sight, now, sizeof *now) != 0;
    f->sight = *now;
    pthread_mutex_unlock(&f->hub->lock);
    if (changed)
        (void)!write(f->wake_fd, &one, sizeof one);
}

void krx_k8s_follower_free(krx_k8s_follower *f)
{
    if (f->wake_fd >= 0)
        close(f->wake_fd);
    free(f->namespace_);
    free(f->pod);
    free(f->uid);
    free(f->container);
    free(f);
}

krx_k8s_follower *krx_k8s_follower_new(krx_k8s_follow *h, const cJSON *pod)
{
    krx_k8s_follower *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->hub = h;
    f->later = h->synced;
    f->call = krx_k8s_follow_call(h, &f->error);
    f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    f->namespace_ = strdup(krx_k8s_namespace_of(pod));
    f->pod = strdup(krx_k8s_name(pod));
    f->uid = strdup(krx_json_text(krx_json_object(pod, "metadata"), "uid"));
    f->container = strdup(krx_json_text(krx_k8s_main_container(pod), "name"));
    if (f->wake_fd >= 0 && f->namespace_ && f->pod && f->uid && f->container)
        return f;
    krx_k8s_follower_free(f);
    return NULL;
}
