/* SPDX-License-Identifier: Apache-2.0 */
/* Calling an op, and the rules that hold for the answer of every one of them. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>

#include "lib/base/local_host.h"
#include "programs/conformance/kit.h"

#define BOX_SIZE ((size_t)1024 * 1024)
#define LOG_LIMIT ((size_t)16 * 1024 * 1024)
#define OVERSTAY_NS (5 * KRX_NS_PER_S)

#define INFO_(group, op, req, kind, flags) {#group "." #op, KRX_ITEM_##kind, flags},
const krx_kit_op_info krx_kit_ops[KRX_OP_COUNT] = {KRX_KIT_OPS(INFO_)};

typedef int32_t thunk(const krx_kit_tables *tables, krx_call *call, void *backend, const void *req,
                      krx_sink *out);
#define THUNK_(group, op, req_type, kind, flags)                                                   \
    static int32_t call_##group##_##op(const krx_kit_tables *tables, krx_call *call,               \
                                       void *backend, const void *req, krx_sink *out)              \
    {                                                                                              \
        const req_type *typed = req;                                                               \
        return tables->group.op(call, backend, typed, out);                                        \
    }
KRX_KIT_OPS(THUNK_)
#define THUNK_NAME_(group, op, req, kind, flags) call_##group##_##op,
static thunk *const thunks[KRX_OP_COUNT] = {KRX_KIT_OPS(THUNK_NAME_)};

bool krx_kit_offers(const krx_kit_tables *tables, int op)
{
    switch (op) {
#define OFFERS_(group, op, req, kind, flags)                                                       \
    case KRX_OP_##group##_##op:                                                                    \
        return tables->group.op != NULL;
        KRX_KIT_OPS(OFFERS_)
    default:
        return false;
    }
}

void krx_kit_got_free(krx_kit_got *got)
{
    krx_arena_free(got->arena);
    krx_str_free(&got->out);
    krx_str_free(&got->err);
    *got = (krx_kit_got){0};
}

/* --------------------------------------------------------------------------------------- sinks */

typedef struct taker {
    krx_kit *kit;
    krx_kit_got *got;
    krx_ptrs *list; /* NULL: only counted */
    const char *op;
    uint32_t kind;
    size_t taken, stop_after;
    bool stopped;
    atomic_bool closed;
    pthread_t thread;
} taker;

static void keep_log(taker *t, const krx_log_chunk *chunk, krx_log_chunk *copy)
{
    krx_str *to = chunk->stream == KRX_STREAM_STDERR ? &t->got->err : &t->got->out;
    to->limit = LOG_LIMIT;
    krx_str_addn(to, chunk->data, chunk->length);
    copy->data = krx_arena_strndup(t->got->arena, chunk->data ? chunk->data : "", chunk->length);
}

static int32_t take(krx_sink *sink, uint32_t kind, const void *item)
{
    taker *t = sink->ctx;
    krx_kit *kit = t->kit;
    CHECK(kit, !t->closed, "%s: emits after it has returned", t->op);
    CHECK(kit, pthread_equal(t->thread, pthread_self()), "%s: emits from another thread", t->op);
    CHECK(kit, !t->stopped, "%s: emits again after its sink said stop", t->op);
    if (!CHECK(kit, kind == t->kind, "%s: emits kind %u into a sink of kind %u", t->op, kind,
               t->kind))
        return KRX_E_INTERNAL;
    const char *wrong = krx_kit_item_wrong(kit, kind, item);
    if (!CHECK(kit, !wrong, "%s: %s", t->op, wrong))
        return KRX_E_INTERNAL;
    t->taken++;
    if (t->list) {
        void *copy = krx_kit_item_copy(t->got->arena, kind, item);
        REQUIRE(kit, copy && krx_ptrs_add(t->got->arena, t->list, copy) == 0, "out of memory");
        if (kind == KRX_ITEM_LOG)
            keep_log(t, item, copy);
    }
    t->stopped = t->stop_after && t->taken >= t->stop_after;
    return t->stopped ? KRX_KIT_STOP : 0;
}

typedef struct takers {
    taker *out, *changes, *capabilities, *progress;
} takers;

static taker *new_taker(krx_kit *kit, krx_kit_got *got, int op, uint32_t kind, krx_ptrs *list)
{
    taker *t = krx_arena_new_of(kit->arena, taker);
    REQUIRE(kit, t, "out of memory");
    t->kit = kit;
    t->got = got;
    t->op = krx_kit_ops[op].name;
    t->kind = kind;
    t->list = list;
    t->thread = pthread_self();
    return t;
}

static krx_sink *new_sink(krx_box *box, taker *t)
{
    krx_sink *sink = krx_box_take(box, sizeof *sink);
    if (sink)
        *sink = (krx_sink){.struct_size = sizeof *sink, .kind = t->kind, .emit = take, .ctx = t};
    return sink;
}

