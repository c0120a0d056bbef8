/* SPDX-License-Identifier: Apache-2.0 */
/* The far side of sessions, and a client that runs one. */
#ifndef KRX_TESTS_UNIT_SESSION_PEER_H
#define KRX_TESTS_UNIT_SESSION_PEER_H

#include "tests/unit/kube_served.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>

#include "lib/kube/session/stream.h"

/* --------------------------------------------------------------------------------------- a peer */

typedef struct peer peer;
typedef void peer_script(peer *p);

/* A server of one connection after the other: greet reads no head, that has been done. */
struct peer {
    int listen_fd;
    int fd;
    pthread_t thread;
    peer_script *greet;
    peer_script *script; /* for greet to run */
    const char *protocol;
    bool wrong_accept;
    char head[8192]; /* of the request */
    int connections;
    krx_str got; /* messages of the client: "<channel>" before each, "P" for a pong */
    void *more;
    krx_kube *kube;
    krx_error error;
    krx_call call;
};

static inline void send_all(const peer *p, const void *data, size_t length)
{
    const char *at = data;
    while (length) {
        ssize_t n = send(p->fd, at, length, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        at += n;
        length -= (size_t)n;
    }
}

static inline bool read_exactly(const peer *p, void *data, size_t length)
{
    char *at = data;
    while (length) {
        ssize_t n = recv(p->fd, at, length, 0);
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

static inline bool read_head(peer *p)
{
    size_t used = 0;
    memset(p->head, 0, sizeof p->head);
    while (used + 1 < sizeof p->head && !strstr(p->head, "\r\n\r\n")) {
        if (!read_exactly(p, p->head + used, 1))
            return false;
        used++;
    }
    return true;
}

static inline void *peer_serve(void *arg)
{
    peer *p = arg;
    while ((p->fd = accept4(p->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        p->connections++;
        if (read_head(p))
            p->greet(p);
        close(p->fd);
    }
    return NULL;
}

static inline void peer_start(peer *p, peer_script *greet, peer_script *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    char url[64];
    p->script = script;
    p->greet = greet;
    p->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(p->listen_fd >= 0);
    assert_int_equal(bind(p->listen_fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(p->listen_fd, 8), 0);
    assert_int_equal(getsockname(p->listen_fd, (struct sockaddr *)&address, &length), 0);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    krx_call_init(&p->call, &p->error);
    p->call.deadline_ns = krx_now_monotonic() + 60 * KRX_NS_PER_S;
    assert_int_equal(krx_kube_open(&p->call, kube_config_at(url), &p->kube), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, peer_serve, p), 0);
}

/* No more connections; what the present one says is complete afterwards. */
static inline void peer_join(peer *p)
{
    if (p->listen_fd < 0)
        return;
    shutdown(p->listen_fd, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->listen_fd);
    p->listen_fd = -1;
}

static inline void peer_stop(peer *p)
{
    peer_join(p);
    krx_kube_close(p->kube);
    krx_str_free(&p->got);
}

/* ------------------------------------------------------------------------------------- a client */

static inline int temporary(void)
{
    char name[64];
    int fd = mkostemp(unit_template(name, sizeof name, "session"), O_CLOEXEC);
    assert_true(fd >= 0);
    (void)unlink(name);
    return fd;
}

/* What was written to a file; its length in *length when not NULL. */
static inline char *written(int fd, size_t *length)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(pread(fd, text, (size_t)size, 0), size);
    if (length)
        *length = (size_t)size;
    return text;
}

static const char *const session_command[] = {"cat", "a b", NULL};

static inline int32_t run(peer *p, int in, int out, int err, int64_t *exit_code)
{
    krx_kube_session_options o = {.namespace_ = "shop",
                                  .pod = "web-1",
                                  .container = "web",
                                  .argv = session_command,
                                  .stdin_fd = in,
                                  .stdout_fd = out,
                                  .stderr_fd = err,
                                  .resize_fd = -1};
    return krx_kube_session(&p->call, p->kube, &o, exit_code);
}

static inline void *drain_slowly(void *arg)
{
    const int *fd = arg;
    static char piece[7919];
    static size_t total;
    ssize_t n;
    total = 0;
    while ((n = read(*fd, piece, sizeof piece)) > 0)
        total += (size_t)n;
    return &total;
}

#define SUCCESS "{\"metadata\":{},\"status\":\"Success\"}"
#define EXIT_3                                                                                     \
    "{\"status\":\"Failure\",\"message\":\"command terminated with exit code 3\","                 \
    "\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":[{\"reason\":\"ExitCode\","            \
    "\"message\":\"3\"}]}}"

#endif
