/* SPDX-License-Identifier: Apache-2.0 */
/* reap DIR, remove DIR: what is left of a container. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/side_call.h"
#include "modules/oci/keeper/keeper.h"
#include "modules/oci/keeper/life.h"
#include "modules/oci/store/tree.h"

static int32_t settle_all(krx_oci_job *job)
{
    int32_t code = krx_oci_life_settle(job, "its end was not noted");
    if (code == 0)
        code = krx_oci_job_enter(job);
    return code == 0 ? krx_oci_life_release(job, job->call) : code;
}

int32_t krx_oci_verb_reap(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_auto_job krx_oci_job job = {.lock = -1};
    (void)argc, (void)answer;
    int32_t code = krx_oci_job_open(call, arena, argv[1], &job);
    if (code == 0)
        code = krx_oci_job_lock(&job);
    if (code == 0)
        code = settle_all(&job);
    return code == 0 ? krx_oci_job_write(&job) : code;
}

/* The lock goes last but one: who waits for it finds it gone. */
static int32_t remove_folder(krx_call *call, krx_arena *arena, const char *folder)
{
    const char *slash = strrchr(folder, '/');
    char *parent = krx_arena_strndup(arena, folder, (size_t)(slash - folder));
    krx_autoclose int fd = parent ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0)
        return krx_fail(call, KRX_E_UNKNOWN, "removing %s: %s", folder, strerror(errno));
    return krx_oci_tree_remove(call, fd, slash + 1, folder);
}

/* From here on nobody starts it, whatever happens to us. */
static void mark(krx_oci_job *job)
{
    krx_side_call side;
    job->container.stop_asked = true;
    job->container.restart_asked = false;
    job->container.phase = KRX_OCI_REMOVING;
    if (krx_oci_container_write(krx_undo_call(&side, job->call), &job->store, &job->container) < 0)
        krx_log(job->call, KRX_LOG_WARN, "%s", side.error.message);
}

static int32_t remove_known(krx_oci_job *job)
{
    int32_t code = settle_all(job);
    if (code < 0)
        return code;
    mark(job);
    return remove_folder(job->call, job->arena, job->folder);
}

/* Half made, half removed or damaged. */
static int32_t remove_unknown(krx_call *call, krx_arena *arena, const char *folder,
                              krx_oci_job *job)
{
    krx_side_call side;
    bool known = job->keeper != NULL;
    job->call = call;
    if (!known)
        job->launch.rootless = geteuid() != 0;
    job->container.id = job->container.name = job->id;
    job->container.network = job->launch.network;
    int32_t code = krx_oci_job_enter(job);
    if (code < 0)
        return code;
    if (known) { /* whatever it was doing; that there is none is no failure */
        krx_call *own = krx_side_call_init(&side, call);
        (void)krx_oci_job_runtime(job, own, "delete", (const char *const[]){"--force", NULL});
        (void)krx_oci_life_release(job, own);
    }
    return remove_folder(call, arena, folder);
}

int32_t krx_oci_verb_remove(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_auto_job krx_oci_job job = {.lock = -1};
    const char *id = NULL;
    (void)argc, (void)answer;
    int32_t code = krx_oci_store_of_folder(call, arena, argv[1], &job.store, &id);
    char *folder = code == 0 ? krx_oci_path(arena, &job.store, "containers", id, NULL) : NULL;
    if (code < 0 || !folder || access(folder, F_OK) < 0)
        return code < 0 || folder ? code
                                  : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    code = krx_oci_job_open(call, arena, folder, &job);
    if (code == 0)
        code = krx_oci_job_lock(&job);
    if (code == 0)
        return remove_known(&job);
    if (code != KRX_E_NOT_FOUND && code != KRX_E_DATA_LOSS)
        return code;
    *call->error = (krx_error){.struct_size = sizeof *call->error};
    return remove_unknown(call, arena, folder, &job);
}
