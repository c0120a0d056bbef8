/* SPDX-License-Identifier: Apache-2.0 */
/* slirp4netns, which is told the ports through a socket of its own. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "lib/json/json.h"
#include "modules/oci/net/names.h"
#include "modules/oci/net/process.h"

#define READY_FD 3
#define READY_TIME (10 * KRX_NS_PER_S)
#define ANSWER_MAX 4096u
#define SAID_MAX 1024u

/* ------------------------------------------------------------------------------------ starting */

/* In a session of its own: it lives on, and no terminal's signals reach it. */
static _Noreturn void become(const char *folder, char *const *argv, int ready, int errors)
{
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (setsid() < 0 || chdir(folder) < 0 || null_fd < 0 || dup2(null_fd, 0) < 0 ||
        dup2(null_fd, 1) < 0 || dup2(errors, 2) < 0)
        _exit(126);
    /* both may be the number itself, which then must lose its close-on-exec */
    if (ready == READY_FD ? fcntl(ready, F_SETFD, 0) < 0 : dup2(ready, READY_FD) < 0)
        _exit(126);
    (void)close_range(READY_FD + 1, ~0u, 0);
    (void)execvp(argv[0], argv);
    _exit(127);
}

static int32_t fail_ended(krx_call *call, int errors)
{
    char said[SAID_MAX];
    ssize_t n = pread(errors, said, sizeof said - 1, 0);
    said[n > 0 ? n : 0] = '\0';
    while (n > 0 && strchr("\n ", said[n - 1]))
        said[--n] = '\0';
    krx_fail(call, KRX_E_UNAVAILABLE, "slirp4netns ended before the network was up: %.500s",
             *said ? said : "it said nothing");
    if (strstr(said, "tun"))
        return krx_hint(call, "is /dev/net/tun there, and may everybody open it? "
                              "(chmod 666 /dev/net/tun)");
    return call->error->code;
}

static int32_t wait_ready(krx_call *call, int fd, int errors)
{
    char byte = 0;
    krx_wait_fd w = {.struct_size = sizeof w, .fd = fd, .want = KRX_WAIT_READ};
    int32_t ready = call->host->wait(call->host, call, &w, 1, READY_TIME);
    if (ready < 0)
        return ready;
    if (ready == 0)
        return krx_fail(call, KRX_E_UNAVAILABLE, "slirp4netns is not ready after 10 s");
    return read(fd, &byte, 1) == 1 ? 0 : fail_ended(call, errors);
}

static int32_t start(krx_call *call, const char *folder, const char *const *argv,
                     krx_oci_process *process)
{
    int fds[2];
    krx_autoclose int errors = memfd_create("said", MFD_CLOEXEC);
    if (errors < 0 || pipe2(fds, O_CLOEXEC) < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "starting slirp4netns: %s",
                        strerror(errno));
    pid_t pid = fork();
    if (pid == 0)
        become(folder, (char *const *)(uintptr_t)argv, fds[1], errors);
    int err = errno;
    close(fds[1]);
    krx_autoclose int ready = fds[0];
    if (pid < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "starting slirp4netns: %s", strerror(err));
    bool known = krx_oci_process_of(pid, process);
    int32_t code = wait_ready(call, ready, errors);
    if (code >= 0 && !known)
        code = krx_fail(call, KRX_E_UNAVAILABLE, "slirp4netns ended at once");
    if (code < 0)
        (void)kill(pid, SIGKILL);
    return code;
}

/* --------------------------------------------------------------------------------------- ports */

/* Through a descriptor of the folder: the path of a socket may be too long for its address. */
static int32_t connect_api(krx_call *call, const char *folder, const char *file)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    krx_autoclose int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    krx_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dir, file);
    if (dir < 0 || fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return krx_fail(call, KRX_E_UNAVAILABLE, "reaching slirp4netns: %s", strerror(errno));
    return krx_move_fd(&fd);
}

static int32_t read_reply(krx_call *call, int fd, char answer[ANSWER_MAX])
{
    size_t used = 0;
    for (;;) {
        krx_wait_fd w = {.struct_size = sizeof w, .fd = fd, .want = KRX_WAIT_READ};
        int32_t ready = call->host->wait(call->host, call, &w, 1, READY_TIME);
        if (ready < 0)
            return ready;
        ssize_t n = ready ? read(fd, answer + used, ANSWER_MAX - 1 - used) : 0;
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    answer[used] = '\0';
    return 0;
}

static char *request_of(const krx_oci_port *port)
{
    krx_json_maker maker = {0};
    krx_auto_json cJSON *json = cJSON_CreateObject();
    krx_json_add_text(&maker, json, "execute", "add_hostfwd");
    cJSON *arguments = krx_json_add_object(&maker, json, "arguments");
    krx_json_add_text(&maker, arguments, "proto", port->protocol ? port->protocol : "tcp");
    krx_json_add_text(&maker, arguments, "host_addr", port->host_ip ? port->host_ip : "0.0.0.0");
    krx_json_add_int(&maker, arguments, "host_port", port->host_port);
    krx_json_add_int(&maker, arguments, "guest_port", port->container_port);
    return json && !maker.failed ? cJSON_PrintUnformatted(json) : NULL;
}

static int32_t publish(krx_call *call, const char *folder, const char *file,
                       const krx_oci_port *port)
{
    char answer[ANSWER_MAX];
    krx_auto_json cJSON *json = NULL;
    krx_autofree char *request = request_of(port);
    if (!request)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    krx_autoclose int fd = connect_api(call, folder, file);
    if (fd < 0)
        return fd;
    if (krx_write_all(fd, request, strlen(request)) < 0 || shutdown(fd, SHUT_WR) < 0)
        return krx_fail(call, KRX_E_UNAVAILABLE, "telling slirp4netns a port: %s", strerror(errno));
    int32_t code = read_reply(call, fd, answer);
    if (code >= 0)
        code = krx_json_parse(call, "slirp4netns", answer, strlen(answer), &json);
    if (code < 0)
        return code;
    if (krx_json_object(json, "return"))
        return 0;
    return krx_fail(call, KRX_E_UNKNOWN, "slirp4netns can't publish host port %" PRId64 ": %.200s",
                    port->host_port, krx_json_text(krx_json_object(json, "error"), "desc"));
}

int32_t krx_oci_slirp_start(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *id, const char *netns, const krx_oci_port *const *ports,
                            krx_oci_process *process)
{
    char name[KRX_OCI_IFNAME_MAX];
    krx_oci_short_name(id, name);
    const char *socket_file = krx_arena_printf(arena, "%s.sock", name);
    const char *folder = krx_oci_run_path(arena, store, "netns", NULL, NULL);
    const char *path =
        socket_file ? krx_oci_run_path(arena, store, "netns", socket_file, NULL) : NULL;
    if (!path || !folder)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    (void)unlink(path);
    const char *const argv[] = {
        "slirp4netns",  "--configure",  "--mtu=65520", "--disable-host-loopback",
        "--ready-fd=3", "--api-socket", socket_file,   "--netns-type=path",
        netns,          "eth0",         NULL};
    int32_t code = start(call, folder, argv, process);
    if (code < 0)
        return code;
    for (; code >= 0 && ports && *ports; ports++)
        code = publish(call, folder, socket_file, *ports);
    if (code < 0) {
        krx_side_call undo;
        (void)krx_oci_process_end(krx_undo_call(&undo, call), arena, store, id, process);
        *process = (krx_oci_process){0};
    }
    return code;
}
