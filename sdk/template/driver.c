/* SPDX-License-Identifier: Apache-2.0 */
/* The other ops of the driver table but logs and the capability report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sample.h"

static int32_t no_such(krx_call *call, const krx_ref *ref)
{
    return krx_fail(call, KRX_E_NOT_FOUND, "workload '%s' does not exist in namespace '%s'",
                    ref->workload ? ref->workload : ref->instance, ref->namespace_);
}

static const char *state_of(const instance *i)
{
    return i->child.pid                ? "Running"
           : i->stopped                ? "Stopped"
           : i->exit_code == 0         ? "Succeeded"
           : i->exit_code == KRX_UNSET ? "Pending"
                                       : "Failed";
}

static const char *state_of_all(const workload *w, int64_t total, int64_t running)
{
    if (total == 0)
        return "Stopped";
    if (running == total)
        return "Running";
    if (running)
        return "Degraded";
    for (const instance *i = w->instances; i; i = i->next)
        if (strcmp(state_of(i), "Failed") == 0)
            return "Failed";
    return state_of(w->instances);
}

static void fill_instance(const workload *w, const instance *i, krx_instance *out, char id[64],
                          char name[300])
{
    (void)snprintf(id, 64, "run-%lld", (long long)i->run);
    (void)snprintf(name, 300, "%s-%d", w->name, (int)i->replica);
    *out = (krx_instance){.struct_size = sizeof *out,
                          .managed = 1,
                          .id = id,
                          .name = name,
                          .workload = w->name,
                          .namespace_ = w->namespace_,
                          .image = w->image,
                          .state = state_of(i),
                          .replica = i->replica,
                          .restarts = 0,
                          .exit_code = i->exit_code,
                          .created_ns = w->created_ns,
                          .started_ns = i->started_ns,
                          .labels = (const krx_kv *const *)w->labels};
}

typedef struct row {
    krx_instance instance;
    char id[64], name[300];
} row;

int32_t sample_emit_status(const workload *w, int with_instances, krx_sink *out)
{
    int64_t total = 0, running = 0, n = 0;
    for (const instance *i = w->instances; i; i = i->next, total++)
        running += i->child.pid != 0;
    row *rows = calloc((size_t)total + 1, sizeof *rows);
    const krx_instance **list = calloc((size_t)total + 1, sizeof *list);
    for (const instance *i = w->instances; rows && list && i; i = i->next, n++) {
        fill_instance(w, i, &rows[n].instance, rows[n].id, rows[n].name);
        list[n] = &rows[n].instance;
    }
    krx_status status = {.struct_size = sizeof status,
                         .managed = 1,
                         .id = w->id,
                         .name = w->name,
                         .namespace_ = w->namespace_,
                         .image = w->image,
                         .state = state_of_all(w, total, running),
                         .replicas = total,
                         .ready_replicas = running,
                         .created_ns = w->created_ns,
                         .last_updated_ns = w->updated_ns,
                         .labels = (const krx_kv *const *)w->labels,
                         .instances = with_instances ? list : NULL,
                         .spec_json = w->spec_json,
                         .last_schedule_ns = KRX_UNSET};
    int32_t code = krx_emit(out, KRX_ITEM_STATUS, &status);
    free(list);
    free(rows);
    return code;
}

/* Takes the workload out only when all of its processes have ended. */
static int32_t destroy(krx_call *call, sample *s, const krx_destroy_req *req)
{
    workload *w = sample_find(s, &req->ref);
    int32_t code = 0;
    char path[512];
    if (!w)
        return no_such(call, &req->ref);
    for (instance *i = w->instances; i && code == 0; i = i->next)
        code = sample_stop(call, i, req->grace_ns == KRX_UNSET ? w->grace_ns : req->grace_ns);
    if (code != 0)
        return code;
    for (const instance *i = w->instances; i; i = i->next)
        for (int stream = KRX_STREAM_STDOUT; stream <= KRX_STREAM_STDERR; stream++) {
            sample_log_path(s, w, i, stream, path, sizeof path);
            (void)unlink(path);
        }
    for (workload **at = &s->first; *at; at = &(*at)->next)
        if (*at == w) {
            *at = w->next;
            break;
        }
    sample_workload_free(w);
    return 0;
}

int32_t sample_destroy(krx_call *call, void *backend, const krx_destroy_req *req, krx_sink *none)
{
    int32_t code = sample_enter(call, backend);
    (void)none;
    if (code != 0)
        return code;
    code = destroy(call, backend, req);
    sample_leave(backend);
    return code;
}

static int32_t restart(krx_call *call, sample *s, const krx_restart_req *req)
{
    workload *w = sample_find(s, &req->ref);
    int32_t code = 0;
    if (!w)
        return no_such(call, &req->ref);
    for (instance *i = w->instances; i && code == 0; i = i->next) {
        if (req->ref.replica && req->ref.replica != i->replica)
            continue;
        code = sample_stop(call, i, req->grace_ns == KRX_UNSET ? w->grace_ns : req->grace_ns);
        if (code == 0)
            code = sample_start(call, s, w, i);
    }
    w->updated_ns = sample_now();
    return code;
}

int32_t sample_restart(krx_call *call, void *backend, const krx_restart_req *req, krx_sink *none)
{
    int32_t code = sample_enter(call, backend);
    (void)none;
    if (code != 0)
        return code;
    code = restart(call, backend, req);
    sample_leave(backend);
    return code;
}

int32_t sample_get_status(krx_call *call, void *backend, const krx_status_req *req, krx_sink *out)
{
    int32_t code = sample_enter(call, backend);
    if (code != 0)
        return code;
    workload *w = sample_find(backend, &req->ref);
    if (w)
        sample_refresh(call, w);
    code = w ? sample_emit_status(w, (int)req->with_instances, out) : no_such(call, &req->ref);
    sample_leave(backend);
    return code;
}

static int has_label(const workload *w, const krx_kv *wanted)
{
    for (size_t i = 0; w->labels[i]; i++)
        if (strcmp(w->labels[i]->key, wanted->key) == 0)
            return strcmp(w->labels[i]->value, wanted->value) == 0;
    return 0;
}

static int selected(const workload *w, const krx_list_req *req)
{
    if (req->namespace_ && strcmp(req->namespace_, w->namespace_) != 0)
        return 0;
    for (size_t i = 0; req->selector && req->selector[i]; i++)
        if (!has_label(w, req->selector[i]))
            return 0;
    return 1;
}

int32_t sample_list(krx_call *call, void *backend, const krx_list_req *req, krx_sink *out)
{
    sample *s = backend;
    int32_t code = sample_enter(call, s);
    if (code != 0)
        return code;
    for (workload *w = s->first; w && code == 0; w = w->next) {
        if (!selected(w, req))
            continue;
        sample_refresh(call, w);
        code = sample_emit_status(w, (int)req->with_instances, out);
    }
    sample_leave(s);
    return code;
}

int32_t sample_ping(krx_call *call, void *backend, const krx_ping_req *req, krx_sink *out)
{
    struct timespec a, b;
    krx_latency latency = {.struct_size = sizeof latency};
    (void)req;
    (void)clock_gettime(CLOCK_MONOTONIC, &a);
    int32_t code = sample_enter(call, backend);
    if (code != 0)
        return code;
    sample_leave(backend);
    (void)clock_gettime(CLOCK_MONOTONIC, &b);
    latency.latency_ns =
        (int64_t)(b.tv_sec - a.tv_sec) * 1000000000 + (int64_t)(b.tv_nsec - a.tv_nsec);
    return krx_emit(out, KRX_ITEM_LATENCY, &latency);
}
