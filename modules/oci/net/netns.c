/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"

static int32_t fail_errno(krx_call *call, const char *what, int err)
{
    int32_t code = err == EPERM || err == EACCES                     ? KRX_E_PERMISSION_DENIED
                   : err == ENOENT                                   ? KRX_E_NOT_FOUND
                   : err == ENOMEM || err == ENOSPC || err == EMFILE ? KRX_E_RESOURCE_EXHAUSTED
                                                                     : KRX_E_UNKNOWN;
    krx_fail(call, code, "%s: %s", what, strerror(err));
    call->error->sys_errno = err;
    if (err == EPERM)
        krx_hint(call, "this needs root, or a user namespace of one's own");
    return code;
}

static int enter(const char *path)
{
    if (!path)
        return unshare(CLONE_NEWNET) < 0 ? errno : 0;
    krx_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 || setns(fd, CLONE_NEWNET) < 0 ? errno : 0;
}

static size_t read_all(int fd, char *answer, size_t size)
{
    size_t used = 0;
    char rest[512];
    for (;;) {
        bool room = answer && used + 1 < size;
        ssize_t n = room ? read(fd, answer + used, size - 1 - used) : read(fd, rest, sizeof rest);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        used += room && n > 0 ? (size_t)n : 0;
    }
    return used;
}

int32_t krx_oci_netns_run(krx_call *call, const char *path, const char *what,
                          krx_oci_netns_fn *work, void *ctx, char *answer, size_t size)
{
    int fds[2], status = 0;
    if (pipe2(fds, O_CLOEXEC) < 0)
        return fail_errno(call, what, errno);
    pid_t pid = fork();
    if (pid == 0) {
        int err = enter(path);
        _exit(err ? err : work(ctx, fds[1]));
    }
    int err = errno;
    close(fds[1]);
    size_t used = pid > 0 ? read_all(fds[0], answer, size) : 0;
    close(fds[0]);
    if (answer)
        answer[used] = '\0';
    if (pid < 0)
        return fail_errno(call, what, err);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status))
        return krx_fail(call, KRX_E_UNKNOWN, "%s: the helper was killed by signal %d", what,
                        WTERMSIG(status));
    return WEXITSTATUS(status) ? fail_errno(call, what, WEXITSTATUS(status)) : 0;
}

/* -------------------------------------------------------------------------------------- making */

static int lo_up(void)
{
    struct ifreq ifr = {.ifr_name = "lo"};
    krx_autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr) < 0)
        return errno;
    ifr.ifr_flags = (short)(ifr.ifr_flags | IFF_UP);
    return ioctl(fd, SIOCSIFFLAGS, &ifr) < 0 ? errno : 0;
}

/* The mount is made from inside: that needs no rights over another process. */
static int lo_up_and_bind(void *ctx, int fd)
{
    (void)fd;
    int err = lo_up();
    if (!err && mount("/proc/self/ns/net", ctx, NULL, MS_BIND, NULL) < 0)
        err = errno;
    return err;
}

static bool is_netns(const char *path)
{
    krx_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

int32_t krx_oci_netns_make(krx_call *call, const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    if (is_netns(path))
        return 0;
    if (slash && (size_t)(slash - path) < sizeof folder) {
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        int32_t code = krx_make_dirs(call, folder, 0700);
        if (code < 0)
            return code;
    }
    krx_autoclose int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail_errno(call, path, errno);
    char target[4096];
    (void)snprintf(target, sizeof target, "%s", path);
    int32_t code = krx_oci_netns_run(call, NULL, "making a network namespace", lo_up_and_bind,
                                     target, NULL, 0);
    if (code < 0)
        (void)unlink(path);
    return code;
}

int32_t krx_oci_netns_remove(krx_call *call, const char *path)
{
    while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
        ;
    if (errno == EPERM && geteuid() != 0)
        return fail_errno(call, path, EPERM);
    /* also ends the mounts that other mount namespaces have of it */
    if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
        return fail_errno(call, path, errno);
    return 0;
}

int32_t krx_oci_netns_check(krx_call *call, const char *path)
{
    if (is_netns(path))
        return 0;
    if (access(path, F_OK) < 0 && errno != EACCES)
        krx_fail(call, KRX_E_NOT_FOUND, "network namespace '%s': %s", path, strerror(errno));
    else if (access(path, R_OK) < 0)
        krx_fail(call, KRX_E_PERMISSION_DENIED, "network namespace '%s': %s", path,
                 strerror(errno));
    else
        krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%s' is no network namespace", path);
    return krx_hint(call, "name one as ns:/run/netns/NAME, or ns:/proc/PID/ns/net");
}

/* ---------------------------------------------------------------------------------- addresses */

/* 2 for an IPv4 address, 1 for an IPv6 one, 0 for what nobody else reaches. */
static int worth(const struct ifaddrs *a)
{
    if (!a->ifa_addr || a->ifa_flags & IFF_LOOPBACK)
        return 0;
    if (a->ifa_addr->sa_family == AF_INET)
        return 2;
    if (a->ifa_addr->sa_family != AF_INET6)
        return 0;
    struct sockaddr_in6 in;
    memcpy(&in, a->ifa_addr, sizeof in);
    return IN6_IS_ADDR_LINKLOCAL(&in.sin6_addr) ? 0 : 1;
}

static int find_address(char text[INET6_ADDRSTRLEN])
{
    struct ifaddrs *all = NULL, *best = NULL;
    text[0] = '\0';
    if (getifaddrs(&all) < 0)
        return errno;
    for (struct ifaddrs *a = all; a; a = a->ifa_next)
        if (worth(a) > (best ? worth(best) : 0))
            best = a;
    if (best && best->ifa_addr->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, best->ifa_addr, sizeof in);
        (void)inet_ntop(AF_INET, &in.sin_addr, text, INET6_ADDRSTRLEN);
    } else if (best) {
        struct sockaddr_in6 in;
        memcpy(&in, best->ifa_addr, sizeof in);
        (void)inet_ntop(AF_INET6, &in.sin6_addr, text, INET6_ADDRSTRLEN);
    }
    freeifaddrs(all);
    return 0;
}

static int tell_address(void *ctx, int fd)
{
    char text[INET6_ADDRSTRLEN];
    (void)ctx;
    int err = find_address(text);
    return err ? err : krx_write_all(fd, text, strlen(text)) < 0 ? errno : 0;
}

int32_t krx_oci_netns_address(krx_call *call, const char *path, char *address, size_t size)
{
    static const char what[] = "reading the addresses of a network";
    char text[INET6_ADDRSTRLEN];
    if (path)
        return krx_oci_netns_run(call, path, what, tell_address, NULL, address, size);
    int err = find_address(text);
    (void)snprintf(address, size, "%s", text);
    return err ? fail_errno(call, what, err) : 0;
}
