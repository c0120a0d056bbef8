/* SPDX-License-Identifier: Apache-2.0 */
/* start DIR [--restore IMAGES [--restore-option OPTION]...] */
#include <string.h>

#include "lib/base/side_call.h"
#include "modules/oci/keeper/keeper.h"
#include "modules/oci/keeper/life.h"
#include "modules/oci/net/net.h"
#include "modules/oci/store/events.h"

static int32_t read_options(krx_call *call, krx_arena *arena, int argc, char **argv,
                            krx_oci_restore *out)
{
    krx_ptrs options = {0};
    for (int i = 2; i < argc; i += 2) {
        if (i + 1 == argc)
            return krx_fail(call, KRX_E_INVALID_ARGUMENT, "start: '%s' has no value", argv[i]);
        if (strcmp(argv[i], "--restore") == 0)
            out->images = argv[i + 1];
        else if (strcmp(argv[i], "--restore-option") == 0)
            (void)krx_ptrs_add(arena, &options, argv[i + 1]);
        else
            return krx_fail(call, KRX_E_INVALID_ARGUMENT, "start: '%s' is no option", argv[i]);
    }
    out->options = (const char *const *)krx_ptrs_end(arena, &options);
    return krx_arena_failed(arena) ? krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory") : 0;
}

static bool begins_anew(int phase)
{
    return phase == KRX_OCI_CREATED || phase == KRX_OCI_EXITED || phase == KRX_OCI_WAITING;
}

/* What the last start left half done, or whose end nobody noted, is settled first. */
static int32_t make_ready(krx_oci_job *job, const krx_oci_restore *restore)
{
    krx_oci_container *c = &job->container;
    int32_t code = krx_oci_life_settle(job, "its end was not noted");
    if (code == 0)
        code = krx_oci_job_enter(job);
    if (code < 0)
        return code;
    c->stop_asked = false;
    c->restarts = c->pause_ns = 0;
    c->health = c->error = NULL;
    /* whoever finds it so with nobody at it begins it again, as far as its policy says so */
    c->starting = !restore->images;
    code = krx_oci_job_write(job);
    return code < 0 ? code
                    : krx_oci_net_attach(job->call, job->arena, &job->store, &job->launch, c);
}

/* As before, with the reason. */
static void give_up(krx_oci_job *job)
{
    krx_side_call side;
    krx_call *call = krx_undo_call(&side, job->call);
    krx_oci_container *c = &job->container;
    c->error = krx_arena_strdup(job->arena, job->call->error->message);
    c->starting = c->restart_asked = false;
    if (krx_oci_life_release(job, call) < 0)
        krx_log(job->call, KRX_LOG_WARN, "%s", side.error.message);
    if (krx_oci_container_write(call, &job->store, c) < 0)
        krx_log(job->call, KRX_LOG_WARN, "%s", side.error.message);
    krx_oci_event_note(call, &job->store, c, "error", KRX_UNSET, c->error);
}

int32_t krx_oci_life_start(krx_oci_job *job, const krx_oci_restore *restore)
{
    int32_t code = make_ready(job, restore);
    if (code == 0)
        code = krx_oci_life_begin(job, restore);
    if (code < 0)
        give_up(job);
    return code;
}

int32_t krx_oci_verb_start(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_auto_job krx_oci_job job = {.lock = -1};
    krx_oci_restore restore = {0};
    (void)answer;
    int32_t code = read_options(call, arena, argc, argv, &restore);
    if (code == 0)
        code = krx_oci_job_open(call, arena, argv[1], &job);
    if (code == 0)
        code = krx_oci_job_lock(&job);
    if (code < 0)
        return code;
    int phase = krx_oci_container_phase(&job.container);
    if (phase == KRX_OCI_RUNNING || phase == KRX_OCI_PAUSED)
        return 0;
    if (!begins_anew(phase))
        return krx_fail(call, KRX_E_FAILED_PRECONDITION, "container %s is being removed",
                        job.container.name);
    return krx_oci_life_start(&job, &restore);
}
