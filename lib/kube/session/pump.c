/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/kube/session/pump.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/kube/session/connect.h"

#define KEEP_MAX ((size_t)64 << 10) /* of output before nothing more is read */
#define VERDICT_MAX ((size_t)64 << 10)
#define WRITE_PIECE 4096 /* what a pipe that polls writable takes without blocking */
#define PING_NS (30 * KRX_NS_PER_S)
#define LINGER_NS (30 * KRX_NS_PER_S) /* for an answer to what a client sent before it hung up */
#define END_OF_INPUT "\x04"           /* Ctrl-D */
#define RESIZE_CHANNEL 4

void krx_pump_free(krx_pump *pump)
{
    for (size_t i = 0; i < KRX_COUNT(pump->out); i++)
        krx_str_free(&pump->out[i].data);
    krx_str_free(&pump->verdict);
}

/* --------------------------------------------------------------------------------------- output */

static size_t kept(const krx_pump_outlet *o)
{
    return o->data.length - o->from;
}

static bool has_room(void *ctx)
{
    const krx_pump *p = ctx;
    return kept(&p->out[0]) < KEEP_MAX && kept(&p->out[1]) < KEEP_MAX;
}

static int32_t keep(krx_pump *p, krx_pump_outlet *o, const char *data, size_t length)
{
    if (o->fd < 0)
        return 0;
    if (o->from == o->data.length) {
        krx_str_reset(&o->data);
        o->from = 0;
    }
    krx_str_addn(&o->data, data, length);
    return krx_str_failed(&o->data) ? krx_no_memory(p->call) : 0;
}

static int32_t add_verdict(krx_pump *p, const char *data, size_t length)
{
    p->verdict.limit = VERDICT_MAX;
    krx_str_addn(&p->verdict, data, length);
    if (krx_str_failed(&p->verdict))
        return krx_fail(p->call, KRX_E_DATA_LOSS, "%s: how it ended takes more than %zu KiB",
                        p->what, VERDICT_MAX / 1024);
    krx_auto_json cJSON *json = cJSON_ParseWithLength(krx_str_get(&p->verdict), p->verdict.length);
    p->judged = cJSON_IsObject(json);
    return 0;
}

static int32_t take(void *ctx, uint8_t channel, bool first, const char *data, size_t length)
{
    krx_pump *p = ctx;
    (void)first;
    p->moved_ns = krx_now_monotonic();
    if (channel >= KRX_PUMP_CHANNELS)
        return 0;
    size_t skip = p->preface - p->seen[channel];
    skip = skip < length ? skip : length;
    p->seen[channel] += skip;
    data += skip;
    length -= skip;
    uint8_t to = p->route[channel];
    if (!length || to == KRX_PUMP_TO_NOBODY)
        return 0;
    return to == KRX_PUMP_TO_VERDICT ? add_verdict(p, data, length)
                                     : keep(p, &p->out[to], data, length);
}

static int32_t write_out(krx_pump *p, krx_pump_outlet *o)
{
    size_t length = kept(o) < WRITE_PIECE ? kept(o) : WRITE_PIECE;
    ssize_t n = write(o->fd, o->data.data + o->from, length);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n < 0 && p->duplex) {
        p->ended = true; /* the client has gone, as clients do */
        krx_str_reset(&o->data);
        o->from = 0;
        return 0;
    }
    if (n < 0) {
        int err = errno;
        (void)krx_fail(p->call, err == EPIPE ? KRX_E_CANCELLED : KRX_E_UNKNOWN,
                       "%s: writing its output: %s", p->what, strerror(err));
        p->call->error->sys_errno = err;
        return p->call->error->code;
    }
    o->from += (size_t)n;
    return 0;
}

/* ---------------------------------------------------------------------------------------- input */

/* A terminal gets the end of input typed, as a person would. */
static int32_t end_input(krx_pump *p)
{
    const krx_carrier_ops *ops = p->carrier->ops;
    p->input_open = false;
    p->moved_ns = krx_now_monotonic();
    if (p->tty)
        return ops->queue(p->call, p->carrier, p->in_channel, END_OF_INPUT, 1);
    if (p->input_stays)
        return 0;
    if (ops->close_channel)
        return ops->close_channel(p->call, p->carrier, p->in_channel);
    if (!p->duplex)
        krx_log(p->call, KRX_LOG_WARN,
                "%s: this API server, or what stands before it, can't be told that the input has "
                "ended: a command that reads up to its end goes on waiting",
                p->what);
    return 0;
}

static int32_t read_input(krx_pump *p)
{
    char data[KRX_CARRIER_MESSAGE_MAX];
    ssize_t n = read(p->in_fd, data, sizeof data);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n <= 0)
        return end_input(p);
    int32_t code = p->carrier->ops->queue(p->call, p->carrier, p->in_channel, data, (size_t)n);
    explicit_bzero(data, (size_t)n); /* people type passwords */
    return code;
}

static int32_t tell_size(krx_pump *p)
{
    char text[80];
    uint32_t rows = 0, columns = 0;
    if (!p->tty || !p->window_size)
        return 0;
    p->window_size(p->window_ctx, &rows, &columns);
    if (!rows || !columns)
        return 0;
    int length = snprintf(text, sizeof text, "{\"Width\":%" PRIu32 ",\"Height\":%" PRIu32 "}",
                          columns, rows);
    return p->carrier->ops->queue(p->call, p->carrier, RESIZE_CHANNEL, text, (size_t)length);
}

