/* SPDX-License-Identifier: Apache-2.0 */
/* Deadline, cancel and stop, in every op and also when the backend never answers. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "programs/conformance/kit.h"

#define HANG_NS (700 * KRX_NS_PER_MS)

static krx_kit_ask ask_for(krx_kit *kit, int op)
{
    static const char *const argv[] = {"/bin/true", NULL};
    int group_image = op >= OP(image, list);
    krx_workload *spec = krx_kit_spec(kit);
    (void)krx_kit_spec_set(kit, spec, "volumes.size", NULL);
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    krx_kit_ask ask = {
        .spec = op == OP(driver, deploy) || op == OP(extended, provision_volumes) ? spec : NULL,
        .workload = group_image ? NULL : "kit-no-such-workload",
        .argv = argv,
        .fds = {null_fd, null_fd, null_fd},
        .node = op >= OP(node, cordon) ? "kit-no-such-node" : NULL,
        .image = op == OP(image, list) || op == OP(image, prune) ? NULL : "127.0.0.1:1/kit/none:1",
        .target = "127.0.0.1:1/kit/none:2",
        .file = kit->options->module,
        .port = 80};
    if (op == OP(container, stats))
        ask.workload = NULL;
    return ask;
}

static void close_ask(krx_kit_ask *ask)
{
    if (ask->fds[0] > 0)
        close(ask->fds[0]);
}

/* A checkpoint has its own meaning of `file`, and these ops may work without the backend. */
static bool may_succeed(int op)
{
    return (krx_kit_ops[op].flags & KRX_KIT_OFFLINE) != 0;
}

static void given_up(krx_kit *kit, int op)
{
    const struct {
        int64_t deadline, cancel;
        int32_t want;
        const char *when;
    } cases[] = {{-1, 0, KRX_E_DEADLINE_EXCEEDED, "its deadline has passed"},
                 {0, -1, KRX_E_CANCELLED, "it is cancelled already"}};
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        krx_auto_got krx_kit_got got = {0};
        krx_kit_ask ask = ask_for(kit, op);
        ask.deadline_in = cases[i].deadline;
        ask.cancel_in = cases[i].cancel;
        (void)krx_kit_op(kit, op, &ask, &got);
        close_ask(&ask);
        bool fine = got.code == cases[i].want || got.code == KRX_E_UNSUPPORTED ||
                    (got.code == 0 && may_succeed(op));
        CHECK(kit, fine, "%s answers %s when %s: %s", krx_kit_ops[op].name,
              krx_error_name(got.code), cases[i].when, got.error.message);
    }
}

/* ------------------------------------------------------------------------------- the black hole */

static int listen_unix(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at.sun_path)
        return errno = ENAMETOOLONG, -1;
    memcpy(at.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 128)))
        return close(fd), -1;
    return fd;
}

static int listen_tcp(const char *address)
{
    char host[64];
    const char *colon = strrchr(address, ':');
    int one = 1;
    if (!colon || (size_t)(colon - address) >= sizeof host)
        return errno = EINVAL, -1;
    memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = '\0';
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10))};
    if (inet_pton(AF_INET, host, &at.sin_addr) != 1)
        return errno = EINVAL, -1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 128))
        return close(fd), -1;
    return fd;
}

static const char *url_of(krx_kit *kit)
{
    if (!kit->options->blackhole)
        krx_kit_skip(kit, "needs --blackhole-setting");
    const char *value = strchr(kit->options->blackhole, '=') + 1;
    const char *at = strstr(value, "@unix://"), *other = strstr(value, "@tcp://");
    at = at ? at : other;
    return at ? at + 1 : value;
}

/* What open() gets: without the address when the setting only leads there. */
static const char *hole_setting(krx_kit *kit)
{
    const char *all = kit->options->blackhole, *url = url_of(kit);
    return url[-1] == '=' ? all : krx_arena_strndup(kit->arena, all, (size_t)(url - 1 - all));
}

static void unlink_hole(const char *url)
{
    if (krx_has_prefix(url, "unix://"))
        (void)unlink(url + strlen("unix://"));
}

