/* SPDX-License-Identifier: Apache-2.0 */
/* logs: bytes as they are for one instance; whole lines with a name in front for several. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "programs/kranix/output.h"
#include "programs/kranix/signals.h"
#include "programs/kranix/values.h"

#define SOURCES_MAX 4096
#define LINE_KEEP_MAX 65536

/* A line that has begun: of one stream of one instance. */
typedef struct log_source {
    char *instance;
    uint32_t stream;
    krx_str rest;
} log_source;

typedef struct log_printer {
    krx_sink sink;
    krx_cli *cli;
    bool prefixed;
    bool timestamps;
    bool color;
    log_source *sources;
    size_t count;
    uint64_t dropped;
    int failed_errno;
} log_printer;

static int32_t write_out(log_printer *p, const void *data, size_t length)
{
    if (krx_write_all(STDOUT_FILENO, data, length) == 0)
        return 0;
    p->failed_errno = errno;
    return KRX_E_CANCELLED;
}

static log_source *source_of(log_printer *p, const krx_log_chunk *chunk)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->sources[i].stream == chunk->stream &&
            strcmp(p->sources[i].instance, chunk->instance) == 0)
            return &p->sources[i];
    if (p->count == SOURCES_MAX)
        return NULL;
    log_source *sources = realloc(p->sources, (p->count + 1) * sizeof *sources);
    if (!sources)
        return NULL;
    p->sources = sources;
    sources[p->count] = (log_source){.instance = strdup(chunk->instance), .stream = chunk->stream};
    return sources[p->count].instance ? &sources[p->count++] : NULL;
}

static void add_prefix(const log_printer *p, const krx_log_chunk *chunk, krx_str *out)
{
    static const char *const colors[] = {"\033[36m", "\033[33m", "\033[32m",
                                         "\033[35m", "\033[34m", "\033[31m"};
    unsigned hash = 0;
    if (p->prefixed) {
        for (const char *c = chunk->instance; *c; c++)
            hash = hash * 31 + (unsigned char)*c;
        if (p->color)
            krx_str_addf(out, "%s[%s]\033[0m ", colors[hash % KRX_COUNT(colors)], chunk->instance);
        else
            krx_str_addf(out, "[%s] ", chunk->instance);
    }
    if (p->timestamps && chunk->time_ns != KRX_UNSET) {
        char text[KRX_TIME_TEXT_MAX];
        krx_str_addf(out, "%s ", krx_time_text(chunk->time_ns, text));
    }
}

/* Whole lines leave in one write each chunk; the beginning of the next one is kept. */
static int32_t print_lines(log_printer *p, const krx_log_chunk *chunk)
{
    krx_auto_str krx_str out = {0};
    log_source *source = source_of(p, chunk);
    const char *data = chunk->data, *end = data + chunk->length;
    if (!source)
        return KRX_E_RESOURCE_EXHAUSTED;
    while (data < end) {
        const char *newline = memchr(data, '\n', (size_t)(end - data));
        const char *stop = newline ? newline + 1 : end;
        if (source->rest.length == 0)
            add_prefix(p, chunk, &source->rest);
        krx_str_addn(&source->rest, data, (size_t)(stop - data));
        if (newline || source->rest.length > LINE_KEEP_MAX) {
            krx_str_addn(&out, source->rest.data, source->rest.length);
            if (!newline)
                krx_str_addc(&out, '\n');
            krx_str_reset(&source->rest);
        }
        data = stop;
    }
    if (krx_str_failed(&out) || krx_str_failed(&source->rest))
        return KRX_E_RESOURCE_EXHAUSTED;
    return out.length ? write_out(p, out.data, out.length) : 0;
}

static int32_t take_chunk(krx_sink *sink, uint32_t kind, const void *item)
{
    log_printer *p = sink->ctx;
    const krx_log_chunk *chunk = item;
    if (kind != KRX_ITEM_LOG)
        return 0;
    if (chunk->dropped) {
        p->dropped += chunk->dropped;
        krx_cli_note(p->cli, "warning", "%s: %llu line%s could not be delivered", chunk->instance,
                     (unsigned long long)chunk->dropped, chunk->dropped == 1 ? "" : "s");
    }
    if (!p->prefixed && !p->timestamps)
        return write_out(p, chunk->data, (size_t)chunk->length);
    return print_lines(p, chunk);
}

static void printer_free(log_printer *p)
{
    for (size_t i = 0; i < p->count; i++) {
        log_source *source = &p->sources[i];
        if (source->rest.length && !p->failed_errno) {
            krx_str_addc(&source->rest, '\n');
            (void)write_out(p, source->rest.data, source->rest.length);
        }
        krx_str_free(&source->rest);
        free(source->instance);
    }
    free(p->sources);
}

