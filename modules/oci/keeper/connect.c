/* SPDX-License-Identifier: Apache-2.0 */
/* connect DIR PORT: between our standard input and output and that port of the container. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "modules/oci/keeper/dial.h"
#include "modules/oci/keeper/keeper.h"

#define CHUNK 32768u

/* One direction: what was read and not yet written. */
typedef struct flow {
    int from, to;
    bool to_socket;
    bool ended;
    size_t at, length;
    char data[CHUNK];
} flow;

static void end_flow(flow *f)
{
    f->ended = true;
    f->at = f->length = 0;
    if (f->to_socket)
        (void)shutdown(f->to, SHUT_WR);
    else
        close(f->to);
}

static bool again(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void move(flow *f)
{
    ssize_t n;
    if (f->at == f->length) {
        n = read(f->from, f->data, sizeof f->data);
        if (again(n))
            return;
        if (n <= 0) {
            end_flow(f);
            return;
        }
        f->at = 0;
        f->length = (size_t)n;
    }
    n = write(f->to, f->data + f->at, f->length - f->at);
    if (n > 0)
        f->at += (size_t)n;
    else if (!again(n))
        end_flow(f);
}

/* Until the container has said all it has to say. */
static int32_t copy(krx_call *call, int fd)
{
    flow out = {.from = STDIN_FILENO, .to = fd, .to_socket = true};
    flow in = {.from = fd, .to = STDOUT_FILENO};
    flow *const flows[] = {&in, &out};
    while (!in.ended) {
        krx_wait_fd fds[2];
        uint32_t count = 0;
        for (size_t i = 0; i < KRX_COUNT(flows); i++) {
            const flow *f = flows[i];
            bool full = f->at < f->length;
            if (!f->ended)
                fds[count++] = (krx_wait_fd){.struct_size = sizeof fds[0],
                                             .fd = full ? f->to : f->from,
                                             .want = full ? KRX_WAIT_WRITE : KRX_WAIT_READ};
        }
        int32_t code = call->host->wait(call->host, call, fds, count, -1);
        if (code < 0)
            return code == KRX_E_CANCELLED ? 0 : code;
        for (size_t i = 0; i < KRX_COUNT(flows); i++)
            if (!flows[i]->ended)
                move(flows[i]);
    }
    return 0;
}

int32_t krx_oci_verb_connect(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_auto_job krx_oci_job job = {.lock = -1};
    bool outside = false;
    char *end = NULL;
    long port = strtol(argv[2], &end, 10);
    (void)argc, (void)answer;
    if (*end || port < 1 || port > 65535)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%s' is no port", argv[2]);
    int32_t code = krx_oci_job_open(call, arena, argv[1], &job);
    if (code == 0)
        code = krx_oci_container_read(call, arena, &job.store, job.id, &job.container);
    if (code == 0)
        code = krx_oci_dial_enter(&job, &outside);
    if (code < 0)
        return code;
    const char *ip = job.container.ip;
    const char *const inside[] = {"127.0.0.1", ip ? ip : "::1", ip ? "::1" : NULL, NULL};
    const char *const near[] = {ip ? ip : "127.0.0.1", NULL};
    krx_autoclose int fd = krx_oci_dial(call, outside ? near : inside, port);
    if (fd < 0)
        return fd;
    for (int i = STDIN_FILENO; i <= STDOUT_FILENO; i++)
        (void)fcntl(i, F_SETFL, fcntl(i, F_GETFL) | O_NONBLOCK);
    return copy(call, fd);
}
