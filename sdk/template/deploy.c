/* SPDX-License-Identifier: Apache-2.0 */
/* deploy: report what would change; then, unless it is a dry run, change it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sample.h"

static int32_t report(const krx_deploy_req *req, const workload *w, int64_t replica,
                      uint32_t action, const char *field)
{
    char object[300];
    krx_change change = {.struct_size = sizeof change,
                         .action = action,
                         .kind = "process",
                         .object = object,
                         .field = field};
    (void)snprintf(object, sizeof object, "%s-%d", w->name, (int)replica);
    return krx_emit(req->changes, KRX_ITEM_CHANGE, &change);
}

/* Emits one change for every replica that is or shall be. */
static int32_t plan(const krx_deploy_req *req, const workload *old, const workload *w)
{
    const char *field = NULL;
    uint32_t kept = KRX_CHANGE_CREATE;
    int64_t wanted = req->spec->replicas, is = 0;
    int32_t code = 0;
    for (const instance *i = old ? old->instances : NULL; i; i = i->next)
        is++;
    if (old && !sample_same_run(old, w, &field)) {
        kept = KRX_CHANGE_REPLACE;
    } else if (old) {
        kept = sample_same_labels(old, w) ? KRX_CHANGE_NONE : KRX_CHANGE_UPDATE;
        field = kept == KRX_CHANGE_UPDATE ? "labels" : NULL;
    }
    for (int64_t n = 1; code == 0 && (n <= wanted || n <= is); n++)
        code = n > wanted ? report(req, w, n, KRX_CHANGE_REMOVE, "replicas")
               : n > is   ? report(req, w, n, KRX_CHANGE_CREATE, old ? "replicas" : NULL)
                          : report(req, w, n, kept, field);
    if (code == 0 && wanted == 0 && is == 0)
        code = report(req, w, 0, old ? KRX_CHANGE_NONE : KRX_CHANGE_CREATE, NULL);
    return code;
}

static int32_t remove_last(krx_call *call, const sample *s, workload *w, instance **at)
{
    instance *i = *at;
    char path[512];
    int32_t code = sample_stop(call, i, w->grace_ns);
    if (code != 0)
        return code;
    for (int stream = KRX_STREAM_STDOUT; stream <= KRX_STREAM_STDERR; stream++) {
        sample_log_path(s, w, i, stream, path, sizeof path);
        (void)unlink(path);
    }
    *at = i->next;
    free(i);
    return 0;
}

/* Brings the number of instances to `wanted`. */
static int32_t resize(krx_call *call, sample *s, workload *w, int64_t wanted, int start)
{
    instance **at = &w->instances;
    int64_t n = 0;
    int32_t code = 0;
    for (; *at && n < wanted; at = &(*at)->next)
        n++;
    while (code == 0 && *at)
        code = remove_last(call, s, w, at);
    for (; code == 0 && n < wanted; n++) {
        instance *i = calloc(1, sizeof *i);
        if (!i)
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        i->replica = n + 1;
        i->exit_code = KRX_UNSET;
        i->stopped = 1;
        *at = i;
        at = &i->next;
        if (start)
            code = sample_start(call, s, w, i);
    }
    return code;
}

static int32_t replace(krx_call *call, sample *s, workload *old, workload *w)
{
    const char *field;
    int32_t code = 0;
    int same = sample_same_run(old, w, &field);
    w->instances = old->instances;
    old->instances = NULL;
    w->created_ns = old->created_ns;
    for (instance *i = w->instances; i && !same && code == 0; i = i->next) {
        code = sample_stop(call, i, old->grace_ns);
        if (code == 0)
            code = sample_start(call, s, w, i);
    }
    return code;
}

static int32_t create(krx_call *call, sample *s, workload *w, const krx_deploy_req *req)
{
    int32_t code = resize(call, s, w, req->spec->replicas, !(req->flags & KRX_DEPLOY_NO_START));
    if (code == 0) {
        w->next = s->first;
        s->first = w;
        return 0;
    }
    for (instance *i = w->instances; i; i = i->next)
        sample_kill(i);
    sample_workload_free(w);
    return code;
}

static int32_t update(krx_call *call, sample *s, workload *old, workload *w,
                      const krx_deploy_req *req)
{
    int32_t code = replace(call, s, old, w);
    for (workload **at = &s->first; *at; at = &(*at)->next)
        if (*at == old) {
            w->next = old->next;
            *at = w;
            break;
        }
    sample_workload_free(old);
    return code ? code : resize(call, s, w, req->spec->replicas, 1);
}

static int32_t deploy(krx_call *call, sample *s, const krx_deploy_req *req, krx_sink *status)
{
    krx_ref ref = {.struct_size = sizeof ref,
                   .workload = req->spec->name,
                   .namespace_ = req->spec->namespace_};
    workload *old = sample_find(s, &ref), *w = sample_workload_new(call, req);
    int32_t code;
    if (!w)
        return call->error->code;
    if (old)
        sample_refresh(call, old);
    code = plan(req, old, w);
    if (code != 0 || req->flags & KRX_DEPLOY_DRY_RUN) {
        sample_workload_free(w);
        return code;
    }
    code = old ? update(call, s, old, w, req) : create(call, s, w, req);
    return code ? code : sample_emit_status(w, 1, status);
}

int32_t sample_deploy(krx_call *call, void *backend, const krx_deploy_req *req, krx_sink *status)
{
    sample *s = backend;
    int32_t code;
    if (!req->spec->command) {
        krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s has no command", req->spec->name);
        return krx_hint(call, "there are no images here: say in `command` what to run");
    }
    code = sample_enter(call, s);
    if (code != 0)
        return code;
    code = deploy(call, s, req, status);
    sample_leave(s);
    return code;
}
