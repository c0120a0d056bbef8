/* SPDX-License-Identifier: Apache-2.0 */
/* One test: the process in which it runs, and how that is watched from outside. */
#include "programs/conformance/child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define EXIT_SKIPPED 77

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

static bool drain(krx_kit_child *c)
{
    char piece[4096];
    ssize_t n;
    while ((n = read(c->fd, piece, sizeof piece)) > 0) {
        size_t room = KRX_KIT_OUTPUT_MAX - c->length;
        size_t kept = (size_t)n < room ? (size_t)n : room;
        memcpy(c->output + c->length, piece, kept);
        c->length += kept;
        c->output[c->length] = '\0';
    }
    return n != 0;
}

static void give_up(krx_kit_child *c, const krx_kit_options *options)
{
    int64_t now = krx_now_monotonic(), must_end = c->shared->must_end;
    bool overstays = must_end && now > must_end;
    if (c->killed || (!overstays && now - c->start < options->timeout_ns))
        return;
    const char *op = c->shared->op[0] ? c->shared->op : "the test itself";
    if (overstays)
        (void)snprintf(c->why, sizeof c->why,
                       "%s did not come back when the call was given up: deadline or cancel is not "
                       "heeded",
                       op);
    else
        (void)snprintf(c->why, sizeof c->why, "the test took longer than %" PRId64 " s, in %s",
                       options->timeout_ns / KRX_NS_PER_S, op);
    c->killed = true;
    (void)kill(-c->pid, SIGKILL);
    (void)kill(c->pid, SIGKILL);
}

bool krx_kit_child_start(krx_kit_child *c, const krx_kit_options *options, const krx_kit_test *test,
                         int arg)
{
    int pipe_fds[2];
    pid_t runner = getpid();
    c->length = 0;
    c->output[0] = c->why[0] = '\0';
    c->killed = c->silent = false;
    c->shared->failures = 0;
    c->shared->must_end = 0;
    c->shared->op[0] = c->shared->skip[0] = '\0';
    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return false;
    (void)fflush(NULL);
    c->start = krx_now_monotonic();
    c->pid = fork();
    if (c->pid == 0) {
        close(pipe_fds[0]);
        child_main(options, c->shared, test, arg, pipe_fds[1], runner);
    }
    close(pipe_fds[1]);
    (void)fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
    c->fd = pipe_fds[0];
    if (c->pid < 0)
        close(c->fd);
    return c->pid > 0;
}

bool krx_kit_child_ended(krx_kit_child *c, const krx_kit_options *options)
{
    if (!drain(c))
        c->silent = true;
    if (waitpid(c->pid, &c->status, WNOHANG) == 0) {
        give_up(c, options);
        return false;
    }
    (void)drain(c);
    (void)kill(-c->pid, SIGKILL);
    close(c->fd);
    c->pid = 0;
    c->took_ns = krx_now_monotonic() - c->start;
    return true;
}

/* ------------------------------------------------------------------------------------------ TAP */

static void add_lines(krx_str *out, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        krx_str_addf(out, "# %.*s\n", (int)n, text);
        text += n + (text[n] != '\0');
    }
}

bool krx_kit_child_passed(const krx_kit_child *c)
{
    return !c->killed && WIFEXITED(c->status) &&
           (WEXITSTATUS(c->status) == 0 || WEXITSTATUS(c->status) == EXIT_SKIPPED);
}

void krx_kit_child_report(const krx_kit_child *c, size_t number, const char *name, krx_str *out)
{
    const krx_kit_shared *shared = c->shared;
    bool ok = krx_kit_child_passed(c);
    krx_str_addf(out, "%s %zu - %s", ok ? "ok" : "not ok", number, name);
    if (ok && WEXITSTATUS(c->status) == EXIT_SKIPPED)
        krx_str_addf(out, " # SKIP %s\n", shared->skip);
    else
        krx_str_addf(out, " # time=%" PRId64 "ms\n", c->took_ns / KRX_NS_PER_MS);
    if (ok)
        return;
    add_lines(out, c->output);
    if (c->killed)
        krx_str_addf(out, "# %s\n", c->why);
    else if (WIFSIGNALED(c->status))
        krx_str_addf(out, "# crashed: signal %d (%s) in %s\n", WTERMSIG(c->status),
                     strsignal(WTERMSIG(c->status)), shared->op[0] ? shared->op : "no op");
    else if (!shared->failures)
        krx_str_addf(out, "# the process ended with status %d in %s\n", WEXITSTATUS(c->status),
                     shared->op[0] ? shared->op : "no op");
}
