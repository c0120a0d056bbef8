/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/mapping/plan.h"

#include "lib/base/str.h"
#include "lib/engine/engine.h"
#include "modules/docker/backend/names.h"
#include "modules/docker/mapping/mapping.h"

/* ---------------------------------------------------------------------------------- in place */

/* The engine's update can set a figure but not take it away. */
static int compare_figure(int64_t wanted, const cJSON *host_config, const char *key)
{
    int64_t now = krx_json_int(host_config, key, 0);
    if (wanted == now)
        return KRX_DK_SAME;
    return wanted ? KRX_DK_IN_PLACE : KRX_DK_ANEW;
}

static int compare_policy(const krx_workload *spec, const cJSON *host_config)
{
    const cJSON *policy = krx_json_object(host_config, "RestartPolicy");
    const char *name = krx_json_text(policy, "Name");
    if (krx_streq(*name ? name : "no", krx_dk_restart_policy(spec)) &&
        krx_json_int(policy, "MaximumRetryCount", 0) == krx_dk_restart_retries(spec))
        return KRX_DK_SAME;
    return KRX_DK_IN_PLACE;
}

int krx_dk_compare_limits(const krx_workload *spec, const cJSON *host_config)
{
    const krx_resources *r = spec->resources;
    const int found[] = {
        compare_figure(krx_dk_nano_cpus(r), host_config, "NanoCpus"),
        compare_figure(krx_dk_cpu_shares(r), host_config, "CpuShares"),
        compare_figure(krx_dk_memory(r), host_config, "Memory"),
        compare_figure(krx_dk_memory_reservation(r), host_config, "MemoryReservation"),
        compare_policy(spec, host_config)};
    int worst = KRX_DK_SAME;
    for (size_t i = 0; i < KRX_COUNT(found); i++)
        worst = found[i] > worst ? found[i] : worst;
    return worst;
}

/* ------------------------------------------------------------------------------------- steps */

typedef struct planner {
    krx_arena *arena;
    const krx_workload *spec;
    const char *hash;
    const char *image_id;
    const krx_dk_workload *workload;
    const int *limits;
    krx_ptrs steps;
} planner;

static bool fits(const planner *p, const krx_dk_container *c)
{
    if (!krx_streq(c->hash, p->hash))
        return false;
    return krx_blank(p->image_id) || krx_blank(c->image_id) || krx_streq(c->image_id, p->image_id);
}

static bool usable(const krx_dk_container *c)
{
    return c->phase != KRX_DK_DEAD && c->phase != KRX_DK_REMOVING;
}

static int worth(const planner *p, const krx_dk_container *c, const char *name)
{
    bool up = c->phase == KRX_DK_RUNNING || c->phase == KRX_DK_PAUSED;
    return (fits(p, c) ? 4 : 0) + (up ? 2 : 0) + (krx_streq(c->name, name) ? 1 : 0);
}

/* Index of the container that shall be replica n, or -1. */
static long best_for(const planner *p, int64_t replica, const char *name)
{
    long best = -1;
    for (size_t i = 0; p->workload && i < p->workload->count; i++) {
        const krx_dk_container *c = p->workload->containers[i];
        if (c->replica != replica || !usable(c))
            continue;
        if (best < 0 || worth(p, c, name) > worth(p, p->workload->containers[best], name))
            best = (long)i;
    }
    return best;
}

static krx_dk_step *add_step(planner *p, uint32_t action, const krx_dk_container *old)
{
    krx_dk_step *step = krx_arena_new_of(p->arena, krx_dk_step);
    if (!step || krx_ptrs_add(p->arena, &p->steps, step) < 0)
        return NULL;
    *step = (krx_dk_step){.action = action, .old = old};
    return step;
}

static uint32_t action_for(const planner *p, const krx_dk_container *old, int limits)
{
    if (!old)
        return KRX_CHANGE_CREATE;
    if (!fits(p, old) || limits == KRX_DK_ANEW)
        return KRX_CHANGE_REPLACE;
    return limits == KRX_DK_IN_PLACE ? KRX_CHANGE_UPDATE : KRX_CHANGE_NONE;
}

static bool plan_replica(planner *p, int64_t replica)
{
    const char *name = krx_dk_container_name(p->arena, p->spec->namespace_, p->spec->name, replica);
    long best = name ? best_for(p, replica, name) : -1;
    const krx_dk_container *old = best < 0 ? NULL : p->workload->containers[best];
    krx_dk_step *step =
        add_step(p, action_for(p, old, best < 0 ? KRX_DK_SAME : p->limits[best]), old);
    if (!step || !name)
        return false;
    step->replica = replica;
    step->name = name;
    return true;
}

static bool is_kept(const planner *p, size_t wanted, const krx_dk_container *c)
{
    for (size_t i = 0; i < wanted; i++)
        if (((krx_dk_step *)p->steps.items[i])->old == c)
            return true;
    return false;
}

/* Backwards, so that the highest number goes first. */
static bool plan_removals(planner *p)
{
    size_t wanted = p->steps.count;
    int64_t replicas = p->spec->replicas;
    for (size_t i = p->workload ? p->workload->count : 0; i-- > 0;) {
        const krx_dk_container *c = p->workload->containers[i];
        if (is_kept(p, wanted, c))
            continue;
        krx_dk_step *step = add_step(p, KRX_CHANGE_REMOVE, c);
        if (!step)
            return false;
        step->replica = c->replica;
        step->name = c->name;
        step->surplus = c->replica >= 1 && c->replica <= replicas;
    }
    return true;
}

krx_dk_step **krx_dk_plan(krx_arena *arena, const krx_workload *spec, const char *hash,
                          const char *image_id, const krx_dk_workload *workload, const int *limits)
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
    return (krx_dk_step **)krx_ptrs_end(arena, &p.steps);
}

bool krx_dk_plan_creates(krx_dk_step *const *steps)
{
    for (; *steps; steps++)
        if ((*steps)->action == KRX_CHANGE_CREATE || (*steps)->action == KRX_CHANGE_REPLACE)
            return true;
    return false;
}
