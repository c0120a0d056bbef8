/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/fake_module.h"

#include <config.h>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

/* ---------------------------------------------------------------- the module and what it does */

typedef struct world world;
struct world {
    int32_t (*act)(world *w, krx_call *call, krx_sink *out);
    int32_t code;
    krx_status status;
    int running; /* ops inside at the moment, and the most there ever were */
    int most;
    int entered;
    int closed;
    int released;
    int emitted_late;
    int gate; /* eventfd: an op that is deaf to everything waits for it */
};

static int32_t act(krx_call *call, void *handle, krx_sink *out)
{
    world *w = handle;
    int now = __atomic_add_fetch(&w->running, 1, __ATOMIC_SEQ_CST);
    int most = __atomic_load_n(&w->most, __ATOMIC_SEQ_CST);
    while (now > most && !__atomic_compare_exchange_n(&w->most, &most, now, 0, __ATOMIC_SEQ_CST,
                                                      __ATOMIC_SEQ_CST))
        ;
    __atomic_add_fetch(&w->entered, 1, __ATOMIC_SEQ_CST);
    int32_t code = __atomic_load_n(&w->act, __ATOMIC_SEQ_CST)(w, call, out);
    __atomic_sub_fetch(&w->running, 1, __ATOMIC_SEQ_CST);
    return code;
}

static int32_t fake_ping(krx_call *call, void *handle, const krx_ping_req *req, krx_sink *out)
{
    if (req->struct_size != sizeof *req)
        return krx_fail(call, KRX_E_INTERNAL, "the request has %u bytes", req->struct_size);
    return act(call, handle, out);
}

static int32_t fake_status(krx_call *call, void *handle, const krx_status_req *req, krx_sink *out)
{
    (void)req;
    return act(call, handle, out);
}

static int32_t fake_restart(krx_call *call, void *handle, const krx_restart_req *req, krx_sink *out)
{
    (void)req;
    return act(call, handle, out);
}

static int32_t fake_deploy(krx_call *call, void *handle, const krx_deploy_req *req, krx_sink *out)
{
    krx_change change = {.struct_size = sizeof change,
                         .action = KRX_CHANGE_CREATE,
                         .kind = "container",
                         .object = req->spec->name};
    krx_progress progress = {.struct_size = sizeof progress, .phase = "create"};
    int32_t code = krx_emit(call->progress, KRX_ITEM_PROGRESS, &progress);
    if (code == 0)
        code = krx_emit(req->changes, KRX_ITEM_CHANGE, &change);
    return code ? code : act(call, handle, out);
}

static int32_t fake_logs(krx_call *call, void *handle, const krx_logs_req *req, krx_sink *out)
{
    (void)req;
    return act(call, handle, out);
}

static void fake_close(void *handle)
{
    world *w = handle;
    __atomic_add_fetch(&w->closed, 1, __ATOMIC_SEQ_CST);
}

static const krx_driver_ops driver = {.struct_size = sizeof driver,
                                      .ping = fake_ping,
                                      .get_status = fake_status,
                                      .restart = fake_restart,
                                      .deploy = fake_deploy,
                                      .stream_logs = fake_logs};

#define FAKE(model)                                                                                \
    {                                                                                              \
        .magic = KRX_MODULE_MAGIC, .struct_size = sizeof(krx_module), .abi_major = KRX_ABI_MAJOR,  \
        .thread_model = (model), .name = "fake", .version = "1", .description = "fake",            \
        .license = "MIT", .close = fake_close, .driver = &driver                                   \
    }
static const krx_module parallel = FAKE(KRX_THREADS_PARALLEL);
static const krx_module serial = FAKE(KRX_THREADS_SERIAL);
static const krx_module by_backend = FAKE(KRX_THREADS_BACKEND);

/* ------------------------------------------------------------------------------- what ops do */

