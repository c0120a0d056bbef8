/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>

#include "lib/base/parallel.h"
#include "modules/docker/deploy/change.h"
#include "modules/docker/deploy/volumes.h"

/* ---------------------------------------------------------------------------------------- steps */

static bool starts(const krx_dk_deploy *d)
{
    return !(d->req->flags & KRX_DEPLOY_NO_START);
}

static int32_t create_step(krx_dk_deploy *d, krx_replica_step *step)
{
    int32_t code = krx_dk_create(d, step->name, step->replica, false, &step->new_id);
    if (!code && starts(d))
        code = krx_dk_start_made(d, step->new_id, step->name);
    return code;
}

static int32_t update_step(krx_dk_deploy *d, krx_replica_step *step)
{
    KRX_DK_PATH(path, "/containers", step->old->id, "/update");
    krx_auto_str krx_str what = {0};
    char *body = krx_dk_update_body(d->arena, d->spec);
    krx_str_addf(&what, "updating container %s", step->old->name);
    if (!body || krx_str_failed(&path) || krx_str_failed(&what))
        return krx_dk_no_memory(d->call);
    krx_dk_progress(d->call, "update", step->name, "updating");
    int32_t code =
        krx_dk_post(d->call, d->backend, krx_str_get(&path), krx_str_get(&what), body, NULL);
    return krx_dk_moved(d, code, step->old->name);
}

/* What stays gets its name back and runs. */
static int32_t keep_step(krx_dk_deploy *d, krx_replica_step *step)
{
    const krx_replica *old = step->old;
    int32_t code = 0;
    if (!krx_streq(old->name, step->name))
        code = krx_dk_take_name(d, old->id, old->name, step->name);
    if (!code && starts(d) && old->phase == KRX_REPLICA_PAUSED)
        code = krx_dk_unpause(d->call, d->backend, old->id, step->name);
    else if (!code && starts(d) && old->phase != KRX_REPLICA_RUNNING &&
             old->phase != KRX_REPLICA_RESTARTING)
        code = krx_dk_start(d->call, d->backend, old->id, step->name);
    return krx_dk_moved(d, code, step->name);
}

static int32_t remove_step(krx_dk_deploy *d, krx_replica_step *step)
{
    int32_t code = krx_dk_stop(d->call, d->backend, step->old->id, step->name, KRX_UNSET);
    if (code && code != KRX_E_NOT_FOUND)
        return code;
    if (code)
        krx_dk_forgive(d->call);
    return krx_dk_remove(d->call, d->backend, step->old->id, step->name);
}

/* ------------------------------------------------------------------------------------- together */

typedef int32_t step_fn(krx_dk_deploy *d, krx_replica_step *step);

typedef struct batch {
    const krx_dk_deploy *deploy;
    krx_replica_step **steps;
    step_fn *run;
    atomic_bool failed;
} batch;

/* On a call and an arena of its own. After a failure no further step is begun. */
static int32_t run_one(krx_call *call, void *ctx, size_t index)
{
    batch *b = ctx;
    krx_dk_deploy mine = *b->deploy;
    krx_replica_step step = *b->steps[index];
    if (atomic_load(&b->failed))
        return 0;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    if (!arena)
        return krx_dk_no_memory(call);
    mine.call = call;
    mine.arena = arena;
    int32_t code = b->run(&mine, &step);
    if (code)
        atomic_store(&b->failed, true);
    return code;
}

/* Steps that neither remember anything in the deploy nor wait for each other. */
static int32_t run_together(krx_dk_deploy *d, const krx_ptrs *steps, step_fn *run,
                            const char *phase, const char *text)
{
    batch b = {.deploy = d, .steps = (krx_replica_step **)steps->items, .run = run};
    for (size_t i = 0; i < steps->count; i++)
        krx_dk_progress(d->call, phase, b.steps[i]->name, text);
    return steps->count ? krx_parallel(d->call, steps->count, run_one, &b) : 0;
}

static int32_t run_removals(krx_dk_deploy *d, bool surplus)
{
    krx_ptrs steps = {0};
    for (size_t i = 0; d->steps[i]; i++)
        if (d->steps[i]->action == KRX_CHANGE_REMOVE && d->steps[i]->surplus == surplus &&
            krx_ptrs_add(d->arena, &steps, d->steps[i]) < 0)
            return krx_dk_no_memory(d->call);
    return run_together(d, &steps, remove_step, "remove", "removing");
}

/* The first one alone: of two deploys at the same time one fails there, before it made more. */
static int32_t run_creations(krx_dk_deploy *d)
{
    krx_ptrs rest = {0};
    krx_replica_step *first = NULL;
    for (size_t i = 0; d->steps[i]; i++) {
        if (d->steps[i]->action != KRX_CHANGE_CREATE)
            continue;
        if (!first)
            first = d->steps[i];
        else if (krx_ptrs_add(d->arena, &rest, d->steps[i]) < 0)
            return krx_dk_no_memory(d->call);
    }
    int32_t code = first ? create_step(d, first) : 0;
    return code ? code : run_together(d, &rest, create_step, "create", "creating");
}