/* --------------------------------------------------------------------------------------- turning
 */

enum { AT_CARRIER, AT_OUT, AT_ERR, AT_IN, AT_RESIZE, AT_COUNT };

typedef struct turn {
    krx_wait_fd fds[AT_COUNT];
    uint32_t at[AT_COUNT];
    uint32_t count;
} turn;

static void add(turn *t, uint32_t which, int fd, uint32_t want)
{
    t->at[which] = t->count;
    t->fds[t->count++] = (krx_wait_fd){.struct_size = sizeof t->fds[0], .fd = fd, .want = want};
}

static bool ready(const turn *t, uint32_t which)
{
    return t->at[which] != UINT32_MAX && t->fds[t->at[which]].ready;
}

static void prepare(const krx_pump *p, turn *t)
{
    bool queued = p->carrier->ops->has_queued(p->carrier);
    uint32_t of_carrier =
        (has_room((void *)(uintptr_t)p) ? KRX_WAIT_READ : 0u) | (queued ? KRX_WAIT_WRITE : 0u);
    t->count = 0;
    for (uint32_t i = 0; i < AT_COUNT; i++)
        t->at[i] = UINT32_MAX;
    if (of_carrier && !p->ended)
        add(t, AT_CARRIER, p->carrier->ops->fd(p->carrier), of_carrier);
    for (uint32_t i = 0; i < KRX_COUNT(p->out); i++)
        if (kept(&p->out[i]))
            add(t, AT_OUT + i, p->out[i].fd, KRX_WAIT_WRITE);
    if (p->ended)
        return;
    if (p->input_open && !queued)
        add(t, AT_IN, p->in_fd, KRX_WAIT_READ);
    else if (p->duplex && !p->input_open)
        add(t, AT_IN, p->in_fd, 0); /* for the hang-up of a client that is quite gone */
    if (p->tty && p->resize_fd >= 0 && !queued)
        add(t, AT_RESIZE, p->resize_fd, KRX_WAIT_READ);
}

static int32_t act(krx_pump *p, const turn *t)
{
    char drop[64];
    int32_t code = 0;
    for (uint32_t i = 0; i < KRX_COUNT(p->out) && !code; i++)
        if (ready(t, AT_OUT + i))
            code = write_out(p, &p->out[i]);
    if (!code && ready(t, AT_RESIZE)) {
        (void)!read(p->resize_fd, drop, sizeof drop);
        code = tell_size(p);
    }
    if (code || !ready(t, AT_IN))
        return code;
    if (p->input_open)
        return read_input(p);
    if (t->fds[t->at[AT_IN]].ready & KRX_WAIT_HANGUP)
        p->ended = true;
    return 0;
}

/* A far side that no longer takes input is no error before its output has been taken. */
static int32_t push(krx_pump *p)
{
    int32_t code = p->carrier->ops->flush(p->call, p->carrier);
    if (!code || code == KRX_E_RESOURCE_EXHAUSTED)
        return code;
    p->input_open = false;
    return krx_forgive(p->call);
}

/*
 * Both directions as far as they go without waiting. A connection that fails after the far side
 * has said how it ended has done its work.
 */
static int32_t exchange(krx_pump *p)
{
    int32_t code = p->carrier->ops->receive(p->call, p->carrier);
    if (!code)
        code = push(p);
    if (p->judged || (!code && p->carrier->ops->ended(p->carrier)))
        p->ended = true;
    if (code == 0 || !p->judged || code == KRX_E_RESOURCE_EXHAUSTED)
        return code;
    return krx_forgive(p->call);
}

static int32_t step(krx_pump *p)
{
    turn t;
    int32_t code = p->ended ? 0 : exchange(p);
    if (code)
        return code;
    prepare(p, &t);
    if (p->ended && !t.count)
        return 0;
    int32_t got = p->call->host->wait(p->call->host, p->call, t.fds, t.count, PING_NS);
    if (got < 0)
        return got;
    if (p->duplex && !p->input_open && krx_now_monotonic() - p->moved_ns > LINGER_NS)
        p->ended = true;
    if (got == 0 && !p->ended && !p->carrier->ops->has_queued(p->carrier))
        return p->carrier->ops->ping(p->call, p->carrier);
    return act(p, &t);
}

static bool finished(const krx_pump *p)
{
    return p->ended && !kept(&p->out[0]) && !kept(&p->out[1]);
}

int32_t krx_pump_run(krx_call *call, krx_kube *kube, krx_pump *p,
                     const krx_carrier_options *options)
{
    krx_auto_carrier krx_carrier *carrier = NULL;
    krx_carrier_options own = *options;
    own.what = p->what;
    own.on_data = take;
    own.has_room = has_room;
    own.ctx = p;
    p->call = call;
    int32_t code = krx_carrier_open(call, kube, &own, &carrier);
    if (code < 0)
        return code;
    p->carrier = carrier;
    p->input_open = p->in_fd >= 0;
    p->moved_ns = krx_now_monotonic();
    code = tell_size(p);
    while (!code && !finished(p))
        code = step(p);
    p->carrier = NULL;
    return code;
}
