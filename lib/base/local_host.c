/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/local_host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define TERM_GRACE_NS (2 * KRX_NS_PER_S)
#define WAIT_FDS_MAX 64u

extern char **environ;

int32_t krx_local_check(const krx_host *host, krx_call *call)
{
    struct pollfd cancel = {.fd = call->cancel_fd, .events = POLLIN};
    (void)host;
    if (call->cancel_fd >= 0 && poll(&cancel, 1, 0) > 0)
        return krx_fail(call, KRX_E_CANCELLED, "the call was cancelled");
    if (call->deadline_ns != KRX_NO_DEADLINE && krx_now_monotonic() >= call->deadline_ns)
        return krx_fail(call, KRX_E_DEADLINE_EXCEEDED, "the deadline passed");
    return 0;
}

/* Nanoseconds until the first of both limits; INT64_MAX for none. */
static int64_t time_left(const krx_call *call, int64_t until)
{
    int64_t end = call->deadline_ns < until ? call->deadline_ns : until;
    if (end == INT64_MAX)
        return INT64_MAX;
    int64_t left = end - krx_now_monotonic();
    return left > 0 ? left : 0;
}

static int32_t collect(krx_wait_fd *fds, const struct pollfd *polled, uint32_t count)
{
    int32_t ready = 0;
    for (uint32_t i = 0; i < count; i++) {
        short got = polled[i].revents;
        fds[i].ready = (got & POLLIN ? KRX_WAIT_READ : 0u) | (got & POLLOUT ? KRX_WAIT_WRITE : 0u) |
                       (got & (POLLHUP | POLLERR | POLLNVAL) ? KRX_WAIT_HANGUP : 0u);
        ready += fds[i].ready != 0;
    }
    return ready;
}

int32_t krx_local_wait(const krx_host *host, krx_call *call, krx_wait_fd *fds, uint32_t count,
                       int64_t timeout_ns)
{
    struct pollfd polled[WAIT_FDS_MAX + 1];
    int64_t until = INT64_MAX;
    if (count > WAIT_FDS_MAX)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "wait takes at most %u descriptors",
                        WAIT_FDS_MAX);
    if (timeout_ns >= 0)
        until = krx_now_monotonic() + timeout_ns;
    for (uint32_t i = 0; i < count; i++)
        polled[i] =
            (struct pollfd){.fd = fds[i].fd,
                            .events = (short)((fds[i].want & KRX_WAIT_READ ? POLLIN : 0) |
                                              (fds[i].want & KRX_WAIT_WRITE ? POLLOUT : 0))};
    polled[count] = (struct pollfd){.fd = call->cancel_fd, .events = POLLIN};
    for (;;) {
        int32_t code = krx_local_check(host, call);
        if (code < 0)
            return code;
        int64_t left = time_left(call, until);
        struct timespec t = {.tv_sec = left / KRX_NS_PER_S, .tv_nsec = left % KRX_NS_PER_S};
        int n = ppoll(polled, count + 1, left == INT64_MAX ? NULL : &t, NULL);
        if (n < 0 && errno != EINTR)
            return krx_fail(call, KRX_E_INTERNAL, "waiting failed: %s", strerror(errno));
        int32_t ready = n > 0 ? collect(fds, polled, count) : 0;
        if (ready)
            return ready;
        if (krx_now_monotonic() >= until)
            return krx_local_check(host, call);
    }
}

static int set_actions(posix_spawn_file_actions_t *actions, const krx_spawn_req *req, int null_fd)
{
    int from[3] = {req->stdin_fd, req->stdout_fd, req->stderr_fd};
    for (int i = 0; i < 3; i++)
        if (posix_spawn_file_actions_adddup2(actions, from[i] >= 0 ? from[i] : null_fd, i + 200))
            return -1;
    for (int i = 0; i < 3; i++)
        if (posix_spawn_file_actions_adddup2(actions, i + 200, i))
            return -1;
    if (req->cwd && posix_spawn_file_actions_addchdir_np(actions, req->cwd))
        return -1;
    return posix_spawn_file_actions_addclosefrom_np(actions, 3) ? -1 : 0;
}

