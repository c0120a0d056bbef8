/* SPDX-License-Identifier: Apache-2.0 */
/* How the process that probes a container begins. */
#include "modules/oci/keeper/prober.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "modules/oci/keeper/conmon.h"

#define SPEC_MAX ((size_t)1024 * 1024)

static bool has_probes(krx_oci_job *job)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    const char *path = krx_oci_job_path(job, "spec.json");
    return path &&
           krx_read_file(krx_side_call_init(&side, job->call), path, SPEC_MAX, &text) == 0 &&
           strstr(krx_str_get(&text), "\"probes\"");
}

static int set_files(posix_spawn_file_actions_t *actions, int null_fd)
{
    for (int i = 0; i < 3; i++)
        if (posix_spawn_file_actions_adddup2(actions, null_fd, i))
            return -1;
    return posix_spawn_file_actions_addclosefrom_np(actions, 3) ||
                   posix_spawn_file_actions_addchdir_np(actions, "/")
               ? -1
               : 0;
}

static int spawn(krx_oci_job *job, const char *const *env, pid_t *pid)
{
    const char *const argv[] = {job->keeper, "probe", job->folder, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none;
    krx_autoclose int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd < 0 || posix_spawn_file_actions_init(&actions))
        return ENOMEM;
    int err = posix_spawnattr_init(&attr);
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    if (!err && set_files(&actions, null_fd))
        err = ENOMEM;
    if (!err)
        err = posix_spawn(pid, argv[0], &actions, &attr, (char *const *)(uintptr_t)argv,
                          (char *const *)(uintptr_t)env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    return err;
}

void krx_oci_prober_start(krx_oci_job *job)
{
    krx_oci_container *c = &job->container;
    pid_t pid = -1;
    c->health = NULL;
    c->prober = (krx_oci_process){0};
    if (!has_probes(job))
        return;
    const char *const *env = krx_oci_conmon_env(job->arena, &job->launch);
    int err = env ? spawn(job, env, &pid) : ENOMEM;
    if (err || !krx_oci_process_of(pid, &c->prober)) {
        krx_log(job->call, KRX_LOG_WARN, "container %s is not probed: %s", c->name,
                strerror(err ? err : ESRCH));
        return;
    }
    c->health = "starting";
}
