/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/fake_module.h"

#include <poll.h>
#include <sys/eventfd.h>

/* A runtime on an empty folder, which fake_remove_root() removes. */
static char fake_root[256];

static krx_runtime *fake_runtime(void)
{
    krx_error error;
    krx_call call;
    krx_runtime *runtime = NULL;
    char state[300];
    (void)unit_template(fake_root, sizeof fake_root, "fake");
    assert_non_null(mkdtemp(fake_root));
    (void)snprintf(state, sizeof state, "%s/state", fake_root);
    krx_runtime_options options = {
        .struct_size = sizeof options, .log_level = KRX_LOG_ERROR, .state_dir = state};
    krx_call_init(&call, &error);
    assert_int_equal(krx_runtime_new(&call, &options, &runtime), 0);
    return runtime;
}

void fake_remove_root(void)
{
    char path[400];
    static const char *const files[] = {"state/kranix.db-wal", "state/kranix.db-shm",
                                        "state/kranix.db", "state", ""};
    for (size_t i = 0; i < KRX_COUNT(files); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", fake_root, files[i]);
        (void)remove(path);
    }
}

/* A backend that is open already. */
static krx_backend *fake_backend(krx_runtime *runtime, const krx_module *module, void *handle)
{
    pthread_mutex_lock(&runtime->lock);
    krx_backend *backend = krx_backend_new(runtime, module->name);
    pthread_mutex_unlock(&runtime->lock);
    assert_non_null(backend);
    backend->module = module;
    backend->handle = handle;
    backend->open = true;
    return backend;
}

void fake_call_init(krx_runtime *runtime, fake_call *c, int64_t timeout_ms, int cancel_fd)
{
    krx_host_call_init(runtime, &c->call, &c->error,
                       timeout_ms < 0 ? -1 : timeout_ms * KRX_NS_PER_MS, cancel_fd);
}

/* ---------------------------------------------------------------- the module and what it does */

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

int32_t do_answer(world *w, krx_call *call, krx_sink *out)
{
    krx_latency latency = {.struct_size = sizeof latency, .latency_ns = 42};
    (void)w, (void)call;
    return krx_emit(out, KRX_ITEM_LATENCY, &latency);
}

int32_t do_give_code(world *w, krx_call *call, krx_sink *out)
{
    (void)call, (void)out;
    return w->code;
}

int32_t do_fail(world *w, krx_call *call, krx_sink *out)
{
    (void)out;
    krx_fail(call, w->code, "engine %s is down", "x");
    return krx_hint(call, "start it");
}

int32_t do_wait(world *w, krx_call *call, krx_sink *out)
{
    (void)w, (void)out;
    return krx_sleep(call, -1);
}

int32_t do_nap(world *w, krx_call *call, krx_sink *out)
{
    int32_t code = krx_sleep(call, 20 * KRX_NS_PER_MS);
    return code ? code : do_answer(w, call, out);
}

/* Hangs, deaf to cancel and deadline, until the gate opens; then emits all the same. */
int32_t do_hang(world *w, krx_call *call, krx_sink *out)
{
    struct pollfd gate = {.fd = w->gate, .events = POLLIN};
    while (poll(&gate, 1, -1) < 0)
        ;
    if (do_answer(w, call, out) != 0)
        __atomic_add_fetch(&w->emitted_late, 1, __ATOMIC_SEQ_CST);
    return 0;
}

int32_t do_emit_status(world *w, krx_call *call, krx_sink *out)
{
    (void)call;
    return krx_emit(out, KRX_ITEM_STATUS, &w->status);
}

int32_t do_emit_wrong_kind(world *w, krx_call *call, krx_sink *out)
{
    (void)w, (void)call;
    krx_text text = {.struct_size = sizeof text, .text = "x"};
    (void)krx_emit(out, KRX_ITEM_TEXT, &text);
    return 0; /* hides it */
}

int32_t do_log_for_ever(world *w, krx_call *call, krx_sink *out)
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

int32_t do_use_store(world *w, krx_call *call, krx_sink *out)
{
    int32_t code = call->host->store_put(call->host, call, "key", "value");
    call->host->log(call->host, call, KRX_LOG_DEBUG, "not shown");
    return code ? code : do_answer(w, call, out);
}

/* ------------------------------------------------------------------------------------ receivers */

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

receiver receiver_init(receiver *r, uint32_t kind)
{
    *r = (receiver){
        .sink = {.struct_size = sizeof(krx_sink), .kind = kind, .emit = receive, .ctx = r}};
    return *r;
}

void release(void *ctx)
{
    world *w = ctx;
    __atomic_add_fetch(&w->released, 1, __ATOMIC_SEQ_CST);
}

/* ------------------------------------------------------------------------------------ the stage */

static int setup_with(void **state, const krx_module *module)
{
    stage *s = calloc(1, sizeof *s);
    s->runtime = fake_runtime();
    s->world.gate = eventfd(0, EFD_CLOEXEC);
    s->world.act = do_answer;
    s->backend = fake_backend(s->runtime, module, &s->world);
    fake_call_init(s->runtime, &s->c, 20000, -1);
    receiver_init(&s->out, KRX_ITEM_LATENCY);
    *state = s;
    return 0;
}

int stage_setup(void **state)
{
    return setup_with(state, &parallel);
}

int stage_setup_serial(void **state)
{
    return setup_with(state, &serial);
}

int stage_setup_by_backend(void **state)
{
    return setup_with(state, &by_backend);
}

int seen(const int *what)
{
    return __atomic_load_n(what, __ATOMIC_SEQ_CST);
}

int until(int *what, int value)
{
    for (int i = 0; i < 20000; i++) {
        if (__atomic_load_n(what, __ATOMIC_SEQ_CST) >= value)
            return 1;
        (void)poll(NULL, 0, 1);
    }
    return 0;
}

int stage_teardown(void **state)
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

int32_t stage_ping(stage *s)
{
    static const krx_ping_req req = {.struct_size = sizeof req};
    krx_invoke_options options = {
        .struct_size = sizeof options, .release = release, .release_ctx = &s->world};
    return krx_invoke(&s->c.call, s->backend, KRX_OP_driver_ping, &req, &s->out.sink, &options);
}

krx_status_req stage_status_req(void)
{
    return (krx_status_req){
        .struct_size = sizeof(krx_status_req),
        .ref = {.struct_size = sizeof(krx_ref), .workload = "web", .namespace_ = "default"}};
}

int32_t stage_get_status(stage *s)
{
    krx_status_req req = stage_status_req();
    receiver_init(&s->out, KRX_ITEM_STATUS);
    s->world.act = do_emit_status;
    return krx_invoke(&s->c.call, s->backend, KRX_OP_driver_get_status, &req, &s->out.sink, NULL);
}

krx_status stage_good_status(void)
{
    return (krx_status){.struct_size = sizeof(krx_status),
                        .id = "id1",
                        .name = "web",
                        .state = "Updating",
                        .last_schedule_ns = KRX_UNSET};
}

int32_t stage_follow(stage *s, int32_t stop_with)
{
    krx_logs_req req = {
        .struct_size = sizeof req,
        .follow = 1,
        .tail = KRX_UNSET,
        .since_ns = KRX_UNSET,
        .ref = {.struct_size = sizeof(krx_ref), .workload = "web", .namespace_ = "default"}};
    receiver_init(&s->out, KRX_ITEM_LOG);
    s->out.stop_with = stop_with;
    s->world.act = do_log_for_ever;
    return krx_invoke(&s->c.call, s->backend, KRX_OP_driver_stream_logs, &req, &s->out.sink, NULL);
}
