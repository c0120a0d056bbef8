/* SPDX-License-Identifier: Apache-2.0 */
/* krx_invoke(): the one way from a program to a module's op. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/backend.h"
#include "core/faults.h"
#include "core/items.h"
#include "core/ops.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/base/units.h"

#define VERDICT_MAX 512

typedef struct invocation invocation;

/* Stands between the module and a sink of the program. */
typedef struct filter {
    krx_sink sink;
    krx_sink *to;
    invocation *owner;
} filter;

struct invocation {
    krx_job job;
    krx_backend *backend;
    const krx_op *op;
    const void *req;
    uint32_t number;
    pthread_t worker;
    union {
        uint32_t struct_size;
        krx_deploy_req deploy;
        krx_backend_req backend;
    } own_req; /* where the request holds a sink */
    filter out, progress, extra;
    int32_t stopped;          /* what a sink of the program answered, if not 0 */
    char broken[VERDICT_MAX]; /* the rule that the module broke, or "" */
    void (*release)(void *ctx);
    void *release_ctx;
};

static int32_t break_rule(invocation *inv, uint32_t kind, const char *why)
{
    (void)snprintf(inv->broken, sizeof inv->broken,
                   "the %s module broke a rule in %s: it emitted a %s item that is wrong: %s",
                   inv->backend->name, inv->op->name, krx_item_name(kind), why);
    return KRX_E_INTERNAL;
}

static int32_t filter_emit(krx_sink *sink, uint32_t kind, const void *item)
{
    filter *f = sink->ctx;
    invocation *inv = f->owner;
    krx_item copy;
    char why[256];
    if (!pthread_equal(pthread_self(), inv->worker))
        return KRX_E_INTERNAL;
    if (inv->stopped)
        return inv->stopped;
    if (inv->broken[0])
        return KRX_E_INTERNAL;
    if (kind != sink->kind || kind == KRX_ITEM_NONE)
        return break_rule(inv, kind, "that is not what this sink takes");
    const char *bad = krx_item_take(kind, item, inv->backend->name, &copy, why, sizeof why);
    if (bad)
        return break_rule(inv, kind, bad);
    int32_t code = krx_job_emit(&inv->job, f->to, kind, &copy);
    inv->stopped = code;
    return code;
}

static krx_sink *set_filter(filter *f, invocation *inv, uint32_t kind, krx_sink *to)
{
    *f = (filter){
        .sink = {.struct_size = sizeof f->sink, .kind = kind, .emit = filter_emit, .ctx = f},
        .to = to,
        .owner = inv,
    };
    return &f->sink;
}

static int32_t run(krx_job *job)
{
    invocation *inv = (invocation *)(void *)job;
    inv->worker = pthread_self();
    int32_t code = krx_check(&job->call);
    if (code == 0)
        code = krx_fault(&job->call, inv->op->name);
    if (code)
        return code;
    return inv->op->run(inv->backend->module, &job->call, inv->backend->handle, inv->req,
                        &inv->out.sink);
}

static void dispose(krx_job *job)
{
    invocation *inv = (invocation *)(void *)job;
    krx_backend *backend = inv->backend;
    if (inv->release)
        inv->release(inv->release_ctx);
    free(inv);
    krx_backend_unref(backend);
}

/* The nearer of the caller's deadline and the allow file's timeout. */
static int64_t deadline_of(const krx_call *call, const krx_backend *backend, uint32_t op,
                           const void *req)
{
    if (backend->timeout_ns == KRX_UNSET || krx_op_streams(op, req))
        return call->deadline_ns;
    int64_t own = krx_now_monotonic() + backend->timeout_ns;
    return own < call->deadline_ns ? own : call->deadline_ns;
}