/* ------------------------------------------------------------------------------------- answers */

static bool is_clean_text(const char *text, size_t size)
{
    return memchr(text, 0, size) && !strpbrk(text, "\r\n") &&
           krx_utf8_valid(text, strlen(text), &(size_t){0});
}

static void check_failure(krx_kit *kit, const char *op, int32_t code, const krx_error *error)
{
    if (!CHECK(kit,
               is_clean_text(error->message, sizeof error->message) &&
                   is_clean_text(error->hint, sizeof error->hint),
               "%s: message or hint has no end, a newline, or is not UTF-8", op))
        return;
    size_t n = strlen(error->message);
    CHECK(kit, error->code == code, "%s: answers %s but the slot says %s", op, krx_error_name(code),
          krx_error_name(error->code));
    CHECK(kit, n > 0, "%s: answers %s with an empty message", op, krx_error_name(code));
    CHECK(kit, n == 0 || error->message[n - 1] != '.', "%s: the message ends with a period: %s", op,
          error->message);
    CHECK(kit, n == 0 || (error->message[0] != ' ' && error->message[n - 1] != ' '),
          "%s: the message begins or ends with a blank: '%s'", op, error->message);
}

static void check_answer(krx_kit *kit, const char *op, const takers *t, const krx_kit_got *got)
{
    bool stopped = t->out->stopped || t->changes->stopped;
    if (stopped) {
        CHECK(kit, got->code == KRX_KIT_STOP,
              "%s: the sink said stop with %d, the op answers %d (%s)", op, KRX_KIT_STOP, got->code,
              got->error.message);
        return;
    }
    if (got->code == 0) {
        CHECK(kit, got->error.code == 0 && !got->error.message[0] && !got->error.hint[0],
              "%s: succeeds but writes into the error slot: %s", op, got->error.message);
        return;
    }
    if (!CHECK(kit, got->code < 0 && got->code >= KRX_E_LAST_,
               "%s: answers %d, which is no code of the table", op, got->code))
        return;
    check_failure(kit, op, got->code, &got->error);
    CHECK(kit, got->code != KRX_E_INTERNAL, "%s: answers INTERNAL: %s", op, got->error.message);
}

/* Nanoseconds from the start after which the call is given up; 0 for never. */
static int64_t limit_of(const krx_kit_ask *ask)
{
    int64_t deadline = ask->deadline_in > 0 ? ask->deadline_in : 0;
    int64_t cancel = ask->cancel_in > 0 ? ask->cancel_in : 0;
    if (ask->deadline_in == 0)
        return cancel;
    if (ask->cancel_in == 0)
        return deadline;
    return deadline < cancel ? deadline : cancel;
}

static void check_prompt(krx_kit *kit, const char *op, const krx_kit_ask *ask,
                         const krx_kit_got *got)
{
    if (!ask->deadline_in && !ask->cancel_in)
        return;
    int64_t late = got->took - limit_of(ask);
    CHECK(kit, late <= kit->options->prompt_ns,
          "%s: comes back %" PRId64 " ms after the call was given up", op, late / KRX_NS_PER_MS);
    if (ask->deadline_in < 0 || ask->deadline_in > 0)
        CHECK(kit, got->code != KRX_E_CANCELLED,
              "%s: answers CANCELLED when only the deadline passed", op);
    else
        CHECK(kit, got->code != KRX_E_DEADLINE_EXCEEDED,
              "%s: answers DEADLINE_EXCEEDED when it was only cancelled", op);
}

/* -------------------------------------------------------------------------------------- calling */

static int cancel_fd(krx_kit *kit, int64_t in)
{
    if (in == 0)
        return -1;
    if (in < 0)
        return eventfd(1, EFD_CLOEXEC);
    struct itimerspec at = {
        .it_value = {.tv_sec = in / KRX_NS_PER_S, .tv_nsec = in % KRX_NS_PER_S}};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    REQUIRE(kit, fd >= 0 && timerfd_settime(fd, 0, &at, NULL) == 0, "timerfd: %s", strerror(errno));
    return fd;
}

static krx_call *new_call(krx_kit *kit, krx_box *box, krx_box *slot, int op, int64_t now,
                          const krx_kit_ask *ask)
{
    krx_error *error = krx_box_take(slot, sizeof *error);
    krx_call *call = krx_box_take(box, sizeof *call);
    REQUIRE(kit, error && call, "out of memory");
    krx_call_init(call, error);
    call->host = &kit->host;
    char prefix[96];
    (void)snprintf(prefix, sizeof prefix, "kit/%s", krx_kit_ops[op].name);
    call->prefix = krx_box_str(box, prefix);
    if (ask->deadline_in)
        call->deadline_ns = now + (ask->deadline_in < 0 ? -KRX_NS_PER_S : ask->deadline_in);
    return call;
}

