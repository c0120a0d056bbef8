/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first move of a process between groups after a while of none waits until every processor has
 * passed a quiescent state (the kernel's cgroup_threadgroup_rwsem; 8 to 10 ms at 250 Hz), those of
 * the next 15 ms do not. So a move that changes nothing is made while conmon and the runtime start;
 * that of the container finds the way free.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "modules/oci/keeper/cgroup.h"

#define ROOT "/sys/fs/cgroup"

/* Of "4:memory:/a/b", where this process may write to it; else -1. */
static int open_procs(char *line)
{
    char path[8192];
    strsep(&line, ":");
    const char *controllers = strsep(&line, ":");
    if (!line)
        return -1;
    line[strcspn(line, "\n")] = '\0';
    if (krx_has_prefix(controllers, "name="))
        controllers += strlen("name=");
    const char *hierarchy = *controllers                         ? controllers
                            : access(ROOT "/unified", F_OK) == 0 ? "unified"
                                                                 : "";
    int n = snprintf(path, sizeof path, ROOT "/%s%s/cgroup.procs", hierarchy, line);
    return n >= (int)sizeof path ? -1 : open(path, O_WRONLY | O_CLOEXEC);
}

static void *stay(void *none)
{
    krx_autofile FILE *groups = fopen("/proc/self/cgroup", "re");
    char line[4096];
    krx_autoclose int fd = -1;
    while (fd < 0 && groups && fgets(line, sizeof line, groups))
        fd = open_procs(line);
    if (fd >= 0)
        (void)!write(fd, "0", 1);
    return none;
}

void krx_oci_cgroup_warm(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, stay, NULL) == 0)
        pthread_detach(thread);
}
