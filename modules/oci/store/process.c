/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that can't be mistaken. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "modules/oci/store/container.h"

#define PIDFS_MAGIC 0x50494446

/* Where pidfds have a file system of their own (Linux 6.9), their inode numbers never come again,
 * and asking for one takes half as long as reading /proc. */
static bool token_of_pidfd(int fd, int64_t *token)
{
    struct stat st;
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0 || fs.f_type != PIDFS_MAGIC || fstat(fd, &st) < 0)
        return false;
    *token = (int64_t)st.st_ino;
    return true;
}

/* The 22nd field of /proc/PID/stat; the second may contain anything but ends with the last ')'. */
static bool token_of_stat(int64_t pid, int64_t *token)
{
    char path[40], text[1024];
    unsigned long long start = 0;
    (void)snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    krx_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (n <= 0)
        return false;
    text[n] = '\0';
    char *rest = strrchr(text, ')');
    for (int field = 2; rest && field < 22; field++)
        rest = strchr(rest + 1, ' ');
    if (!rest || sscanf(rest, " %llu", &start) != 1)
        return false;
    *token = (int64_t)start;
    return true;
}

bool krx_oci_process_of(int64_t pid, krx_oci_process *out)
{
    *out = (krx_oci_process){0};
    if (pid <= 0 || pid > INT32_MAX)
        return false;
    krx_autoclose int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    if (fd < 0)
        return false;
    struct pollfd ended = {.fd = fd, .events = POLLIN};
    if (poll(&ended, 1, 0) > 0)
        return false;
    if (!token_of_pidfd(fd, &out->token) && !token_of_stat(pid, &out->token))
        return false;
    out->pid = pid;
    return true;
}

/* A token that is the inode of a pidfd can be no other process' start time: asked first, as it is
 * asked for each container of a list. */
bool krx_oci_process_alive(const krx_oci_process *process)
{
    struct stat st;
    int64_t token = 0;
    if (process->pid <= 0 || process->pid > INT32_MAX)
        return false;
    krx_autoclose int fd = (int)syscall(SYS_pidfd_open, (pid_t)process->pid, 0);
    if (fd < 0 || fstat(fd, &st) < 0)
        return false;
    /* mostly it is, and then which file system that was need not be asked */
    if ((int64_t)st.st_ino != process->token &&
        (token_of_pidfd(fd, &token) || !token_of_stat(process->pid, &token) ||
         token != process->token))
        return false;
    struct pollfd ended = {.fd = fd, .events = POLLIN};
    return poll(&ended, 1, 0) == 0;
}

int krx_oci_process_open(const krx_oci_process *process)
{
    int64_t token = 0;
    if (process->pid <= 0 || process->pid > INT32_MAX)
        return -1;
    krx_autoclose int fd = (int)syscall(SYS_pidfd_open, (pid_t)process->pid, 0);
    if (fd < 0 || (!token_of_pidfd(fd, &token) && !token_of_stat(process->pid, &token)) ||
        token != process->token)
        return -1;
    return krx_move_fd(&fd);
}
