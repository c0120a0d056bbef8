/* SPDX-License-Identifier: Apache-2.0 */
/* The main process' streams, through conmon: its socket `attach`, its pipe `ctl` for the window. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/clock.h"
#include "modules/oci/containers/attach_frames.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/containers/session.h"

#include <kranix/results.h>

enum { CONMON_STDOUT = 2, CONMON_STDERR = 3 };
#define CONTROL_RESIZE 1
#define WINDOW_MAX 1000u    /* what conmon takes */
#define END_OF_INPUT '\x04' /* Ctrl-D */
#define KEY_HELD '\x10'     /* Ctrl-P */
#define LEAVING_KEYS "\x10\x11"
#define END_TRIES 500
#define END_WAIT_NS (20 * KRX_NS_PER_MS)

bool krx_oci_attach_frame(const char *packet, size_t length, uint32_t *stream, const char **data,
                          size_t *data_length)
{
    if (length < 1 || (packet[0] != CONMON_STDOUT && packet[0] != CONMON_STDERR))
        return false;
    *stream = packet[0] == CONMON_STDOUT ? KRX_STREAM_STDOUT : KRX_STREAM_STDERR;
    *data = packet + 1;
    *data_length = length - 1;
    return true;
}

typedef struct attached {
    krx_call *call;
    const krx_exec_req *req;
    int socket;
    int control; /* -1: no terminal */
    bool terminal;
    bool held; /* a Ctrl-P that may become more */
    bool leaving;
    krx_oci_input in;
    char *packet;
} attached;

/* The path may be too long for a socket's name: it is reached through the open folder. */
static int32_t connect_to(krx_call *call, const char *bundle, const char *name, int *out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    krx_autoclose int folder = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
    krx_autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (folder < 0 || fd < 0)
        return krx_fail(call, KRX_E_UNAVAILABLE, "attaching to container %s: %s", name,
                        strerror(errno));
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/attach", folder);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return krx_fail(call, KRX_E_UNAVAILABLE,
                        "attaching to container %s: its supervisor does not answer: %s", name,
                        strerror(errno));
    *out = krx_move_fd(&fd);
    return 0;
}

static void set_window(const attached *a)
{
    uint32_t rows, columns;
    char text[48];
    if (a->control < 0 || !krx_oci_window(a->req, &rows, &columns))
        return;
    int n = snprintf(text, sizeof text, "%d %u %u\n", CONTROL_RESIZE,
                     rows < WINDOW_MAX ? rows : WINDOW_MAX,
                     columns < WINDOW_MAX ? columns : WINDOW_MAX);
    (void)!write(a->control, text, (size_t)n);
}

