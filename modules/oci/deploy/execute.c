/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>

#include "lib/base/parallel.h"
#include "lib/base/str.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/deploy/change.h"
#include "modules/oci/deploy/volumes.h"

/* ----------------------------------------------------------------------------------------- steps
 */

static bool starts(const krx_oci_deploy *d)
{
    return !(d->req->flags & KRX_DEPLOY_NO_START);
}

static int32_t create_step(krx_oci_deploy *d, krx_replica_step *step)
{
    int32_t code = krx_oci_make(d->call, d->arena, &d->making, step->replica, &step->new_id);
    if (!code && starts(d))
        code = krx_oci_start(d->call, d->making.backend, step->new_id);
    return code;
}

/* What stays runs. */
static int32_t keep_step(krx_oci_deploy *d, krx_replica_step *step)
{
    const krx_replica *old = step->old;
    if (!starts(d))
        return 0;
    if (old->phase == KRX_REPLICA_PAUSED)
        return krx_oci_pause(d->call, d->making.backend, old->id, false);
    return krx_oci_replica_up(old) ? 0 : krx_oci_start(d->call, d->making.backend, old->id);
}

static int32_t remove_step(krx_oci_deploy *d, krx_replica_step *step)
{
    int32_t code = krx_oci_stop(d->call, d->making.backend, step->old->id, KRX_UNSET);
    if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED)
        return code;
    if (code)
        krx_oci_forgive(d->call);
    return krx_oci_remove(d->call, d->making.backend, step->old->id);
}

/* -------------------------------------------------------------------------------------- together
 */

typedef int32_t step_fn(krx_oci_deploy *d, krx_replica_step *step);

typedef struct batch {
    const krx_oci_deploy *deploy;
    krx_replica_step **steps;
    step_fn *run;
    atomic_bool failed;
} batch;

/* On a call and an arena of its own. After a failure no further step is begun. */
static int32_t run_one(krx_call *call, void *ctx, size_t index)
{
    batch *b = ctx;
    krx_oci_deploy mine = *b->deploy;
    krx_replica_step step = *b->steps[index];
    if (atomic_load(&b->failed))
        return 0;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    if (!arena)
        return krx_oci_no_memory(call);
    mine.call = call;
    mine.arena = arena;
    int32_t code = b->run(&mine, &step);
    if (code)
        atomic_store(&b->failed, true);
    return code;
}

/* Steps that neither remember anything in the deploy nor wait for each other. */
static int32_t run_together(krx_oci_deploy *d, const krx_ptrs *steps, step_fn *run,
                            const char *phase, const char *text)
{
    batch b = {.deploy = d, .steps = (krx_replica_step **)steps->items, .run = run};
    for (size_t i = 0; i < steps->count; i++)
        krx_oci_progress(d->call, phase, b.steps[i]->name, text);
    return steps->count ? krx_parallel(d->call, steps->count, run_one, &b) : 0;
}

static int32_t run_removals(krx_oci_deploy *d, bool surplus)
{
    krx_ptrs steps = {0};
    for (size_t i = 0; d->steps[i]; i++)
        if (d->steps[i]->action == KRX_CHANGE_REMOVE && d->steps[i]->surplus == surplus &&
            krx_ptrs_add(d->arena, &steps, d->steps[i]) < 0)
            return krx_oci_no_memory(d->call);
    return run_together(d, &steps, remove_step, "remove", "removing");
}

/* The first one alone: what fails for it fails for all, and then there is less to take back. */
static int32_t run_creations(krx_oci_deploy *d)
{
    krx_ptrs rest = {0};
    krx_replica_step *first = NULL;
    for (size_t i = 0; d->steps[i]; i++) {
        if (d->steps[i]->action != KRX_CHANGE_CREATE)
            continue;
        if (!first)
            first = d->steps[i];
        else if (krx_ptrs_add(d->arena, &rest, d->steps[i]) < 0)
            return krx_oci_no_memory(d->call);
    }
    if (first)
        krx_oci_progress(d->call, "create", first->name, "creating");
    int32_t code = first ? create_step(d, first) : 0;
    return code ? code : run_together(d, &rest, create_step, "create", "creating");
}

static int32_t run_step(krx_oci_deploy *d, krx_replica_step *step)
{
    int32_t code = 0;
    switch (step->action) {
    case KRX_CHANGE_REPLACE:
        return krx_replica_recreates(d->making.spec) ? 0 : krx_oci_replace_one(d, step);
    case KRX_CHANGE_UPDATE:
        code = krx_oci_update_step(d, step);
        return code ? code : keep_step(d, step);
    case KRX_CHANGE_NONE:
        return keep_step(d, step);
    default:
        return 0;
    }
}

int32_t krx_oci_execute(krx_oci_deploy *deploy)
{
    int32_t code = run_removals(deploy, true);
    if (!code && krx_replica_recreates(deploy->making.spec))
        code = krx_oci_replace_all(deploy);
    if (!code)
        code = run_creations(deploy);
    for (size_t i = 0; deploy->steps[i] && !code; i++)
        code = run_step(deploy, deploy->steps[i]);
    return code ? code : run_removals(deploy, false);
}

/* --------------------------------------------------------------------------------------- undoing
 */

static bool is_kept(const krx_oci_deploy *d, const char *id)
{
    for (size_t i = 0; i < d->kept.count; i++)
        if (krx_streq(d->kept.items[i], id))
            return true;
    return false;
}

typedef struct leftovers {
    krx_oci_backend *backend;
    krx_ptrs ids;
} leftovers;

static int32_t remove_leftover(krx_call *call, void *ctx, size_t index)
{
    const leftovers *l = ctx;
    return krx_oci_remove(call, l->backend, l->ids.items[index]);
}

void krx_oci_take_back(krx_oci_deploy *deploy)
{
    krx_side_call undo;
    krx_call *call = krx_undo_call(&undo, deploy->call);
    krx_oci_backend *backend = deploy->making.backend;
    leftovers left = {.backend = backend};
    krx_replica_group *group = NULL;
    int32_t code = krx_oci_group(call, deploy->arena, backend, deploy->making.namespace_,
                                 deploy->making.spec->name, &group);
    for (size_t i = 0; !code && group && i < group->count; i++) {
        const krx_replica *c = group->containers[i];
        if (c->generation == deploy->making.generation && !is_kept(deploy, c->id) &&
            krx_ptrs_add(deploy->arena, &left.ids, c->id) < 0)
            (void)krx_oci_remove(call, backend, c->id);
    }
    if (left.ids.count)
        (void)krx_parallel(call, left.ids.count, remove_leftover, &left);
    if (!deploy->kept.count && deploy->new_volumes.count)
        krx_oci_volumes_forget(call, backend, deploy->making.generation);
    for (size_t i = 0; i < deploy->stopped.count; i++) {
        const krx_replica *old = deploy->stopped.items[i];
        (void)krx_oci_start(call, backend, old->id);
    }
}
