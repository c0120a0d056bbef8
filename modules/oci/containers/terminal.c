/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A terminal for exec, with the runtime in the foreground, so that its exit code is the command's.
 * runc wants to be detached when it sends one through a socket, and then nobody learns how the
 * command ended: it gets an end of ours. crun sends one, and would not resize it otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "modules/oci/containers/session.h"

#define END_OF_FILE "\004"

static void set_window(int master, const krx_exec_req *req)
{
    uint32_t rows, columns;
    if (krx_oci_window(req, &rows, &columns)) {
        struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
        (void)ioctl(master, TIOCSWINSZ, &size);
    }
}

int32_t krx_oci_terminal_open(krx_call *call, const krx_exec_req *req, bool raw,
                              krx_oci_terminal *out)
{
    struct termios mode;
    *out = (krx_oci_terminal){-1, -1, -1};
    out->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (out->master < 0 || grantpt(out->master) < 0 || unlockpt(out->master) < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "making a terminal: %s", strerror(errno));
    out->slave = ioctl(out->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (out->slave < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "opening a terminal: %s", strerror(errno));
    if (raw && tcgetattr(out->slave, &mode) == 0) {
        cfmakeraw(&mode);
        (void)tcsetattr(out->slave, TCSANOW, &mode);
    }
    set_window(out->master, req);
    return 0;
}

void krx_oci_terminal_close(krx_oci_terminal *terminal)
{
    if (terminal->slave >= 0)
        close(krx_move_fd(&terminal->slave));
    if (terminal->master >= 0)
        close(krx_move_fd(&terminal->master));
    if (terminal->listener >= 0)
        close(krx_move_fd(&terminal->listener));
}

/* ------------------------------------------------------------------------------- console socket
 */

int32_t krx_oci_terminal_listen(krx_call *call, const char *path, krx_oci_terminal *out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *out = (krx_oci_terminal){-1, -1, -1};
    if (strlen(path) >= sizeof address.sun_path)
        return krx_fail(call, KRX_E_FAILED_PRECONDITION,
                        "%s is too long for a socket: choose a shorter run_root", path);
    memcpy(address.sun_path, path, strlen(path));
    out->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (out->listener < 0 ||
        bind(out->listener, (const struct sockaddr *)&address, sizeof address) < 0 ||
        listen(out->listener, 1) < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "making the socket %s: %s", path,
                        strerror(errno));
    return 0;
}

/* The descriptor in a message, or -1. */
static int take_descriptor(int connection)
{
    char name[256];
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
    struct iovec data = {.iov_base = name, .iov_len = sizeof name};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    int fd = -1;
    if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) <= 0)
        return -1;
    const struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
        c->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

/* 1: the runtime ended without sending one, which its log explains. */
static int32_t receive(krx_call *call, const krx_exec_req *req, krx_oci_terminal *terminal,
                       const krx_child *child)
{
    krx_autoclose int connection = -1;
    while (terminal->master < 0) {
        krx_wait_fd w[] = {{.fd = connection >= 0 ? connection : terminal->listener},
                           {.fd = child->pidfd}};
        for (size_t i = 0; i < KRX_COUNT(w); i++) {
            w[i].struct_size = sizeof w[i];
            w[i].want = KRX_WAIT_READ;
        }
        int32_t code = call->host->wait(call->host, call, w, KRX_COUNT(w), -1);
        if (code < 0)
            return code;
        if (w[0].ready && connection >= 0) {
            terminal->master = take_descriptor(connection);
            if (terminal->master < 0)
                return 1;
        } else if (w[0].ready) {
            connection = accept4(terminal->listener, NULL, NULL, SOCK_CLOEXEC);
        } else {
            return 1;
        }
    }
    (void)fcntl(terminal->master, F_SETFL, O_NONBLOCK);
    set_window(terminal->master, req);
    return 0;
}

/* 0: nothing more now, 1: nobody has it open any more. */
static int32_t output(krx_call *call, const krx_exec_req *req, int master)
{
    char piece[KRX_OCI_INPUT_MAX];
    for (;;) {
        ssize_t n = read(master, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return 0;
        if (n <= 0)
            return 1;
        int32_t code = krx_oci_write(call, req->stdout_fd, piece, (size_t)n);
        if (code)
            return code;
    }
}

static void input(krx_oci_input *in, int master)
{
    ssize_t n = write(master, in->data + in->start, in->end - in->start);
    if (n > 0)
        in->start += (size_t)n;
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        in->start = in->end;
    if (in->ended && in->start == in->end) {
        in->ended = false;
        memcpy(in->data, END_OF_FILE, 1);
        in->start = 0;
        in->end = 1;
    }
}

enum { ENDED, OUT, IN, SIZE, FDS };

int32_t krx_oci_terminal_run(krx_call *call, const krx_exec_req *req, krx_oci_terminal *terminal,
                             const krx_child *child)
{
    krx_oci_input in = {.fd = req->stdin_fd};
    int resize_fd = req->resize_fd;
    int32_t got = terminal->listener >= 0 ? receive(call, req, terminal, child) : 0;
    bool open = true;
    if (got)
        return got < 0 ? got : 0;
    for (;;) {
        bool pending = in.start < in.end || in.ended;
        krx_wait_fd w[FDS] = {
            [ENDED] = {.fd = child->pidfd, .want = KRX_WAIT_READ},
            [OUT] = {.fd = open ? terminal->master : -1,
                     .want = KRX_WAIT_READ | (pending ? KRX_WAIT_WRITE : 0u)},
            [IN] = {.fd = pending ? -1 : in.fd, .want = KRX_WAIT_READ},
            [SIZE] = {.fd = resize_fd, .want = KRX_WAIT_READ},
        };
        for (int i = 0; i < FDS; i++)
            w[i].struct_size = sizeof w[i];
        int32_t code = call->host->wait(call->host, call, w, FDS, -1);
        if (code < 0)
            return code;
        if (w[SIZE].ready & KRX_WAIT_READ) {
            char drop[64];
            (void)!read(resize_fd, drop, sizeof drop);
            set_window(terminal->master, req);
            if (terminal->listener < 0) /* who has its end as stdin is no member of its session */
                (void)syscall(SYS_pidfd_send_signal, child->pidfd, SIGWINCH, NULL, 0);
        } else if (w[SIZE].ready) {
            resize_fd = -1;
        }
        if (w[OUT].ready & KRX_WAIT_WRITE && pending)
            input(&in, terminal->master);
        if (w[IN].ready)
            krx_oci_input_read(&in);
        code = w[OUT].ready || w[ENDED].ready ? output(call, req, terminal->master) : 0;
        if (code < 0)
            return code;
        open = open && !code;
        if (w[ENDED].ready)
            return 0;
    }
}
