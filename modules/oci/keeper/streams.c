/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runtimes give the user of a container the descriptors that it begins with, crun with fchown even
 * /dev/null: the machine's. What stands there instead is one that nobody else has.
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "modules/oci/keeper/streams.h"

#define NULL_DEVICE makedev(1, 3)

static bool is_null(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == NULL_DEVICE;
}

/* On a file system that is mounted nowhere and goes with the last who has it open. */
static int open_own_null(void)
{
    krx_autoclose int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
    if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "size", "4k", 0) < 0 ||
        syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return -1;
    krx_autoclose int top =
        (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    if (top < 0 || mknodat(top, "null", S_IFCHR | 0666, NULL_DEVICE) < 0 ||
        fchmodat(top, "null", 0666, 0) < 0)
        return -1;
    return openat(top, "null", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

void krx_oci_own_streams(void)
{
    krx_autoclose int own = -1;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (!is_null(fd))
            continue;
        if (own < 0)
            own = open_own_null();
        if (own < 0 || dup2(own, fd) < 0)
            return; /* in a user namespace, where the machine's can't be changed anyway */
    }
}
