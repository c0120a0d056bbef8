/* SPDX-License-Identifier: Apache-2.0 */
/* One check of a container. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/program.h"
#include "lib/base/side_call.h"
#include "lib/base/str.h"
#include "modules/oci/keeper/dial.h"
#include "modules/oci/keeper/probe.h"

#define HEAD_MAX 4096u

bool krx_oci_http_ok(const char *answer)
{
    if (strncmp(answer, "HTTP/1.", 7) != 0 || answer[7] < '0' || answer[7] > '9' ||
        answer[8] != ' ')
        return false;
    int status = atoi(answer + 9);
    return status >= 200 && status < 400;
}

static int32_t check_tcp(krx_call *call, const char *const *hosts, const krx_oci_probe *probe)
{
    krx_autoclose int fd = krx_oci_dial(call, hosts, probe->port);
    return fd < 0 ? fd : 0;
}

static int32_t read_head(krx_call *call, int fd, krx_str *head)
{
    while (head->length < HEAD_MAX && !strchr(krx_str_get(head), '\n')) {
        char chunk[512];
        krx_wait_fd w = {.struct_size = sizeof w, .fd = fd, .want = KRX_WAIT_READ};
        int32_t ready = call->host->wait(call->host, call, &w, 1, -1);
        if (ready < 0)
            return ready;
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n <= 0)
            break;
        krx_str_addn(head, chunk, (size_t)n);
    }
    return 0;
}

static int32_t check_http(krx_call *call, const char *const *hosts, const krx_oci_probe *probe)
{
    krx_auto_str krx_str request = {0}, head = {0};
    krx_autoclose int fd = krx_oci_dial(call, hosts, probe->port);
    if (fd < 0)
        return fd;
    krx_str_addf(&request,
                 "GET %s HTTP/1.1\r\nHost: localhost:%" PRId64 "\r\n"
                 "User-Agent: kranix-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                 probe->path, probe->port);
    if (krx_str_failed(&request) ||
        send(fd, krx_str_get(&request), request.length, MSG_NOSIGNAL) != (ssize_t)request.length)
        return krx_fail(call, KRX_E_UNAVAILABLE, "port %" PRId64 " takes no request", probe->port);
    int32_t code = read_head(call, fd, &head);
    if (code < 0)
        return code;
    return krx_oci_http_ok(krx_str_get(&head))
               ? 0
               : krx_fail(call, KRX_E_UNAVAILABLE, "GET %.200s answers %.80s", probe->path,
                          head.length ? krx_str_get(&head) : "nothing");
}

/* TLS is curl's business: whose certificate it is does not matter, as for Kubernetes. */
static int32_t check_https(krx_call *call, krx_arena *arena, const char *const *hosts,
                           const krx_oci_probe *probe)
{
    int32_t code = 0, status = -1;
    for (size_t i = 0; hosts[i]; i++) {
        bool six = strchr(hosts[i], ':') != NULL;
        const char *url = krx_arena_printf(arena, "https://%s%s%s:%" PRId64 "%s", six ? "[" : "",
                                           hosts[i], six ? "]" : "", probe->port, probe->path);
        const char *const argv[] = {"curl",      "--fail", "--silent",  "--insecure",
                                    "--noproxy", "*",      "--globoff", "--output",
                                    "/dev/null", url,      NULL};
        krx_program curl = {.argv = argv, .stdin_fd = -1, .stderr_fd = -1, .limit = 4096};
        krx_auto_str krx_str answer = {0};
        if (!url)
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        code = krx_program_run(call, &curl, &answer, &status);
        if (code < 0 || status == 0)
            return code;
        if (status != 7) /* 7: nobody listens there */
            break;
    }
    return krx_fail(call, KRX_E_UNAVAILABLE, "GET %.200s by curl: status %d", probe->path, status);
}

static int32_t check_exec(krx_call *call, krx_oci_job *job, const krx_oci_probe *probe)
{
    if (!probe->command || !probe->command[0])
        return 0;
    krx_oci_command command = {
        .keeper = job->keeper, .name = "exec", .id = job->id, .trailing = probe->command};
    return krx_oci_runtime_run(call, &job->runtime, &command, NULL);
}

/* Into gVisor's own network nothing leads without root: the capabilities say that such probes are
 * not made. */
static bool out_of_reach(const krx_oci_job *job, bool outside)
{
    return outside && job->launch.rootless && !krx_streq(job->container.network, "host");
}

int32_t krx_oci_probe_check(krx_oci_job *job, const krx_oci_probe *probe, bool outside)
{
    krx_side_call side;
    krx_call *call = krx_side_call_init(&side, job->call);
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const char *ip = job->container.ip;
    const char *const inside[] = {"127.0.0.1", ip ? ip : "::1", ip ? "::1" : NULL, NULL};
    const char *const near[] = {ip ? ip : "127.0.0.1", NULL};
    const char *const *hosts = outside ? near : inside;
    int64_t until = krx_now_monotonic() + probe->timeout_ns;
    int32_t code;
    call->deadline_ns = until < call->deadline_ns ? until : call->deadline_ns;
    if (!arena)
        return krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (strcasecmp(probe->type, "exec") == 0)
        code = check_exec(call, job, probe);
    else if (out_of_reach(job, outside))
        code = 0;
    else if (strcasecmp(probe->type, "tcp") == 0)
        code = check_tcp(call, hosts, probe);
    else
        code = probe->tls ? check_https(call, arena, hosts, probe) : check_http(call, hosts, probe);
    return code < 0 ? krx_fail(job->call, code, "%s", side.error.message) : 0;
}
