/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/fake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/kube/session/websocket.h"

#define HEAD_MAX ((size_t)64 << 10)
#define BODY_MAX ((size_t)64 << 20)
#define LOGGED_BODY_MAX 65536

struct krx_fake {
    int listen_fd;
    int stop_fds[2]; /* closing [1] ends everything */
    char *address;
    char *socket_path;
    FILE *log;
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    krx_fake_script script;
    int running;
    int connections;
};

typedef struct session {
    krx_fake *fake;
    int fd;
    krx_str in; /* read and not yet used */
    char method[32];
    char target[4096];
    char accept[KRX_WS_KEY_MAX]; /* what answers the Sec-WebSocket-Key */
    bool keep;
} session;

/* True when the descriptor is ready, false when the server ends or the time is over. */
static bool wait_fd(const krx_fake *fake, int fd, short events, int timeout_ms)
{
    struct pollfd p[2] = {{.fd = fake->stop_fds[0], .events = POLLIN},
                          {.fd = fd, .events = events}};
    int n;
    do {
        n = poll(p, fd < 0 ? 1 : 2, timeout_ms);
    } while (n < 0 && errno == EINTR);
    return n > 0 && !p[0].revents;
}

static void pause_ms(const krx_fake *fake, int64_t ms)
{
    if (ms > 0)
        (void)wait_fd(fake, -1, 0, (int)ms);
}

static bool send_all(session *s, const void *data, size_t length)
{
    const char *p = data;
    while (length) {
        ssize_t n = send(s->fd, p, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            p += n;
            length -= (size_t)n;
        } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (!wait_fd(s->fake, s->fd, POLLOUT, -1))
                return false;
        } else {
            return false;
        }
    }
    return true;
}

static bool fill(session *s)
{
    char chunk[16384];
    if (!wait_fd(s->fake, s->fd, POLLIN, -1))
        return false;
    ssize_t n = recv(s->fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0)
        return false;
    krx_str_addn(&s->in, chunk, (size_t)n);
    return !krx_str_failed(&s->in) && s->in.length < HEAD_MAX + BODY_MAX;
}

static void drop_input(session *s, size_t length)
{
    memmove(s->in.data, s->in.data + length, s->in.length - length + 1);
    s->in.length -= length;
}

static void until_closed(session *s)
{
    while (fill(s))
        s->in.length = 0;
}

/* ------------------------------------------------------------------------------------- requests */

static bool read_head(session *s, krx_str *head)
{
    char *end = NULL;
    while (!s->in.data || !(end = strstr(s->in.data, "\r\n\r\n")))
        if (!fill(s))
            return false;
    size_t length = (size_t)(end - s->in.data) + 4;
    krx_str_addn(head, s->in.data, length);
    drop_input(s, length);
    return sscanf(krx_str_get(head), "%31s %4095s", s->method, s->target) == 2;
}

static const char *header_value(const krx_str *head, const char *name)
{
    const char *found = strcasestr(krx_str_get(head), name);
    return found ? found + strlen(name) : NULL;
}

static bool read_chunked(session *s, krx_str *body)
{
    for (;;) {
        char *end = NULL;
        while (!s->in.length || !(end = strstr(s->in.data, "\r\n")))
            if (!fill(s))
                return false;
        size_t size = strtoul(s->in.data, NULL, 16);
        drop_input(s, (size_t)(end - s->in.data) + 2);
        while (s->in.length < size + 2)
            if (!fill(s))
                return false;
        krx_str_addn(body, s->in.data, size);
        drop_input(s, size + 2);
        if (!size)
            return !krx_str_failed(body);
    }
}

static bool read_body(session *s, const krx_str *head, krx_str *body)
{
    const char *length = header_value(head, "\r\nContent-Length:");
    const char *coding = header_value(head, "\r\nTransfer-Encoding:");
    if (header_value(head, "\r\nExpect: 100-continue") &&
        !send_all(s, "HTTP/1.1 100 Continue\r\n\r\n", 25))
        return false;
    if (coding && strncmp(coding, " chunked", 8) == 0)
        return read_chunked(s, body);
    size_t want = length ? strtoul(length, NULL, 10) : 0;
    if (want > BODY_MAX)
        return false;
    while (s->in.length < want)
        if (!fill(s))
            return false;
    if (want) {
        krx_str_addn(body, s->in.data, want);
        drop_input(s, want);
    }
    return !krx_str_failed(body);
}

