/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/keeper/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "modules/oci/keeper/userns.h"

typedef union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} address;

static socklen_t make_address(const char *host, int64_t port, address *out)
{
    uint16_t wire = htons((uint16_t)port);
    *out = (address){.four = {.sin_family = AF_INET, .sin_port = wire}};
    if (inet_pton(AF_INET, host, &out->four.sin_addr) == 1)
        return sizeof out->four;
    *out = (address){.six = {.sin6_family = AF_INET6, .sin6_port = wire}};
    return inet_pton(AF_INET6, host, &out->six.sin6_addr) == 1 ? sizeof out->six : 0;
}

/* 0, or an errno. */
static int32_t await_connection(krx_call *call, int fd, int *failure)
{
    krx_wait_fd w = {.struct_size = sizeof w, .fd = fd, .want = KRX_WAIT_WRITE};
    socklen_t length = sizeof *failure;
    int32_t ready = call->host->wait(call->host, call, &w, 1, -1);
    if (ready < 0)
        return ready;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, failure, &length) < 0)
        *failure = errno;
    return 0;
}

int32_t krx_oci_dial(krx_call *call, const char *const *hosts, int64_t port)
{
    int failure = EDESTADDRREQ;
    for (size_t i = 0; hosts[i]; i++) {
        address to;
        socklen_t length = make_address(hosts[i], port, &to);
        krx_autoclose int fd =
            length ? socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
        if (fd < 0)
            continue;
        failure = connect(fd, &to.any, length) < 0 ? errno : 0;
        int32_t code = failure == EINPROGRESS ? await_connection(call, fd, &failure) : 0;
        if (code < 0)
            return krx_wrap(call, "connecting to port %" PRId64, port);
        if (!failure)
            return krx_move_fd(&fd);
    }
    return krx_fail(call, KRX_E_UNAVAILABLE, "connecting to port %" PRId64 " of the container: %s",
                    port, strerror(failure));
}

int32_t krx_oci_dial_enter(krx_oci_job *job, bool *outside)
{
    const krx_oci_container *c = &job->container;
    *outside = !(job->runtime.can & KRX_OCI_CAN_SEE_INIT);
    if (job->launch.rootless && !job->inside && krx_oci_process_alive(&c->conmon)) {
        int32_t code = krx_oci_userns_join(job->call, c->conmon.pid);
        if (code < 0)
            return code;
        job->inside = true;
    }
    krx_autoclose int init = krx_oci_process_open(&c->init);
    if (init < 0)
        return krx_fail(job->call, KRX_E_FAILED_PRECONDITION, "container %s is not running",
                        c->name);
    if (*outside)
        return 0;
    if (setns(init, CLONE_NEWNET) < 0)
        return krx_fail(job->call, KRX_E_PERMISSION_DENIED,
                        "entering the network of container %s: %s", c->name, strerror(errno));
    return 0;
}