static int32_t answer(world *w, krx_call *call, krx_sink *out)
{
    krx_latency latency = {.struct_size = sizeof latency, .latency_ns = 42};
    (void)w, (void)call;
    return krx_emit(out, KRX_ITEM_LATENCY, &latency);
}

static int32_t give_code(world *w, krx_call *call, krx_sink *out)
{
    (void)call, (void)out;
    return w->code;
}

static int32_t fail_well(world *w, krx_call *call, krx_sink *out)
{
    (void)out;
    krx_fail(call, w->code, "engine %s is down", "x");
    return krx_hint(call, "start it");
}

static int32_t wait_politely(world *w, krx_call *call, krx_sink *out)
{
    (void)w, (void)out;
    return krx_sleep(call, -1);
}

static int32_t nap(world *w, krx_call *call, krx_sink *out)
{
    int32_t code = krx_sleep(call, 20 * KRX_NS_PER_MS);
    return code ? code : answer(w, call, out);
}

/* Hangs, deaf to cancel and deadline, until the gate opens; then emits all the same. */
static int32_t hang(world *w, krx_call *call, krx_sink *out)
{
    struct pollfd gate = {.fd = w->gate, .events = POLLIN};
    while (poll(&gate, 1, -1) < 0)
        ;
    if (answer(w, call, out) != 0)
        __atomic_add_fetch(&w->emitted_late, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static int32_t emit_status(world *w, krx_call *call, krx_sink *out)
{
    (void)call;
    return krx_emit(out, KRX_ITEM_STATUS, &w->status);
}

static int32_t emit_wrong_kind(world *w, krx_call *call, krx_sink *out)
{
    (void)w, (void)call;
    krx_text text = {.struct_size = sizeof text, .text = "x"};
    (void)krx_emit(out, KRX_ITEM_TEXT, &text);
    return 0; /* hides it */
}

static int32_t log_for_ever(world *w, krx_call *call, krx_sink *out)
{
    (void)w, (void)call;
    krx_log_chunk chunk = {.struct_size = sizeof chunk,
                           .stream = KRX_STREAM_STDOUT,
                           .instance = "web-1",
                           .data = "hello",
                           .length = 5};
    for (;;) {
        int32_t code = krx_emit(out, KRX_ITEM_LOG, &chunk);
        if (code)
            return code;
    }
}

static int32_t use_store(world *w, krx_call *call, krx_sink *out)
{
    int32_t code = call->host->store_put(call->host, call, "key", "value");
    call->host->log(call->host, call, KRX_LOG_DEBUG, "not shown");
    return code ? code : answer(w, call, out);
}

/* ------------------------------------------------------------------------------------ receivers */

typedef struct receiver {
    krx_sink sink;
    int count;
    int32_t stop_with;
    int64_t latency_ns;
    char backend[32], phase[32], state[32], id[32];
    int slow_ms;
} receiver;

static int32_t receive(krx_sink *sink, uint32_t kind, const void *item)
{
    receiver *r = sink->ctx;
    r->count++;
    if (kind == KRX_ITEM_LATENCY)
        r->latency_ns = ((const krx_latency *)item)->latency_ns;
    if (kind == KRX_ITEM_STATUS) {
        const krx_status *s = item;
        r->count += s->struct_size == sizeof *s ? 0 : 1000;
        (void)snprintf(r->backend, sizeof r->backend, "%s", s->backend);
        (void)snprintf(r->phase, sizeof r->phase, "%s", s->phase);
        (void)snprintf(r->state, sizeof r->state, "%s", s->state);
        (void)snprintf(r->id, sizeof r->id, "%s", s->id);
    }
    if (r->slow_ms)
        (void)poll(NULL, 0, r->slow_ms);
    return r->stop_with;
}

static receiver make_receiver(receiver *r, uint32_t kind)
{
    *r = (receiver){
        .sink = {.struct_size = sizeof(krx_sink), .kind = kind, .emit = receive, .ctx = r}};
    return *r;
}

static void release(void *ctx)
{
    world *w = ctx;
    __atomic_add_fetch(&w->released, 1, __ATOMIC_SEQ_CST);
}

/* ------------------------------------------------------------------------------------ the stage */

typedef struct stage {
    krx_runtime *runtime;
    krx_backend *backend;
    world world;
    fake_call c;
    receiver out;
} stage;

static int setup_with(void **state, const krx_module *module)
{
    stage *s = calloc(1, sizeof *s);
    s->runtime = fake_runtime();
    s->world.gate = eventfd(0, EFD_CLOEXEC);
    s->world.act = answer;
    s->backend = fake_backend(s->runtime, module, &s->world);
    fake_call_init(s->runtime, &s->c, 20000, -1);
    make_receiver(&s->out, KRX_ITEM_LATENCY);
    *state = s;
    return 0;
}

static int setup(void **state)
{
    return setup_with(state, &parallel);
}

static int setup_serial(void **state)
{
    return setup_with(state, &serial);
}

static int setup_by_backend(void **state)
{
    return setup_with(state, &by_backend);
}

static int seen(const int *what)
{
    return __atomic_load_n(what, __ATOMIC_SEQ_CST);
}

static int until(int *what, int value)
{
    for (int i = 0; i < 20000; i++) {
        if (__atomic_load_n(what, __ATOMIC_SEQ_CST) >= value)
            return 1;
        (void)poll(NULL, 0, 1);
    }
    return 0;
}

static int teardown(void **state)
{
    stage *s = *state;
    assert_int_equal(eventfd_write(s->world.gate, 1), 0);
    krx_runtime_free(s->runtime);
    assert_true(until(&s->world.closed, 1));
    assert_int_equal(seen(&s->world.closed), 1);
    close(s->world.gate);
    fake_remove_root();
    free(s);
    return 0;
}

static int32_t ping(stage *s)
{
    static const krx_ping_req req = {.struct_size = sizeof req};
    krx_invoke_options options = {
        .struct_size = sizeof options, .release = release, .release_ctx = &s->world};
    return krx_invoke(&s->c.call, s->backend, KRX_OP_driver_ping, &req, &s->out.sink, &options);
}

static krx_status_req status_req(void)
{
    return (krx_status_req){
        .struct_size = sizeof(krx_status_req),
        .ref = {.struct_size = sizeof(krx_ref), .workload = "web", .namespace_ = "default"}};
}

static int32_t get_status(stage *s)
{
    krx_status_req req = status_req();
    make_receiver(&s->out, KRX_ITEM_STATUS);
    s->world.act = emit_status;
    return krx_invoke(&s->c.call, s->backend, KRX_OP_driver_get_status, &req, &s->out.sink, NULL);
}

/* ---------------------------------------------------------------------------------------- tests */

static void test_passes_result(void **state)
{
    stage *s = *state;
    assert_int_equal(ping(s), 0);
    assert_int_equal(s->out.count, 1);
    assert_int_equal(s->out.latency_ns, 42);
    assert_int_equal(seen(&s->world.released), 1);
    assert_int_equal(krx_invoke(&s->c.call, s->backend, KRX_OP_driver_ping,
                                &(krx_ping_req){.struct_size = sizeof(krx_ping_req)}, NULL, NULL),
                     0);
}

static void test_passes_error(void **state)
{
    stage *s = *state;
    s->world.act = fail_well;
    s->world.code = KRX_E_UNAVAILABLE;
    assert_int_equal(ping(s), KRX_E_UNAVAILABLE);
    assert_int_equal(s->c.error.code, KRX_E_UNAVAILABLE);
    assert_string_equal(s->c.error.message, "engine x is down");
    assert_string_equal(s->c.error.hint, "start it");
    assert_int_equal(s->c.error.struct_size, sizeof s->c.error);
}

static void test_garbage_codes(void **state)
{
    stage *s = *state;
    static const int32_t garbage[] = {1, 200, INT32_MAX, -19, -1000, INT32_MIN};
    s->world.act = give_code;
    for (size_t i = 0; i < KRX_COUNT(garbage); i++) {
        s->world.code = garbage[i];
        assert_int_equal(ping(s), KRX_E_INTERNAL);
        assert_non_null(strstr(s->c.error.message, "fake module broke a rule"));
        assert_non_null(strstr(s->c.error.message, "driver.ping"));
    }
    s->world.code = KRX_E_NOT_FOUND;
    assert_int_equal(ping(s), KRX_E_NOT_FOUND);
    assert_non_null(strstr(s->c.error.message, "gave no reason"));
    assert_non_null(strstr(s->c.error.message, "NOT_FOUND"));
}

static void test_unsupported(void **state)
{
    stage *s = *state;
    krx_container_req req = {
        .struct_size = sizeof req,
        .ref = {.struct_size = sizeof(krx_ref), .workload = "web", .namespace_ = "default"}};
    krx_invoke_options options = {
        .struct_size = sizeof options, .release = release, .release_ctx = &s->world};
    assert_int_equal(
        krx_invoke(&s->c.call, s->backend, KRX_OP_container_pause, &req, NULL, &options),
        KRX_E_UNSUPPORTED);
    assert_string_equal(s->c.error.message, "backend 'fake' does not support container.pause");
    assert_non_null(strstr(s->c.error.hint, "kranix backends show fake"));
    assert_int_equal(seen(&s->world.released), 1);
    assert_int_equal(seen(&s->world.entered), 0);
}

static void test_bad_requests(void **state)
{
    stage *s = *state;
    krx_status_req req = status_req();
    const uint32_t op = KRX_OP_driver_get_status;
    make_receiver(&s->out, KRX_ITEM_STATUS);
    assert_int_equal(krx_invoke(&s->c.call, s->backend, op, NULL, &s->out.sink, NULL),
                     KRX_E_INVALID_ARGUMENT);
    req.struct_size = 8;
    assert_int_equal(krx_invoke(&s->c.call, s->backend, op, &req, &s->out.sink, NULL),
                     KRX_E_INVALID_ARGUMENT);
    req = status_req();
    req.ref.instance = "abc";
    assert_int_equal(krx_invoke(&s->c.call, s->backend, op, &req, &s->out.sink, NULL),
                     KRX_E_INVALID_ARGUMENT);
    req = status_req();
    req.ref.namespace_ = NULL;
    assert_int_equal(krx_invoke(&s->c.call, s->backend, op, &req, &s->out.sink, NULL),
                     KRX_E_INVALID_ARGUMENT);
    req = status_req();
    make_receiver(&s->out, KRX_ITEM_LOG);
    assert_int_equal(krx_invoke(&s->c.call, s->backend, op, &req, &s->out.sink, NULL),
                     KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_invoke(&s->c.call, s->backend, 9999, &req, NULL, NULL),
                     KRX_E_INVALID_ARGUMENT);
    assert_int_equal(seen(&s->world.entered), 0);
}

static krx_status good_status(void)
{
    return (krx_status){.struct_size = sizeof(krx_status),
                        .id = "id1",
                        .name = "web",
                        .state = "Updating",
                        .last_schedule_ns = KRX_UNSET};
}

static void test_fills_status(void **state)
{
    stage *s = *state;
    s->world.status = good_status();
    assert_int_equal(get_status(s), 0);
    assert_string_equal(s->out.backend, "fake");
    assert_string_equal(s->out.phase, "Deploying");
    s->world.status.phase = "Failed";
    assert_int_equal(get_status(s), 0);
    assert_string_equal(s->out.phase, "Failed");
    s->world.status = (krx_status){
        .struct_size = sizeof(krx_status), .name = "web", .error_code = KRX_E_UNAVAILABLE};
    assert_int_equal(get_status(s), 0);
    assert_string_equal(s->out.state, "Unknown");
    assert_string_equal(s->out.id, "web");
}

/* A module that is newer than the host: its struct is larger, what is beyond is not seen. */
static void test_newer_item(void **state)
{
    stage *s = *state;
    s->world.status = good_status();
    s->world.status.struct_size = sizeof(krx_status) + 64;
    assert_int_equal(get_status(s), 0);
    assert_string_equal(s->out.id, "id1");
}

static void expect_broken(stage *s, const char *why)
{
    assert_int_equal(get_status(s), KRX_E_INTERNAL);
    assert_int_equal(s->out.count, 0);
    assert_non_null(
        strstr(s->c.error.message, "the fake module broke a rule in driver.get_status"));
    if (!strstr(s->c.error.message, why))
        fail_msg("'%s' lacks '%s'", s->c.error.message, why);
}

static void test_broken_items(void **state)
{
    stage *s = *state;
    s->world.status = good_status();
    s->world.status.struct_size = 0;
    expect_broken(s, "struct_size is 0");
    s->world.status.struct_size = UINT32_MAX;
    expect_broken(s, "struct_size");
    s->world.status = good_status();
    s->world.status.name = NULL;
    expect_broken(s, "'name' is NULL");
    s->world.status = good_status();
    s->world.status.id = NULL;
    expect_broken(s, "'id' is NULL");
    s->world.status = good_status();
    s->world.status.state = "running";
    expect_broken(s, "state 'running'");
    s->world.status = good_status();
    s->world.status.error_code = 7;
    expect_broken(s, "error_code is 7");
    krx_kv label = {.struct_size = sizeof label, .key = "a"};
    const krx_kv *labels[] = {&label, NULL};
    s->world.status = good_status();
    s->world.status.labels = labels;
    expect_broken(s, "label number 0");
    krx_instance instance = {
        .struct_size = sizeof instance, .id = "i", .name = "n", .state = "Odd"};
    const krx_instance *instances[] = {&instance, NULL};
    s->world.status = good_status();
    s->world.status.instances = instances;
    expect_broken(s, "state 'Odd'");
}

static void test_wrong_kind(void **state)
{
    stage *s = *state;
    s->world.act = emit_wrong_kind;
    assert_int_equal(ping(s), KRX_E_INTERNAL);
    assert_non_null(strstr(s->c.error.message, "TEXT"));
    /* and an op that emits nothing must emit nothing */
    krx_restart_req req = {
        .struct_size = sizeof req,
        .ref = {.struct_size = sizeof(krx_ref), .workload = "web", .namespace_ = "default"}};
    assert_int_equal(krx_invoke(&s->c.call, s->backend, KRX_OP_driver_restart, &req, NULL, NULL),
                     KRX_E_INTERNAL);
}

static void test_deploy_sinks(void **state)
{
    stage *s = *state;
    receiver changes, progress;
    make_receiver(&changes, KRX_ITEM_CHANGE);
    make_receiver(&progress, KRX_ITEM_PROGRESS);
    make_receiver(&s->out, KRX_ITEM_STATUS);
    krx_workload spec = {.struct_size = sizeof spec, .name = "web", .namespace_ = "default"};
    krx_deploy_req req = {
        .struct_size = sizeof req, .spec = &spec, .spec_json = "{}", .changes = &changes.sink};
    s->world.status = good_status();
    s->world.act = emit_status;
    s->c.call.progress = &progress.sink;
    assert_int_equal(
        krx_invoke(&s->c.call, s->backend, KRX_OP_driver_deploy, &req, &s->out.sink, NULL), 0);
    assert_int_equal(changes.count, 1);
    assert_int_equal(progress.count, 1);
    assert_int_equal(s->out.count, 1);
    assert_ptr_equal(req.changes, &changes.sink);
}

static int32_t follow(stage *s, int32_t stop_with)
{
    krx_logs_req req = {
        .struct_size = sizeof req,
        .follow = 1,
        .tail = KRX_UNSET,
        .since_ns = KRX_UNSET,
        .ref = {.struct_size = sizeof(krx_ref), .workload = "web", .namespace_ = "default"}};
    make_receiver(&s->out, KRX_ITEM_LOG);
    s->out.stop_with = stop_with;
    s->world.act = log_for_ever;
    return krx_invoke(&s->c.call, s->backend, KRX_OP_driver_stream_logs, &req, &s->out.sink, NULL);
}

static void test_receiver_stops(void **state)
{
    stage *s = *state;
    assert_int_equal(follow(s, 1), 1);
    assert_int_equal(s->out.count, 1);
    assert_int_equal(follow(s, KRX_E_RESOURCE_EXHAUSTED), KRX_E_RESOURCE_EXHAUSTED);
    assert_int_equal(s->c.error.code, KRX_E_RESOURCE_EXHAUSTED);
}

static void test_polite_deadline(void **state)
{
    stage *s = *state;
    s->world.act = wait_politely;
    fake_call_init(s->runtime, &s->c, 30, -1);
    assert_int_equal(ping(s), KRX_E_DEADLINE_EXCEEDED);
    assert_string_equal(s->c.error.message, "the deadline passed");
    assert_int_equal(seen(&s->world.released), 1);
}

static void test_allow_file_timeout(void **state)
{
    stage *s = *state;
    s->world.act = wait_politely;
    s->backend->timeout_ns = 30 * KRX_NS_PER_MS;
    fake_call_init(s->runtime, &s->c, -1, -1);
    assert_int_equal(ping(s), KRX_E_DEADLINE_EXCEEDED);
}

/* Streams run as long as they like: here until their receiver has had enough. */
static void test_timeout_spares_streams(void **state)
{
    stage *s = *state;
    s->backend->timeout_ns = 1;
    assert_int_equal(follow(s, 1), 1);
}

static void test_cancel(void **state)
{
    stage *s = *state;
    krx_autoclose int fd = eventfd(0, EFD_CLOEXEC);
    s->world.act = wait_politely;
    fake_call_init(s->runtime, &s->c, 20000, fd);
    assert_int_equal(eventfd_write(fd, 1), 0);
    assert_int_equal(ping(s), KRX_E_CANCELLED);
    assert_int_equal(seen(&s->world.entered), 0);
    assert_int_equal(seen(&s->world.released), 1);
}

typedef struct later {
    stage *s;
    int fd;
} later;

static void *cancel_when_entered(void *arg)
{
    later *l = arg;
    if (until(&l->s->world.entered, 1))
        (void)eventfd_write(l->fd, 1);
    return NULL;
}

static void cancel_while_running(stage *s, int32_t (*what)(world *, krx_call *, krx_sink *))
{
    krx_autoclose int fd = eventfd(0, EFD_CLOEXEC);
    later l = {.s = s, .fd = fd};
    pthread_t thread;
    s->world.act = what;
    fake_call_init(s->runtime, &s->c, -1, fd);
    assert_int_equal(pthread_create(&thread, NULL, cancel_when_entered, &l), 0);
    assert_int_equal(ping(s), KRX_E_CANCELLED);
    pthread_join(thread, NULL);
}

static void test_cancel_while_running(void **state)
{
    stage *s = *state;
    cancel_while_running(s, wait_politely);
    assert_string_equal(s->c.error.message, "the call was cancelled");
    assert_int_equal(seen(&s->world.released), 1);
}

static void test_cancel_of_hung_module(void **state)
{
    stage *s = *state;
    cancel_while_running(s, hang);
    assert_non_null(strstr(s->c.error.message, "the call was cancelled; the fake module goes on"));
    assert_int_equal(seen(&s->world.released), 0);
}

static void test_hung_module_is_abandoned(void **state)
{
    stage *s = *state;
    s->world.act = hang;
    fake_call_init(s->runtime, &s->c, 50, -1);
    assert_int_equal(ping(s), KRX_E_DEADLINE_EXCEEDED);
    assert_string_equal(s->c.error.message,
                        "the fake module did not answer within 50ms (driver.ping)");
    assert_int_equal(s->out.count, 0);
    assert_int_equal(seen(&s->world.released), 0);
    /* it stays in service */
    __atomic_store_n(&s->world.act, answer, __ATOMIC_SEQ_CST);
    fake_call_init(s->runtime, &s->c, 20000, -1);
    assert_int_equal(ping(s), 0);
    assert_int_equal(s->out.count, 1);
    assert_int_equal(seen(&s->world.released), 1);
    /* the late emit goes nowhere, and only now the request is let go */
    assert_int_equal(eventfd_write(s->world.gate, 1), 0);
    assert_true(until(&s->world.released, 2));
    assert_int_equal(seen(&s->world.emitted_late), 1);
    assert_int_equal(s->out.count, 1);
}

/* The runtime goes while an abandoned call still runs: close waits for it. */
static void test_free_with_abandoned_call(void **state)
{
    stage *s = *state;
    s->world.act = hang;
    fake_call_init(s->runtime, &s->c, 20, -1);
    assert_int_equal(ping(s), KRX_E_DEADLINE_EXCEEDED);
    krx_runtime_free(s->runtime);
    assert_int_equal(seen(&s->world.closed), 0);
    assert_int_equal(eventfd_write(s->world.gate, 1), 0);
    assert_true(until(&s->world.closed, 1));
    assert_int_equal(seen(&s->world.released), 1);
    close(s->world.gate);
    fake_remove_root();
    free(s);
}

typedef struct caller {
    stage *s;
    pthread_t thread;
    fake_call c;
    receiver out;
    int32_t code;
    int64_t timeout_ms;
} caller;

static void *call_ping(void *arg)
{
    static const krx_ping_req req = {.struct_size = sizeof req};
    caller *c = arg;
    make_receiver(&c->out, KRX_ITEM_LATENCY);
    fake_call_init(c->s->runtime, &c->c, c->timeout_ms, -1);
    c->code = krx_invoke(&c->c.call, c->s->backend, KRX_OP_driver_ping, &req, &c->out.sink, NULL);
    return NULL;
}

#define CALLERS 8

static void many(stage *s)
{
    caller callers[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (caller){.s = s, .timeout_ms = 20000};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_ping, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_int_equal(callers[i].code, 0);
        assert_int_equal(callers[i].out.count, 1);
    }
    assert_int_equal(seen(&s->world.entered), CALLERS);
}

static int32_t wait_for_all(world *w, krx_call *call, krx_sink *out)
{
    if (!until(&w->entered, CALLERS))
        return krx_fail(call, KRX_E_INTERNAL, "the others never came");
    return answer(w, call, out);
}

static void test_parallel(void **state)
{
    stage *s = *state;
    s->world.act = wait_for_all;
    many(s);
}

static void test_one_at_a_time(void **state)
{
    stage *s = *state;
    s->world.act = nap;
    many(s);
    assert_int_equal(seen(&s->world.most), 1);
}

static void test_turn_keeps_deadline(void **state)
{
    stage *s = *state;
    caller first = {.s = s, .timeout_ms = -1};
    s->world.act = hang;
    assert_int_equal(pthread_create(&first.thread, NULL, call_ping, &first), 0);
    assert_true(until(&s->world.entered, 1));
    fake_call_init(s->runtime, &s->c, 50, -1);
    assert_int_equal(ping(s), KRX_E_DEADLINE_EXCEEDED);
    assert_non_null(strstr(s->c.error.message, "not done with an earlier driver.ping"));
    assert_int_equal(seen(&s->world.entered), 1);
    krx_autoclose int fd = eventfd(0, EFD_CLOEXEC);
    fake_call_init(s->runtime, &s->c, -1, fd);
    caller second = {.s = s, .timeout_ms = 100};
    assert_int_equal(pthread_create(&second.thread, NULL, call_ping, &second), 0);
    pthread_join(second.thread, NULL);
    assert_int_equal(second.code, KRX_E_DEADLINE_EXCEEDED);
    assert_int_equal(eventfd_write(s->world.gate, 1), 0);
    pthread_join(first.thread, NULL);
    assert_int_equal(first.code, 0);
}

/* While a receiver is slow the deadline passes; nothing is emitted after the return. */
static void test_slow_receiver(void **state)
{
    stage *s = *state;
    s->out.slow_ms = 1200;
    fake_call_init(s->runtime, &s->c, 50, -1);
    int32_t code = ping(s);
    assert_true(code == 0 || code == KRX_E_DEADLINE_EXCEEDED);
    assert_int_equal(s->out.count, 1);
}

static void test_store_of_module(void **state)
{
    stage *s = *state;
    s->world.act = use_store;
    assert_int_equal(ping(s), 0);
    assert_int_equal(krx_store_get(&s->c.call, s->runtime, "fake", "key", NULL), 0);
    assert_int_equal(krx_store_get(&s->c.call, s->runtime, "other", "key", NULL), KRX_E_NOT_FOUND);
}

static void test_free_cancels_calls(void **state)
{
    stage *s = *state;
    caller c = {.s = s, .timeout_ms = -1};
    s->world.act = wait_politely;
    assert_int_equal(pthread_create(&c.thread, NULL, call_ping, &c), 0);
    assert_true(until(&s->world.entered, 1));
    krx_runtime_free(s->runtime);
    pthread_join(c.thread, NULL);
    assert_int_equal(c.code, KRX_E_CANCELLED);
    assert_int_equal(seen(&s->world.closed), 1);
    close(s->world.gate);
    fake_remove_root();
    free(s);
}

#ifdef KRX_FAULTS
static void test_faults(void **state)
{
    stage *s = *state;
    assert_int_equal(setenv("KRANIX_FAULTS", "op:driver.ping=error(UNAVAILABLE)", 1), 0);
    assert_int_equal(ping(s), KRX_E_UNAVAILABLE);
    assert_string_equal(s->c.error.message, "fault injected in driver.ping");
    assert_int_equal(seen(&s->world.entered), 0);
    assert_int_equal(setenv("KRANIX_FAULTS", "op:driver.*=delay(60000)", 1), 0);
    fake_call_init(s->runtime, &s->c, 30, -1);
    assert_int_equal(ping(s), KRX_E_DEADLINE_EXCEEDED);
    assert_int_equal(setenv("KRANIX_FAULTS", "op:driver.ping=off", 1), 0);
    fake_call_init(s->runtime, &s->c, 20000, -1);
    assert_int_equal(ping(s), 0);
    unsetenv("KRANIX_FAULTS");
}
#endif

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_passes_result),
        T(test_passes_error),
        T(test_garbage_codes),
        T(test_unsupported),
        T(test_bad_requests),
        T(test_fills_status),
        T(test_newer_item),
        T(test_broken_items),
        T(test_wrong_kind),
        T(test_deploy_sinks),
        T(test_receiver_stops),
        T(test_polite_deadline),
        T(test_allow_file_timeout),
        T(test_timeout_spares_streams),
        T(test_cancel),
        T(test_cancel_while_running),
        T(test_cancel_of_hung_module),
        T(test_hung_module_is_abandoned),
        cmocka_unit_test_setup(test_free_with_abandoned_call, setup),
        cmocka_unit_test_setup(test_free_cancels_calls, setup),
        T(test_parallel),
        cmocka_unit_test_setup_teardown(test_one_at_a_time, setup_serial, teardown),
        cmocka_unit_test_setup_teardown(test_one_at_a_time, setup_by_backend, teardown),
        cmocka_unit_test_setup_teardown(test_turn_keeps_deadline, setup_serial, teardown),
        T(test_slow_receiver),
        T(test_store_of_module),
#ifdef KRX_FAULTS
        T(test_faults),
#endif
    };
    return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
