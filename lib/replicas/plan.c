/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/replicas/plan.h"

#include "lib/base/str.h"
#include "lib/replicas/names.h"

typedef struct planner {
    krx_arena *arena;
    const krx_workload *spec;
    const char *hash;
    const char *image_id;
    const krx_replica_group *workload;
    const int *limits;
    krx_ptrs steps;
} planner;

static bool fits(const planner *p, const krx_replica *c)
{
    if (!krx_streq(c->hash, p->hash))
        return false;
    return krx_blank(p->image_id) || krx_blank(c->image_id) || krx_streq(c->image_id, p->image_id);
}

static bool usable(const krx_replica *c)
{
    return c->phase != KRX_REPLICA_DEAD && c->phase != KRX_REPLICA_REMOVING;
}

static int worth(const planner *p, const krx_replica *c, const char *name)
{
    bool up = c->phase == KRX_REPLICA_RUNNING || c->phase == KRX_REPLICA_PAUSED;
    return (fits(p, c) ? 4 : 0) + (up ? 2 : 0) + (krx_streq(c->name, name) ? 1 : 0);
}

/* Index of the container that shall be replica n, or -1. */
static long best_for(const planner *p, int64_t replica, const char *name)
{
    long best = -1;
    for (size_t i = 0; p->workload && i < p->workload->count; i++) {
        const krx_replica *c = p->workload->containers[i];
        if (c->replica != replica || !usable(c))
            continue;
        if (best < 0 || worth(p, c, name) > worth(p, p->workload->containers[best], name))
            best = (long)i;
    }
    return best;
}

static krx_replica_step *add_step(planner *p, uint32_t action, const krx_replica *old)
{
    krx_replica_step *step = krx_arena_new_of(p->arena, krx_replica_step);
    if (!step || krx_ptrs_add(p->arena, &p->steps, step) < 0)
        return NULL;
    *step = (krx_replica_step){.action = action, .old = old};
    return step;
}

static uint32_t action_for(const planner *p, const krx_replica *old, int limits)
{
    if (!old)
        return KRX_CHANGE_CREATE;
    if (!fits(p, old) || limits == KRX_REPLICA_ANEW)
        return KRX_CHANGE_REPLACE;
    return limits == KRX_REPLICA_IN_PLACE ? KRX_CHANGE_UPDATE : KRX_CHANGE_NONE;
}

static bool plan_replica(planner *p, int64_t replica)
{
    const char *name = krx_replica_name(p->arena, p->spec->namespace_, p->spec->name, replica);
    long best = name ? best_for(p, replica, name) : -1;
    const krx_replica *old = best < 0 ? NULL : p->workload->containers[best];
    krx_replica_step *step =
        add_step(p, action_for(p, old, best < 0 ? KRX_REPLICA_SAME : p->limits[best]), old);
    if (!step || !name)
        return false;
    step->replica = replica;
    step->name = name;
    return true;
}

static bool is_kept(const planner *p, size_t wanted, const krx_replica *c)
{
    for (size_t i = 0; i < wanted; i++)
        if (((krx_replica_step *)p->steps.items[i])->old == c)
            return true;
    return false;
}

/* Backwards, so that the highest number goes first. */
static bool plan_removals(planner *p)
{
    size_t wanted = p->steps.count;
    int64_t replicas = p->spec->replicas;
    for (size_t i = p->workload ? p->workload->count : 0; i-- > 0;) {
        const krx_replica *c = p->workload->containers[i];
        if (is_kept(p, wanted, c))
            continue;
        krx_replica_step *step = add_step(p, KRX_CHANGE_REMOVE, c);
        if (!step)
            return false;
        step->replica = c->replica;
        step->name = c->name;
        step->surplus = c->replica >= 1 && c->replica <= replicas;
    }
    return true;
}

krx_replica_step **krx_replica_plan(krx_arena *arena, const krx_workload *spec, const char *hash,
                                    const char *image_id, const krx_replica_group *workload,
                                    const int *limits)
{
    planner p = {.arena = arena,
                 .spec = spec,
                 .hash = hash,
                 .image_id = image_id,
                 .workload = workload,
                 .limits = limits};
    for (int64_t replica = 1; replica <= spec->replicas; replica++)
        if (!plan_replica(&p, replica))
            return NULL;
    if (!plan_removals(&p))
        return NULL;
    return (krx_replica_step **)krx_ptrs_end(arena, &p.steps);
}

bool krx_replica_plan_creates(krx_replica_step *const *steps)
{
    for (; *steps; steps++)
        if ((*steps)->action == KRX_CHANGE_CREATE || (*steps)->action == KRX_CHANGE_REPLACE)
            return true;
    return false;
}