static void *open_hole(krx_kit *kit, bool listening)
{
    const char *url = url_of(kit);
    krx_error error;
    void *backend;
    unlink_hole(url);
    if (listening) {
        bool local = krx_has_prefix(url, "unix://");
        kit->blackhole_fd =
            local ? listen_unix(url + strlen("unix://")) : listen_tcp(url + strlen("tcp://"));
        REQUIRE(kit, kit->blackhole_fd >= 0, "listening on %s: %s", url, strerror(errno));
    }
    int64_t start = krx_now_monotonic();
    int32_t code = krx_kit_open(kit, hole_setting(kit), &backend, &error);
    REQUIRE(kit, code == 0, "open of a backend that does not answer: %s", error.message);
    CHECK(kit, krx_now_monotonic() - start <= kit->options->prompt_ns,
          "open waits for the backend");
    return backend;
}

static void close_hole(krx_kit *kit, void *backend)
{
    int64_t start = krx_now_monotonic();
    kit->module->close(backend);
    CHECK(kit, krx_now_monotonic() - start <= kit->options->prompt_ns,
          "close waits for the backend");
    if (kit->blackhole_fd >= 0)
        close(kit->blackhole_fd);
    kit->blackhole_fd = -1;
    unlink_hole(url_of(kit));
}

static void black_hole(krx_kit *kit, int op)
{
    const struct {
        int64_t deadline, cancel;
        int32_t want;
    } cases[] = {{HANG_NS, 0, KRX_E_DEADLINE_EXCEEDED}, {0, HANG_NS, KRX_E_CANCELLED}};
    void *backend = open_hole(kit, true);
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        krx_auto_got krx_kit_got got = {0};
        krx_kit_ask ask = ask_for(kit, op);
        ask.deadline_in = cases[i].deadline;
        ask.cancel_in = cases[i].cancel;
        (void)krx_kit_op_on(kit, backend, op, &ask, &got);
        close_ask(&ask);
        bool fine = got.code == cases[i].want || got.code == KRX_E_UNSUPPORTED ||
                    (got.code == 0 && may_succeed(op));
        CHECK(kit, fine, "%s of a backend that hangs answers %s instead of %s: %s",
              krx_kit_ops[op].name, krx_error_name(got.code), krx_error_name(cases[i].want),
              got.error.message);
    }
    close_hole(kit, backend);
}

static void unreachable(krx_kit *kit, int op)
{
    void *backend = open_hole(kit, false);
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = ask_for(kit, op);
    ask.deadline_in = 20 * KRX_NS_PER_S;
    (void)krx_kit_op_on(kit, backend, op, &ask, &got);
    close_ask(&ask);
    CHECK(kit,
          got.code == KRX_E_UNAVAILABLE || got.code == KRX_E_UNSUPPORTED ||
              (got.code == 0 && may_succeed(op)),
          "%s of a backend that is not there answers %s: %s", krx_kit_ops[op].name,
          krx_error_name(got.code), got.error.message);
    close_hole(kit, backend);
}

/* -------------------------------------------------------------------------- in the middle of it */

static void cancel_stream(krx_kit *kit, int op, krx_kit_ask *ask, int64_t deadline, int64_t cancel)
{
    krx_auto_got krx_kit_got got = {0};
    ask->deadline_in = deadline;
    ask->cancel_in = cancel;
    (void)krx_kit_op(kit, op, ask, &got);
    int32_t want = cancel ? KRX_E_CANCELLED : KRX_E_DEADLINE_EXCEEDED;
    CHECK(kit, got.code == want || got.code == KRX_E_UNSUPPORTED,
          "%s answers %s instead of %s in the middle: %s", krx_kit_ops[op].name,
          krx_error_name(got.code), krx_error_name(want), got.error.message);
}

static void streams(krx_kit *kit, int arg)
{
    static const int ops[] = {OP(driver, stream_logs), OP(container, stats), OP(container, events),
                              OP(container, exec), OP(container, attach)};
    static const char *const argv[] = {"/bin/sh", "-c", "exec sleep 60", NULL};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)arg;
    for (size_t i = 0; i < KRX_COUNT(ops); i++) {
        krx_kit_ask ask = {
            .workload = spec->name, .follow = true, .argv = argv, .fds = {0, null_fd, null_fd}};
        if (!krx_kit_offers(&kit->tables, ops[i]))
            continue;
        cancel_stream(kit, ops[i], &ask, 0, HANG_NS);
        cancel_stream(kit, ops[i], &ask, HANG_NS, 0);
    }
    close(null_fd);
    krx_kit_wait_state(kit, spec, "Running");
    krx_kit_destroy(kit, spec);
}