static void write_log(krx_fake *fake, const session *s, const krx_str *head, const krx_str *body)
{
    if (!fake->log)
        return;
    fprintf(fake->log, "%s %s\n", s->method, s->target);
    for (const char *p = strstr(krx_str_get(head), "\r\n"); p && p[2] != '\r' && p[2];
         p = strstr(p + 2, "\r\n"))
        fprintf(fake->log, "  header %.*s\n", (int)strcspn(p + 2, "\r"), p + 2);
    if (body->length)
        fprintf(fake->log, "  body %.*s\n",
                (int)(body->length < LOGGED_BODY_MAX ? body->length : LOGGED_BODY_MAX),
                krx_str_get(body));
    fflush(fake->log);
}

/* -------------------------------------------------------------------------------------- answers */

static bool send_piece(session *s, const krx_fake_rule *rule, const char *data, size_t length)
{
    char size[32];
    if (!rule->chunked)
        return send_all(s, data, length);
    int n = snprintf(size, sizeof size, "%zx\r\n", length);
    return send_all(s, size, (size_t)n) && send_all(s, data, length) && send_all(s, "\r\n", 2);
}

static bool send_body(session *s, const krx_fake_rule *rule, size_t length)
{
    size_t piece = rule->piece ? (size_t)rule->piece : rule->drip_ms ? 1 : length;
    for (size_t done = 0; done < length;) {
        size_t n = length - done < piece ? length - done : piece;
        if (!send_piece(s, rule, rule->body.data + done, n))
            return false;
        done += n;
        pause_ms(s->fake, rule->drip_ms);
    }
    return true;
}

static bool send_endless(session *s, const krx_fake_rule *rule)
{
    krx_auto_str krx_str block = {0};
    if (rule->once.length && !send_piece(s, rule, rule->once.data, rule->once.length))
        return false;
    for (int64_t left = rule->amount; left > 0;) {
        krx_str_reset(&block);
        while (block.length < 65536 && rule->body.length)
            krx_str_addn(&block, rule->body.data, rule->body.length);
        if (!block.length)
            return false;
        size_t n = (int64_t)block.length < left ? block.length : (size_t)left;
        if (!send_piece(s, rule, block.data, n))
            return false;
        left -= (int64_t)n;
    }
    return true;
}

static bool send_answer_head(session *s, const krx_fake_rule *rule)
{
    krx_auto_str krx_str head = {0};
    krx_str_addf(&head, "HTTP/1.1 %d %s\r\n", rule->upgrade ? 101 : rule->status,
                 rule->upgrade ? "UPGRADED" : "Scripted");
    krx_str_addn(&head, krx_str_get(&rule->headers), rule->headers.length);
    if (rule->upgrade)
        krx_str_addf(&head, "Connection: Upgrade\r\nUpgrade: %s\r\n",
                     rule->websocket ? "websocket" : "tcp");
    else if (rule->chunked)
        krx_str_add(&head, "Transfer-Encoding: chunked\r\n");
    else if (rule->status != 204 && rule->status != 304)
        krx_str_addf(&head, "Content-Length: %llu\r\n",
                     rule->fault == KRX_FAKE_ENDLESS
                         ? (unsigned long long)rule->amount + rule->once.length
                         : (unsigned long long)rule->body.length);
    if (rule->websocket)
        krx_str_addf(&head, "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\n", s->accept,
                     rule->websocket);
    krx_str_add(&head, "\r\n");
    return !krx_str_failed(&head) && send_all(s, krx_str_get(&head), head.length);
}

/* Sends back what comes until the client has finished, then closes. */
static void echo(session *s)
{
    do {
        if (s->in.length && !send_all(s, s->in.data, s->in.length))
            return;
        s->in.length = 0;
    } while (fill(s));
}

