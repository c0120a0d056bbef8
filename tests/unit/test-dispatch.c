/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back from a call: results, errors, items and what is wrong with them. */
#include "tests/unit/fake_module.h"

#include <config.h>

static void test_passes_result(void **state)
{
    stage *s = *state;
    assert_int_equal(stage_ping(s), 0);
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
    s->world.act = do_fail;
    s->world.code = KRX_E_UNAVAILABLE;
    assert_int_equal(stage_ping(s), KRX_E_UNAVAILABLE);
    assert_int_equal(s->c.error.code, KRX_E_UNAVAILABLE);
    assert_string_equal(s->c.error.message, "engine x is down");
    assert_string_equal(s->c.error.hint, "start it");
    assert_int_equal(s->c.error.struct_size, sizeof s->c.error);
}

static void test_garbage_codes(void **state)
{
    stage *s = *state;
    static const int32_t garbage[] = {1, 200, INT32_MAX, -19, -1000, INT32_MIN};
    s->world.act = do_give_code;
    for (size_t i = 0; i < KRX_COUNT(garbage); i++) {
        s->world.code = garbage[i];
        assert_int_equal(stage_ping(s), KRX_E_INTERNAL);
        assert_non_null(strstr(s->c.error.message, "fake module broke a rule"));
        assert_non_null(strstr(s->c.error.message, "driver.ping"));
    }
    s->world.code = KRX_E_NOT_FOUND;
    assert_int_equal(stage_ping(s), KRX_E_NOT_FOUND);
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
    krx_status_req req = stage_status_req();
    const uint32_t op = KRX_OP_driver_get_status;
    receiver_init(&s->out, KRX_ITEM_STATUS);
    assert_int_equal(krx_invoke(&s->c.call, s->backend, op, NULL, &s->out.sink, NULL),
                     KRX_E_INVALID_ARGUMENT);
    req.struct_size = 8;
    assert_int_equal(krx_invoke(&s->c.call, s->backend, op, &req, &s->out.sink, NULL),
                     KRX_E_INVALID_ARGUMENT);
    req = stage_status_req();
    req.ref.instance = "abc";
    assert_int_equal(krx_invoke(&s->c.call, s->backend, op, &req, &s->out.sink, NULL),
                     KRX_E_INVALID_ARGUMENT);
    req = stage_status_req();
    req.ref.namespace_ = NULL;
    assert_int_equal(krx_invoke(&s->c.call, s->backend, op, &req, &s->out.sink, NULL),
                     KRX_E_INVALID_ARGUMENT);
    req = stage_status_req();
    receiver_init(&s->out, KRX_ITEM_LOG);
    assert_int_equal(krx_invoke(&s->c.call, s->backend, op, &req, &s->out.sink, NULL),
                     KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_invoke(&s->c.call, s->backend, 9999, &req, NULL, NULL),
                     KRX_E_INVALID_ARGUMENT);
    assert_int_equal(seen(&s->world.entered), 0);
}

static void test_fills_status(void **state)
{
    stage *s = *state;
    s->world.status = stage_good_status();
    assert_int_equal(stage_get_status(s), 0);
    assert_string_equal(s->out.backend, "fake");
    assert_string_equal(s->out.phase, "Deploying");
    s->world.status.phase = "Failed";
    assert_int_equal(stage_get_status(s), 0);
    assert_string_equal(s->out.phase, "Failed");
    s->world.status = (krx_status){
        .struct_size = sizeof(krx_status), .name = "web", .error_code = KRX_E_UNAVAILABLE};
    assert_int_equal(stage_get_status(s), 0);
    assert_string_equal(s->out.state, "Unknown");
    assert_string_equal(s->out.id, "web");
}

/* A module that is newer than the host: its struct is larger, what is beyond is not seen. */
static void test_newer_item(void **state)
{
    stage *s = *state;
    s->world.status = stage_good_status();
    s->world.status.struct_size = sizeof(krx_status) + 64;
    assert_int_equal(stage_get_status(s), 0);
    assert_string_equal(s->out.id, "id1");
}

static void expect_broken(stage *s, const char *why)
{
    assert_int_equal(stage_get_status(s), KRX_E_INTERNAL);
    assert_int_equal(s->out.count, 0);
    assert_non_null(
        strstr(s->c.error.message, "the fake module broke a rule in driver.get_status"));
    if (!strstr(s->c.error.message, why))
        fail_msg("'%s' lacks '%s'", s->c.error.message, why);
}

