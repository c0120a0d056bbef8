/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/containers/logs.h"

#include <kranix/results.h>

#include "modules/oci/containers/event_file.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/containers/status.h"

/* -------------------------------------------------------------------------------------- previous
 */

/* Narrows the filter to the run before the last start: between the ends that were noted. */
static int32_t previous_run(krx_call *call, krx_arena *arena, const krx_oci_backend *backend,
                            const krx_oci_container *c, krx_oci_log_filter *filter)
{
    krx_oci_ends ends = {.instance = c->name, .since_ns = c->created_ns};
    int phase = krx_oci_container_phase(c);
    int32_t code = krx_oci_ends_read(call, arena, &backend->store, &ends);
    if (code)
        return code;
    /* one that has ended itself: its last end is that of the latest run */
    bool up = phase == KRX_OCI_RUNNING || phase == KRX_OCI_PAUSED;
    int64_t until = ends.latest[up ? 0 : 1], since = ends.latest[up ? 1 : 2];
    if (until == KRX_UNSET)
        return krx_fail(call, KRX_E_NOT_FOUND,
                        "container %s has run only once: there is no log of a run before", c->name);
    filter->until_ns = until;
    if (since != KRX_UNSET && (filter->since_ns == KRX_UNSET || filter->since_ns <= since))
        filter->since_ns = since + 1;
    return 0;
}

/* ----------------------------------------------------------------------------- what is there now
 */

/* Where a run ends in the middle of the file its last lines are counted before. */
typedef struct last_lines {
    krx_oci_log_out *out;
    int64_t count;
    int64_t skip;
    bool counting;
} last_lines;

static int32_t put_last(void *ctx, const krx_log_line *line)
{
    last_lines *l = ctx;
    if (l->counting) {
        l->count += !line->partial;
        return 0;
    }
    if (l->skip > 0) {
        l->skip -= !line->partial;
        return 0;
    }
    return krx_oci_log_put(l->out, line);
}

static int32_t read_file(krx_call *call, const char *path, const krx_oci_log_filter *filter,
                         int64_t tail, krx_log_line_fn *fn, void *ctx)
{
    krx_oci_log log;
    int32_t code = krx_oci_log_init(call, &log, filter, fn, ctx);
    if (!code)
        code = krx_oci_line_file_open(call, &log.file, path);
    if (!code && log.file.fd >= 0 && tail != KRX_UNSET)
        log.file.offset = krx_oci_log_tail(log.file.fd, filter->streams, tail);
    if (!code)
        code = krx_oci_line_file_read(call, &log.file);
    if (!code)
        code = krx_oci_log_end(&log);
    krx_oci_log_free(&log);
    return code;
}

static int32_t read_previous(krx_call *call, const char *path, const krx_oci_log_filter *filter,
                             int64_t tail, krx_oci_log_out *out)
{
    last_lines l = {.out = out, .counting = true};
    int32_t code = tail == KRX_UNSET ? 0 : read_file(call, path, filter, KRX_UNSET, put_last, &l);
    l.counting = false;
    l.skip = tail == KRX_UNSET || l.count < tail ? 0 : l.count - tail;
    return code ? code : read_file(call, path, filter, KRX_UNSET, put_last, &l);
}

static int32_t read_one(krx_call *call, krx_arena *arena, const krx_oci_backend *backend,
                        const krx_logs_req *req, const krx_oci_container *c, krx_sink *sink)
{
    krx_oci_log_filter filter = {
        .streams = req->streams, .since_ns = req->since_ns, .until_ns = KRX_UNSET};
    krx_oci_log_out out = {
        .sink = sink, .name = c->name, .replica = c->replica, .timestamps = req->timestamps};
    const char *path = krx_oci_log_path(arena, backend, c->id);
    if (!path)
        return krx_no_memory(call);
    int32_t code = req->previous ? previous_run(call, arena, backend, c, &filter) : 0;
    if (code || req->tail == 0)
        return code;
    code = req->previous ? read_previous(call, path, &filter, req->tail, &out)
                         : read_file(call, path, &filter, req->tail, krx_oci_log_put, &out);
    if (!code)
        code = krx_oci_log_flush(&out);
    krx_str_free(&out.text);
    return code;
}

int32_t krx_oci_logs_op(krx_call *call, void *backend, const krx_logs_req *req, krx_sink *log)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_container **items = NULL;
    if (!arena)
        return krx_no_memory(call);
    if (req->follow && !req->previous)
        return krx_oci_logs_follow(call, backend, req, log);
    int32_t code = krx_oci_resolve(call, arena, backend, &req->ref, &items);
    for (size_t i = 0; !code && items[i]; i++)
        code = read_one(call, arena, backend, req, items[i], log);
    return code;
}
