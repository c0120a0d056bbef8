/* SPDX-License-Identifier: Apache-2.0 */
/* The container table, on a workload that the kit deploys. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/fd.h"
#include "programs/conformance/kit.h"

static void act(krx_kit *kit, int op, const krx_workload *spec)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {.workload = spec->name};
    krx_kit_expect(kit, op, 0, &ask, &got);
}

static void stop_start(krx_kit *kit, int arg)
{
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    (void)arg;
    act(kit, OP(container, stop), spec);
    krx_kit_wait_state(kit, spec, "Stopped");
    act(kit, OP(container, stop), spec);
    act(kit, OP(container, start), spec);
    krx_kit_wait_state(kit, spec, "Running");
    act(kit, OP(container, start), spec);
    krx_kit_wait_state(kit, spec, "Running");
    krx_kit_destroy(kit, spec);
}

static void pause_unpause(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    krx_kit_ask ask = {.workload = spec->name};
    (void)arg;
    if (krx_kit_level(kit, "container.pause") == KRX_CAP_UNSUPPORTED) {
        krx_kit_expect(kit, OP(container, pause), KRX_E_UNSUPPORTED, &ask, &got);
        krx_kit_destroy(kit, spec);
        return;
    }
    REQUIRE(kit, krx_kit_op(kit, OP(container, pause), &ask, &got) == 0, "pause: %s",
            got.error.message);
    krx_kit_wait_state(kit, spec, "Paused");
    act(kit, OP(container, pause), spec);
    act(kit, OP(container, unpause), spec);
    krx_kit_wait_state(kit, spec, "Running");
    act(kit, OP(container, unpause), spec);
    act(kit, OP(container, pause), spec);
    krx_kit_destroy(kit, spec);
}

/*
 * Killed by hand it may count as Failed or as Stopped, but no longer as Running; where nothing ends
 * for good, something else takes its place.
 */
static void killed(krx_kit *kit, const krx_workload *spec)
{
    krx_auto_got krx_kit_got before = {0}, got = {0};
    krx_kit_ask ask = {.workload = spec->name};
    const krx_instance *was = krx_kit_settled(kit, spec, &before)->instances[0];
    bool for_good = krx_kit_native(kit, "restartPolicy");
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    krx_kit_expect(kit, OP(container, kill), 0, &ask, &got);
    for (;;) {
        const krx_status *s = krx_kit_status(kit, spec, &got);
        const krx_instance *i = s->instances ? s->instances[0] : NULL;
        bool ended = krx_streq(s->state, "Failed") || krx_streq(s->state, "Stopped");
        if (ended && i && i->exit_code == 137)
            return;
        if (!for_good && i && krx_kit_started_again(was, s))
            return;
        REQUIRE(kit, krx_now_monotonic() < end, "killed, it is %s and its exit_code not 137",
                s->state);
        krx_kit_pause_ms(50);
    }
}

static void kill_(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask deploy = {.spec = spec};
    static const char *const signals[] = {"USR1", "SIGUSR1", "10"};
    (void)arg;
    krx_kit_spec_script(kit, spec,
                        "trap 'echo got-usr1' USR1; echo ready; "
                        "while :; do sleep 1 & wait $!; done");
    if (krx_kit_native(kit, "restartPolicy"))
        spec->restart_policy = "no";
    krx_kit_expect(kit, OP(driver, deploy), 0, &deploy, &got);
    krx_kit_wait_log(kit, spec, "ready");
    for (size_t i = 0; i < KRX_COUNT(signals); i++) {
        krx_kit_ask ask = {.workload = spec->name, .signal = signals[i]};
        krx_kit_expect(kit, OP(container, kill), 0, &ask, &got);
        krx_kit_wait_log(kit, spec, "got-usr1");
    }
    krx_kit_ask bad = {.workload = spec->name, .signal = "NOSUCHSIGNAL"};
    krx_kit_expect(kit, OP(container, kill), KRX_E_INVALID_ARGUMENT, &bad, &got);
    killed(kit, spec);
    krx_kit_destroy(kit, spec);
}

/* ----------------------------------------------------------------------------------------- exec */

static int32_t exec(krx_kit *kit, const krx_workload *spec, const char *script, krx_kit_ask *ask,
                    krx_kit_got *got)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    ask->workload = spec->name;
    ask->argv = argv;
    ask->deadline_in = 60 * KRX_NS_PER_S;
    int32_t code = krx_kit_op(kit, OP(container, exec), ask, got);
    ask->argv = NULL;
    REQUIRE(kit, code == 0, "exec of '%s' answers %s: %s", script, krx_error_name(code),
            got->error.message);
    REQUIRE(kit, got->items.count == 1, "exec emits %zu results instead of one", got->items.count);
    return ((krx_exec_result *)got->items.items[0])->exit_code;
}

