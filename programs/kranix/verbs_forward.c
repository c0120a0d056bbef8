/* SPDX-License-Identifier: Apache-2.0 */
/* port-forward: local ports, each connection of which goes to a port inside an instance. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "programs/kranix/output.h"
#include "programs/kranix/signals.h"
#include "programs/kranix/values.h"

#define LISTENERS_MAX 64
#define CONNECTIONS_MAX 512

typedef struct listener {
    int fd;
    int64_t port;
    char shown[80]; /* "127.0.0.1:8080" */
} listener;

typedef struct forwarder {
    krx_cli *cli;
    krx_backend *backend;
    bool by_instance;
    listener listeners[LISTENERS_MAX];
    size_t count;
    pthread_mutex_t lock;
    pthread_cond_t gone;
    size_t active;
} forwarder;

typedef struct connection {
    forwarder *f;
    int fd;
    int64_t port;
    char shown[80];
} connection;

/* -------------------------------------------------------------------------------- one connection
 */

static krx_forward_req *request(const connection *c, krx_cli_op *op)
{
    const forwarder *f = c->f;
    krx_forward_req *req = op ? krx_arena_new_of(op->arena, krx_forward_req) : NULL;
    if (!req)
        return NULL;
    *req = (krx_forward_req){.struct_size = sizeof *req,
                             .fd = c->fd,
                             .ref = krx_cli_ref(f->cli, op, f->cli->options.args[0], NULL),
                             .port = c->port};
    if (f->by_instance) {
        req->ref.instance = req->ref.workload;
        req->ref.workload = NULL;
        req->ref.replica = 0;
    }
    return req;
}

