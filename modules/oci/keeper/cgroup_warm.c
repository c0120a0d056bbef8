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
#include <unistd.h>

#include "modules/oci/keeper/cgroup.h"

/* Of a line of /proc/self/cgroup, where this process may write to it; else -1. */
static int open_procs(krx_arena *arena, const char *line)
{
    const char *root = krx_oci_cgroup_root(line, krx_oci_cgroup_is_hybrid());
    const char *folder = krx_oci_cgroup_folder(arena, root, line, NULL);
    const char *procs = folder ? krx_arena_printf(arena, "%s/cgroup.procs", folder) : NULL;
    return procs ? open(procs, O_WRONLY | O_CLOEXEC) : -1;
}

static void *stay(void *none)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_autofile FILE *groups = fopen("/proc/self/cgroup", "re");
    char line[4096];
    krx_autoclose int fd = -1;
    while (fd < 0 && arena && groups && fgets(line, sizeof line, groups))
        fd = open_procs(arena, line);
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
