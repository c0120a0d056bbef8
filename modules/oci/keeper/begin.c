/* SPDX-License-Identifier: Apache-2.0 */
/* How a run begins. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "modules/oci/keeper/cgroup.h"
#include "modules/oci/keeper/life.h"
#include "modules/oci/keeper/prober.h"
#include "modules/oci/net/net.h"
#include "modules/oci/runtime/filter.h"
#include "modules/oci/store/events.h"

static int32_t no_memory(krx_oci_job *job)
{
    return krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

/* Nothing of an earlier run may be taken for this one's. */
static int32_t clear_folder(krx_oci_job *job)
{
    static const char *const folders[] = {"exit", "persist", NULL};
    static const char *const files[] = {
        "pid",        "persist/oom", "persist/oom.noted", "persist/exit", "bundle/attach",
        "bundle/oom", NULL};
    const char *exit_file = krx_arena_printf(job->arena, "%s/exit/%s", job->folder, job->id);
    for (size_t i = 0; folders[i]; i++) {
        const char *path = krx_oci_job_path(job, folders[i]);
        if (path && mkdir(path, 0700) < 0 && errno != EEXIST)
            return krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "creating %s: %s", path,
                            strerror(errno));
    }
    for (size_t i = 0; files[i]; i++) {
        const char *path = krx_oci_job_path(job, files[i]);
        if (path)
            (void)unlink(path);
    }
    if (exit_file)
        (void)unlink(exit_file);
    return krx_arena_failed(job->arena) ? no_memory(job) : 0;
}

/* The container exists from here on; what is written before lets others finish what we can't. */
static int32_t create(krx_oci_job *job, krx_oci_conmon *conmon, bool restores)
{
    krx_oci_container *c = &job->container;
    int64_t init = 0;
    if (!krx_oci_process_of(conmon->pid, &c->conmon))
        return krx_fail(job->call, KRX_E_UNKNOWN, "starting container %s: conmon ended at once",
                        c->name);
    c->starting = !restores;
    __attribute__((unused)) krx_autoclose int hold = krx_oci_cgroup_hold(job);
    int32_t code = krx_oci_job_write(job);
    if (code == 0)
        code = krx_oci_conmon_create(job, conmon, &init);
    if (code < 0)
        return code;
    krx_oci_filter_keep(job->call, job->arena, &job->store, job->id);
    if (krx_oci_process_of(init, &c->init))
        krx_oci_cgroup_keep(job, init);
    else if (!job->at_once)
        code =
            krx_fail(job->call, KRX_E_UNKNOWN, "starting container %s: it ended at once", c->name);
    return code;
}

static const char *rate_text(krx_arena *arena, int64_t rate)
{
    return rate == KRX_UNSET ? "-" : krx_arena_printf(arena, "%" PRId64, rate);
}

static bool has_bandwidth(const krx_oci_launch *launch)
{
    return launch->egress_bps != KRX_UNSET || launch->ingress_bps != KRX_UNSET;
}

/* By the packer, as it takes a library that most starts do not need. */
static void limit_bandwidth(krx_oci_job *job)
{
    const krx_oci_launch *l = &job->launch;
    krx_side_call side;
    if (!has_bandwidth(l))
        return;
    const char *const args[] = {job->folder, rate_text(job->arena, l->egress_bps),
                                rate_text(job->arena, l->ingress_bps), "--locked", NULL};
    krx_oci_keeper_job bandwidth = {
        .keeper = job->keeper, .verb = "bandwidth", .args = args, .stdin_fd = -1};
    if (krx_oci_keeper_run(krx_side_call_init(&side, job->call), job->arena, &bandwidth, NULL) < 0)
        krx_log(job->call, KRX_LOG_WARN, "bandwidth of container %s: %s", job->container.name,
                side.error.message);
}

static int32_t start(krx_oci_job *job, krx_oci_conmon *conmon, const krx_oci_restore *restore)
{
    krx_oci_container *c = &job->container;
    bool restores = restore && restore->images;
    c->started_ns = krx_now_unix(); /* its end is seen after this in any case */
    int32_t code = create(job, conmon, restores);
    if (code < 0)
        return code;
    limit_bandwidth(job);
    if (!job->at_once && !restores) {
        c->started_ns = krx_now_unix();
        if (!(job->runtime.can & KRX_OCI_CAN_SEE_INIT)) /* runsc makes its network only now */
            job->runtime.view =
                krx_oci_netns_path(job->arena, &job->store, job->id, job->launch.network);
        code = krx_oci_job_runtime(job, job->call, "start", NULL);
        job->runtime.view = NULL;
        if (code < 0)
            return krx_wrap(job->call, "starting container %s", c->name);
    }
    c->phase = KRX_OCI_RUNNING;
    c->finished_ns = c->exit_code = KRX_UNSET;
    c->oom_killed = c->stop_asked = c->restart_asked = c->starting = false;
    c->error = NULL;
    krx_oci_prober_start(job);
    return krx_oci_job_write(job);
}

/* The container's processes, then conmon: in this order nobody else hears of it. */
static void undo(krx_oci_job *job, krx_oci_conmon *conmon, int32_t code)
{
    krx_side_call side;
    krx_call *call = krx_undo_call(&side, job->call);
    krx_oci_container *c = &job->container;
    krx_oci_signal_process(&c->prober, SIGKILL);
    krx_oci_signal_process(&c->init, SIGKILL);
    krx_oci_conmon_close(conmon);
    if (c->conmon.pid > 0)
        krx_oci_signal_process(&c->conmon, SIGKILL);
    else if (conmon->pid > 0)
        (void)kill((pid_t)conmon->pid, SIGKILL);
    if (conmon->pid > 0)
        (void)waitpid((pid_t)conmon->pid, NULL, 0);
    /* an id that somebody else has taken is not ours to delete */
    if (code != KRX_E_ALREADY_EXISTS)
        (void)krx_oci_job_runtime(job, call, "delete", (const char *const[]){"--force", NULL});
    krx_oci_cgroup_clean(job);
    c->init = c->conmon = c->prober = (krx_oci_process){0};
}

int32_t krx_oci_life_begin(krx_oci_job *job, const krx_oci_restore *restore)
{
    krx_oci_conmon conmon;
    const krx_oci_container before = job->container;
    int32_t code = clear_folder(job);
    if (!job->launch.rootless) /* to enter a user namespace a process must have one thread */
        krx_oci_cgroup_warm();
    /* runsc makes its network between the two; limits of bandwidth must be there before the start
     */
    job->at_once = !(restore && restore->images) && !has_bandwidth(&job->launch) &&
                   job->runtime.can & KRX_OCI_CAN_SEE_INIT;
    if (code == 0)
        code = krx_oci_conmon_spawn(job, restore, &conmon);
    if (code < 0)
        return code;
    code = start(job, &conmon, restore);
    if (code < 0) {
        krx_error kept = *job->call->error;
        const krx_oci_process pasta = job->container.pasta;
        undo(job, &conmon, code);
        *job->call->error = kept;
        job->container = before;
        job->container.pasta = pasta;
        job->container.conmon = job->container.init = (krx_oci_process){0};
        return code;
    }
    krx_oci_conmon_close(&conmon);
    krx_oci_event_note(job->call, &job->store, &job->container,
                       restore && restore->images ? "restore" : "start", KRX_UNSET, NULL);
    return 0;
}