static int set_attributes(posix_spawnattr_t *attr)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(attr, &none);
    posix_spawnattr_setsigdefault(attr, &all);
    return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

int32_t krx_local_spawn(const krx_host *host, krx_call *call, const krx_spawn_req *req,
                        krx_child *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    pid_t pid = -1;
    (void)host;
    krx_autoclose int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "opening /dev/null: %s", strerror(errno));
    if (posix_spawn_file_actions_init(&actions) || posix_spawnattr_init(&attr))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory starting %s", req->argv[0]);
    int err = set_actions(&actions, req, null_fd) || set_attributes(&attr) ? ENOMEM : 0;
    char *const *env = req->env ? (char *const *)(uintptr_t)req->env : environ;
    if (!err)
        err = posix_spawnp(&pid, req->argv[0], &actions, &attr, (char *const *)(uintptr_t)req->argv,
                           env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    if (err)
        return krx_fail(call, err == ENOENT ? KRX_E_NOT_FOUND : KRX_E_RESOURCE_EXHAUSTED,
                        "starting %s: %s", req->argv[0], strerror(err));
    child->pid = pid;
    child->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    child->status = -1;
    return 0;
}

/* Reaps without waiting; true when there was something to reap. */
static int try_reap(krx_child *child)
{
    int status;
    pid_t got = waitpid(child->pid, &status, WNOHANG);
    if (got == 0)
        return 0;
    child->status = got < 0               ? -1
                    : WIFEXITED(status)   ? WEXITSTATUS(status)
                    : WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                          : -1;
    return 1;
}

static void end_child(krx_child *child)
{
    struct pollfd p = {.fd = child->pidfd, .events = POLLIN};
    kill(child->pid, SIGTERM);
    (void)poll(&p, 1, (int)(TERM_GRACE_NS / KRX_NS_PER_MS));
    if (!try_reap(child)) {
        int status;
        kill(child->pid, SIGKILL);
        (void)waitpid(child->pid, &status, 0);
        child->status = 128 + SIGKILL;
    }
}

int32_t krx_local_reap(const krx_host *host, krx_call *call, krx_child *child)
{
    int32_t code = 0;
    while (!try_reap(child)) {
        krx_wait_fd w = {.struct_size = sizeof w, .fd = child->pidfd, .want = KRX_WAIT_READ};
        code = krx_local_wait(host, call, &w, 1, child->pidfd < 0 ? 20 * KRX_NS_PER_MS : -1);
        if (code < 0) {
            end_child(child);
            break;
        }
    }
    if (child->pidfd >= 0)
        close(child->pidfd);
    child->pidfd = -1;
    return code < 0 ? code : 0;
}

static void no_log(const krx_host *host, const krx_call *call, int32_t level, const char *text)
{
    (void)host, (void)call, (void)level, (void)text;
}

static int32_t no_get(const krx_host *host, krx_call *call, const char *key, krx_sink *out)
{
    (void)host, (void)out;
    return krx_fail(call, KRX_E_NOT_FOUND, "nothing is stored as '%s'", key);
}

static int32_t no_put(const krx_host *host, krx_call *call, const char *key, const char *value)
{
    (void)host, (void)value;
    return krx_fail(call, KRX_E_UNSUPPORTED, "this host has no store for '%s'", key);
}

const krx_host *krx_local_host(void)
{
    static const krx_host table = {
        .struct_size = sizeof table,
        .abi_major = KRX_ABI_MAJOR,
        .abi_minor = KRX_ABI_MINOR,
        .version = "local",
        .log = no_log,
        .wait = krx_local_wait,
        .check = krx_local_check,
        .spawn = krx_local_spawn,
        .reap = krx_local_reap,
        .store_get = no_get,
        .store_put = no_put,
    };
    return &table;
}

void krx_call_init(krx_call *call, krx_error *error)
{
    *error = (krx_error){.struct_size = sizeof *error};
    *call = (krx_call){
        .struct_size = sizeof *call,
        .cancel_fd = -1,
        .deadline_ns = KRX_NO_DEADLINE,
        .prefix = "",
        .error = error,
        .host = krx_local_host(),
    };
}