static void carry(const connection *c)
{
    forwarder *f = c->f;
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_forward_req *req = request(c, op);
    krx_cli_call call;
    krx_cli_call_init(f->cli, &call, KRX_CLI_FOREVER);
    call.call.deadline_ns = KRX_NO_DEADLINE; /* --timeout is for getting there */
    int32_t code =
        req ? krx_cli_invoke(&call.call, f->backend, KRX_OP_container_forward, req, NULL, op)
            : krx_fail(&call.call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (code && code != KRX_E_CANCELLED)
        (void)krx_cli_error_on(f->cli, c->shown, &call.error);
}

static void *serve(void *arg)
{
    connection *c = arg;
    forwarder *f = c->f;
    carry(c);
    (void)close(c->fd);
    free(c);
    pthread_mutex_lock(&f->lock);
    f->active--;
    (void)pthread_cond_signal(&f->gone);
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

static bool reserve(forwarder *f)
{
    KRX_LOCK_SCOPE(&f->lock);
    if (f->active >= CONNECTIONS_MAX)
        return false;
    f->active++;
    return true;
}

static void release(forwarder *f)
{
    KRX_LOCK_SCOPE(&f->lock);
    f->active--;
}

static void take_connection(forwarder *f, const listener *from)
{
    pthread_t thread;
    int fd = accept4(from->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    connection *c = reserve(f) ? calloc(1, sizeof *c) : NULL;
    if (!c) {
        krx_cli_note(f->cli, "warning", "%s: too many connections", from->shown);
        (void)close(fd);
        return;
    }
    *c = (connection){.f = f, .fd = fd, .port = from->port};
    (void)snprintf(c->shown, sizeof c->shown, "%s", from->shown);
    if (!f->cli->quiet) {
        (void)printf("Handling connection for %s\n", from->shown);
        (void)fflush(stdout);
    }
    if (pthread_create(&thread, NULL, serve, c) == 0) {
        (void)pthread_detach(thread);
        return;
    }
    krx_cli_note(f->cli, "warning", "%s: no thread for a connection", from->shown);
    (void)close(fd);
    free(c);
    release(f);
}

/* ------------------------------------------------------------------------------------- listening
 */

static int cannot_listen(krx_cli *cli, const char *address, int64_t port, const char *why)
{
    krx_error error = {.struct_size = sizeof error, .code = KRX_E_FAILED_PRECONDITION};
    (void)snprintf(error.message, sizeof error.message, "listening on %s port %lld: %s", address,
                   (long long)port, why);
    (void)snprintf(error.hint, sizeof error.hint, "give another local port, or none for any: :%s",
                   "REMOTE");
    return krx_cli_error(cli, &error);
}

static void note_address(listener *l, const char *address)
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    char port[NI_MAXSERV] = "?";
    bool v6 = strchr(address, ':') != NULL;
    if (getsockname(l->fd, (struct sockaddr *)&bound, &length) == 0)
        (void)getnameinfo((struct sockaddr *)&bound, length, NULL, 0, port, sizeof port,
                          NI_NUMERICSERV);
    (void)snprintf(l->shown, sizeof l->shown, "%s%.50s%s:%.8s", v6 ? "[" : "", address,
                   v6 ? "]" : "", port);
}

static int listen_on(forwarder *f, const char *address, const krx_cli_port *port)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    const int on = 1;
    char service[16];
    struct addrinfo *found = NULL;
    int64_t local = port->host_port < 0 ? port->port : port->host_port;
    listener *l = &f->listeners[f->count];
    if (f->count == LISTENERS_MAX)
        return krx_cli_usage(f->cli, NULL, "more than %d local ports", LISTENERS_MAX);
    (void)snprintf(service, sizeof service, "%lld", (long long)local);
    if (getaddrinfo(address, service, &hints, &found) != 0)
        return krx_cli_usage(f->cli, "such as 127.0.0.1, ::1 or 0.0.0.0",
                             "'%s' is no address to listen on", address);
    l->port = port->port;
    l->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool fine = l->fd >= 0 && setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                bind(l->fd, found->ai_addr, found->ai_addrlen) == 0 && listen(l->fd, 64) == 0;
    int saved = errno;
    freeaddrinfo(found);
    if (l->fd >= 0)
        f->count++;
    if (!fine)
        return cannot_listen(f->cli, address, local, strerror(saved));
    note_address(l, address);
    return 0;
}

static int listen_all(forwarder *f)
{
    krx_cli *cli = f->cli;
    krx_cli_port port;
    int status = 0;
    for (size_t i = 1; i < cli->options.arg_count && !status; i++) {
        (void)krx_cli_parse_port(cli->options.args[i], &port);
        const char *given;
        if (*port.ip || !krx_cli_flag(cli, KRX_OPT_ADDRESS)) {
            status = listen_on(f, *port.ip ? port.ip : "127.0.0.1", &port);
            continue;
        }
        for (size_t n = 0; (given = krx_cli_nth(cli, KRX_OPT_ADDRESS, n)) != NULL && !status; n++)
            status = listen_on(f, strcmp(given, "localhost") == 0 ? "127.0.0.1" : given, &port);
    }
    return status;
}

static int check_ports(krx_cli *cli)
{
    krx_cli_port port;
    for (size_t i = 1; i < cli->options.arg_count; i++) {
        const char *text = cli->options.args[i];
        if (krx_cli_parse_port(text, &port) || !krx_streq(port.protocol, "tcp"))
            return krx_cli_usage(cli, "such as 8080:80, 80, or :80 for any local port",
                                 "'%s' is no [LOCAL:]REMOTE pair of TCP ports", text);
    }
    return 0;
}

/* ---------------------------------------------------------------------------------- all together
 */

/* A mistyped name is said now, not at the first connection. */
static int look(forwarder *f)
{
    krx_cli *cli = f->cli;
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_status *found = NULL;
    krx_cli_items items;
    krx_cli_call call, second;
    if (!op)
        return krx_cli_no_memory(cli);
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    int32_t code = krx_cli_backend(cli, &call.call, NULL, &f->backend);
    const krx_module *module = f->backend ? krx_backend_module(f->backend) : NULL;
    if (!code && (!module->container || !module->container->forward)) {
        code = krx_fail(&call.call, KRX_E_UNSUPPORTED, "backend '%s' does not forward ports",
                        krx_backend_name(f->backend));
        (void)krx_hint(&call.call,
                       "publish the port: ports: [{containerPort: 80, hostPort: 8080}]");
    }
    if (!code)
        code =
            krx_cli_get_status(cli, &call.call, f->backend, op, cli->options.args[0], NULL, &found);
    if (code != KRX_E_NOT_FOUND || !f->backend)
        return code ? krx_cli_error(cli, &call.error) : 0;
    krx_container_req *req = krx_arena_new_of(op->arena, krx_container_req);
    if (!req)
        return krx_cli_no_memory(cli);
    *req = (krx_container_req){.struct_size = sizeof *req,
                               .ref = krx_cli_ref(cli, op, cli->options.args[0], NULL),
                               .grace_ns = KRX_UNSET};
    req->ref.instance = req->ref.workload;
    req->ref.workload = NULL;
    req->ref.replica = 0;
    krx_cli_items_init(&items, op->arena, KRX_ITEM_INSTANCE);
    krx_cli_call_init(cli, &second, KRX_CLI_UNARY_NS);
    f->by_instance = krx_cli_invoke(&second.call, f->backend, KRX_OP_container_inspect, req,
                                    &items.sink, op) == 0;
    return f->by_instance ? 0 : krx_cli_error(cli, &call.error);
}

static void announce(const forwarder *f)
{
    for (size_t i = 0; i < f->count; i++)
        (void)printf("Forwarding from %s -> %lld\n", f->listeners[i].shown,
                     (long long)f->listeners[i].port);
    (void)fflush(stdout);
}

static void serve_until_interrupted(forwarder *f)
{
    struct pollfd fds[LISTENERS_MAX + 1];
    for (size_t i = 0; i < f->count; i++)
        fds[i] = (struct pollfd){.fd = f->listeners[i].fd, .events = POLLIN};
    fds[f->count] = (struct pollfd){.fd = f->cli->cancel_fd, .events = POLLIN};
    for (;;) {
        if (poll(fds, f->count + 1, -1) < 0 && errno != EINTR)
            return;
        if (fds[f->count].revents)
            return;
        for (size_t i = 0; i < f->count; i++)
            if (fds[i].revents)
                take_connection(f, &f->listeners[i]);
    }
}

int krx_cli_port_forward(krx_cli *cli)
{
    forwarder f = {.cli = cli, .lock = PTHREAD_MUTEX_INITIALIZER, .gone = PTHREAD_COND_INITIALIZER};
    int status = check_ports(cli);
    if (status || !krx_cli_runtime(cli, &status))
        return status;
    if ((status = look(&f)) == 0)
        status = listen_all(&f);
    if (!status) {
        announce(&f);
        serve_until_interrupted(&f);
        status = KRX_EXIT_INTERRUPTED;
    }
    for (size_t i = 0; i < f.count; i++)
        (void)close(f.listeners[i].fd);
    /* the cancel that ended this ends each of them */
    pthread_mutex_lock(&f.lock);
    while (f.active)
        (void)pthread_cond_wait(&f.gone, &f.lock);
    pthread_mutex_unlock(&f.lock);
    return status;
}
