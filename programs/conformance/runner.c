/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the tests and runs each in a child that is watched from here. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "programs/conformance/kit.h"

#define EXIT_SKIPPED 77
#define OUTPUT_MAX ((size_t)64 * 1024)
#define TICK_MS 50

static const krx_kit_test *const groups[] = {
    krx_kit_module_tests,    krx_kit_capability_tests, krx_kit_driver_tests, krx_kit_log_tests,
    krx_kit_container_tests, krx_kit_manifest_tests,   krx_kit_node_tests,   krx_kit_extended_tests,
    krx_kit_image_tests,     krx_kit_spec_tests,       krx_kit_wait_tests,   krx_kit_thread_tests,
    krx_kit_last_tests};

/* ---------------------------------------------------------------------------------- in the child
 */

void krx_kit_fail(krx_kit *kit, const char *format, ...)
{
    va_list args;
    char text[2048];
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    kit->shared->failures++;
    fprintf(stderr, "%s\n", text);
}

_Noreturn void krx_kit_end(krx_kit *kit)
{
    (void)kit;
    (void)fflush(NULL);
    exit(1);
}

_Noreturn void krx_kit_skip(krx_kit *kit, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(kit->shared->skip, sizeof kit->shared->skip, format, args);
    va_end(args);
    if (kit->backend)
        kit->module->close(kit->backend);
    exit(EXIT_SKIPPED);
}

static void open_backend(krx_kit *kit)
{
    krx_error error;
    int32_t code = krx_kit_open(kit, NULL, &kit->backend, &error);
    REQUIRE(kit, code == 0, "open answers %s: %s", krx_error_name(code), error.message);
}

/* What open() took must be back after close(). */
static void close_backend(krx_kit *kit)
{
    kit->module->close(kit->backend);
    kit->backend = NULL;
    size_t fds = krx_kit_count_fds(), threads = krx_kit_count_threads();
    if (!CHECK(kit, fds <= kit->fds, "%zu descriptors are open after close(), %zu before open()",
               fds, kit->fds))
        krx_kit_show_fds(kit);
    CHECK(kit, threads <= kit->threads, "%zu threads run after close(), %zu before open()", threads,
          kit->threads);
}

static void run_test(krx_kit *kit, const krx_kit_test *test, int arg)
{
    krx_kit_host_init(kit);
    kit->arena = krx_arena_new();
    REQUIRE(kit, kit->arena, "out of memory");
    if (!(test->flags & KRX_KIT_RAW))
        krx_kit_load(kit);
    kit->fds = krx_kit_count_fds();
    kit->threads = krx_kit_count_threads();
    if (!(test->flags & (KRX_KIT_CLOSED | KRX_KIT_RAW)))
        open_backend(kit);
    test->run(kit, arg);
    if (kit->backend)
        close_backend(kit);
    krx_kit_unload(kit);
    krx_arena_free(kit->arena);
    (void)fflush(NULL);
    exit(kit->shared->failures ? 1 : 0);
}

static _Noreturn void child_main(const krx_kit_options *options, krx_kit_shared *shared,
                                 const krx_kit_test *test, int arg, int output, pid_t runner)
{
    static krx_kit kit;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != runner)
        _exit(1);
    (void)setpgid(0, 0);
    (void)signal(SIGPIPE, SIG_IGN);
    if (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
        _exit(1);
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null_fd >= 0 && dup2(null_fd, STDIN_FILENO) >= 0)
        close(null_fd);
    kit = (krx_kit){.options = options, .shared = shared, .blackhole_fd = -1};
    run_test(&kit, test, arg);
    _exit(1);
}

/* ------------------------------------------------------------------------------ watching a child
 */

typedef struct outcome {
    int status;
    bool killed; /* by us */
    char why[256];
    char *output; /* OUTPUT_MAX + 1 */
    size_t length;
} outcome;

static bool drain(int fd, outcome *o)
{
    char piece[4096];
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) > 0) {
        size_t room = OUTPUT_MAX - o->length;
        size_t kept = (size_t)n < room ? (size_t)n : room;
        memcpy(o->output + o->length, piece, kept);
        o->length += kept;
        o->output[o->length] = '\0';
    }
    return n != 0;
}

