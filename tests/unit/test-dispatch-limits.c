/* SPDX-License-Identifier: Apache-2.0 */
/* Deadline, cancel, abandoned modules, many callers at once. */
#include "tests/unit/fake_module.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

static void test_polite_deadline(void **state)
{
    stage *s = *state;
    s->world.act = do_wait;
    fake_call_init(s->runtime, &s->c, 30, -1);
    assert_int_equal(stage_ping(s), KRX_E_DEADLINE_EXCEEDED);
    assert_string_equal(s->c.error.message, "the deadline passed");
    assert_int_equal(seen(&s->world.released), 1);
}

static void test_allow_file_timeout(void **state)
{
    stage *s = *state;
    s->world.act = do_wait;
    s->backend->timeout_ns = 30 * KRX_NS_PER_MS;
    fake_call_init(s->runtime, &s->c, -1, -1);
    assert_int_equal(stage_ping(s), KRX_E_DEADLINE_EXCEEDED);
}

/* Streams run as long as they like: here until their receiver has had enough. */
static void test_timeout_spares_streams(void **state)
{
    stage *s = *state;
    s->backend->timeout_ns = 1;
    assert_int_equal(stage_follow(s, 1), 1);
}

static void test_cancel(void **state)
{
    stage *s = *state;
    krx_autoclose int fd = eventfd(0, EFD_CLOEXEC);
    s->world.act = do_wait;
    fake_call_init(s->runtime, &s->c, 20000, fd);
    assert_int_equal(eventfd_write(fd, 1), 0);
    assert_int_equal(stage_ping(s), KRX_E_CANCELLED);
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
    assert_int_equal(stage_ping(s), KRX_E_CANCELLED);
    pthread_join(thread, NULL);
}

static void test_cancel_while_running(void **state)
{
    stage *s = *state;
    cancel_while_running(s, do_wait);
    assert_string_equal(s->c.error.message, "the call was cancelled");
    assert_int_equal(seen(&s->world.released), 1);
}

static void test_cancel_of_hung_module(void **state)
{
    stage *s = *state;
    cancel_while_running(s, do_hang);
    assert_non_null(strstr(s->c.error.message, "the call was cancelled; the fake module goes on"));
    assert_int_equal(seen(&s->world.released), 0);
}

static void test_hung_module_is_abandoned(void **state)
{
    stage *s = *state;
    s->world.act = do_hang;
    fake_call_init(s->runtime, &s->c, 50, -1);
    assert_int_equal(stage_ping(s), KRX_E_DEADLINE_EXCEEDED);
    assert_string_equal(s->c.error.message,
                        "the fake module did not answer within 50ms (driver.ping)");
    assert_int_equal(s->out.count, 0);
    assert_int_equal(seen(&s->world.released), 0);
    /* it stays in service */
    __atomic_store_n(&s->world.act, do_answer, __ATOMIC_SEQ_CST);
    fake_call_init(s->runtime, &s->c, 20000, -1);
    assert_int_equal(stage_ping(s), 0);
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
    s->world.act = do_hang;
    fake_call_init(s->runtime, &s->c, 20, -1);
    assert_int_equal(stage_ping(s), KRX_E_DEADLINE_EXCEEDED);
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
    receiver_init(&c->out, KRX_ITEM_LATENCY);
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
    return do_answer(w, call, out);
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
    s->world.act = do_nap;
    many(s);
    assert_int_equal(seen(&s->world.most), 1);
}

/* Most likely while the call waits; before that it must be cancelled just as well. */
static void *cancel_soon(void *arg)
{
    const later *l = arg;
    (void)poll(NULL, 0, 100);
    (void)eventfd_write(l->fd, 1);
    return NULL;
}

static void test_turn_can_be_given_up(void **state)
{
    stage *s = *state;
    caller first = {.s = s, .timeout_ms = -1};
    s->world.act = do_hang;
    assert_int_equal(pthread_create(&first.thread, NULL, call_ping, &first), 0);
    assert_true(until(&s->world.entered, 1));
    fake_call_init(s->runtime, &s->c, 50, -1);
    assert_int_equal(stage_ping(s), KRX_E_DEADLINE_EXCEEDED);
    assert_non_null(strstr(s->c.error.message, "not done with an earlier driver.ping"));
    assert_int_equal(seen(&s->world.entered), 1);
    krx_autoclose int fd = eventfd(0, EFD_CLOEXEC);
    later l = {.s = s, .fd = fd};
    pthread_t thread;
    fake_call_init(s->runtime, &s->c, -1, fd);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &l), 0);
    assert_int_equal(stage_ping(s), KRX_E_CANCELLED);
    pthread_join(thread, NULL);
    assert_int_equal(seen(&s->world.entered), 1);
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
    int32_t code = stage_ping(s);
    assert_true(code == 0 || code == KRX_E_DEADLINE_EXCEEDED);
    assert_int_equal(s->out.count, 1);
}

static void test_free_cancels_calls(void **state)
{
    stage *s = *state;
    caller c = {.s = s, .timeout_ms = -1};
    s->world.act = do_wait;
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

#define T(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_polite_deadline),
        T(test_allow_file_timeout),
        T(test_timeout_spares_streams),
        T(test_cancel),
        T(test_cancel_while_running),
        T(test_cancel_of_hung_module),
        T(test_hung_module_is_abandoned),
        cmocka_unit_test_setup(test_free_with_abandoned_call, stage_setup),
        cmocka_unit_test_setup(test_free_cancels_calls, stage_setup),
        T(test_parallel),
        cmocka_unit_test_setup_teardown(test_one_at_a_time, stage_setup_serial, stage_teardown),
        cmocka_unit_test_setup_teardown(test_one_at_a_time, stage_setup_by_backend, stage_teardown),
        cmocka_unit_test_setup_teardown(test_turn_can_be_given_up, stage_setup_serial,
                                        stage_teardown),
        T(test_slow_receiver),
    };
    return cmocka_run_group_tests_name("dispatch-limits", tests, NULL, NULL);
}