static int fill_request(krx_cli *cli, krx_cli_op *op, bool by_instance, krx_logs_req *req)
{
    const char *tail = krx_cli_value(cli, KRX_OPT_TAIL), *since = krx_cli_value(cli, KRX_OPT_SINCE);
    const char *stream = krx_cli_value(cli, KRX_OPT_STREAM);
    *req = (krx_logs_req){.struct_size = sizeof *req,
                          .follow = krx_cli_flag(cli, KRX_OPT_FOLLOW),
                          .timestamps = krx_cli_flag(cli, KRX_OPT_TIMESTAMPS),
                          .previous = krx_cli_flag(cli, KRX_OPT_PREVIOUS),
                          .tail = KRX_UNSET,
                          .since_ns = KRX_UNSET};
    if (stream)
        req->streams = strcmp(stream, "stderr") == 0 ? KRX_STREAM_STDERR : KRX_STREAM_STDOUT;
    if (since)
        (void)krx_cli_parse_since(since, krx_now_unix(), &req->since_ns);
    if (tail && strcmp(tail, "all") != 0 && strcmp(tail, "-1") != 0) {
        char *end;
        errno = 0;
        req->tail = strtoll(tail, &end, 10);
        if (errno || *end || !*tail || req->tail < 0)
            return krx_cli_usage(cli, NULL,
                                 "--tail: '%s' is not allowed: a number of lines, or all", tail);
    }
    req->ref = krx_cli_ref(cli, op, cli->options.args[0], NULL);
    if (by_instance) {
        req->ref.instance = req->ref.workload;
        req->ref.workload = NULL;
        req->ref.replica = 0;
    }
    return 0;
}

/* Asks which instances there are: one needs no names in front of its lines. */
static int32_t look(krx_cli *cli, krx_call *call, krx_backend *backend, krx_cli_op *op,
                    bool *several)
{
    krx_status *status = NULL;
    size_t count = 0;
    int32_t code = krx_cli_get_status(cli, call, backend, op, cli->options.args[0], NULL, &status);
    if (code < 0)
        return code;
    while (status->instances && status->instances[count])
        count++;
    *several = (count > 1 || status->replicas > 1) && !krx_cli_flag(cli, KRX_OPT_REPLICA);
    return 0;
}

static int stream(krx_cli *cli, krx_backend *backend, krx_cli_op *op, bool several,
                  bool by_instance, const krx_error *before)
{
    krx_logs_req *req = krx_arena_new_of(op->arena, krx_logs_req);
    log_printer printer = {.cli = cli,
                           .prefixed = several,
                           .timestamps = krx_cli_flag(cli, KRX_OPT_TIMESTAMPS),
                           .color = cli->color_out};
    krx_cli_call call;
    if (!req)
        return krx_cli_no_memory(cli);
    int status = fill_request(cli, op, by_instance, req);
    if (status)
        return status;
    printer.sink = (krx_sink){.struct_size = sizeof printer.sink,
                              .kind = KRX_ITEM_LOG,
                              .emit = take_chunk,
                              .ctx = &printer};
    krx_cli_call_init(cli, &call, KRX_CLI_FOREVER);
    int32_t code =
        krx_cli_invoke(&call.call, backend, KRX_OP_driver_stream_logs, req, &printer.sink, op);
    printer_free(&printer);
    if (printer.failed_errno == EPIPE)
        return 0;
    if (printer.failed_errno) {
        (void)krx_fail(&call.call, KRX_E_UNKNOWN, "writing the log: %s",
                       strerror(printer.failed_errno));
        return krx_cli_error(cli, &call.error);
    }
    if (code == KRX_E_CANCELLED && krx_cli_interrupted())
        return KRX_EXIT_INTERRUPTED;
    if (code == KRX_E_NOT_FOUND && before)
        return krx_cli_error(cli, before);
    return code ? krx_cli_error(cli, &call.error) : 0;
}

int krx_cli_logs(krx_cli *cli)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_backend *backend = NULL;
    krx_cli_call call;
    bool several = false;
    int status = 0;
    if (!op)
        return krx_cli_no_memory(cli);
    if (!krx_cli_runtime(cli, &status))
        return status;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    if (krx_cli_backend(cli, &call.call, NULL, &backend) < 0)
        return krx_cli_error(cli, &call.error);
    int32_t code = look(cli, &call.call, backend, op, &several);
    if (code < 0 && code != KRX_E_NOT_FOUND)
        return krx_cli_error(cli, &call.error);
    return stream(cli, backend, op, several, code == KRX_E_NOT_FOUND,
                  code == KRX_E_NOT_FOUND ? &call.error : NULL);
}
