/* SPDX-License-Identifier: Apache-2.0 */
/* Logs as they are now: pod after pod. */
#include "modules/kubernetes/logs/logs.h"

#include <string.h>

#include "modules/kubernetes/backend/ops.h"

typedef struct reader {
    krx_call *call;
    const krx_logs_req *req;
    const char *pod;
    krx_sink *out;
    const char *run; /* its container's id */
    bool begun;
    krx_k8s_log_lines lines;
} reader;

static int32_t emit(const reader *r, int64_t time_ns, const char *data, size_t length)
{
    krx_log_chunk chunk = {.struct_size = sizeof chunk,
                           .stream = KRX_STREAM_STDOUT,
                           .instance = r->pod,
                           .time_ns = time_ns,
                           .data = data,
                           .length = length};
    return length ? krx_emit(r->out, KRX_ITEM_LOG, &chunk) : 0;
}

static int32_t is_gone(const reader *r)
{
    krx_log(r->call, KRX_LOG_WARN, "pod %s: its node no longer has the log", r->pod);
    return 0;
}

static int32_t pass_bytes(void *ctx, const char *data, size_t length)
{
    reader *r = ctx;
    bool first = !r->begun;
    r->begun = true;
    if (first && krx_k8s_log_is_gone(data, length, r->run))
        return is_gone(r);
    return emit(r, KRX_UNSET, data, length);
}

static int32_t split_bytes(void *ctx, const char *data, size_t length)
{
    reader *r = ctx;
    return krx_k8s_log_lines_feed(r->call, &r->lines, data, length);
}

/* The kubelet knows full seconds only; a chunk is bytes as they came, so the newline comes back. */
static int32_t pass_line(void *ctx, const krx_log_line *line)
{
    const reader *r = ctx;
    krx_auto_str krx_str text = {0};
    bool known = line->time_ns != KRX_UNSET;
    if (!known && krx_k8s_log_is_gone(line->text, line->length, r->run))
        return is_gone(r);
    if (known && r->req->since_ns != KRX_UNSET && line->time_ns < r->req->since_ns)
        return 0;
    krx_str_addn(&text, line->text, line->length);
    if (!line->partial)
        krx_str_addc(&text, '\n');
    if (krx_str_failed(&text))
        return krx_no_memory(r->call);
    return emit(r, r->req->timestamps ? line->time_ns : KRX_UNSET, text.data, text.length);
}

static int32_t read_pod(krx_call *call, krx_k8s_backend *backend, const krx_logs_req *req,
                        const cJSON *pod, krx_sink *out)
{
    reader r = {.call = call, .req = req, .pod = krx_k8s_name(pod), .out = out};
    bool stamped = req->timestamps || req->since_ns != KRX_UNSET;
    krx_kube_log_options options = {.namespace_ = krx_k8s_namespace_of(pod),
                                    .pod = r.pod,
                                    .container = krx_json_text(krx_k8s_main_container(pod), "name"),
                                    .previous = req->previous,
                                    .timestamps = stamped,
                                    .tail = req->tail,
                                    .since_ns = req->since_ns};
    const cJSON *status = krx_k8s_container_status(pod, "containerStatuses", options.container);
    r.run = krx_json_text(status, "containerID");
    r.lines.fn = pass_line;
    r.lines.ctx = &r;
    int32_t code =
        krx_kube_log(call, backend->kube, &options, stamped ? split_bytes : pass_bytes, &r);
    if (!code)
        code = krx_k8s_log_lines_end(call, &r.lines);
    krx_k8s_log_lines_free(&r.lines);
    return code;
}

/* ------------------------------------------------------------------------------------- all pods */

/* What its kubelet says of a container that it has removed since the pod was listed. */
static bool removed_since(const krx_call *call, int32_t code)
{
    return code == KRX_E_INVALID_ARGUMENT && strstr(call->error->message, " is terminated");
}

/* There is a log to read: of this run, or of the one before. */
static bool has_log(const cJSON *pod, bool previous)
{
    const char *name = krx_json_text(krx_k8s_main_container(pod), "name");
    const cJSON *status = krx_k8s_container_status(pod, "containerStatuses", name);
    if (previous)
        return krx_json_object(krx_json_object(status, "lastState"), "terminated") != NULL;
    return *krx_json_text(status, "containerID") != '\0';
}

static int32_t nothing_to_read(krx_call *call, krx_arena *arena, const krx_logs_req *req,
                               const cJSON *pods)
{
    const char *name = krx_blank(req->ref.workload) ? req->ref.instance : req->ref.workload;
    const cJSON *first = cJSON_GetArrayItem(pods, 0);
    if (!first)
        return 0;
    if (req->previous)
        return krx_fail(call, KRX_E_FAILED_PRECONDITION,
                        "'%s': no container was restarted, so there is no log of a run before",
                        name);
    const char *status = krx_k8s_pod_status(arena, first);
    (void)krx_fail(call, KRX_E_FAILED_PRECONDITION,
                   "'%s': no container has started yet (%s: %s), so there is no log", name,
                   krx_k8s_name(first), status ? status : "unknown");
    return krx_hint(call, "kranix status %s tells more; logs -f waits for it", name);
}

/* Of jobs the latest comes first. */
static const cJSON *pod_at(const cJSON *pods, int i, int count)
{
    const cJSON *pod = cJSON_GetArrayItem(pods, i);
    const cJSON *owner = krx_k8s_owner(pod);
    bool job = owner && krx_streq(krx_json_text(owner, "kind"), "Job");
    return job ? cJSON_GetArrayItem(pods, count - 1 - i) : pod;
}

static int32_t read_all(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                        const krx_logs_req *req, krx_sink *log)
{
    krx_auto_json cJSON *pods = NULL;
    int read = 0;
    int32_t code = krx_k8s_pods_of(call, backend, arena, &req->ref, &pods);
    int count = code ? 0 : cJSON_GetArraySize(pods);
    for (int i = 0; i < count && !code; i++) {
        const cJSON *pod = pod_at(pods, i, count);
        if (!has_log(pod, req->previous))
            continue;
        code = read_pod(call, backend, req, pod, log);
        read++;
        if ((code == KRX_E_NOT_FOUND && count > 1) || removed_since(call, code))
            code = krx_forgive(call);
    }
    return code || read ? code : nothing_to_read(call, arena, req, pods);
}

int32_t krx_k8s_logs_op(krx_call *call, void *backend, const krx_logs_req *req, krx_sink *log)
{
    const uint32_t both = KRX_STREAM_STDOUT | KRX_STREAM_STDERR;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    if (!arena)
        return krx_no_memory(call);
    if (req->streams && (req->streams & both) != both) {
        (void)krx_fail(call, KRX_E_UNSUPPORTED,
                       "Kubernetes keeps standard output and standard error of a container as one "
                       "log and can't tell them apart");
        return krx_hint(call, "leave --stream away");
    }
    if (req->follow && !req->previous)
        return krx_k8s_follow_logs(call, backend, arena, req, log);
    return read_all(call, backend, arena, req, log);
}
