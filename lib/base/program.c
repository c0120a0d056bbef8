/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/secret.h"

#define PIPE_TEXT_MAX 4096u /* what a pipe takes at once, whatever its size */

/* Written before anybody reads, so that nobody can break it. */
int krx_filled_pipe(const char *text)
{
    int fds[2];
    size_t length = strlen(text);
    if (length > PIPE_TEXT_MAX) {
        errno = E2BIG;
        return -1;
    }
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -1;
    bool ok = write(fds[1], text, length) == (ssize_t)length;
    close(fds[1]);
    if (!ok)
        close(krx_move_fd(&fds[0]));
    return fds[0];
}

static int32_t read_answer(krx_call *call, int fd, size_t limit, krx_str *answer)
{
    while (answer->length < limit) {
        krx_wait_fd w = {.struct_size = sizeof w, .fd = fd, .want = KRX_WAIT_READ};
        int32_t ready = call->host->wait(call->host, call, &w, 1, -1);
        if (ready < 0)
            return ready;
        ssize_t n = read(fd, answer->data + answer->length, limit - answer->length);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return krx_fail(call, KRX_E_UNAVAILABLE, "reading its answer: %s", strerror(errno));
        answer->length += n > 0 ? (size_t)n : 0;
        answer->data[answer->length] = '\0';
    }
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "it answered more than %zu KiB", limit / 1024);
}

static int32_t start(krx_call *call, const krx_program *p, krx_child *child, int *answer_fd)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no pipe: %s", strerror(errno));
    krx_spawn_req req = {.struct_size = sizeof req,
                         .argv = p->argv,
                         .env = p->env,
                         .stdin_fd = p->stdin_fd,
                         .stdout_fd = fds[1],
                         .stderr_fd = p->stderr_fd};
    int32_t code = call->host->spawn(call->host, call, &req, child);
    close(fds[1]);
    if (code < 0)
        close(fds[0]);
    else
        *answer_fd = fds[0];
    return code;
}

int32_t krx_program_run(krx_call *call, const krx_program *program, krx_str *answer,
                        int32_t *status)
{
    krx_child child = {.struct_size = sizeof child, .pidfd = -1};
    krx_autoclose int fd = -1;
    *answer = (krx_str){.data = malloc(program->limit + 1), .capacity = program->limit + 1};
    if (!answer->data) {
        answer->capacity = 0;
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    }
    answer->data[0] = '\0';
    int32_t code = start(call, program, &child, &fd);
    if (code < 0)
        return code;
    code = read_answer(call, fd, program->limit, answer);
    close(krx_move_fd(&fd));
    krx_error kept = *call->error;
    int32_t reaped = call->host->reap(call->host, call, &child);
    if (code < 0)
        *call->error = kept;
    *status = child.status;
    return code < 0 ? code : reaped;
}
