/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A booking is a file networks/ports/tcp-8080@any whose first line is the container's id and whose
 * second is its name. It counts while that container has a network.
 */
#include "modules/oci/net/ports.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "modules/oci/net/record.h"
#include "modules/oci/net/socket_owner.h"
#include "modules/oci/store/lock.h"

#define BOOKING_MAX 4096u
#define TRIES 200

static const char any[] = "any";

typedef struct booking {
    krx_call *call;
    krx_arena *arena;
    const krx_oci_store *store;
    const krx_oci_container *container;
    const char *folder;
} booking;

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

static bool is_any(const char *ip)
{
    return krx_blank(ip) || krx_streq(ip, "0.0.0.0") || krx_streq(ip, "::");
}

static const char *protocol_of(const krx_oci_port *port)
{
    return krx_blank(port->protocol) ? "tcp" : port->protocol;
}

/* ------------------------------------------------------------------------------------ bookings */

/* First and second line of a booking, "" where there is none. */
static void read_booking(const booking *b, const char *file, char id[256], char name[256])
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    const char *path = krx_arena_printf(b->arena, "%s/%s", b->folder, file);
    *id = *name = '\0';
    if (path && krx_read_file(krx_side_call_init(&side, b->call), path, BOOKING_MAX, &text) >= 0)
        (void)sscanf(krx_str_get(&text), "%255[^\n]\n%255[^\n]", id, name);
}

/* True when `file` books this port, on this address or on one that includes it. */
static bool collides(const char *file, const krx_oci_port *port, int64_t number)
{
    char start[64];
    (void)snprintf(start, sizeof start, "%.16s-%" PRId64 "@", protocol_of(port), number);
    if (!krx_has_prefix(file, start))
        return false;
    const char *ip = file + strlen(start);
    return krx_streq(ip, any) || is_any(port->host_ip) || krx_streq(ip, port->host_ip);
}

static bool counts(const booking *b, const char *id)
{
    krx_side_call side;
    krx_oci_net net;
    return *id &&
           krx_oci_net_read(krx_side_call_init(&side, b->call), b->arena, b->store, id, &net) >= 0;
}

/* Who of ours has it: its name in `owner`, "" for nobody. Bookings that count no more go. */
static void find_owner(const booking *b, const krx_oci_port *port, int64_t number, char owner[256])
{
    char id[256];
    krx_autodir DIR *dir = opendir(b->folder);
    *owner = '\0';
    for (struct dirent *e; dir && !*owner && (e = readdir(dir));) {
        if (!collides(e->d_name, port, number))
            continue;
        read_booking(b, e->d_name, id, owner);
        if (krx_streq(id, b->container->id) || counts(b, id))
            continue;
        (void)unlinkat(dirfd(dir), e->d_name, 0);
        *owner = '\0';
    }
}

static int32_t write_booking(const booking *b, const krx_oci_port *port)
{
    const char *path =
        krx_arena_printf(b->arena, "%s/%s-%" PRId64 "@%s", b->folder, protocol_of(port),
                         port->host_port, is_any(port->host_ip) ? any : port->host_ip);
    const char *text = krx_arena_printf(b->arena, "%s\n%s\n", b->container->id,
                                        b->container->name ? b->container->name : "");
    if (!path || !text)
        return no_memory(b->call);
    krx_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || krx_write_all(fd, text, strlen(text)) < 0)
        return krx_fail(b->call, KRX_E_RESOURCE_EXHAUSTED, "writing %s: %s", path, strerror(errno));
    return 0;
}

/* ------------------------------------------------------------------------------------- binding */

typedef union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
} address;

static bool address_of(const char *ip, int64_t port, address *out, socklen_t *length)
{
    *out = (address){0};
    if (ip && strchr(ip, ':')) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_port = htons((uint16_t)port);
        *length = sizeof out->in6;
        return inet_pton(AF_INET6, ip, &out->in6.sin6_addr) == 1;
    }
    out->in.sin_family = AF_INET;
    out->in.sin_port = htons((uint16_t)port);
    *length = sizeof out->in;
    return inet_pton(AF_INET, is_any(ip) ? "0.0.0.0" : ip, &out->in.sin_addr) == 1;
}

/* 0 when the machine lets us have *number (0: any, which it fills in), or an errno. */
static int try_bind(const krx_oci_port *port, int64_t *number)
{
    static const struct {
        const char *protocol;
        int type, number;
    } kinds[] = {{"tcp", SOCK_STREAM, IPPROTO_TCP},
                 {"udp", SOCK_DGRAM, IPPROTO_UDP},
                 {"sctp", SOCK_STREAM, IPPROTO_SCTP}};
    address a;
    socklen_t length;
    const int on = 1;
    size_t k = 0;
    while (k < KRX_COUNT(kinds) && !krx_strcaseeq(kinds[k].protocol, protocol_of(port)))
        k++;
    if (k == KRX_COUNT(kinds) || *number < 0 || *number > 65535 ||
        !address_of(port->host_ip, *number, &a, &length))
        return EINVAL;
    krx_autoclose int fd = socket(a.any.sa_family, kinds[k].type | SOCK_CLOEXEC, kinds[k].number);
    if (fd < 0)
        return errno == EPROTONOSUPPORT && *number ? 0 : errno; /* nobody here speaks it */
    if (a.any.sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (kinds[k].type == SOCK_STREAM) /* connections that have ended are in nobody's way */
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, &a.any, length) < 0 || (kinds[k].type == SOCK_STREAM && listen(fd, 1) < 0) ||
        getsockname(fd, &a.any, &length) < 0)
        return errno;
    *number = ntohs(a.any.sa_family == AF_INET6 ? a.in6.sin6_port : a.in.sin_port);
    return 0;
}

