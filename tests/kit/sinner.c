/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The template with one sin, which the setting `sin` chooses: the conformance kit must find each.
 * Without the setting it is the template under another name.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sdk/template/sample.h"

static char sin_[64];
static const char *kept; /* a pointer that should have been a copy */

static int sins(const char *name)
{
    return strcmp(sin_, name) == 0;
}

static void *stay(void *arg)
{
    (void)arg;
    for (;;)
        pause();
    return NULL;
}

static int32_t sinner_open(krx_call *call, const krx_open_req *req, void **backend)
{
    const char *sin = krx_setting_get(req, "sin");
    pthread_t thread;
    size_t n = sin ? strlen(sin) : 0;
    if (n >= sizeof sin_)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "no such sin");
    memcpy(sin_, sin ? sin : "", n + 1);
    kept = NULL;
    if (sins("leaks-fd") && open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
        return krx_fail(call, KRX_E_UNKNOWN, "no descriptor to leak");
    if (sins("leaks-thread") && pthread_create(&thread, NULL, stay, NULL) != 0)
        return krx_fail(call, KRX_E_UNKNOWN, "no thread to leak");
    return sample_open(call, req, backend);
}

static int32_t twice_changed(const krx_deploy_req *req)
{
    krx_change change = {.struct_size = sizeof change,
                         .action = KRX_CHANGE_UPDATE,
                         .kind = "process",
                         .object = req->spec->name};
    return krx_emit(req->changes, KRX_ITEM_CHANGE, &change);
}

static int32_t sinner_deploy(krx_call *call, void *backend, const krx_deploy_req *req,
                             krx_sink *status)
{
    krx_deploy_req other = *req;
    if (sins("keeps-pointer"))
        kept = req->spec->name;
    if (sins("writes-input"))
        ((krx_deploy_req *)(uintptr_t)req)->flags = 0;
    if (sins("writes-when-dry"))
        other.flags &= ~(uint32_t)KRX_DEPLOY_DRY_RUN;
    if (sins("never-unchanged")) {
        int32_t code = twice_changed(req);
        if (code != 0)
            return code;
    }
    return sample_deploy(call, backend, &other, status);
}

static int32_t sinner_destroy(krx_call *call, void *backend, const krx_destroy_req *req,
                              krx_sink *none)
{
    if (sins("leaves-behind"))
        return 0;
    return sample_destroy(call, backend, req, none);
}

static int32_t alter_state(krx_sink *sink, uint32_t kind, const void *item)
{
    krx_status status = *(const krx_status *)item;
    status.state = "Sleeping";
    return krx_emit(sink->ctx, kind, &status);
}

static int32_t sinner_get_status(krx_call *call, void *backend, const krx_status_req *req,
                                 krx_sink *out)
{
    krx_sink other = {
        .struct_size = sizeof other, .kind = out->kind, .emit = alter_state, .ctx = out};
    krx_call patient = *call;
    patient.deadline_ns = KRX_NO_DEADLINE;
    int32_t code = sample_get_status(sins("no-deadline") ? &patient : call, backend, req,
                                     sins("wrong-state") ? &other : out);
    if (code == KRX_E_NOT_FOUND && sins("positive-code"))
        return -code;
    if (code == KRX_E_NOT_FOUND && sins("empty-message"))
        call->error->message[0] = '\0';
    if (code == KRX_E_NOT_FOUND && sins("period"))
        return krx_fail(call, code, "It is not there.");
    if (code == KRX_E_NOT_FOUND && sins("newline"))
        return krx_fail(call, code, "it is\nnot there");
    if (code == KRX_E_NOT_FOUND && sins("other-code"))
        call->error->code = KRX_E_UNKNOWN;
    return code > 0 && sins("ignores-stop") ? 0 : code;
}