/* A container that does not heed its signal: the wait for its end can be given up. */
static void stubborn(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask deploy = {.spec = spec}, named = {.workload = spec->name};
    (void)arg;
    krx_kit_spec_script(kit, spec, "trap '' TERM INT; echo deaf; while :; do sleep 1; done");
    krx_kit_expect(kit, OP(driver, deploy), 0, &deploy, &got);
    krx_kit_wait_log(kit, spec, "deaf");
    named.grace = 60 * KRX_NS_PER_S;
    named.deadline_in = HANG_NS;
    (void)krx_kit_op(kit, OP(driver, restart), &named, &got);
    CHECK(kit, got.code == KRX_E_DEADLINE_EXCEEDED || got.code == 0, "restart answers %s: %s",
          krx_error_name(got.code), got.error.message);
    krx_kit_ask end = {
        .workload = spec->name, .grace = KRX_NS_PER_S, .deadline_in = kit->options->wait_ns};
    krx_kit_expect(kit, OP(driver, destroy), 0, &end, &got);
}

/* ------------------------------------------------------------------------------------------ stop
 */

static void stop_at_first(krx_kit *kit, int arg)
{
    static const int ops[] = {
        OP(driver, list_workloads), OP(driver, get_status), OP(driver, stream_logs),
        OP(driver, ping),           OP(driver, backend),    OP(container, list),
        OP(container, inspect),     OP(container, stats),   OP(container, export_manifest)};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    (void)arg;
    krx_kit_wait_log(kit, spec, "kit-out");
    for (size_t i = 0; i < KRX_COUNT(ops); i++) {
        krx_auto_got krx_kit_got got = {0};
        krx_kit_ask ask = {.workload = spec->name, .stop_after = 1, .with_instances = true};
        if (!krx_kit_offers(&kit->tables, ops[i]))
            continue;
        (void)krx_kit_op(kit, ops[i], &ask, &got);
        CHECK(kit, got.code == KRX_KIT_STOP || got.code == KRX_E_UNSUPPORTED,
              "%s answers %d when its sink says stop with %d: %s", krx_kit_ops[ops[i]].name,
              got.code, KRX_KIT_STOP, got.error.message);
    }
    krx_kit_destroy(kit, spec);
}

/* Stopped at its first change, deploy takes back what it made. */
static void stop_deploy(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask ask = {.spec = spec, .stop_after = 1, .stop_changes = true};
    krx_kit_ask named = {.workload = spec->name};
    (void)arg;
    (void)krx_kit_op(kit, OP(driver, deploy), &ask, &got);
    CHECK(kit, got.code == KRX_KIT_STOP, "deploy answers %d when its sink says stop: %s", got.code,
          got.error.message);
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    while (krx_kit_op(kit, OP(driver, get_status), &named, &got) == 0 && krx_now_monotonic() < end)
        krx_kit_pause_ms(100); /* what is being taken back goes in its own time */
    CHECK(kit, got.code == KRX_E_NOT_FOUND, "what it made stays: get_status answers %s",
          krx_error_name(got.code));
}

const krx_kit_test krx_kit_wait_tests[] = {
    {"waits/stop", stop_at_first, OP(driver, list_workloads), -1, 0},
    {"waits/stop-deploy", stop_deploy, OP(driver, deploy), -1, 0},
    {"waits/streams", streams, OP(driver, stream_logs), -1, 0},
    {"waits/stubborn", stubborn, OP(driver, restart), -1, 0},
    {"given-up", given_up, -1, -1, KRX_KIT_EACH},
    {"unreachable", unreachable, -1, -1, KRX_KIT_EACH | KRX_KIT_HOLE},
    {"black-hole", black_hole, -1, -1, KRX_KIT_EACH | KRX_KIT_HOLE},
    {NULL, NULL, -1, -1, 0},
};