static int32_t fail_taken(const booking *b, const krx_oci_port *port, const char *owner)
{
    char who[300] = "something else on this machine";
    if (*owner)
        (void)snprintf(who, sizeof who, "container '%s'", owner);
    else
        krx_oci_socket_owner(protocol_of(port), port->host_port, who, sizeof who);
    krx_fail(b->call, KRX_E_ALREADY_EXISTS, "host port %" PRId64 "/%s%s%s is taken by %s",
             port->host_port, protocol_of(port), is_any(port->host_ip) ? "" : " on ",
             is_any(port->host_ip) ? "" : port->host_ip, who);
    return krx_hint(b->call, "choose another hostPort, or 0 for any that is free");
}

static int32_t fail_bind(const booking *b, const krx_oci_port *port, int err)
{
    if (err == EADDRINUSE)
        return fail_taken(b, port, "");
    int32_t code = err == EACCES || err == EPERM           ? KRX_E_PERMISSION_DENIED
                   : err == EADDRNOTAVAIL || err == EINVAL ? KRX_E_INVALID_ARGUMENT
                                                           : KRX_E_RESOURCE_EXHAUSTED;
    krx_fail(b->call, code, "host port %" PRId64 "/%s%s%s: %s", port->host_port, protocol_of(port),
             is_any(port->host_ip) ? "" : " on ", is_any(port->host_ip) ? "" : port->host_ip,
             strerror(err));
    if (code == KRX_E_PERMISSION_DENIED)
        return krx_hint(b->call, "without root: a hostPort of 1024 and more, or lower "
                                 "net.ipv4.ip_unprivileged_port_start");
    if (err == EADDRNOTAVAIL)
        return krx_hint(b->call, "hostIp must be an address of this machine");
    return code;
}

/* ------------------------------------------------------------------------------------ choosing */

static bool is_free(const booking *b, const krx_oci_port *port, int64_t number)
{
    char owner[256];
    find_owner(b, port, number, owner);
    return !*owner && try_bind(port, &number) == 0;
}

static int32_t choose(const booking *b, krx_oci_port *port, int64_t before)
{
    char owner[256];
    if (before > 0 && is_free(b, port, before)) {
        port->host_port = before;
        return 0;
    }
    for (int i = 0; i < TRIES; i++) {
        int64_t number = 0;
        int err = try_bind(port, &number);
        if (err)
            return fail_bind(b, port, err);
        find_owner(b, port, number, owner);
        if (!*owner) {
            port->host_port = number;
            return 0;
        }
    }
    return krx_fail(b->call, KRX_E_RESOURCE_EXHAUSTED, "found no free host port for %s %" PRId64,
                    protocol_of(port), port->container_port);
}

static int32_t take(const booking *b, krx_oci_port *port, const krx_oci_port *before)
{
    char owner[256];
    int32_t code = 0;
    if (port->host_port == 0) {
        code = choose(b, port, before ? before->host_port : 0);
    } else {
        int64_t number = port->host_port;
        find_owner(b, port, number, owner);
        if (*owner)
            return fail_taken(b, port, owner);
        int err = try_bind(port, &number);
        code = err ? fail_bind(b, port, err) : 0;
    }
    return code < 0 ? code : write_booking(b, port);
}

/* ---------------------------------------------------------------------------------------- both */

/* The folder of the bookings and its lock; the descriptor of the lock or an error. */
static int32_t open_bookings(booking *b)
{
    const char *lock = krx_oci_run_path(b->arena, b->store, "networks", "ports.lock", NULL);
    b->folder = krx_oci_run_path(b->arena, b->store, "networks", "ports", NULL);
    if (!lock || !b->folder)
        return no_memory(b->call);
    int32_t code = krx_make_dirs(b->call, b->folder, 0700);
    return code < 0 ? code : krx_oci_lock(b->call, lock, "the published ports");
}

static void drop_all(const booking *b, const char *wanted)
{
    char id[256], name[256];
    krx_autodir DIR *dir = opendir(b->folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (*e->d_name == '.')
            continue;
        read_booking(b, e->d_name, id, name);
        if (!*id || krx_streq(id, wanted)) /* or never finished, for we have the lock */
            (void)unlinkat(dirfd(dir), e->d_name, 0);
    }
}

int32_t krx_oci_ports_book(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const krx_oci_container *container, const krx_oci_port *const *wanted,
                           const krx_oci_port *const *before, const krx_oci_port *const **booked)
{
    booking b = {.call = call, .arena = arena, .store = store, .container = container};
    krx_ptrs list = {0};
    *booked = NULL;
    if (!wanted || !*wanted)
        return 0;
    krx_autoclose int lock = open_bookings(&b);
    int32_t code = lock < 0 ? lock : 0;
    for (size_t i = 0; code >= 0 && wanted[i]; i++) {
        krx_oci_port *port = krx_arena_new_of(arena, krx_oci_port);
        if (!port || krx_ptrs_add(arena, &list, port) < 0) {
            code = no_memory(call);
            break;
        }
        *port = *wanted[i];
        port->protocol = protocol_of(port);
        code = take(&b, port, before && *before ? *before++ : NULL);
    }
    if (code < 0 && lock >= 0)
        drop_all(&b, container->id);
    if (code >= 0)
        *booked = (const krx_oci_port *const *)list.items;
    return code;
}

int32_t krx_oci_ports_release(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                              const char *id)
{
    booking b = {.call = call, .arena = arena, .store = store};
    krx_autoclose int lock = open_bookings(&b);
    if (lock < 0)
        return lock;
    drop_all(&b, id);
    return 0;
}
