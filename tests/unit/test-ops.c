/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <config.h>
#include <stdio.h>
#include <string.h>

#include "core/faults.h"
#include "core/items.h"
#include "core/ops.h"
#include "lib/base/local_host.h"

/* Each slot of a module answers the number of its op, so that a mixed-up thunk shows. */
#define STUB(group, op, req, item)                                                                 \
    static int32_t stub_##group##_##op(krx_call *call, void *handle, const req *r, krx_sink *out)  \
    {                                                                                              \
        (void)call, (void)r, (void)out;                                                            \
        *(int *)handle = KRX_OP_##group##_##op;                                                    \
        return 0;                                                                                  \
    }
KRX_OP_TABLE(STUB)

static krx_driver_ops driver = {.struct_size = sizeof driver};
static krx_node_ops node = {.struct_size = sizeof node};
static krx_extended_ops extended = {.struct_size = sizeof extended};
static krx_container_ops container = {.struct_size = sizeof container};
static krx_image_ops image = {.struct_size = sizeof image};
static krx_module module = {.name = "stub"};

static int setup(void **state)
{
    (void)state;
#define SET(group, op, req, item) group.op = stub_##group##_##op;
    KRX_OP_TABLE(SET)
    module.driver = &driver;
    module.node = &node;
    module.extended = &extended;
    module.container = &container;
    module.image = &image;
    return 0;
}

static void test_thunks(void **state)
{
    krx_error error;
    krx_call call;
    (void)state;
    krx_call_init(&call, &error);
    for (uint32_t i = 0; i < KRX_OP_COUNT_; i++) {
        const krx_op *op = krx_op_get(i);
        int seen = -1;
        char wanted[64];
        assert_non_null(op);
        assert_true(op->has(&module));
        assert_int_equal(op->run(&module, &call, &seen, NULL, NULL), 0);
        assert_int_equal(seen, i);
        (void)snprintf(wanted, sizeof wanted, "%s.%s", op->group, op->verb);
        assert_string_equal(krx_op_name(i), wanted);
    }
    assert_null(krx_op_get(KRX_OP_COUNT_));
    assert_string_equal(krx_op_name(KRX_OP_COUNT_), "unknown");
}

static void test_absent_slots(void **state)
{
    const krx_node_ops empty = {.struct_size = sizeof empty};
    const krx_module bare = {.name = "bare", .driver = &driver, .node = &empty};
    (void)state;
    assert_true(krx_op_get(KRX_OP_driver_ping)->has(&bare));
    assert_false(krx_op_get(KRX_OP_node_cordon)->has(&bare));
    assert_false(krx_op_get(KRX_OP_image_pull)->has(&bare));
}

static void test_streams(void **state)
{
    krx_stats_req stats = {.struct_size = sizeof stats};
    (void)state;
    assert_true(krx_op_streams(KRX_OP_driver_stream_logs, NULL));
    assert_true(krx_op_streams(KRX_OP_driver_deploy, NULL));
    assert_true(krx_op_streams(KRX_OP_container_exec, NULL));
    assert_true(krx_op_streams(KRX_OP_image_pull, NULL));
    assert_false(krx_op_streams(KRX_OP_driver_ping, NULL));
    assert_false(krx_op_streams(KRX_OP_driver_list_workloads, NULL));
    assert_false(krx_op_streams(KRX_OP_container_stats, &stats));
    stats.stream = 1;
    assert_true(krx_op_streams(KRX_OP_container_stats, &stats));
}

#define REF(...)                                                                                   \
    {                                                                                              \
        .struct_size = sizeof(krx_ref), .namespace_ = "default", __VA_ARGS__                       \
    }