static void test_broken_items(void **state)
{
    stage *s = *state;
    s->world.status = stage_good_status();
    s->world.status.struct_size = 0;
    expect_broken(s, "struct_size is 0");
    s->world.status.struct_size = UINT32_MAX;
    expect_broken(s, "struct_size");
    s->world.status = stage_good_status();
    s->world.status.name = NULL;
    expect_broken(s, "'name' is NULL");
    s->world.status = stage_good_status();
    s->world.status.id = NULL;
    expect_broken(s, "'id' is NULL");
    s->world.status = stage_good_status();
    s->world.status.state = "running";
    expect_broken(s, "state 'running'");
    s->world.status = stage_good_status();
    s->world.status.error_code = 7;
    expect_broken(s, "error_code is 7");
    krx_kv label = {.struct_size = sizeof label, .key = "a"};
    const krx_kv *labels[] = {&label, NULL};
    s->world.status = stage_good_status();
    s->world.status.labels = labels;
    expect_broken(s, "label number 0");
    krx_instance instance = {
        .struct_size = sizeof instance, .id = "i", .name = "n", .state = "Odd"};
    const krx_instance *instances[] = {&instance, NULL};
    s->world.status = stage_good_status();
    s->world.status.instances = instances;
    expect_broken(s, "state 'Odd'");
}

static void test_wrong_kind(void **state)
{
    stage *s = *state;
    s->world.act = do_emit_wrong_kind;
    assert_int_equal(stage_ping(s), KRX_E_INTERNAL);
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
    receiver_init(&changes, KRX_ITEM_CHANGE);
    receiver_init(&progress, KRX_ITEM_PROGRESS);
    receiver_init(&s->out, KRX_ITEM_STATUS);
    krx_workload spec = {.struct_size = sizeof spec, .name = "web", .namespace_ = "default"};
    krx_deploy_req req = {
        .struct_size = sizeof req, .spec = &spec, .spec_json = "{}", .changes = &changes.sink};
    s->world.status = stage_good_status();
    s->world.act = do_emit_status;
    s->c.call.progress = &progress.sink;
    assert_int_equal(
        krx_invoke(&s->c.call, s->backend, KRX_OP_driver_deploy, &req, &s->out.sink, NULL), 0);
    assert_int_equal(changes.count, 1);
    assert_int_equal(progress.count, 1);
    assert_int_equal(s->out.count, 1);
    assert_ptr_equal(req.changes, &changes.sink);
}

static void test_receiver_stops(void **state)
{
    stage *s = *state;
    assert_int_equal(stage_follow(s, 1), 1);
    assert_int_equal(s->out.count, 1);
    assert_int_equal(stage_follow(s, KRX_E_RESOURCE_EXHAUSTED), KRX_E_RESOURCE_EXHAUSTED);
    assert_int_equal(s->c.error.code, KRX_E_RESOURCE_EXHAUSTED);
}

static void test_store_of_module(void **state)
{
    stage *s = *state;
    s->world.act = do_use_store;
    assert_int_equal(stage_ping(s), 0);
    assert_int_equal(krx_store_get(&s->c.call, s->runtime, "fake", "key", NULL), 0);
    assert_int_equal(krx_store_get(&s->c.call, s->runtime, "other", "key", NULL), KRX_E_NOT_FOUND);
}

#ifdef KRX_FAULTS
static void test_faults(void **state)
{
    stage *s = *state;
    assert_int_equal(setenv("KRANIX_FAULTS", "op:driver.ping=error(UNAVAILABLE)", 1), 0);
    assert_int_equal(stage_ping(s), KRX_E_UNAVAILABLE);
    assert_string_equal(s->c.error.message, "fault injected in driver.ping");
    assert_int_equal(seen(&s->world.entered), 0);
    assert_int_equal(setenv("KRANIX_FAULTS", "op:driver.*=delay(60000)", 1), 0);
    fake_call_init(s->runtime, &s->c, 30, -1);
    assert_int_equal(stage_ping(s), KRX_E_DEADLINE_EXCEEDED);
    assert_int_equal(setenv("KRANIX_FAULTS", "op:driver.ping=off", 1), 0);
    fake_call_init(s->runtime, &s->c, 20000, -1);
    assert_int_equal(stage_ping(s), 0);
    unsetenv("KRANIX_FAULTS");
}
#endif

#define T(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_passes_result), T(test_passes_error),   T(test_garbage_codes),
        T(test_unsupported),   T(test_bad_requests),   T(test_fills_status),
        T(test_newer_item),    T(test_broken_items),   T(test_wrong_kind),
        T(test_deploy_sinks),  T(test_receiver_stops), T(test_store_of_module),
#ifdef KRX_FAULTS
        T(test_faults),
#endif
    };
    return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