static int32_t run_step(krx_dk_deploy *d, krx_replica_step *step)
{
    int32_t code = 0;
    switch (step->action) {
    case KRX_CHANGE_REPLACE:
        return krx_replica_recreates(d->spec) ? 0 : krx_dk_replace_one(d, step);
    case KRX_CHANGE_UPDATE:
        code = update_step(d, step);
        return code ? code : keep_step(d, step);
    case KRX_CHANGE_NONE:
        return keep_step(d, step);
    default:
        return 0;
    }
}

/* --------------------------------------------------------------------------------------- record */

/*
 * Labels of a container never change. When no container was made although the spec is another one
 * (scaled down, updated in place), one that never runs carries it; when one was, none is needed.
 */
static int32_t keep_record(krx_dk_deploy *d)
{
    const krx_replica_group *w = d->found.workload;
    const krx_replica *record = w ? w->record : NULL;
    const char *id;
    bool made = krx_replica_plan_creates(d->steps);
    bool current = w && krx_streq(w->current->spec_json, d->req->spec_json);
    for (size_t i = 0; current && !w->current->record && d->steps[i]; i++)
        if (d->steps[i]->action == KRX_CHANGE_REMOVE && d->steps[i]->old == w->current)
            current = false;
    if (current && !made)
        return 0;
    int32_t code = record ? krx_dk_remove(d->call, d->backend, record->id, record->name) : 0;
    if (code || made)
        return code;
    char *name = krx_dk_record_name(d->arena, d->namespace_, d->spec->name);
    return name ? krx_dk_create(d, name, 0, true, &id) : krx_dk_no_memory(d->call);
}

int32_t krx_dk_execute(krx_dk_deploy *deploy)
{
    int32_t code = run_removals(deploy, true);
    if (!code && krx_replica_recreates(deploy->spec))
        code = krx_dk_replace_all(deploy);
    if (!code)
        code = run_creations(deploy);
    for (size_t i = 0; deploy->steps[i] && !code; i++)
        code = run_step(deploy, deploy->steps[i]);
    if (!code)
        code = run_removals(deploy, false);
    return code ? code : keep_record(deploy);
}

/* -------------------------------------------------------------------------------------- undoing */

static bool is_kept(const krx_dk_deploy *d, const char *id)
{
    for (size_t i = 0; i < d->kept.count; i++)
        if (krx_streq(d->kept.items[i], id))
            return true;
    return false;
}

typedef struct leftovers {
    krx_dk_backend *backend;
    krx_ptrs ids;
} leftovers;

static int32_t remove_leftover(krx_call *call, void *ctx, size_t index)
{
    const leftovers *l = ctx;
    return krx_dk_remove(call, l->backend, l->ids.items[index], l->ids.items[index]);
}

/* By label, so that what was made by a request whose answer we never saw is found too. */
static void remove_made(krx_dk_deploy *d, krx_call *call, const char *const *labels)
{
    krx_auto_json cJSON *list = NULL, *json = NULL;
    const cJSON *item, *volumes = NULL;
    leftovers left = {.backend = d->backend};
    if (!krx_dk_list_json(call, d->backend, labels, true, &list)) {
        cJSON_ArrayForEach (item, list) {
            const char *id = krx_json_text(item, "Id");
            if (*id && !is_kept(d, id) && krx_ptrs_add(d->arena, &left.ids, id) < 0)
                (void)krx_dk_remove(call, d->backend, id, id);
        }
        if (left.ids.count)
            (void)krx_parallel(call, left.ids.count, remove_leftover, &left);
    }
    if (d->kept.count || !d->new_volumes.count ||
        krx_dk_volumes_json(call, d->backend, labels, &json, &volumes))
        return;
    cJSON_ArrayForEach (item, volumes)
        (void)krx_dk_volume_remove(call, d->backend, krx_json_text(item, "Name"));
}

void krx_dk_take_back(krx_dk_deploy *deploy)
{
    krx_side_call undo;
    krx_call *call = krx_undo_call(&undo, deploy->call);
    const char *labels[] = {
        KRX_LABEL_MANAGED_BY "=" KRX_LABEL_KRANIX,
        krx_arena_printf(deploy->arena, KRX_LABEL_GENERATION "=%s", deploy->generation), NULL};
    if (labels[1])
        remove_made(deploy, call, labels);
    for (size_t i = 0; i < deploy->stopped.count; i++) {
        const krx_replica *old = deploy->stopped.items[i];
        (void)krx_dk_start(call, deploy->backend, old->id, old->name);
    }
}