static void exec_codes(krx_kit *kit, int arg)
{
    static const struct {
        const char *script;
        int32_t code;
    } cases[] = {{"exit 0", 0}, {"exit 3", 3}, {"kit-no-such-command", 127}, {"exit 255", 255}};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    (void)arg;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        krx_auto_got krx_kit_got got = {0};
        krx_kit_ask ask = {0};
        int32_t code = exec(kit, spec, cases[i].script, &ask, &got);
        CHECK(kit, code == cases[i].code, "'%s' ends with %d instead of %d", cases[i].script, code,
              cases[i].code);
    }
    krx_kit_destroy(kit, spec);
}

static int memory_file(krx_kit *kit, const char *data, size_t length)
{
    int fd = memfd_create("kit", MFD_CLOEXEC);
    REQUIRE(kit, fd >= 0 && krx_write_all(fd, data, length) == 0 && lseek(fd, 0, SEEK_SET) == 0,
            "memfd: %s", strerror(errno));
    return fd;
}

static size_t contents(int fd, char *out, size_t size)
{
    ssize_t n = pread(fd, out, size - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

static void exec_streams(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    krx_autoclose int in = memory_file(kit, "hello kit\n", 10), out = memory_file(kit, "", 0),
                      err = memory_file(kit, "", 0);
    krx_kv kv = {.struct_size = sizeof kv, .key = "KIT_ENV", .value = "kit value"};
    const krx_kv *const env[] = {&kv, NULL};
    krx_kit_ask ask = {.fds = {in, out, err}};
    bool whole = krx_kit_native(kit, "container.exec");
    char text[256];
    (void)arg;
    ask.env = env;
    ask.working_dir = whole ? "/tmp" : NULL; /* the one thing that not every backend has */
    (void)exec(kit, spec,
               whole ? "cat; echo \"$KIT_ENV\"; echo wrong >&2; pwd"
                     : "cat; echo \"$KIT_ENV\"; echo wrong >&2",
               &ask, &got);
    (void)contents(out, text, sizeof text);
    CHECK(kit, krx_streq(text, whole ? "hello kit\nkit value\n/tmp\n" : "hello kit\nkit value\n"),
          "stdout is: %s", text);
    (void)contents(err, text, sizeof text);
    CHECK(kit, krx_streq(text, "wrong\n"), "stderr is: %s", text);
    krx_kit_destroy(kit, spec);
}

static void exec_much(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    size_t size = (size_t)1024 * 1024;
    char *data = krx_arena_alloc(kit->arena, size), *back = krx_arena_alloc(kit->arena, size + 2);
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    REQUIRE(kit, data && back, "out of memory");
    (void)arg;
    for (size_t i = 0; i < size; i++)
        data[i] = (char)(i * 7 + i / 251);
    krx_autoclose int in = memory_file(kit, data, size), out = memory_file(kit, "", 0);
    krx_kit_ask ask = {.fds = {in, out, 0}};
    (void)exec(kit, spec, "cat", &ask, &got);
    size_t n = contents(out, back, size + 2);
    CHECK(kit, n == size && memcmp(data, back, size) == 0,
          "of %zu bytes through cat come back %zu, or others", size, n);
    krx_kit_destroy(kit, spec);
}

/* --------------------------------------------------------------------------------------- attach */

#define ANSWERING                                                                                  \
    "echo kit-ready; [ -t 0 ] && echo kit-terminal >&2; "                                          \
    "while read -r x; do [ \"$x\" = quit ] && exit 4; echo \"got $x\"; done; exit 5"

/* What one says who is attached; the input stays open until it has ended. */
static void say(krx_kit *kit, const krx_workload *spec, const char *words, bool tty, char *text,
                size_t size)
{
    krx_auto_got krx_kit_got got = {0};
    krx_autoclose int out = memory_file(kit, "", 0);
    int ends[2];
    REQUIRE(kit, pipe2(ends, O_CLOEXEC) == 0, "pipe: %s", strerror(errno));
    krx_kit_ask ask = {.workload = spec->name,
                       .fds = {ends[0], out, out},
                       .tty = tty,
                       .deadline_in = kit->options->wait_ns};
    bool written = krx_write_all(ends[1], words, strlen(words)) == 0;
    (void)krx_kit_op(kit, OP(container, attach), &ask, &got);
    close(ends[0]);
    close(ends[1]);
    (void)contents(out, text, size);
    REQUIRE(kit, written && got.code == 0, "attach answers %s: %s", krx_error_name(got.code),
            got.error.message);
    const krx_exec_result *end = got.items.count ? got.items.items[0] : NULL;
    CHECK(kit, !end || end->exit_code == 4, "what was attached to ended with %d instead of 4",
          end ? end->exit_code : 0);
}

static void attach(krx_kit *kit, bool tty)
{
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask deploy = {.spec = spec};
    char text[4096];
    if (krx_kit_level(kit, "stdin") < KRX_CAP_EMULATED ||
        (tty && krx_kit_level(kit, "tty") < KRX_CAP_EMULATED))
        return; /* what is not there can't be spoken to */
    krx_kit_spec_script(kit, spec, ANSWERING);
    spec->stdin_open = 1;
    spec->tty = tty;
    if (krx_kit_native(kit, "restartPolicy"))
        spec->restart_policy = "no";
    krx_kit_expect(kit, OP(driver, deploy), 0, &deploy, &got);
    krx_kit_wait_log(kit, spec, tty ? "kit-terminal" : "kit-ready");
    say(kit, spec, "hello\nquit\n", tty, text, sizeof text);
    CHECK(kit, strstr(text, "got hello"), "told hello it answers: %s", text);
    krx_kit_destroy(kit, spec);
}

/* Who asks for a standard input can be spoken to by somebody attached. */
static void attach_input(krx_kit *kit, int arg)
{
    (void)arg;
    attach(kit, false);
}

static void attach_terminal(krx_kit *kit, int arg)
{
    (void)arg;
    attach(kit, true);
}

/* ------------------------------------------------------------------------------------- the rest */

static size_t instances_of(const krx_kit_got *got, const krx_workload *spec)
{
    size_t n = 0;
    for (size_t i = 0; i < got->items.count; i++)
        n += krx_streq(((krx_instance *)got->items.items[i])->workload, spec->name);
    return n;
}

/* Whether the list comes to have so many of it; stopping by removing takes a moment. */
static bool listed(krx_kit *kit, const krx_workload *spec, const krx_kit_ask *ask, size_t wanted)
{
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    for (;;) {
        krx_auto_got krx_kit_got got = {0};
        krx_kit_expect(kit, OP(container, list), 0, ask, &got);
        if (instances_of(&got, spec) == wanted)
            return true;
        if (krx_kit_native(kit, "container.stop") || krx_now_monotonic() >= end)
            return false;
        krx_kit_pause_ms(100);
    }
}

static void list(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    krx_kit_ask running = {0}, all = {.all = true};
    (void)arg;
    krx_kit_expect(kit, OP(container, list), 0, &running, &got);
    CHECK(kit, instances_of(&got, spec) == 1, "the list has its instance %zu times",
          instances_of(&got, spec));
    if (krx_kit_offers(&kit->tables, OP(container, stop))) {
        bool kept = krx_kit_native(kit, "container.stop");
        act(kit, OP(container, stop), spec);
        CHECK(kit, listed(kit, spec, &running, 0), "the list of what runs has what is stopped");
        CHECK(kit, listed(kit, spec, &all, kept), "the list of all has what is stopped not %s",
              kept ? "once" : "never");
    }
    krx_kit_destroy(kit, spec);
}

static void inspect(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    krx_kit_ask ask = {.workload = spec->name};
    (void)arg;
    krx_kit_expect(kit, OP(container, inspect), 0, &ask, &got);
    REQUIRE(kit, got.items.count == 1, "inspect emits %zu instances", got.items.count);
    const krx_instance *i = got.items.items[0];
    CHECK(kit, i->raw && (i->raw[0] == '{' || i->raw[0] == '['), "raw is no JSON: %.40s",
          i->raw ? i->raw : "absent");
    krx_kit_ask exact = {.instance = krx_arena_strdup(kit->arena, i->id)};
    krx_kit_expect(kit, OP(container, inspect), 0, &exact, &got);
    CHECK(kit, got.items.count == 1, "inspect by id emits %zu instances", got.items.count);
    krx_kit_destroy(kit, spec);
}

static void stats(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    krx_kit_ask ask = {.workload = spec->name}, all = {0};
    (void)arg;
    /* what gathers the figures may need a while to see what is new */
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    do {
        if (krx_kit_op(kit, OP(container, stats), &ask, &got) != KRX_E_METRICS_UNAVAILABLE &&
            (got.code || got.items.count))
            break;
        krx_kit_pause_ms(500);
    } while (krx_now_monotonic() < end);
    REQUIRE(kit, got.code == 0, "stats answers %s: %s", krx_error_name(got.code),
            got.error.message);
    REQUIRE(kit, got.items.count == 1, "stats emits %zu items for one instance", got.items.count);
    const krx_stats *s = got.items.items[0];
    CHECK(kit, krx_streq(s->workload, spec->name), "the stats are of '%s'",
          s->workload ? s->workload : "");
    CHECK(kit, s->memory_bytes == KRX_UNSET || s->memory_bytes >= 0, "memory is %" PRId64,
          s->memory_bytes);
    krx_kit_expect(kit, OP(container, stats), 0, &all, &got);
    CHECK(kit, got.items.count >= 1, "stats of all that is ours emits nothing");
    krx_kit_ask here = {.namespace_ = kit->options->namespace_},
                elsewhere = {.namespace_ = "kit-no-such-namespace"};
    krx_kit_expect(kit, OP(container, stats), 0, &here, &got);
    CHECK(kit, got.items.count >= 1, "stats of its namespace emits nothing");
    krx_kit_expect(kit, OP(container, stats), 0, &elsewhere, &got);
    CHECK(kit, got.items.count == 0, "stats of another namespace emits %zu items", got.items.count);
    krx_kit_destroy(kit, spec);
}

static void events(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    int64_t before = krx_now_unix() - KRX_NS_PER_S;
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    (void)arg;
    krx_kit_destroy(kit, spec);
    krx_kit_ask past = {
        .since = before, .until = krx_now_unix() + KRX_NS_PER_S, .deadline_in = 30 * KRX_NS_PER_S};
    size_t n = 0;
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    for (;;) {
        krx_kit_expect(kit, OP(container, events), 0, &past, &got);
        n = 0;
        for (size_t i = 0; i < got.items.count; i++)
            n += krx_streq(((krx_event *)got.items.items[i])->workload, spec->name);
        if (n >= 2 || krx_now_monotonic() >= end)
            break;
        krx_kit_pause_ms(200);
        past.until = krx_now_unix() + KRX_NS_PER_S;
    }
    CHECK(kit, n >= 2, "%zu events of a workload that was deployed and destroyed", n);
}

static void not_found(krx_kit *kit, int arg)
{
    const char *const argv[] = {"/bin/true", NULL};
    krx_kit_ask by_name = {.workload = "kit-no-such-workload", .argv = argv, .port = 80};
    krx_kit_ask by_id = {.instance = "kit-no-such-instance", .argv = argv, .port = 80};
    (void)arg;
    for (int op = OP(container, start); op <= OP(container, forward); op++) {
        krx_auto_got krx_kit_got got = {0};
        if (!krx_kit_offers(&kit->tables, op) || op == OP(container, events))
            continue;
        (void)krx_kit_op(kit, op, &by_name, &got);
        if (got.code == KRX_E_UNSUPPORTED)
            continue;
        CHECK(kit, got.code == KRX_E_NOT_FOUND, "%s of an unknown workload answers %s: %s",
              krx_kit_ops[op].name, krx_error_name(got.code), got.error.message);
        (void)krx_kit_op(kit, op, &by_id, &got);
        CHECK(kit, got.code == KRX_E_NOT_FOUND, "%s of an unknown instance answers %s: %s",
              krx_kit_ops[op].name, krx_error_name(got.code), got.error.message);
    }
}

const krx_kit_test krx_kit_container_tests[] = {
    {"container/stop-start", stop_start, OP(container, stop), OP(container, start), 0},
    {"container/pause", pause_unpause, OP(container, pause), OP(container, unpause), 0},
    {"container/kill", kill_, OP(container, kill), -1, 0},
    {"container/exec-codes", exec_codes, OP(container, exec), -1, 0},
    {"container/exec-streams", exec_streams, OP(container, exec), -1, 0},
    {"container/exec-1-MiB", exec_much, OP(container, exec), -1, 0},
    {"container/attach-input", attach_input, OP(container, attach), -1, 0},
    {"container/attach-terminal", attach_terminal, OP(container, attach), -1, 0},
    {"container/list", list, OP(container, list), -1, 0},
    {"container/inspect", inspect, OP(container, inspect), -1, 0},
    {"container/stats", stats, OP(container, stats), -1, 0},
    {"container/events", events, OP(container, events), -1, 0},
    {"container/not-found", not_found, OP(container, list), -1, 0},
    {NULL, NULL, -1, -1, 0},
};
