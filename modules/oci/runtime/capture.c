/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/runtime/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "lib/base/side_call.h"

#define ERRORS_MAX ((size_t)64 * 1024)
#define PIECE 16384u

enum { OUT, ERR, END, FDS };

/* The last ERRORS_MAX bytes: what matters stands at the end. */
static void add_errors(krx_str *errors, const char *data, size_t length)
{
    if (errors->length + length > 2 * ERRORS_MAX) {
        memmove(errors->data, errors->data + errors->length - ERRORS_MAX, ERRORS_MAX + 1);
        errors->length = ERRORS_MAX;
    }
    krx_str_addn(errors, data, length);
}

static int32_t add_output(krx_call *call, const krx_oci_capture *c, krx_str *output,
                          const char *data, size_t length)
{
    if (c->on_output)
        return c->on_output(call, c->ctx, data, length);
    if (!output)
        return 0;
    if (output->length + length > c->limit)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "%s answered more than %zu KiB", c->argv[0],
                        c->limit / 1024);
    krx_str_addn(output, data, length);
    return 0;
}

/* All that is there now; *fd becomes -1 at its end. */
static int32_t drain(krx_call *call, const krx_oci_capture *c, int *fd, krx_str *output,
                     krx_str *errors)
{
    char piece[PIECE];
    int32_t code = 0;
    while (code == 0 && *fd >= 0) {
        ssize_t n = read(*fd, piece, sizeof piece);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            close(krx_move_fd(fd));
        else if (errors)
            add_errors(errors, piece, (size_t)n);
        else
            code = add_output(call, c, output, piece, (size_t)n);
    }
    return code;
}

static int32_t follow(krx_call *call, const krx_oci_capture *c, const krx_child *child,
                      int fds[2][2], krx_str *output, krx_str *errors)
{
    for (;;) {
        krx_wait_fd w[FDS] = {{.fd = fds[OUT][0]}, {.fd = fds[ERR][0]}, {.fd = child->pidfd}};
        for (int i = 0; i < FDS; i++) {
            w[i].struct_size = sizeof w[i];
            w[i].want = KRX_WAIT_READ;
        }
        int32_t code = call->host->wait(call->host, call, w, FDS, -1);
        if (code < 0)
            return code;
        code = drain(call, c, &fds[OUT][0], output, NULL);
        if (code == 0)
            code = drain(call, c, &fds[ERR][0], NULL, errors);
        if (code < 0 || w[END].ready)
            return code;
    }
}

/* Asked to end, it takes back what it began; only then it is forced. */
static void wait_for_undo(krx_call *call, const krx_child *child)
{
    krx_side_call side;
    krx_call *undo = krx_undo_call(&side, call);
    krx_wait_fd w = {.struct_size = sizeof w, .fd = child->pidfd, .want = KRX_WAIT_READ};
    if (syscall(SYS_pidfd_send_signal, child->pidfd, SIGTERM, NULL, 0) == 0)
        (void)undo->host->wait(undo->host, undo, &w, 1, -1);
}

static int32_t start(krx_call *call, const krx_oci_capture *c, int fds[2][2], krx_child *child)
{
    for (int i = 0; i < 2; i++)
        if (pipe2(fds[i], O_CLOEXEC) < 0 || fcntl(fds[i][0], F_SETFL, O_NONBLOCK) < 0)
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no pipe: %s", strerror(errno));
    krx_spawn_req req = {.struct_size = sizeof req,
                         .argv = c->argv,
                         .env = c->env,
                         .stdin_fd = c->stdin_fd,
                         .stdout_fd = fds[OUT][1],
                         .stderr_fd = fds[ERR][1]};
    return call->host->spawn(call->host, call, &req, child);
}

static void close_all(int fds[2][2])
{
    for (int i = 0; i < 4; i++)
        if (fds[i / 2][i % 2] >= 0)
            close(krx_move_fd(&fds[i / 2][i % 2]));
}

int32_t krx_oci_capture_run(krx_call *call, const krx_oci_capture *capture, krx_str *output,
                            krx_str *errors, int32_t *status)
{
    int fds[2][2] = {{-1, -1}, {-1, -1}};
    krx_child child = {.struct_size = sizeof child, .pidfd = -1};
    int32_t code = start(call, capture, fds, &child);
    if (code < 0) {
        close_all(fds);
        return code;
    }
    close(krx_move_fd(&fds[OUT][1]));
    close(krx_move_fd(&fds[ERR][1]));
    code = child.pidfd >= 0
               ? follow(call, capture, &child, fds, output, errors)
               : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no descriptor for %s", capture->argv[0]);
    krx_error kept = *call->error;
    if (code < 0 && capture->patient && child.pidfd >= 0)
        wait_for_undo(call, &child);
    close_all(fds);
    int32_t reaped = call->host->reap(call->host, call, &child);
    if (code < 0)
        *call->error = kept;
    *status = child.status;
    if (code == 0 && ((output && krx_str_failed(output)) || krx_str_failed(errors)))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return code < 0 ? code : reaped;
}
