/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/keeper/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/str.h"

#define RANGES_MAX 32u
#define SUBID_FILE_MAX ((size_t)1024 * 1024)
#define UNIFIED "/sys/fs/cgroup/unified"

/* ------------------------------------------------------------------------------ whose ids */

static bool line_is_of(const char *line, size_t length, const char *user, uint32_t id)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%" PRIu32, id);
    return (user && strlen(user) == length && memcmp(user, line, length) == 0) ||
           (strlen(number) == length && memcmp(number, line, length) == 0);
}

size_t krx_oci_subids(const char *text, const char *user, uint32_t id, krx_oci_range *out,
                      size_t room)
{
    size_t count = 1;
    uint64_t inside = 1;
    out[0] = (krx_oci_range){.inside = 0, .outside = id, .count = 1};
    for (const char *line = text; *line && count < room;) {
        uint32_t start, length;
        int used = 0;
        size_t whole = strcspn(line, "\n"), name = strcspn(line, ":\n");
        if (line_is_of(line, name, user, id) && line[name] == ':' &&
            sscanf(line + name, ":%" SCNu32 ":%" SCNu32 "%n", &start, &length, &used) == 2 &&
            length && (uint64_t)start + length <= UINT32_MAX && inside + length <= UINT32_MAX) {
            out[count++] =
                (krx_oci_range){.inside = (uint32_t)inside, .outside = start, .count = length};
            inside += length;
        }
        line += whole + (line[whole] == '\n');
    }
    return count;
}

static size_t read_ranges(krx_call *call, const char *path, uint32_t id, krx_oci_range *out)
{
    krx_auto_str krx_str text = {0};
    krx_error kept = *call->error;
    char buffer[4096];
    struct passwd entry, *found = NULL;
    (void)getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found);
    if (krx_read_file(call, path, SUBID_FILE_MAX, &text) < 0)
        *call->error = kept;
    return krx_oci_subids(krx_str_get(&text), found ? found->pw_name : NULL, id, out, RANGES_MAX);
}

/* -------------------------------------------------------------------------------- mapping */