static void expect(uint32_t op, const void *req, const char *part)
{
    krx_error error;
    krx_call call;
    krx_call_init(&call, &error);
    int32_t code = krx_request_check(&call, op, req);
    if (!part) {
        if (code)
            fail_msg("%s: %s", krx_op_name(op), error.message);
        return;
    }
    assert_int_equal(code, KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, krx_op_name(op)));
    if (!strstr(error.message, part))
        fail_msg("'%s' lacks '%s'", error.message, part);
}

static void test_refs(void **state)
{
    krx_container_req req = {.struct_size = sizeof req, .ref = REF(.workload = "web")};
    (void)state;
    expect(KRX_OP_container_stop, &req, NULL);
    req.ref = (krx_ref)REF(.instance = "abc");
    expect(KRX_OP_container_stop, &req, NULL);
    req.ref = (krx_ref)REF(.instance = "abc", .workload = "web");
    expect(KRX_OP_container_stop, &req, "got both");
    req.ref = (krx_ref)REF(.workload = "");
    expect(KRX_OP_container_stop, &req, "got none");
    req.ref = (krx_ref)REF(.workload = "web", .replica = -1);
    expect(KRX_OP_container_stop, &req, "replica -1");
    req.ref = (krx_ref){.workload = "web", .namespace_ = "default"};
    expect(KRX_OP_container_stop, &req, "struct_size");
    krx_status_req status = {.struct_size = sizeof status, .ref = REF(.instance = "abc")};
    expect(KRX_OP_driver_get_status, &status, "name of a workload");
}

static void test_needs(void **state)
{
    const char *const none[] = {NULL};
    krx_exec_req exec = {.struct_size = sizeof exec, .ref = REF(.workload = "web")};
    krx_node_req cordon = {.struct_size = sizeof cordon};
    krx_image_req tag = {.struct_size = sizeof tag, .image = "web:1"};
    krx_deploy_req deploy = {.struct_size = sizeof deploy};
    (void)state;
    expect(KRX_OP_container_exec, &exec, "needs a command");
    exec.argv = none;
    expect(KRX_OP_container_exec, &exec, "needs a command");
    expect(KRX_OP_container_attach, &exec, NULL);
    expect(KRX_OP_node_cordon, &cordon, "needs a node");
    expect(KRX_OP_node_list_node_health, &cordon, NULL);
    expect(KRX_OP_image_tag, &tag, "needs a new name");
    expect(KRX_OP_image_push, &tag, NULL);
    expect(KRX_OP_driver_deploy, &deploy, "needs a spec");
    expect(KRX_OP_driver_deploy, NULL, "has 0 bytes");
}

static void test_lists(void **state)
{
    const krx_kv no_value = {.struct_size = sizeof no_value, .key = "a"};
    const krx_kv *const selector[] = {&no_value, NULL};
    const krx_ref both = REF(.workload = "a", .instance = "b");
    const krx_ref *const refs[] = {&both, NULL};
    krx_list_req list = {.struct_size = sizeof list};
    krx_stats_req stats = {.struct_size = sizeof stats};
    krx_checkpoint_req restore = {.struct_size = sizeof restore};
    (void)state;
    expect(KRX_OP_driver_list_workloads, &list, NULL);
    list.selector = selector;
    expect(KRX_OP_driver_list_workloads, &list, "selector");
    expect(KRX_OP_container_stats, &stats, NULL);
    stats.refs = refs;
    expect(KRX_OP_container_stats, &stats, "got both");
    expect(KRX_OP_extended_list_checkpoints, &restore, NULL);
    expect(KRX_OP_extended_restore, &restore, "needs a workload, the id");
    restore.id = "c1";
    expect(KRX_OP_extended_restore, &restore, NULL);
}

