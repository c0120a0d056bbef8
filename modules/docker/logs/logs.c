/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/logs/logs.h"

#include "modules/docker/logs/follow.h"
#include "modules/docker/logs/position.h"

/* ----------------------------------------------------------------------------- what is there now
 */

typedef struct reader {
    const krx_replica *container;
    krx_sink *out;
} reader;

static int32_t pass_on(void *ctx, uint32_t stream, const char *data, size_t length)
{
    const reader *r = ctx;
    krx_log_chunk chunk = {.struct_size = sizeof chunk,
                           .stream = stream,
                           .instance = r->container->name,
                           .replica = r->container->replica,
                           .time_ns = KRX_UNSET,
                           .data = data,
                           .length = length};
    return length ? krx_emit(r->out, KRX_ITEM_LOG, &chunk) : 0;
}

/* The newline is put back: a chunk is bytes as they came. */
static int32_t pass_line(void *ctx, const krx_log_line *line)
{
    const reader *r = ctx;
    krx_auto_str krx_str text = {0};
    krx_str_addn(&text, line->text, line->length);
    if (!line->partial)
        krx_str_addc(&text, '\n');
    krx_log_chunk chunk = {.struct_size = sizeof chunk,
                           .stream = line->stream,
                           .instance = r->container->name,
                           .replica = r->container->replica,
                           .time_ns = line->time_ns > 0 ? line->time_ns : KRX_UNSET,
                           .data = krx_str_get(&text),
                           .length = text.length};
    return krx_str_failed(&text) ? KRX_E_RESOURCE_EXHAUSTED
                                 : krx_emit(r->out, KRX_ITEM_LOG, &chunk);
}

static int32_t has_terminal(krx_call *call, krx_dk_backend *backend, const char *id, bool *tty)
{
    krx_auto_json cJSON *json = NULL;
    int32_t code = krx_dk_inspect_json(call, backend, id, &json);
    *tty = !code && krx_json_bool(krx_json_object(json, "Config"), "Tty", false);
    return code;
}

static int32_t read_one(krx_call *call, krx_dk_backend *backend, const krx_logs_req *req,
                        const krx_replica *container, krx_sink *out)
{
    krx_auto_str krx_str path = {0}, what = {0};
    reader r = {.container = container, .out = out};
    bool tty;
    int32_t code = has_terminal(call, backend, container->id, &tty);
    if (code)
        return code;
    krx_dk_logs_path(&path, container->id, req, false, req->timestamps, req->tail, req->since_ns);
    krx_str_addf(&what, "reading the log of container %s", container->name);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(call);
    krx_engine_request request = {.path = krx_str_get(&path), .what = krx_str_get(&what)};
    if (req->timestamps)
        return krx_engine_lines(call, backend->engine, &request, tty, true, pass_line, &r);
    return krx_engine_output(call, backend->engine, &request, tty, pass_on, &r);
}

int32_t krx_dk_logs_op(krx_call *call, void *backend, const krx_logs_req *req, krx_sink *log)
{
    krx_auto_dk_targets krx_dk_targets targets = {0};
    if (req->previous) {
        krx_fail(call, KRX_E_UNSUPPORTED,
                 "Docker keeps one log for all runs of a container: there "
                 "is no log of the previous one alone");
        return krx_hint(call, "leave --previous away: the log holds the runs before, too");
    }
    if (req->follow)
        return krx_dk_logs_follow(call, backend, req, log);
    int32_t code = krx_dk_resolve(call, backend, &req->ref, &targets);
    for (size_t i = 0; i < targets.count && !code; i++)
        code = read_one(call, backend, req, targets.items[i], log);
    return code;
}
