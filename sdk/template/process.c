/* SPDX-License-Identifier: Apache-2.0 */
/* Starting, stopping and looking after the processes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sample.h"

int64_t sample_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void sample_log_path(const sample *s, const workload *w, const instance *i, int stream, char *out,
                     size_t size)
{
    (void)snprintf(out, size, "%s/%s.%s.%d.%s", s->dir, w->namespace_, w->name, (int)i->replica,
                   stream == KRX_STREAM_STDERR ? "err" : "out");
}

static int open_log(const sample *s, const workload *w, const instance *i, int stream)
{
    char path[512];
    sample_log_path(s, w, i, stream, path, sizeof path);
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

int32_t sample_start(krx_call *call, sample *s, const workload *w, instance *i)
{
    int out = open_log(s, w, i, KRX_STREAM_STDOUT), err = open_log(s, w, i, KRX_STREAM_STDERR);
    krx_spawn_req req = {
        .struct_size = sizeof req,
        .argv = (const char *const *)w->argv,
        .env = (const char *const *)w->env,
        .cwd = w->working_dir,
        .stdin_fd = -1,
        .stdout_fd = out,
        .stderr_fd = err,
    };
    int32_t code = 0;
    if (out < 0 || err < 0)
        code = krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "the log of %s can't be written: %s",
                        w->name, strerror(errno));
    if (code == 0)
        code = s->host->spawn(s->host, call, &req, &i->child);
    if (code == 0) {
        i->started_ns = sample_now();
        i->exit_code = KRX_UNSET;
        i->stopped = 0;
        i->run = ++s->runs;
    } else {
        i->child.pid = 0;
        code = krx_wrap(call, "starting replica %d of %s", (int)i->replica, w->name);
    }
    if (out >= 0)
        close(out);
    if (err >= 0)
        close(err);
    return code;
}

/* Waits for the end of the process; 1 when it has ended, 0 when the time is over. */
static int32_t await_end(krx_call *call, instance *i, int64_t ns)
{
    krx_wait_fd end = {.struct_size = sizeof end, .fd = i->child.pidfd, .want = KRX_WAIT_READ};
    return call->host->wait(call->host, call, &end, 1, ns);
}

static int32_t collect(krx_call *call, instance *i)
{
    int32_t code = call->host->reap(call->host, call, &i->child);
    if (code == 0) {
        i->exit_code = i->child.status;
        i->child.pid = 0;
    }
    return code;
}

int32_t sample_stop(krx_call *call, instance *i, int64_t grace_ns)
{
    int32_t ended;
    if (!i->child.pid)
        return 0;
    (void)kill(i->child.pid, SIGTERM);
    ended = await_end(call, i, grace_ns);
    if (ended < 0)
        return ended;
    if (ended == 0)
        (void)kill(i->child.pid, SIGKILL);
    i->stopped = 1;
    return collect(call, i);
}

void sample_kill(instance *i)
{
    int status;
    if (!i->child.pid)
        return;
    (void)kill(i->child.pid, SIGKILL);
    (void)waitpid(i->child.pid, &status, 0);
    close(i->child.pidfd);
    i->child.pid = 0;
}

void sample_refresh(krx_call *call, workload *w)
{
    for (instance *i = w->instances; i; i = i->next) {
        struct pollfd end = {.fd = i->child.pidfd, .events = POLLIN};
        if (i->child.pid && poll(&end, 1, 0) > 0)
            (void)collect(call, i);
    }
}