static int32_t sinner_list(krx_call *call, void *backend, const krx_list_req *req, krx_sink *out)
{
    if (kept && kept[0] == '-')
        return krx_fail(call, KRX_E_UNKNOWN, "a name with a dash first");
    return sample_list(call, backend, req, out);
}

static int32_t sinner_logs(krx_call *call, void *backend, const krx_logs_req *req, krx_sink *out)
{
    while (sins("ignores-cancel") && req->follow) {
        struct timespec nap = {.tv_sec = 1};
        (void)nanosleep(&nap, NULL);
    }
    return sample_logs(call, backend, req, out);
}

typedef struct late {
    krx_sink *out;
    int32_t code;
} late;

static void *emit_elsewhere(void *arg)
{
    late *l = arg;
    krx_latency latency = {.struct_size = sizeof latency};
    l->code = krx_emit(l->out, KRX_ITEM_LATENCY, &latency);
    return NULL;
}

static int32_t sinner_ping(krx_call *call, void *backend, const krx_ping_req *req, krx_sink *out)
{
    pthread_t thread;
    late l = {out, 0};
    if (sins("crashes"))
        (void)raise(SIGSEGV);
    if (sins("other-thread") && pthread_create(&thread, NULL, emit_elsewhere, &l) == 0)
        return pthread_join(thread, NULL) ? KRX_E_UNKNOWN : l.code;
    if (sins("fills-slot"))
        (void)krx_fail(call, KRX_E_UNAVAILABLE, "at first it did not answer");
    if (sins("wrong-kind"))
        return krx_emit(out, KRX_ITEM_EXEC, &(krx_exec_result){.struct_size = 8});
    return sample_ping(call, backend, req, out);
}

static int32_t alter_capability(krx_sink *sink, uint32_t kind, const void *item)
{
    krx_capability cap = *(const krx_capability *)item;
    int32_t code = 0;
    if (sins("no-reason"))
        cap.reason = NULL;
    if (sins("incomplete") && strcmp(cap.name, "ports") == 0)
        return 0;
    if (sins("twice"))
        code = krx_emit(sink->ctx, kind, &cap);
    if (sins("untruthful") && strcmp(cap.name, "driver.ping") == 0) {
        cap.level = KRX_CAP_UNSUPPORTED;
        cap.reason = "it only seems to work";
    }
    return code ? code : krx_emit(sink->ctx, kind, &cap);
}

static int32_t sinner_backend(krx_call *call, void *backend, const krx_backend_req *req,
                              krx_sink *out)
{
    krx_backend_req other = *req;
    krx_sink sink = {.struct_size = sizeof sink,
                     .kind = KRX_ITEM_CAPABILITY,
                     .emit = alter_capability,
                     .ctx = req->capabilities};
    if (req->capabilities)
        other.capabilities = &sink;
    krx_backend_info info = {.struct_size = sizeof info, .name = "sinner"};
    int32_t code = sample_backend(call, backend, &other, NULL);
    return code ? code : krx_emit(out, KRX_ITEM_BACKEND, &info);
}

static const krx_setting sin_setting = {
    .struct_size = sizeof sin_setting,
    .type = KRX_SETTING_STRING,
    .name = "sin",
    .help = "Which rule to break",
};
static const krx_setting *const settings[] = {&sin_setting, NULL};

static const krx_driver_ops driver = {
    .struct_size = sizeof driver,
    .deploy = sinner_deploy,
    .destroy = sinner_destroy,
    .restart = sample_restart,
    .get_status = sinner_get_status,
    .list_workloads = sinner_list,
    .stream_logs = sinner_logs,
    .ping = sinner_ping,
    .backend = sinner_backend,
};

KRX_MODULE(sinner, "sinner", "1.0.0", 0, .thread_model = KRX_THREADS_PARALLEL,
           .description = "Breaks one rule at a time", .license = "Apache-2.0",
           .settings = settings, .load = sample_load, .open = sinner_open, .close = sample_close,
           .driver = &driver);