static void give_up(const krx_kit_options *options, krx_kit_shared *shared, int64_t start,
                    pid_t child, outcome *o)
{
    int64_t now = krx_now_monotonic(), must_end = shared->must_end;
    bool overstays = must_end && now > must_end;
    if (o->killed || (!overstays && now - start < options->timeout_ns))
        return;
    const char *op = shared->op[0] ? shared->op : "the test itself";
    if (overstays)
        (void)snprintf(o->why, sizeof o->why,
                       "%s did not come back when the call was given up: deadline or cancel is not "
                       "heeded",
                       op);
    else
        (void)snprintf(o->why, sizeof o->why, "the test took longer than %" PRId64 " s, in %s",
                       options->timeout_ns / KRX_NS_PER_S, op);
    o->killed = true;
    (void)kill(-child, SIGKILL);
    (void)kill(child, SIGKILL);
}

static void watch(const krx_kit_options *options, krx_kit_shared *shared, pid_t child, int fd,
                  outcome *o)
{
    int64_t start = krx_now_monotonic();
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (waitpid(child, &o->status, WNOHANG) == 0) {
        int n = poll(&p, 1, TICK_MS);
        if (n > 0 && !drain(fd, o))
            p.fd = -1;
        give_up(options, shared, start, child, o);
    }
    (void)drain(fd, o);
    (void)kill(-child, SIGKILL);
}

static bool run_child(const krx_kit_options *options, krx_kit_shared *shared,
                      const krx_kit_test *test, int arg, outcome *o)
{
    int pipe_fds[2];
    pid_t runner = getpid();
    o->length = 0;
    o->output[0] = o->why[0] = '\0';
    o->killed = false;
    shared->failures = 0;
    shared->must_end = 0;
    shared->op[0] = shared->skip[0] = '\0';
    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return false;
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(pipe_fds[0]);
        child_main(options, shared, test, arg, pipe_fds[1], runner);
    }
    close(pipe_fds[1]);
    (void)fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
    if (child > 0)
        watch(options, shared, child, pipe_fds[0], o);
    close(pipe_fds[0]);
    return child > 0;
}

/* ------------------------------------------------------------------------------------------ TAP */

static void print_lines(const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        printf("# %.*s\n", (int)n, text);
        text += n + (text[n] != '\0');
    }
}

static bool passed(const outcome *o)
{
    return !o->killed && WIFEXITED(o->status) &&
           (WEXITSTATUS(o->status) == 0 || WEXITSTATUS(o->status) == EXIT_SKIPPED);
}

static void print_outcome(size_t number, const char *name, const krx_kit_shared *shared,
                          const outcome *o)
{
    bool ok = passed(o);
    bool skipped = ok && WEXITSTATUS(o->status) == EXIT_SKIPPED;
    printf("%s %zu - %s%s%s\n", ok ? "ok" : "not ok", number, name, skipped ? " # SKIP " : "",
           skipped ? shared->skip : "");
    if (ok)
        return;
    print_lines(o->output);
    if (o->killed)
        printf("# %s\n", o->why);
    else if (WIFSIGNALED(o->status))
        printf("# crashed: signal %d (%s) in %s\n", WTERMSIG(o->status),
               strsignal(WTERMSIG(o->status)), shared->op[0] ? shared->op : "no op");
    else if (!shared->failures)
        printf("# the process ended with status %d in %s\n", WEXITSTATUS(o->status),
               shared->op[0] ? shared->op : "no op");
    (void)fflush(stdout);
}

/* ------------------------------------------------------------------------- before and in between
 */

static void remember_list(krx_kit *kit)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {.any_namespace = true};
    size_t used = 0;
    if (krx_kit_op(kit, OP(driver, list_workloads), &ask, &got) != 0)
        return;
    for (size_t i = 0; i < got.items.count; i++) {
        const krx_status *s = got.items.items[i];
        int n = snprintf(kit->shared->before + used, sizeof kit->shared->before - used, "%s/%s\n",
                         s->namespace_ ? s->namespace_ : "", s->name);
        if (n < 0 || (size_t)n >= sizeof kit->shared->before - used)
            break;
        used += (size_t)n;
    }
}

static void probe(krx_kit *kit, int arg)
{
    (void)arg;
    for (int op = 0; op < KRX_OP_COUNT; op++)
        kit->shared->offered[op] = krx_kit_offers(&kit->tables, op);
    kit->shared->thread_model = kit->module->thread_model;
    kit->shared->probed = true;
    if (krx_kit_offers(&kit->tables, OP(driver, list_workloads)))
        remember_list(kit);
    kit->shared->failures = 0; /* the tests will say */
}