static void announce(krx_kit *kit, int op, int64_t now, const krx_kit_ask *ask)
{
    bool limited = ask->deadline_in || ask->cancel_in;
    (void)snprintf(kit->shared->op, sizeof kit->shared->op, "%s", krx_kit_ops[op].name);
    kit->shared->must_end =
        limited ? now + limit_of(ask) + kit->options->prompt_ns + OVERSTAY_NS : 0;
}

/* A deployed workload is noted where the runner sees it, so that it is removed whatever happens. */
static void note_deployed(krx_kit *kit, int op, const krx_kit_ask *ask, int32_t code)
{
    bool made = op == OP(driver, deploy) && ask->spec && !(ask->flags & KRX_DEPLOY_DRY_RUN);
    bool gone = op == OP(driver, destroy) && code == 0 && ask->workload;
    const char *name = made ? ask->spec->name : gone ? ask->workload : NULL;
    size_t free_slot = KRX_KIT_NAMES;
    if (!name)
        return;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    KRX_LOCK_SCOPE(&lock);
    for (size_t i = KRX_KIT_NAMES; i-- > 0;) {
        if (strcmp(kit->shared->deployed[i], name) == 0) {
            if (gone)
                kit->shared->deployed[i][0] = '\0';
            return;
        }
        if (!kit->shared->deployed[i][0])
            free_slot = i;
    }
    if (made && free_slot < KRX_KIT_NAMES)
        (void)snprintf(kit->shared->deployed[free_slot], KRX_KIT_NAME_MAX, "%s", name);
}

static takers make_takers(krx_kit *kit, int op, const krx_kit_ask *ask, krx_kit_got *got)
{
    takers t = {
        .out = new_taker(kit, got, op, krx_kit_ops[op].kind, &got->items),
        .changes = new_taker(kit, got, op, KRX_ITEM_CHANGE, &got->changes),
        .capabilities = new_taker(kit, got, op, KRX_ITEM_CAPABILITY, &got->capabilities),
        .progress = new_taker(kit, got, op, KRX_ITEM_PROGRESS, NULL),
    };
    *(ask->stop_changes ? &t.changes->stop_after : &t.out->stop_after) = ask->stop_after;
    return t;
}

static void close_takers(takers *t)
{
    t->out->closed = t->changes->closed = t->capabilities->closed = t->progress->closed = true;
    t->out->got->progress = t->progress->taken;
}

int32_t krx_kit_op_on(krx_kit *kit, void *backend, int op, const krx_kit_ask *ask, krx_kit_got *got)
{
    krx_box box, slot;
    krx_kit_got_free(got);
    got->arena = krx_arena_new();
    REQUIRE(kit, got->arena && krx_box_init(&box, BOX_SIZE) && krx_box_init(&slot, 4096),
            "out of memory");
    REQUIRE(kit, krx_kit_offers(&kit->tables, op), "%s is not offered", krx_kit_ops[op].name);
    takers t = make_takers(kit, op, ask, got);
    int64_t now = krx_now_monotonic();
    krx_call *call = new_call(kit, &box, &slot, op, now, ask);
    krx_autoclose int cancel = cancel_fd(kit, ask->cancel_in);
    call->cancel_fd = cancel;
    call->progress = new_sink(&box, t.progress);
    krx_sink *out = krx_kit_ops[op].kind ? new_sink(&box, t.out) : NULL;
    krx_sink *second = new_sink(&box, op == OP(driver, backend) ? t.capabilities : t.changes);
    const void *req = krx_kit_request(kit, &box, op, ask, second);
    REQUIRE(kit, req, "out of memory");
    note_deployed(kit, op, ask, -1);
    krx_box_seal(&box);
    announce(kit, op, now, ask);
    got->code = thunks[op](&kit->tables, call, backend, req, out);
    got->took = krx_now_monotonic() - now;
    kit->shared->must_end = 0;
    kit->shared->op[0] = '\0';
    close_takers(&t);
    got->error = *(krx_error *)slot.base;
    krx_box_drop(&box);
    krx_box_drop(&slot);
    note_deployed(kit, op, ask, got->code);
    check_answer(kit, krx_kit_ops[op].name, &t, got);
    check_prompt(kit, krx_kit_ops[op].name, ask, got);
    return got->code;
}

int32_t krx_kit_op(krx_kit *kit, int op, const krx_kit_ask *ask, krx_kit_got *got)
{
    return krx_kit_op_on(kit, kit->backend, op, ask, got);
}

void krx_kit_expect(krx_kit *kit, int op, int32_t want, const krx_kit_ask *ask, krx_kit_got *got)
{
    int32_t code = krx_kit_op(kit, op, ask, got);
    REQUIRE(kit, code == want, "%s answers %s instead of %s: %s", krx_kit_ops[op].name,
            krx_error_name(code), krx_error_name(want), got->error.message);
}