/* Runs newuidmap PID INSIDE OUTSIDE COUNT ...; in a child that has stayed outside. */
static int run_mapper(const char *program, pid_t pid, const krx_oci_range *ranges, size_t count)
{
    char texts[1 + 3 * RANGES_MAX][16];
    char *argv[3 + 3 * RANGES_MAX];
    size_t n = 0;
    int status;
    argv[n++] = (char *)(uintptr_t)program;
    (void)snprintf(texts[0], sizeof texts[0], "%d", (int)pid);
    argv[n++] = texts[0];
    for (size_t i = 0; i < count; i++) {
        const uint32_t values[3] = {ranges[i].inside, ranges[i].outside, ranges[i].count};
        for (size_t k = 0; k < 3; k++) {
            char *text = texts[1 + 3 * i + k];
            (void)snprintf(text, sizeof texts[0], "%" PRIu32, values[k]);
            argv[n++] = text;
        }
    }
    argv[n] = NULL;
    pid_t child = fork();
    if (child == 0) {
        execvp(program, argv);
        _exit(127);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* In the child: 0, or 1 when not even... the ranges could not be mapped. */
static int map_ranges(pid_t pid, const krx_oci_range *users, size_t user_count,
                      const krx_oci_range *groups, size_t group_count)
{
    if (user_count < 2 || group_count < 2)
        return 1;
    return run_mapper("newuidmap", pid, users, user_count) < 0 ||
           run_mapper("newgidmap", pid, groups, group_count) < 0;
}

static bool put(const char *path, const char *text)
{
    krx_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Our own user alone needs nobody's help. */
static bool map_self(uid_t user, gid_t group)
{
    char users[40], groups[40];
    (void)snprintf(users, sizeof users, "0 %u 1\n", (unsigned)user);
    (void)snprintf(groups, sizeof groups, "0 %u 1\n", (unsigned)group);
    return put("/proc/self/uid_map", users) && put("/proc/self/setgroups", "deny") &&
           put("/proc/self/gid_map", groups);
}

/* The child maps as soon as we have unshared; it answers one letter. */
static pid_t start_mapper(int go[2], int done[2], const krx_oci_range *users, size_t user_count,
                          const krx_oci_range *groups, size_t group_count)
{
    pid_t parent = getpid(), child = fork();
    char letter = 0;
    if (child != 0)
        return child;
    close(go[1]);
    close(done[0]);
    if (read(go[0], &letter, 1) != 1)
        _exit(1);
    letter = map_ranges(parent, users, user_count, groups, group_count) == 0 ? 'y' : 'n';
    _exit(write(done[1], &letter, 1) == 1 ? 0 : 1);
}

static int32_t fail_unshare(krx_call *call)
{
    krx_fail(call, errno == ENOSPC ? KRX_E_RESOURCE_EXHAUSTED : KRX_E_UNAVAILABLE,
             "no user namespace for a container without root: %s", strerror(errno));
    return krx_hint(call, "see user.max_user_namespaces, kernel.unprivileged_userns_clone and "
                          "kernel.apparmor_restrict_unprivileged_userns of sysctl");
}

static int32_t become_root(krx_call *call, bool mapped)
{
    if (mapped && setgroups(0, NULL) < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "dropping groups: %s", strerror(errno));
    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "becoming root of a user namespace: %s",
                        strerror(errno));
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
        return krx_fail(call, KRX_E_UNKNOWN, "making mounts private: %s", strerror(errno));
    return 0;
}

int32_t krx_oci_userns_enter(krx_call *call)
{
    krx_oci_range users[RANGES_MAX], groups[RANGES_MAX];
    uid_t user = geteuid();
    gid_t group = getegid();
    size_t user_count = read_ranges(call, "/etc/subuid", user, users);
    size_t group_count = read_ranges(call, "/etc/subgid", user, groups);
    int go[2] = {-1, -1}, done[2] = {-1, -1}, status;
    char letter = 'n';
    groups[0].outside = group;
    if (pipe2(go, O_CLOEXEC) < 0 || pipe2(done, O_CLOEXEC) < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no pipe: %s", strerror(errno));
    pid_t child = start_mapper(go, done, users, user_count, groups, group_count);
    close(go[0]);
    close(done[1]);
    int32_t code = child < 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ? fail_unshare(call) : 0;
    if (code == 0 && (write(go[1], "g", 1) != 1 || read(done[0], &letter, 1) != 1))
        letter = 'n';
    close(go[1]);
    close(done[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (code < 0)
        return code;
    if (letter != 'y') {
        krx_log(call, KRX_LOG_WARN, "containers of user %u have one user only: %s", (unsigned)user,
                user_count < 2 || group_count < 2
                    ? "/etc/subuid and /etc/subgid give it no others"
                    : "newuidmap and newgidmap (package uidmap) don't work");
        if (!map_self(user, group))
            return krx_fail(call, KRX_E_PERMISSION_DENIED, "mapping user %u: %s", (unsigned)user,
                            strerror(errno));
    }
    return become_root(call, letter == 'y');
}

int32_t krx_oci_userns_join(krx_call *call, int64_t pid)
{
    krx_autoclose int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    if (fd < 0 || setns(fd, CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return krx_fail(call, KRX_E_FAILED_PRECONDITION,
                        "entering the namespaces of process %" PRId64 ": %s", pid, strerror(errno));
    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "becoming root of a user namespace: %s",
                        strerror(errno));
    return 0;
}

int32_t krx_oci_mountns_enter(krx_call *call)
{
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
        return krx_fail(call, errno == EPERM ? KRX_E_PERMISSION_DENIED : KRX_E_UNAVAILABLE,
                        "no mount namespace of our own: %s", strerror(errno));
    return 0;
}

int32_t krx_oci_shed(krx_call *call)
{
    struct stat st;
    if (stat(UNIFIED, &st) == 0 &&
        mount("tmpfs", UNIFIED, "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "size=64k,mode=755") < 0)
        return krx_fail(call, KRX_E_UNAVAILABLE, "hiding " UNIFIED ": %s", strerror(errno));
    return 0;
}