/* Removes what a test left, in a process of its own. */
static void sweep(krx_kit *kit, int arg)
{
    (void)arg;
    for (size_t i = 0; i < KRX_KIT_NAMES; i++) {
        krx_auto_got krx_kit_got got = {0};
        krx_kit_ask ask = {
            .workload = kit->shared->deployed[i], .remove_volumes = true, .grace = KRX_NS_PER_S};
        if (kit->shared->deployed[i][0])
            (void)krx_kit_op(kit, OP(driver, destroy), &ask, &got);
    }
}

static void sweep_after(const krx_kit_options *options, krx_kit_shared *shared, outcome *o)
{
    static const krx_kit_test sweeper = {"sweep", sweep, -1, -1, 0};
    bool any = false;
    for (size_t i = 0; i < KRX_KIT_NAMES; i++)
        any = any || shared->deployed[i][0];
    if (any && shared->offered[OP(driver, destroy)])
        (void)run_child(options, shared, &sweeper, 0, o);
    memset(shared->deployed, 0, sizeof shared->deployed);
}

/* ----------------------------------------------------------------------------------------- plan */

typedef struct planned {
    const krx_kit_test *test;
    int arg;
    char *name;
} planned;

static bool wanted(const krx_kit_options *options, const char *name)
{
    return !options->only || strstr(name, options->only) || fnmatch(options->only, name, 0) == 0;
}

static bool applies(const krx_kit_test *test, const krx_kit_shared *shared)
{
    return (test->op < 0 || shared->offered[test->op]) &&
           (test->op2 <= 0 || shared->offered[test->op2]);
}

static void plan_one(krx_arena *arena, krx_ptrs *plan, const krx_kit_options *options,
                     const krx_kit_test *test, int op)
{
    const char *name =
        op < 0 ? test->name : krx_arena_printf(arena, "%s/%s", test->name, krx_kit_ops[op].name);
    planned *p = krx_arena_new_of(arena, planned);
    if (!name || !p || !wanted(options, name))
        return;
    *p = (planned){test, op, (char *)(uintptr_t)name};
    (void)krx_ptrs_add(arena, plan, p);
}

static void make_plan(krx_arena *arena, krx_ptrs *plan, const krx_kit_options *options,
                      const krx_kit_shared *shared)
{
    for (size_t g = 0; g < KRX_COUNT(groups); g++)
        for (const krx_kit_test *test = groups[g]; test->name; test++) {
            if (!applies(test, shared) || (test->flags & KRX_KIT_NODE && !options->node))
                continue;
            bool each =
                test->flags & KRX_KIT_EACH && (options->blackhole || !(test->flags & KRX_KIT_HOLE));
            if (!each)
                plan_one(arena, plan, options, test, -1);
            for (int op = 0; each && op < KRX_OP_COUNT; op++)
                if (shared->offered[op])
                    plan_one(arena, plan, options, test, op);
        }
}

static int run_plan(const krx_kit_options *options, krx_kit_shared *shared, const krx_ptrs *plan,
                    outcome *o)
{
    size_t bad = 0;
    printf("1..%zu\n", plan->count);
    for (size_t i = 0; i < plan->count; i++) {
        const planned *p = plan->items[i];
        if (!run_child(options, shared, p->test, p->arg, o))
            return printf("Bail out! no child process: %s\n", strerror(errno)), 1;
        bad += !passed(o);
        print_outcome(i + 1, p->name, shared, o);
        (void)fflush(stdout);
        sweep_after(options, shared, o);
    }
    printf("# %zu of %zu tests are ok\n", plan->count - bad, plan->count);
    return bad || !plan->count ? 1 : 0;
}

int krx_kit_run(const krx_kit_options *options)
{
    static const krx_kit_test prober = {"module/probe", probe, -1, -1, 0};
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_kit_shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    outcome o = {.output = arena ? krx_arena_alloc(arena, OUTPUT_MAX + 1) : NULL};
    krx_ptrs plan = {0};
    if (shared == MAP_FAILED || !o.output)
        return fputs("kranix-conformance: out of memory\n", stderr), 1;
    if (!options->list)
        puts("TAP version 13");
    if (!run_child(options, shared, &prober, 0, &o) || !shared->probed) {
        puts("1..1");
        print_outcome(1, "module/probe", shared, &o);
        return 1;
    }
    make_plan(arena, &plan, options, shared);
    if (!options->list)
        return run_plan(options, shared, &plan, &o);
    for (size_t i = 0; i < plan.count; i++)
        puts(((planned *)plan.items[i])->name);
    return 0;
}