static bool answer_fault(session *s, const krx_fake_rule *rule)
{
    static const char bad_chunk[] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\nzz\r\n";
    static const char bad_head[] = "SSH-2.0-OpenSSH_9.2\r\n";
    size_t cut = rule->fault == KRX_FAKE_CUT && (size_t)rule->amount < rule->body.length
                     ? (size_t)rule->amount
                     : rule->body.length / 2;
    switch (rule->fault) {
    case KRX_FAKE_HANG:
        until_closed(s);
        return false;
    case KRX_FAKE_HANG_BODY:
        if (send_answer_head(s, rule) && send_body(s, rule, cut))
            until_closed(s);
        return false;
    case KRX_FAKE_CUT:
    case KRX_FAKE_HALF:
        (void)(send_answer_head(s, rule) && send_body(s, rule, cut));
        return false;
    case KRX_FAKE_BAD_CHUNK:
        (void)send_all(s, bad_chunk, sizeof bad_chunk - 1);
        return false;
    case KRX_FAKE_BAD_HEAD:
        (void)send_all(s, bad_head, sizeof bad_head - 1);
        return false;
    case KRX_FAKE_ENDLESS:
        return send_answer_head(s, rule) && send_endless(s, rule) && !rule->upgrade &&
               (!rule->chunked || send_all(s, "0\r\n\r\n", 5));
    case KRX_FAKE_DROP:
    case KRX_FAKE_NONE:
        break;
    }
    return false;
}

static bool answer(session *s, const krx_fake_rule *rule)
{
    pause_ms(s->fake, rule->delay_ms);
    if (rule->fault != KRX_FAKE_NONE)
        return answer_fault(s, rule);
    if (!send_answer_head(s, rule))
        return false;
    if (krx_streq(s->method, "HEAD"))
        return true;
    if (!send_body(s, rule, rule->body.length))
        return false;
    if (rule->upgrade && !rule->hangup)
        echo(s);
    if (rule->upgrade || rule->hangup)
        return false;
    return !rule->chunked || send_all(s, "0\r\n\r\n", 5);
}

static bool answer_unscripted(session *s)
{
    static const char ping[] = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nOstype: linux\r\n"
                               "Content-Length: 2\r\n\r\nOK";
    static const char missing[] = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"
                                  "Content-Length: 29\r\n\r\n{\"message\":\"page not found\"}\n";
    bool is_ping = strstr(s->target, "/_ping") != NULL;
    return send_all(s, is_ping ? ping : missing, is_ping ? sizeof ping - 1 : sizeof missing - 1);
}

static void take_key(session *s, const krx_str *head)
{
    char key[KRX_WS_KEY_MAX] = "";
    const char *value = header_value(head, "\r\nSec-WebSocket-Key:");
    if (!value || sscanf(value, " %31s", key) != 1 || !krx_ws_accept(key, s->accept))
        s->accept[0] = '\0';
}

static bool serve_request(session *s)
{
    krx_auto_str krx_str head = {0};
    krx_auto_str krx_str body = {0};
    krx_fake *fake = s->fake;
    if (!read_head(s, &head) || !read_body(s, &head, &body))
        return false;
    take_key(s, &head);
    pthread_mutex_lock(&fake->lock);
    write_log(fake, s, &head, &body);
    const krx_fake_rule *rule = krx_fake_script_match(&fake->script, s->method, s->target);
    pthread_mutex_unlock(&fake->lock);
    return rule ? answer(s, rule) : answer_unscripted(s);
}

static void *serve(void *arg)
{
    session *s = arg;
    krx_fake *fake = s->fake;
    while (serve_request(s))
        ;
    shutdown(s->fd, SHUT_RDWR);
    close(s->fd);
    krx_str_free(&s->in);
    free(s);
    pthread_mutex_lock(&fake->lock);
    fake->running--;
    pthread_cond_broadcast(&fake->idle);
    pthread_mutex_unlock(&fake->lock);
    return NULL;
}

/* ------------------------------------------------------------------------------------- listening
 */

static void start_session(krx_fake *fake, int fd)
{
    pthread_t thread;
    session *s = calloc(1, sizeof *s);
    if (!s) {
        close(fd);
        return;
    }
    s->fake = fake;
    s->fd = fd;
    pthread_mutex_lock(&fake->lock);
    fake->connections++;
    if (pthread_create(&thread, NULL, serve, s) == 0) {
        fake->running++;
        pthread_detach(thread);
    } else {
        close(fd);
        free(s);
    }
    pthread_mutex_unlock(&fake->lock);
}

