/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>

#include "lib/base/parallel.h"
#include "lib/base/report.h"
#include "lib/base/side_call.h"
#include "lib/base/str.h"
#include "lib/replicas/internal.h"

/* ----------------------------------------------------------------------------------------- steps
 */

static int32_t create_step(krx_replica_deploy *d, krx_replica_step *step)
{
    int32_t code = d->deeds->make(d, step->name, step->replica, &step->new_id);
    return code || !krx_replicas_start(d) ? code : d->deeds->start(d, step->new_id, step->name);
}

static int32_t update_step(krx_replica_deploy *d, krx_replica_step *step)
{
    krx_tell_progress(d->call, "update", step->name, "updating");
    return d->deeds->update(d, step);
}

/* What stays gets its name back and runs. */
static int32_t keep_step(krx_replica_deploy *d, krx_replica_step *step)
{
    const krx_replica *old = step->old;
    int32_t code = krx_replica_restore_name(d, step);
    if (code || !krx_replicas_start(d))
        return code;
    if (old->phase == KRX_REPLICA_PAUSED)
        return d->deeds->unpause(d, old->id, step->name);
    return krx_replica_up(old) ? 0 : d->deeds->start(d, old->id, step->name);
}

/* What can't be stopped is removed by force all the same. */
static int32_t remove_step(krx_replica_deploy *d, krx_replica_step *step)
{
    int32_t code = d->deeds->stop(d, step->old->id, step->name);
    if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED)
        return code;
    if (code)
        krx_forgive(d->call);
    return d->deeds->remove(d, step->old->id, step->name);
}

/* -------------------------------------------------------------------------------------- together
 */

typedef int32_t step_fn(krx_replica_deploy *d, krx_replica_step *step);

typedef struct batch {
    const krx_replica_deploy *deploy;
    krx_replica_step **steps;
    step_fn *run;
    atomic_bool failed;
} batch;

/* On a call and an arena of its own. After a failure no further step is begun. */
static int32_t run_one(krx_call *call, void *ctx, size_t index)
{
    batch *b = ctx;
    krx_replica_deploy mine = *b->deploy;
    krx_replica_step step = *b->steps[index];
    if (atomic_load(&b->failed))
        return 0;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    if (!arena)
        return krx_no_memory(call);
    mine.call = call;
    mine.arena = arena;
    int32_t code = b->run(&mine, &step);
    if (code)
        atomic_store(&b->failed, true);
    return code;
}

/* Steps that neither remember anything in the deploy nor wait for each other. */
static int32_t run_together(krx_replica_deploy *d, const krx_ptrs *steps, step_fn *run,
                            const char *phase, const char *text)
{
    batch b = {.deploy = d, .steps = (krx_replica_step **)steps->items, .run = run};
    for (size_t i = 0; i < steps->count; i++)
        krx_tell_progress(d->call, phase, b.steps[i]->name, text);
    return steps->count ? krx_parallel(d->call, steps->count, run_one, &b) : 0;
}

static int32_t run_removals(krx_replica_deploy *d, bool surplus)
{
    krx_ptrs steps = {0};
    for (size_t i = 0; d->steps[i]; i++)
        if (d->steps[i]->action == KRX_CHANGE_REMOVE && d->steps[i]->surplus == surplus &&
            krx_ptrs_add(d->arena, &steps, d->steps[i]) < 0)
            return krx_no_memory(d->call);
    return run_together(d, &steps, remove_step, "remove", "removing");
}

/* The first one alone: what fails for it fails for all, and then there is less to take back. Of two
 * deploys at the same time that no lock keeps apart one fails there. */
static int32_t run_creations(krx_replica_deploy *d)
{
    krx_ptrs rest = {0};
    krx_replica_step *first = NULL;
    for (size_t i = 0; d->steps[i]; i++) {
        if (d->steps[i]->action != KRX_CHANGE_CREATE)
            continue;
        if (!first)
            first = d->steps[i];
        else if (krx_ptrs_add(d->arena, &rest, d->steps[i]) < 0)
            return krx_no_memory(d->call);
    }
    if (first)
        krx_tell_progress(d->call, "create", first->name, "creating");
    int32_t code = first ? create_step(d, first) : 0;
    return code ? code : run_together(d, &rest, create_step, "create", "creating");
}

static int32_t run_step(krx_replica_deploy *d, krx_replica_step *step)
{
    int32_t code = 0;
    switch (step->action) {
    case KRX_CHANGE_REPLACE:
        return krx_replica_recreates(d->spec) ? 0 : krx_replica_replace(d, step);
    case KRX_CHANGE_UPDATE:
        code = update_step(d, step);
        return code ? code : keep_step(d, step);
    case KRX_CHANGE_NONE:
        return keep_step(d, step);
    default:
        return 0;
    }
}

int32_t krx_replicas_execute(krx_replica_deploy *deploy)
{
    int32_t code = run_removals(deploy, true);
    if (!code && krx_replica_recreates(deploy->spec))
        code = krx_replicas_replace(deploy);
    if (!code)
        code = run_creations(deploy);
    for (size_t i = 0; deploy->steps[i] && !code; i++)
        code = run_step(deploy, deploy->steps[i]);
    if (!code)
        code = run_removals(deploy, false);
    return code ? code : deploy->deeds->record(deploy);
}

/* --------------------------------------------------------------------------------------- undoing
 */

static bool is_kept(const krx_replica_deploy *d, const char *id)
{
    for (size_t i = 0; i < d->kept.count; i++)
        if (krx_streq(d->kept.items[i], id))
            return true;
    return false;
}

typedef struct leftovers {
    const krx_replica_deploy *deploy;
    krx_ptrs ids;
} leftovers;

static int32_t remove_leftover(krx_call *call, void *ctx, size_t index)
{
    const leftovers *l = ctx;
    krx_replica_deploy mine = *l->deploy;
    const char *id = l->ids.items[index];
    if (is_kept(&mine, id))
        return 0;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    if (!arena)
        return krx_no_memory(call);
    mine.call = call;
    mine.arena = arena;
    return mine.deeds->remove(&mine, id, id);
}

/* Whatever the backend knows of, so that what was made by a request whose answer never came is
 * found too. */
void krx_replicas_take_back(krx_replica_deploy *deploy)
{
    krx_side_call side;
    krx_replica_deploy undo = *deploy;
    leftovers left = {.deploy = &undo};
    undo.call = krx_undo_call(&side, deploy->call);
    (void)undo.deeds->made(&undo, &left.ids);
    if (left.ids.count)
        (void)krx_parallel(undo.call, left.ids.count, remove_leftover, &left);
    if (!undo.kept.count && undo.new_volumes.count)
        undo.deeds->forget_volumes(&undo);
    for (size_t i = 0; i < undo.stopped.count; i++) {
        const krx_replica *old = undo.stopped.items[i];
        (void)undo.deeds->start(&undo, old->id, old->name);
    }
}
