/* SPDX-License-Identifier: Apache-2.0 */
/* Following logs across containers that come, go and come back; removing what is being removed. */
#include "tests/unit/served.h"

#include "modules/docker/logs/follow.h"

#define LABELS(replica, generation)                                                                \
    "\"Labels\":{\"managed-by\":\"kranix\",\"kranix.io/workload\":\"w\",\"kranix.io/namespace\":"  \
    "\"default\",\"kranix.io/replica\":\"" replica "\",\"kranix.io/generation\":\"" generation     \
    "\",\"kranix.io/spec\":\"{\\\\\"restartPolicy\\\\\":\\\\\"no\\\\\"}\"}"
#define LISTED(id, state, replica, generation)                                                     \
    "{\"Id\":\"" id "\",\"Names\":[\"/" id "\"],\"State\":\"" state                                \
    "\"," LABELS(replica, generation) "}"
#define INSPECT(id)                                                                                \
    "GET /containers/" id "/json\n    body {\"Id\":\"" id "\",\"Name\":\"/" id                     \
    "\",\"Config\":{\"Tty\":false}}\n"
#define ONE_AT "2026-01-02T03:04:05.000000001Z one\\n"
#define TWO_AT "2026-01-02T03:04:06.000000001Z two\\n"
#define THREE_AT "2026-01-02T03:04:07.000000001Z three\\n"

typedef struct world {
    served s;
    krx_dk_backend backend;
    krx_str text;
    const char *last; /* following ends with this line */
} world;

static int32_t keep(krx_sink *sink, uint32_t kind, const void *item)
{
    world *w = sink->ctx;
    const krx_log_chunk *chunk = item;
    assert_int_equal(kind, KRX_ITEM_LOG);
    krx_str_addn(&w->text, chunk->data, chunk->length);
    return w->last && strstr(krx_str_get(&w->text), w->last) ? KRX_E_CANCELLED : 0;
}

static void begin(world *w, const char *script)
{
    memset(w, 0, sizeof *w);
    serve_start(&w->s, script);
    krx_engine_options o = {
        .host = w->s.host, .config_dir = w->s.folder, .ignore_environment = true};
    if (krx_engine_open(&w->s.call, &o, &w->backend.engine) < 0)
        fail_msg("%s", w->s.error.message);
}

static int32_t follow(world *w, int64_t replica)
{
    krx_sink sink = {.struct_size = sizeof sink, .kind = KRX_ITEM_LOG, .emit = keep, .ctx = w};
    krx_logs_req req = {.struct_size = sizeof req,
                        .follow = true,
                        .tail = KRX_UNSET,
                        .since_ns = KRX_UNSET,
                        .ref = {.struct_size = sizeof req.ref,
                                .workload = "w",
                                .namespace_ = "default",
                                .replica = replica}};
    return krx_dk_logs_follow(&w->s.call, &w->backend, &req, &sink);
}

static void end(world *w)
{
    krx_engine_close(w->backend.engine);
    krx_str_free(&w->text);
    serve_stop(&w->s);
}

/* The new container failed, and the old one serves again: its first line was shown already. */
static void test_back_to_the_old_one(void **state)
{
    world w;
    (void)state;
    begin(&w,
          "GET /containers/json\n    times 1\n    body [" LISTED(
              "a", "running", "1",
              "1") "]\n"
                   "GET /containers/json\n    times 1\n    body [" LISTED(
                       "a", "exited", "1",
                       "1") "," LISTED("b", "running", "1",
                                       "2") "]\n"
                                            "GET /containers/json\n    times 1\n    body [" LISTED(
                                                "a", "running", "1",
                                                "1") "]\n"
                                                     "GET /containers/json\n    body []\n" INSPECT(
                                                         "a")
                                                         INSPECT("b") "GET /containers/a/logs\n    "
                                                                      "times 1\n    frame 1 " ONE_AT
                                                                      "\n"
                                                                      "GET /containers/a/logs\n    "
                                                                      "frame 1 " ONE_AT
                                                                      "\n    frame 1 " THREE_AT "\n"
                                                                      "GET /containers/b/logs\n    "
                                                                      "frame 1 " TWO_AT "\n");
    if (follow(&w, 1))
        fail_msg("%s", w.s.error.message);
    assert_string_equal(krx_str_get(&w.text), "one\ntwo\nthree\n");
    end(&w);
}

/* A replica that was gone for a while (scaled down and up) is followed again. */
static void test_a_replica_returns(void **state)
{
    world w;
    (void)state;
    begin(
        &w,
        "GET /containers/json\n    times 1\n    body [" LISTED("a", "running", "1", "1") "," LISTED(
            "b", "running", "2",
            "1") "]\n"
                 "GET /containers/json\n    times 1\n    body [" LISTED(
                     "a", "running", "1",
                     "1") "]\n"
                          "GET /containers/json\n    body [" LISTED(
                              "a", "running", "1",
                              "1") "," LISTED("c", "running", "2",
                                              "2") "]\n" INSPECT("a") INSPECT("b")
                              INSPECT("c") "GET /containers/a/logs\n    frame 1 " ONE_AT
                                           "\n    frame 1 " ONE_AT "\n    fault hang-body\n"
                                           "GET /containers/b/logs\n    frame 1 " TWO_AT "\n"
                                           "GET /containers/c/logs\n    frame 1 " THREE_AT "\n");
    w.last = "three";
    w.s.call.deadline_ns = krx_now_monotonic() + 20 * KRX_NS_PER_S;
    assert_int_equal(follow(&w, 0), KRX_E_CANCELLED);
    assert_non_null(strstr(krx_str_get(&w.text), "two\n"));
    assert_non_null(strstr(krx_str_get(&w.text), "three\n"));
    end(&w);
}

/* 409: the engine is at it. Done means that the container is gone. */
static void test_removal_under_way(void **state)
{
    world w;
    krx_auto_json cJSON *json = NULL;
    (void)state;
    begin(&w, "DELETE /containers/a 409\n    body {\"message\":\"removal of container a is already "
              "in progress\"}\n"
              "GET /containers/a/json\n    times 2\n    body {\"Id\":\"a\",\"Name\":\"/a\"}\n"
              "GET /containers/a/json 404\n    body {\"message\":\"No such container\"}\n");
    if (krx_dk_remove(&w.s.call, &w.backend, "a", "a"))
        fail_msg("%s", w.s.error.message);
    assert_int_equal(krx_dk_inspect_json(&w.s.call, &w.backend, "a", &json), KRX_E_NOT_FOUND);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_back_to_the_old_one),
                                       cmocka_unit_test(test_a_replica_returns),
                                       cmocka_unit_test(test_removal_under_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