static void *accept_all(void *arg)
{
    krx_fake *fake = arg;
    while (wait_fd(fake, fake->listen_fd, POLLIN, -1)) {
        int fd = accept4(fake->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            start_session(fake, fd);
    }
    return NULL;
}

static const char *listen_unix(krx_fake *fake, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path)
        return "the socket's path is too long";
    memcpy(a.sun_path, path, strlen(path) + 1);
    fake->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)unlink(path);
    if (fake->listen_fd < 0 || bind(fake->listen_fd, (struct sockaddr *)&a, sizeof a) < 0)
        return strerror(errno);
    fake->socket_path = strdup(path);
    fake->address = krx_format("unix:%s", path);
    return NULL;
}

static const char *listen_tcp(krx_fake *fake, const char *text)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t size = sizeof a;
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return "expected tcp:ADDRESS:PORT";
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    a.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
        return "expected tcp:ADDRESS:PORT";
    int on = 1;
    fake->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fake->listen_fd < 0 ||
        setsockopt(fake->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fake->listen_fd, (struct sockaddr *)&a, sizeof a) < 0 ||
        getsockname(fake->listen_fd, (struct sockaddr *)&a, &size) < 0)
        return strerror(errno);
    fake->address = krx_format("tcp:%s:%u", host, (unsigned)ntohs(a.sin_port));
    return NULL;
}

static const char *start(krx_fake *fake, const char *address, const char *script,
                         const char *log_path)
{
    static _Thread_local char text[160];
    int line;
    const char *why;
    if (!krx_fake_script_parse(&fake->script, script, &line, &why)) {
        (void)snprintf(text, sizeof text, "line %d of the script: %s", line, why);
        return text;
    }
    why = krx_has_prefix(address, "unix:")  ? listen_unix(fake, address + 5)
          : krx_has_prefix(address, "tcp:") ? listen_tcp(fake, address + 4)
                                            : "expected unix:PATH or tcp:ADDRESS:PORT";
    if (why)
        return why;
    if (log_path && !(fake->log = fopen(log_path, "ae")))
        return strerror(errno);
    if (listen(fake->listen_fd, 128) < 0 || pipe2(fake->stop_fds, O_CLOEXEC) < 0)
        return strerror(errno);
    return pthread_create(&fake->acceptor, NULL, accept_all, fake) ? "no thread" : NULL;
}

static void fake_free(krx_fake *fake)
{
    if (fake->listen_fd >= 0)
        close(fake->listen_fd);
    if (fake->stop_fds[0] >= 0)
        close(fake->stop_fds[0]);
    if (fake->stop_fds[1] >= 0)
        close(fake->stop_fds[1]);
    if (fake->socket_path)
        (void)unlink(fake->socket_path);
    if (fake->log)
        fclose(fake->log);
    krx_fake_script_free(&fake->script);
    pthread_cond_destroy(&fake->idle);
    pthread_mutex_destroy(&fake->lock);
    free(fake->address);
    free(fake->socket_path);
    free(fake);
}

krx_fake *krx_fake_start(const char *address, const char *script, const char *log_path,
                         const char **why)
{
    krx_fake *fake = calloc(1, sizeof *fake);
    *why = "out of memory";
    if (!fake)
        return NULL;
    fake->listen_fd = fake->stop_fds[0] = fake->stop_fds[1] = -1;
    pthread_mutex_init(&fake->lock, NULL);
    pthread_cond_init(&fake->idle, NULL);
    *why = start(fake, address, script, log_path);
    if (!*why)
        return fake;
    fake_free(fake);
    return NULL;
}

const char *krx_fake_address(const krx_fake *fake)
{
    return fake->address;
}

int krx_fake_connections(krx_fake *fake)
{
    pthread_mutex_lock(&fake->lock);
    int count = fake->connections;
    pthread_mutex_unlock(&fake->lock);
    return count;
}

void krx_fake_stop(krx_fake *fake)
{
    close(fake->stop_fds[1]);
    fake->stop_fds[1] = -1;
    pthread_join(fake->acceptor, NULL);
    pthread_mutex_lock(&fake->lock);
    while (fake->running)
        pthread_cond_wait(&fake->idle, &fake->lock);
    pthread_mutex_unlock(&fake->lock);
    fake_free(fake);
}