/* Requests that hold a sink get a copy that holds a filter in its place. */
static void set_request(invocation *inv, uint32_t op, const void *req)
{
    inv->req = req;
    if (op == KRX_OP_driver_deploy) {
        memcpy(&inv->own_req.deploy, req, sizeof inv->own_req.deploy);
        inv->own_req.deploy.struct_size = sizeof inv->own_req.deploy;
        if (inv->own_req.deploy.changes)
            inv->own_req.deploy.changes =
                set_filter(&inv->extra, inv, KRX_ITEM_CHANGE, inv->own_req.deploy.changes);
        inv->req = &inv->own_req.deploy;
    } else if (op == KRX_OP_driver_backend) {
        memcpy(&inv->own_req.backend, req, sizeof inv->own_req.backend);
        inv->own_req.backend.struct_size = sizeof inv->own_req.backend;
        if (inv->own_req.backend.capabilities)
            inv->own_req.backend.capabilities = set_filter(&inv->extra, inv, KRX_ITEM_CAPABILITY,
                                                           inv->own_req.backend.capabilities);
        inv->req = &inv->own_req.backend;
    }
}

static invocation *prepare(krx_call *call, krx_backend *backend, uint32_t op, const void *req,
                           krx_sink *out)
{
    invocation *inv = calloc(1, sizeof *inv);
    if (!inv) {
        krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory calling %s", krx_op_name(op));
        return NULL;
    }
    inv->backend = backend;
    inv->op = krx_op_get(op);
    inv->job.run = run;
    inv->job.dispose = dispose;
    inv->job.jobs = &backend->runtime->jobs;
    inv->job.what = inv->op->name;
    inv->job.turn = backend->module->thread_model == KRX_THREADS_PARALLEL ? NULL : &backend->turn;
    if (krx_job_init(&inv->job, call, &backend->services.host,
                     deadline_of(call, backend, op, req)) < 0) {
        free(inv);
        return NULL;
    }
    set_filter(&inv->out, inv, inv->op->item, out);
    if (call->progress)
        inv->job.call.progress = set_filter(&inv->progress, inv, KRX_ITEM_PROGRESS, call->progress);
    set_request(inv, op, req);
    (void)snprintf(
        inv->job.prefix, sizeof inv->job.prefix, "%s/%s#%llu", backend->name, inv->op->verb,
        (unsigned long long)__atomic_add_fetch(&backend->runtime->calls, 1, __ATOMIC_RELAXED));
    krx_backend_ref(backend);
    return inv;
}

static const char *rounded(int64_t ns, int64_t step, char text[KRX_UNIT_TEXT_MAX])
{
    return krx_duration_text((ns + step / 2) / step * step, text);
}

/* "5s": a deadline is set some time before the call starts, so what is odd about it goes. */
static const char *patience(int64_t ns, char text[KRX_UNIT_TEXT_MAX])
{
    const int64_t step = ns >= 10 * KRX_NS_PER_S    ? KRX_NS_PER_S
                         : ns >= KRX_NS_PER_S / 2   ? KRX_NS_PER_S / 10
                         : ns >= 20 * KRX_NS_PER_MS ? 10 * KRX_NS_PER_MS
                                                    : KRX_NS_PER_MS;
    return rounded(ns, step, text);
}

static int32_t overstayed(krx_call *call, const invocation *inv, int64_t started)
{
    char text[KRX_UNIT_TEXT_MAX];
    const char *name = inv->backend->name;
    if (inv->job.ended_by == KRX_E_CANCELLED)
        return krx_fail(call, KRX_E_CANCELLED,
                        "the call was cancelled; the %s module goes on with %s on its own", name,
                        inv->op->name);
    krx_fail(call, KRX_E_DEADLINE_EXCEEDED, "the %s module did not answer within %s (%s)", name,
             patience(inv->job.call.deadline_ns - started, text), inv->op->name);
    return krx_hint(call,
                    "check that the backend responds, or allow more time with --timeout or in "
                    "the timeout of the module's allow file");
}

static void copy_error(krx_call *call, const krx_error *from)
{
    uint32_t size = call->error->struct_size;
    *call->error = *from;
    call->error->struct_size = size;
}

