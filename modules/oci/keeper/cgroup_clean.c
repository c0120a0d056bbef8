/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups that are no longer needed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "modules/oci/keeper/cgroup.h"

#define DEPTH_MAX 16
#define MEMBERS_MAX 65536u
#define PATIENCE_NS (2 * KRX_NS_PER_S)
#define LOOK_EVERY (5 * KRX_NS_PER_MS)

static int open_hold(krx_oci_job *job, int how)
{
    const char *path = job->store.run_root
                           ? krx_oci_run_path(job->arena, &job->store, "cgroup.lock", NULL, NULL)
                           : NULL;
    krx_autoclose int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    return fd >= 0 && flock(fd, how) == 0 ? krx_move_fd(&fd) : -1;
}

int krx_oci_cgroup_hold(krx_oci_job *job)
{
    return open_hold(job, LOCK_SH);
}

/* Whoever is still in it: what a runtime that was killed had begun. */
static void kill_members(krx_oci_job *job, int group)
{
    char path[40];
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d/cgroup.procs", group);
    if (krx_read_file(krx_side_call_init(&side, job->call), path, MEMBERS_MAX, &text) < 0)
        return;
    for (const char *line = krx_str_get(&text); line && *line;) {
        char *end;
        long pid = strtol(line, &end, 10);
        if (pid > 1)
            (void)kill((pid_t)pid, SIGKILL);
        line = *end == '\n' ? end + 1 : NULL;
    }
}

/* False when somebody is still in it, who is killed. */
static bool remove_group(krx_oci_job *job, int parent, const char *name, int depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    krx_autodir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    if (!dir && fd >= 0)
        close(fd);
    while (dir && depth < DEPTH_MAX && (entry = readdir(dir)))
        if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0)
            (void)remove_group(job, dirfd(dir), entry->d_name, depth + 1);
    if (!dir || unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno != EBUSY)
        return true;
    kill_members(job, dirfd(dir));
    return false;
}

static bool remove_folder(krx_oci_job *job, const char *folder)
{
    static const char parent[] = "/kranix/";
    size_t head = strlen(folder) - strlen(job->id);
    krx_side_call side;
    krx_call *call = krx_undo_call(&side, job->call);
    while (!remove_group(job, AT_FDCWD, folder, 0) && krx_now_monotonic() < job->clean_until &&
           krx_sleep(call, LOOK_EVERY) == 0)
        ;
    if (head < sizeof parent ||
        strncmp(folder + head - strlen(parent), parent, strlen(parent)) != 0)
        return false;
    char *above = krx_arena_strndup(job->arena, folder, head - 1);
    krx_autoclose int hold = open_hold(job, LOCK_EX | LOCK_NB);
    return above && hold >= 0 && rmdir(above) == 0;
}

void krx_oci_cgroup_clean(krx_oci_job *job)
{
    const char *path = krx_oci_job_path(job, "cgroup");
    job->clean_until = krx_now_monotonic() + PATIENCE_NS;
    (void)krx_oci_cgroup_each(job, remove_folder);
    if (path)
        (void)unlink(path);
}