/* 1: conmon has gone, or nobody reads any more. */
static int32_t take_packet(attached *a)
{
    uint32_t stream;
    const char *data;
    size_t length;
    ssize_t n = recv(a->socket, a->packet, KRX_OCI_FRAME_MAX, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        return 1;
    if (!krx_oci_attach_frame(a->packet, (size_t)n, &stream, &data, &length))
        return 0;
    return krx_oci_write(
        a->call, stream == KRX_STREAM_STDERR ? a->req->stderr_fd : a->req->stdout_fd, data, length);
}

/* The keys of engines: Ctrl-P Ctrl-Q leaves. Only where somebody types. */
static void look_for_keys(attached *a)
{
    krx_oci_input *in = &a->in;
    if (!a->terminal || !a->req->tty)
        return;
    if (a->held)
        in->data[--in->start] = KEY_HELD;
    a->held = false;
    const char *found = memmem(in->data + in->start, in->end - in->start, LEAVING_KEYS, 2);
    a->leaving = found != NULL;
    if (found)
        in->end = (size_t)(found - in->data);
    a->held = !in->ended && in->start < in->end && in->data[in->end - 1] == KEY_HELD;
    in->end -= a->held ? 1 : 0;
}

/*
 * Others may bring more input: the end of ours is none for the program, conmon keeps it open. A
 * terminal gets it typed, as a person would.
 */
static void end_input(attached *a)
{
    krx_oci_input *in = &a->in;
    in->ended = false;
    if (!a->terminal) {
        (void)shutdown(a->socket, SHUT_WR);
        return;
    }
    in->data[0] = END_OF_INPUT;
    in->start = 0;
    in->end = 1;
}

static void send_input(attached *a)
{
    krx_oci_input *in = &a->in;
    if (in->start < in->end) {
        ssize_t n =
            send(a->socket, in->data + in->start, in->end - in->start, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            in->start += (size_t)n;
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
            in->start = in->end;
    }
    if (in->ended && in->start == in->end)
        end_input(a);
}

enum { SOCKET, IN, SIZE, FDS };

static int32_t copy(attached *a)
{
    int resize_fd = a->control >= 0 ? a->req->resize_fd : -1;
    for (;;) {
        bool pending = a->in.start < a->in.end || a->in.ended;
        krx_wait_fd w[FDS] = {
            [SOCKET] = {.fd = a->socket, .want = KRX_WAIT_READ | (pending ? KRX_WAIT_WRITE : 0u)},
            [IN] = {.fd = pending ? -1 : a->in.fd, .want = KRX_WAIT_READ},
            [SIZE] = {.fd = resize_fd, .want = KRX_WAIT_READ},
        };
        for (int i = 0; i < FDS; i++)
            w[i].struct_size = sizeof w[i];
        int32_t code = a->call->host->wait(a->call->host, a->call, w, FDS, -1);
        if (code < 0)
            return code;
        if (w[SIZE].ready & KRX_WAIT_READ) {
            char drop[64];
            (void)!read(resize_fd, drop, sizeof drop);
            set_window(a);
        } else if (w[SIZE].ready) {
            resize_fd = -1;
        }
        if (w[IN].ready && krx_oci_input_read(&a->in))
            look_for_keys(a);
        if (a->leaving && a->in.start == a->in.end)
            return 0;
        if (pending && w[SOCKET].ready & KRX_WAIT_WRITE)
            send_input(a);
        code = w[SOCKET].ready & ~(uint32_t)KRX_WAIT_WRITE ? take_packet(a) : 0;
        if (code)
            return code < 0 ? code : 0;
    }
}

/* Has this run of it ended? Its end is noted a moment after conmon has closed the socket. */
static int32_t emit_end(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                        const krx_oci_container *before, krx_sink *result)
{
    krx_exec_result item = {.struct_size = sizeof item};
    for (int i = 0; i < END_TRIES; i++) {
        krx_oci_container now;
        int32_t code = krx_oci_container_read(call, arena, &backend->store, before->id, &now);
        if (code == KRX_E_NOT_FOUND) {
            *call->error = (krx_error){.struct_size = call->error->struct_size};
            return 0;
        }
        if (code)
            return code;
        if (i == 0 && krx_oci_process_alive(&before->init))
            return 0; /* whoever was to read what comes has gone */
        bool noted = now.exit_code != KRX_UNSET &&
                     (now.init.pid != before->init.pid || now.init.token != before->init.token ||
                      now.phase == KRX_OCI_EXITED);
        if (noted) {
            item.exit_code = now.exit_code < 0 ? 255 : (int32_t)now.exit_code;
            return krx_emit(result, KRX_ITEM_EXEC, &item);
        }
        if ((code = krx_sleep(call, END_WAIT_NS)) < 0)
            return code;
    }
    return krx_fail(call, KRX_E_UNKNOWN, "container %s has ended, but nobody noted how",
                    before->name);
}

static int32_t open_all(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                        const krx_oci_container *c, attached *a)
{
    krx_oci_launch launch;
    const char *bundle = krx_oci_path(arena, &backend->store, "containers", c->id, "bundle");
    int32_t code = bundle ? krx_oci_launch_read(call, arena, &backend->store, c->id, &launch)
                          : krx_no_memory(call);
    a->packet = krx_arena_alloc(arena, KRX_OCI_FRAME_MAX);
    if (!code && !a->packet)
        code = krx_no_memory(call);
    if (!code)
        code = connect_to(call, bundle, c->name, &a->socket);
    if (code)
        return code;
    a->terminal = launch.terminal;
    a->in.fd = launch.stdin_open ? a->req->stdin_fd : -1;
    if (a->req->stdin_fd >= 0 && !launch.stdin_open)
        krx_log(call, KRX_LOG_WARN,
                "container %s was made without an input ('stdin: true'), only its output comes",
                c->name);
    const char *control = krx_arena_printf(arena, "%s/ctl", bundle);
    if (launch.terminal && control)
        a->control = open(control, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    set_window(a);
    return 0;
}

int32_t krx_oci_attach_op(krx_call *call, void *backend, const krx_exec_req *req, krx_sink *result)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_container *c = NULL;
    attached a = {.call = call, .req = req, .socket = -1, .control = -1, .in = {.fd = -1}};
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_choose_running(call, arena, backend, &req->ref, &c);
    if (!code)
        code = open_all(call, arena, backend, c, &a);
    if (!code)
        code = copy(&a);
    explicit_bzero(a.in.data, sizeof a.in.data); /* people type passwords */
    if (a.socket >= 0)
        close(a.socket);
    if (a.control >= 0)
        close(a.control);
    return code ? code : emit_end(call, arena, backend, c, result);
}