static void test_subjects(void **state)
{
    char text[64];
    krx_restart_req restart = {.struct_size = sizeof restart, .ref = REF(.workload = "web")};
    krx_node_req cordon = {.struct_size = sizeof cordon, .node = "n1"};
    krx_ping_req ping = {.struct_size = sizeof ping};
    (void)state;
    krx_request_subject(KRX_OP_driver_restart, &restart, text, sizeof text);
    assert_string_equal(text, "workload default/web");
    restart.ref = (krx_ref)REF(.instance = "abc");
    krx_request_subject(KRX_OP_driver_restart, &restart, text, sizeof text);
    assert_string_equal(text, "instance abc");
    krx_request_subject(KRX_OP_node_cordon, &cordon, text, sizeof text);
    assert_string_equal(text, "node n1");
    krx_request_subject(KRX_OP_driver_ping, &ping, text, sizeof text);
    assert_string_equal(text, "");
}

static void test_phases(void **state)
{
    (void)state;
    assert_string_equal(krx_phase_of("Running"), "Running");
    assert_string_equal(krx_phase_of("Updating"), "Deploying");
    assert_string_equal(krx_phase_of("Degraded"), "Degraded");
    assert_string_equal(krx_phase_of("Unknown"), "");
}

static const char *take(uint32_t kind, const void *item)
{
    static char why[256];
    krx_item copy;
    return krx_item_take(kind, item, "b", &copy, why, sizeof why);
}

static void test_items(void **state)
{
    krx_log_chunk log = {.struct_size = sizeof log, .stream = 3, .instance = "i"};
    krx_capability cap = {
        .struct_size = sizeof cap, .kind = KRX_CAP_OP, .name = "a.b", .level = KRX_CAP_EMULATED};
    krx_text text = {.struct_size = sizeof text};
    krx_exec_result exec = {.struct_size = sizeof exec, .exit_code = 3};
    (void)state;
    assert_non_null(take(KRX_ITEM_LOG, &log));
    log.stream = KRX_STREAM_STDERR;
    assert_null(take(KRX_ITEM_LOG, &log));
    log.length = 4;
    assert_non_null(take(KRX_ITEM_LOG, &log));
    assert_non_null(take(KRX_ITEM_CAPABILITY, &cap));
    cap.reason = "slower";
    assert_null(take(KRX_ITEM_CAPABILITY, &cap));
    assert_non_null(take(KRX_ITEM_TEXT, &text));
    text.text = "";
    assert_null(take(KRX_ITEM_TEXT, &text));
    assert_null(take(KRX_ITEM_EXEC, &exec));
    assert_non_null(take(KRX_ITEM_EXEC, NULL));
    assert_non_null(take(0, &exec));
    assert_non_null(take(KRX_ITEM_LAST_ + 1, &exec));
    exec.struct_size = 4;
    assert_non_null(take(KRX_ITEM_EXEC, &exec));
}

static void test_faults(void **state)
{
    krx_error error;
    krx_call call;
    (void)state;
    krx_call_init(&call, &error);
#ifdef KRX_FAULTS
    const char *faults =
        "op:driver.ping=off,op:driver.*=error(UNAVAILABLE), container.list=delay(1)";
    assert_int_equal(krx_fault_in(&call, faults, "driver.ping"), 0);
    assert_int_equal(krx_fault_in(&call, faults, "driver.deploy"), KRX_E_UNAVAILABLE);
    assert_int_equal(krx_fault_in(&call, faults, "container.list"), 0);
    assert_int_equal(krx_fault_in(&call, faults, "image.list"), 0);
    assert_int_equal(krx_fault_in(&call, "image.list=explode", "image.list"),
                     KRX_E_INVALID_ARGUMENT);
#else
    assert_int_equal(krx_fault_in(&call, "*=error(UNAVAILABLE)", "driver.ping"), 0);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thunks),   cmocka_unit_test(test_absent_slots),
        cmocka_unit_test(test_streams),  cmocka_unit_test(test_refs),
        cmocka_unit_test(test_needs),    cmocka_unit_test(test_lists),
        cmocka_unit_test(test_subjects), cmocka_unit_test(test_phases),
        cmocka_unit_test(test_items),    cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests_name("ops", tests, setup, NULL);
}
