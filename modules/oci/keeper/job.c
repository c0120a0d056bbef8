/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/keeper/job.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "modules/oci/keeper/userns.h"
#include "modules/oci/store/lock.h"

#define CHILDREN_MAX 4096u

static const char *own_program(krx_arena *arena)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    return n > 0 && (size_t)n < sizeof path ? krx_arena_strndup(arena, path, (size_t)n) : NULL;
}

/* A folder in front of PATH is there for criu. */
static const char *criu_of(krx_arena *arena, const krx_oci_launch *launch)
{
    if (!launch->search_path || !launch->search_path[0])
        return NULL;
    return krx_arena_printf(arena, "%s/criu", launch->search_path[0]);
}

int32_t krx_oci_job_open(krx_call *call, krx_arena *arena, const char *folder, krx_oci_job *job)
{
    *job = (krx_oci_job){.call = call, .arena = arena, .lock = -1, .inside = geteuid() == 0};
    int32_t code = krx_oci_store_of_folder(call, arena, folder, &job->store, &job->id);
    if (code == 0)
        code = krx_oci_launch_read(call, arena, &job->store, job->id, &job->launch);
    if (code < 0)
        return code;
    job->folder = krx_oci_path(arena, &job->store, "containers", job->id, NULL);
    job->keeper = own_program(arena);
    job->inside = job->inside && job->launch.rootless;
    job->runtime = (krx_oci_runtime){
        .name = job->launch.runtime,
        .path = job->launch.runtime_path,
        .args = job->launch.runtime_args,
        .criu = criu_of(arena, &job->launch),
        .can = strcmp(job->launch.runtime, "runsc") == 0 ? 0 : KRX_OCI_CAN_SEE_INIT,
        .shed = job->launch.shed && !job->launch.rootless,
        .rootless = job->launch.rootless,
    };
    if (!job->folder || !job->keeper || krx_arena_failed(arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return 0;
}

int32_t krx_oci_job_lock(krx_oci_job *job)
{
    job->lock = krx_oci_lock_container(job->call, &job->store, job->id);
    if (job->lock < 0)
        return job->lock;
    return krx_oci_container_read(job->call, job->arena, &job->store, job->id, &job->container);
}

void krx_oci_job_unlock(krx_oci_job *job)
{
    if (job->lock >= 0)
        close(job->lock);
    job->lock = -1;
}

int32_t krx_oci_job_enter(krx_oci_job *job)
{
    if (!job->launch.rootless || job->inside)
        return 0;
    int32_t code = krx_oci_userns_enter(job->call);
    if (code == 0 && job->launch.shed)
        code = krx_oci_shed(job->call);
    job->inside = code == 0;
    return code;
}

int32_t krx_oci_job_visit(krx_call *call, krx_arena *arena, const char *folder, krx_oci_job *job)
{
    int32_t code = krx_oci_job_open(call, arena, folder, job);
    if (code == 0)
        code = krx_oci_job_lock(job);
    if (code == 0 && job->launch.rootless && krx_oci_process_alive(&job->container.conmon)) {
        code = krx_oci_userns_join(call, job->container.conmon.pid);
        job->inside = code == 0;
    }
    return code;
}

int32_t krx_oci_job_write(krx_oci_job *job)
{
    return krx_oci_container_write(job->call, &job->store, &job->container);
}

char *krx_oci_job_path(krx_oci_job *job, const char *file)
{
    return krx_arena_printf(job->arena, "%s/%s", job->folder, file);
}

int32_t krx_oci_job_runtime(krx_oci_job *job, krx_call *call, const char *name,
                            const char *const *options)
{
    krx_oci_command command = {
        .keeper = job->keeper, .name = name, .options = options, .id = job->id};
    return krx_oci_runtime_run(call, &job->runtime, &command, NULL);
}

int32_t krx_oci_job_kill(krx_oci_job *job, krx_call *call)
{
    krx_oci_command command = {.keeper = job->keeper,
                               .name = "kill",
                               .id = job->id,
                               .trailing = (const char *const[]){"9", NULL}};
    return krx_oci_runtime_run(call, &job->runtime, &command, NULL);
}

bool krx_oci_signal_process(const krx_oci_process *process, int signal_number)
{
    krx_autoclose int fd = krx_oci_process_open(process);
    return fd >= 0 && syscall(SYS_pidfd_send_signal, fd, signal_number, NULL, 0) == 0;
}

size_t krx_oci_children(krx_call *call, const krx_oci_process *parent, krx_oci_process *out,
                        size_t room)
{
    char path[64];
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    size_t count = 0;
    (void)snprintf(path, sizeof path, "/proc/%" PRId64 "/task/%" PRId64 "/children", parent->pid,
                   parent->pid);
    if (!krx_oci_process_alive(parent) ||
        krx_read_file(krx_side_call_init(&side, call), path, CHILDREN_MAX, &text) < 0)
        return 0;
    char *rest = NULL;
    for (const char *at = krx_str_get(&text); at && *at && count < room; at = rest) {
        long long pid = strtoll(at, &rest, 10);
        if (rest == at)
            break;
        count += krx_oci_process_of(pid, &out[count]) ? 1 : 0;
    }
    return count;
}

bool krx_oci_await_end(krx_call *call, const krx_oci_process *process, int64_t timeout_ns)
{
    krx_autoclose int fd = krx_oci_process_open(process);
    if (fd < 0)
        return true;
    krx_wait_fd ended = {.struct_size = sizeof ended, .fd = fd, .want = KRX_WAIT_READ};
    return call->host->wait(call->host, call, &ended, 1, timeout_ns) > 0;
}
