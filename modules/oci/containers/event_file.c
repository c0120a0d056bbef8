/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/containers/event_file.h"

#include <string.h>
#include <sys/stat.h>

#include "modules/oci/backend/backend.h"

static int32_t take_line(krx_call *call, void *ctx, char *line, size_t length)
{
    krx_oci_event_log *log = ctx;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_event event;
    if (!arena)
        return krx_no_memory(call);
    if (!krx_oci_event_parse(arena, line, length, &event))
        return krx_arena_failed(arena) ? krx_no_memory(call) : 0;
    return log->fn(call, log->ctx, &event);
}

static int32_t init(krx_call *call, krx_arena *arena, krx_oci_event_log *log,
                    const krx_oci_store *store, krx_oci_event_fn *fn, void *ctx)
{
    *log = (krx_oci_event_log){.store = store, .file = {.fd = -1}, .fn = fn, .ctx = ctx};
    log->path = krx_oci_path(arena, store, "events.log", NULL, NULL);
    if (!log->path)
        return krx_no_memory(call);
    return krx_oci_line_file_init(call, &log->file, take_line, log);
}

void krx_oci_event_log_free(krx_oci_event_log *log)
{
    krx_oci_line_file_free(&log->file);
}

static bool same_file(int a, int b)
{
    struct stat x, y;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

/* The one that was full. When `newer` is that one by now, it is read as such. */
static int32_t read_older(krx_call *call, krx_arena *arena, krx_oci_event_log *log)
{
    krx_oci_line_file older;
    char *path = krx_arena_printf(arena, "%s.1", log->path);
    if (!path)
        return krx_no_memory(call);
    int32_t code = krx_oci_line_file_init(call, &older, take_line, log);
    if (!code)
        code = krx_oci_line_file_open(call, &older, path);
    if (!code && older.fd >= 0 && !same_file(older.fd, log->file.fd))
        code = krx_oci_line_file_read(call, &older);
    krx_oci_line_file_free(&older);
    return code;
}

int32_t krx_oci_event_log_read(krx_call *call, krx_arena *arena, krx_oci_event_log *log,
                               const krx_oci_store *store, krx_oci_event_fn *fn, void *ctx)
{
    int32_t code = init(call, arena, log, store, fn, ctx);
    if (!code)
        code = krx_oci_line_file_open(call, &log->file, log->path);
    if (!code)
        code = read_older(call, arena, log);
    return code ? code : krx_oci_event_log_more(call, log);
}

int32_t krx_oci_event_log_end(krx_call *call, krx_arena *arena, krx_oci_event_log *log,
                              const krx_oci_store *store, krx_oci_event_fn *fn, void *ctx)
{
    struct stat st;
    int32_t code = init(call, arena, log, store, fn, ctx);
    if (!code)
        code = krx_oci_line_file_open(call, &log->file, log->path);
    if (!code && log->file.fd >= 0 && fstat(log->file.fd, &st) == 0)
        log->file.offset = st.st_size;
    return code;
}

int32_t krx_oci_event_log_more(krx_call *call, krx_oci_event_log *log)
{
    return krx_oci_line_file_follow(call, &log->file, log->path);
}

/* ------------------------------------------------------------------------------------------ ends
 */

static int32_t take_end(krx_call *call, void *ctx, const krx_event *event)
{
    krx_oci_ends *ends = ctx;
    (void)call;
    if (krx_streq(event->type, "die") && krx_streq(event->instance, ends->instance) &&
        event->time_ns >= ends->since_ns) {
        ends->latest[2] = ends->latest[1];
        ends->latest[1] = ends->latest[0];
        ends->latest[0] = event->time_ns;
    }
    return 0;
}

int32_t krx_oci_ends_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                          krx_oci_ends *ends)
{
    krx_oci_event_log log;
    for (size_t i = 0; i < KRX_COUNT(ends->latest); i++)
        ends->latest[i] = KRX_UNSET;
    int32_t code = krx_oci_event_log_read(call, arena, &log, store, take_end, ends);
    krx_oci_event_log_free(&log);
    return code;
}
