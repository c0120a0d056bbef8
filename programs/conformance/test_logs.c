/* SPDX-License-Identifier: Apache-2.0 */
/* Reading logs. */
#include <inttypes.h>
#include <string.h>

#include "programs/conformance/kit.h"

#define TEN_LINES                                                                                  \
    "for i in 0 1 2 3 4 5 6 7 8 9; do echo line-$i; done; echo oops >&2; "                         \
    "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"

static size_t count_lines(const krx_str *text)
{
    size_t n = 0;
    for (const char *p = krx_str_get(text); *p; p++)
        n += *p == '\n';
    return n;
}

static krx_workload *writer(krx_kit *kit)
{
    krx_workload *spec = krx_kit_deployed(kit, TEN_LINES);
    krx_kit_wait_log(kit, spec, "line-9");
    krx_kit_wait_log(kit, spec, "oops");
    return spec;
}

/* A backend that can't tell the streams apart has all on one of them, and says so. */
static bool apart(krx_kit *kit)
{
    return krx_kit_native(kit, "driver.stream_logs");
}

static void content(krx_kit *kit, int arg)
{
    static const char lines[] = "line-0\nline-1\nline-2\nline-3\nline-4\nline-5\n"
                                "line-6\nline-7\nline-8\nline-9\n";
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = writer(kit);
    krx_kit_ask ask = {.workload = spec->name};
    bool two = apart(kit);
    (void)arg;
    krx_kit_expect(kit, OP(driver, stream_logs), 0, &ask, &got);
    if (!two) { /* the line of the other pipe may come anywhere among them */
        char *oops =
            strstr(krx_str_get(&got.out), "oops\n") ? strstr(got.out.data, "oops\n") : NULL;
        CHECK(kit, oops && got.err.length == 0,
              "the streams are told as one but do not come so: %s", krx_str_get(&got.out));
        if (oops)
            memmove(oops, oops + 5, strlen(oops + 5) + 1);
    }
    CHECK(kit, krx_streq(krx_str_get(&got.out), lines), "stdout is not what was printed: %s",
          krx_str_get(&got.out));
    CHECK(kit, !two || krx_streq(krx_str_get(&got.err), "oops\n"),
          "stderr is not what was printed: %s", krx_str_get(&got.err));
    krx_kit_destroy(kit, spec);
}

static void streams(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = writer(kit);
    krx_kit_ask out = {.workload = spec->name, .streams = KRX_STREAM_STDOUT};
    krx_kit_ask err = {.workload = spec->name, .streams = KRX_STREAM_STDERR};
    (void)arg;
    if (!apart(kit)) {
        krx_kit_expect(kit, OP(driver, stream_logs), KRX_E_UNSUPPORTED, &err, &got);
        krx_kit_destroy(kit, spec);
        return;
    }
    krx_kit_expect(kit, OP(driver, stream_logs), 0, &out, &got);
    CHECK(kit, got.err.length == 0 && count_lines(&got.out) == 10,
          "stdout alone gives %zu lines and %zu bytes of stderr", count_lines(&got.out),
          got.err.length);
    krx_kit_expect(kit, OP(driver, stream_logs), 0, &err, &got);
    CHECK(kit, got.out.length == 0 && krx_streq(krx_str_get(&got.err), "oops\n"),
          "stderr alone gives %zu bytes of stdout", got.out.length);
    krx_kit_destroy(kit, spec);
}

static void tail(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = writer(kit);
    (void)arg;
    for (int64_t n = 1; n <= 20; n += 4) {
        krx_kit_ask ask = {.workload = spec->name, .tail = n};
        krx_kit_expect(kit, OP(driver, stream_logs), 0, &ask, &got);
        size_t lines = count_lines(&got.out) + count_lines(&got.err);
        size_t want = n < 11 ? (size_t)n : 11;
        CHECK(kit, lines == want, "a tail of %" PRId64 " gives %zu lines instead of %zu", n, lines,
              want);
    }
    krx_kit_destroy(kit, spec);
}

static void times(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = writer(kit);
    krx_kit_ask ask = {.workload = spec->name, .timestamps = true};
    int64_t now = krx_now_unix(), day = 86400 * KRX_NS_PER_S;
    (void)arg;
    krx_kit_expect(kit, OP(driver, stream_logs), 0, &ask, &got);
    CHECK(kit, got.items.count > 0, "no chunks");
    for (size_t i = 0; i < got.items.count; i++) {
        const krx_log_chunk *c = got.items.items[i];
        CHECK(kit, c->time_ns == KRX_UNSET || (c->time_ns > now - day && c->time_ns < now + day),
              "with timestamps a chunk has the time %" PRId64, c->time_ns);
    }
    CHECK(kit, count_lines(&got.out) + count_lines(&got.err) == 11,
          "with timestamps there are %zu lines", count_lines(&got.out) + count_lines(&got.err));
    CHECK(kit,
          krx_has_prefix(krx_str_get(&got.out), "line-0\n") ||
              krx_has_prefix(krx_str_get(&got.out), "oops\n"),
          "the time is left in the text: %.60s", krx_str_get(&got.out));
    krx_kit_ask later = {.workload = spec->name, .since = now + 3600 * KRX_NS_PER_S};
    krx_kit_expect(kit, OP(driver, stream_logs), 0, &later, &got);
    CHECK(kit, got.out.length + got.err.length == 0, "since the future there are %zu bytes",
          got.out.length + got.err.length);
    krx_kit_destroy(kit, spec);
}