/* What a call that ended means: the module's word, checked. */
static int32_t judge(krx_call *call, invocation *inv, int64_t started)
{
    const char *name = inv->backend->name, *op = inv->op->name;
    int32_t code = inv->job.result;
    krx_error *slot = &inv->job.error;
    if (inv->broken[0])
        return krx_fail(call, KRX_E_INTERNAL, "%s", inv->broken);
    if (inv->stopped && (code == inv->stopped || code == 0)) {
        if (inv->stopped < 0 && call->error->code != inv->stopped)
            krx_fail(call, inv->stopped, "%s was stopped by its receiver", op);
        return inv->stopped;
    }
    if (code == 0)
        return 0;
    if (code > 0 || code < KRX_E_LAST_)
        return krx_fail(call, KRX_E_INTERNAL,
                        "the %s module broke a rule: %s answered %d, which is no error code", name,
                        op, code);
    if (code == KRX_E_CANCELLED && inv->job.ended_by == KRX_E_DEADLINE_EXCEEDED)
        return overstayed(call, inv, started); /* it was we who cancelled */
    if (slot->message[0] == '\0')
        return krx_fail(call, code, "the %s module failed in %s and gave no reason (%s)", name, op,
                        krx_error_name(code));
    slot->message[sizeof slot->message - 1] = '\0';
    slot->hint[sizeof slot->hint - 1] = '\0';
    slot->code = code;
    copy_error(call, slot);
    return code;
}

static void log_call(const krx_runtime *runtime, const invocation *inv, int64_t started,
                     int32_t code, const krx_call *call)
{
    char subject[512], took[KRX_UNIT_TEXT_MAX];
    krx_auto_str krx_str text = {0};
    krx_request_subject(inv->number, inv->req, subject, sizeof subject);
    rounded(krx_now_monotonic() - started, KRX_NS_PER_MS, took);
    krx_str_addf(&text, "%s%s%s: %s in %s", inv->op->name, subject[0] ? " " : "", subject,
                 krx_error_name(code), took);
    if (code < 0)
        krx_str_addf(&text, ": %s", call->error->message);
    krx_log_write(&runtime->log, KRX_LOG_INFO, inv->backend->name, inv->job.prefix,
                  krx_str_get(&text));
}

static int32_t start(krx_call *call, krx_backend *backend, uint32_t op, const void *req,
                     krx_sink *out, const krx_invoke_options *options, bool *released)
{
    int64_t started = krx_now_monotonic();
    invocation *inv = prepare(call, backend, op, req, out);
    if (!inv)
        return call->error->code;
    inv->number = op;
    inv->release = options ? options->release : NULL;
    inv->release_ctx = options ? options->release_ctx : NULL;
    *released = true;
    krx_job_run(&inv->job, call);
    int32_t code = inv->job.abandoned ? overstayed(call, inv, started) : judge(call, inv, started);
    if (backend->log_calls || krx_log_wanted(&backend->runtime->log, KRX_LOG_INFO))
        log_call(backend->runtime, inv, started, code, call);
    krx_job_unref(&inv->job);
    return code;
}

/* All that can be said before a thread is started. */
static int32_t admit(krx_call *call, const krx_backend *backend, uint32_t op, const void *req,
                     const krx_sink *out)
{
    int32_t code = krx_request_check(call, op, req);
    if (code)
        return code;
    const krx_op *info = krx_op_get(op);
    if (out && info->item != KRX_ITEM_NONE && out->kind != info->item)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s emits %s items, the sink takes %s",
                        info->name, krx_item_name(info->item), krx_item_name(out->kind));
    if (!info->has(backend->module)) {
        krx_fail(call, KRX_E_UNSUPPORTED, "backend '%s' does not support %s", backend->name,
                 info->name);
        return krx_hint(call, "'kranix backends show %s' tells what it can do", backend->name);
    }
    return krx_check(call);
}

int32_t krx_invoke(krx_call *call, krx_backend *backend, uint32_t op, const void *req,
                   krx_sink *out, const krx_invoke_options *options)
{
    krx_jobs *jobs = &backend->runtime->jobs;
    bool released = false;
    int32_t code;
    if (krx_jobs_enter(jobs)) {
        code = admit(call, backend, op, req, out);
        if (code == 0)
            code = start(call, backend, op, req, out, options, &released);
        krx_jobs_leave(jobs);
    } else {
        code = krx_fail(call, KRX_E_CANCELLED, "the runtime is being shut down");
    }
    if (!released && options && options->release)
        options->release(options->release_ctx);
    return code;
}