static void replicas(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask deploy = {.spec = spec}, all = {.workload = spec->name, .tail = 5};
    (void)arg;
    spec->replicas = 2;
    krx_kit_spec_script(kit, spec,
                        "echo hello; trap 'exit 0' TERM; "
                        "while :; do sleep 1 & wait $!; done");
    krx_kit_expect(kit, OP(driver, deploy), 0, &deploy, &got);
    krx_kit_wait_state(kit, spec, "Running");
    (void)krx_kit_settled(kit, spec, &got);
    int64_t end = krx_now_monotonic() + 20 * KRX_NS_PER_S;
    do {
        krx_kit_expect(kit, OP(driver, stream_logs), 0, &all, &got);
    } while (count_lines(&got.out) < 2 && krx_now_monotonic() < end);
    CHECK(kit, count_lines(&got.out) == 2, "two replicas print %zu lines", count_lines(&got.out));
    krx_auto_got krx_kit_got status = {0};
    const krx_status *s = krx_kit_status(kit, spec, &status);
    for (size_t i = 0; s->instances && s->instances[i]; i++) {
        /* without numbers of their own they are counted in the order of the status */
        int64_t number = s->instances[i]->replica;
        krx_kit_ask one = {.workload = spec->name, .replica = number ? number : (int64_t)i + 1};
        krx_kit_expect(kit, OP(driver, stream_logs), 0, &one, &got);
        CHECK(kit, count_lines(&got.out) == 1, "replica %" PRId64 " prints %zu lines", one.replica,
              count_lines(&got.out));
        krx_kit_ask exact = {.instance = s->instances[i]->name};
        krx_kit_expect(kit, OP(driver, stream_logs), 0, &exact, &got);
        CHECK(kit, count_lines(&got.out) == 1, "instance %s prints %zu lines",
              s->instances[i]->name, count_lines(&got.out));
    }
    krx_kit_destroy(kit, spec);
}

static void follow(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_deployed(
        kit, "i=0; trap 'exit 0' TERM; while :; do i=$((i+1)); echo tick-$i; sleep 0.2 & wait $!; "
             "done");
    krx_kit_ask ask = {.workload = spec->name, .follow = true, .cancel_in = 2 * KRX_NS_PER_S};
    (void)arg;
    krx_kit_wait_log(kit, spec, "tick-1\n");
    do { /* on a machine that is busy it takes longer */
        ask.cancel_in *= 2;
        krx_kit_expect(kit, OP(driver, stream_logs), KRX_E_CANCELLED, &ask, &got);
    } while (count_lines(&got.out) < 4 && ask.cancel_in < kit->options->wait_ns);
    CHECK(kit, krx_has_prefix(krx_str_get(&got.out), "tick-1\ntick-2\n"),
          "following begins with: %.60s", krx_str_get(&got.out));
    CHECK(kit, count_lines(&got.out) >= 4, "in %" PRId64 " s it follows only %zu lines",
          ask.cancel_in / KRX_NS_PER_S, count_lines(&got.out));
    krx_kit_ask one = {
        .workload = spec->name, .follow = true, .stop_after = 2, .deadline_in = 60 * KRX_NS_PER_S};
    (void)krx_kit_op(kit, OP(driver, stream_logs), &one, &got);
    CHECK(kit, got.took < 30 * KRX_NS_PER_S, "following goes on after the sink said stop");
    krx_kit_destroy(kit, spec);
}

/* A log that ended is followed to its end, or until the call is given up, but not dropped. */
static void many(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_deployed(
        kit, "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo number-$i; done; echo all; "
             "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done");
    krx_kit_ask last = {.workload = spec->name, .tail = 1}, ask = {.workload = spec->name};
    (void)arg;
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    do {
        krx_kit_expect(kit, OP(driver, stream_logs), 0, &last, &got);
    } while (!krx_streq(krx_str_get(&got.out), "all\n") && krx_now_monotonic() < end);
    krx_kit_expect(kit, OP(driver, stream_logs), 0, &ask, &got);
    uint64_t dropped = 0;
    for (size_t i = 0; i < got.items.count; i++)
        dropped += ((krx_log_chunk *)got.items.items[i])->dropped;
    CHECK(kit, count_lines(&got.out) + dropped == 20001,
          "of 20001 lines come %zu, %" PRIu64 " are counted as dropped", count_lines(&got.out),
          dropped);
    krx_kit_destroy(kit, spec);
}

const krx_kit_test krx_kit_log_tests[] = {
    {"logs/content", content, OP(driver, stream_logs), -1, 0},
    {"logs/streams", streams, OP(driver, stream_logs), -1, 0},
    {"logs/tail", tail, OP(driver, stream_logs), -1, 0},
    {"logs/times", times, OP(driver, stream_logs), -1, 0},
    {"logs/replicas", replicas, OP(driver, stream_logs), -1, 0},
    {"logs/follow", follow, OP(driver, stream_logs), -1, 0},
    {"logs/many", many, OP(driver, stream_logs), -1, 0},
    {NULL, NULL, -1, -1, 0},
};
