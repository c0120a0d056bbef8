/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container is replaced in four moves: make (under a name of its own where names must differ),
 * stop the old one, start the new one, commit (remove the old one, take over its name). Until the
 * commit the old one is there to go back to.
 */
#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/report.h"
#include "lib/base/str.h"
#include "lib/replicas/internal.h"

#define SETTLE_NS (500 * KRX_NS_PER_MS)

/* The name while it waits for its turn; NULL when out of memory. */
static const char *next_name(const krx_replica_deploy *d, const krx_replica_step *step)
{
    return d->deeds->take_name ? krx_arena_printf(d->arena, "%s.next", step->name) : step->name;
}

int32_t krx_replica_restore_name(krx_replica_deploy *deploy, const krx_replica_step *step)
{
    const krx_replica *old = step->old;
    if (!deploy->deeds->take_name || krx_streq(old->name, step->name))
        return 0;
    return deploy->deeds->take_name(deploy, old->id, old->name, step->name);
}

static int32_t make_next(krx_replica_deploy *d, krx_replica_step *step)
{
    const char *name = next_name(d, step);
    int32_t code = krx_replica_restore_name(d, step);
    if (code)
        return code;
    krx_tell_progress(d->call, "replace", step->name, "creating");
    return name ? d->deeds->make(d, name, step->replica, &step->new_id) : krx_no_memory(d->call);
}

static int32_t stop_old(krx_replica_deploy *d, krx_replica_step *step)
{
    if (!krx_replica_up(step->old))
        return 0;
    if (krx_ptrs_add(d->arena, &d->stopped, step->old) < 0)
        return krx_no_memory(d->call);
    return d->deeds->stop(d, step->old->id, step->old->name);
}

static int32_t start_next(krx_replica_deploy *d, krx_replica_step *step)
{
    return krx_replicas_start(d) ? d->deeds->start(d, step->new_id, step->name) : 0;
}

static int32_t commit(krx_replica_deploy *d, krx_replica_step *step)
{
    const char *name = next_name(d, step);
    if (!name || krx_ptrs_add(d->arena, &d->kept, step->new_id) < 0)
        return krx_no_memory(d->call);
    for (size_t i = 0; i < d->stopped.count; i++)
        if (d->stopped.items[i] == step->old)
            d->stopped.items[i] = d->stopped.items[--d->stopped.count];
    int32_t code = d->deeds->remove(d, step->old->id, step->old->name);
    if (code || !d->deeds->take_name)
        return code;
    return d->deeds->take_name(d, step->new_id, name, step->name);
}

/* -------------------------------------------------------------------------------------- settling
 */

static int32_t ended_early(krx_replica_deploy *d, const krx_replica_step *step,
                           const krx_replica_fate *fate)
{
    char status[48] = "";
    if (fate->exit_code != KRX_UNSET && fate->exit_code != 0)
        (void)snprintf(status, sizeof status, " with status %" PRId64, fate->exit_code);
    return krx_fail(d->call, KRX_E_FAILED_PRECONDITION,
                    "the new container %s ended%s right after it was started%s%s", step->name,
                    status, krx_blank(fate->error) ? "" : ": ", fate->error ? fate->error : "");
}

/* 1: it serves, 0: not decided, negative: it does not. */
static int32_t judge(krx_replica_deploy *d, krx_replica_step *step, bool health, int64_t waited)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_replica_deploy mine = *d;
    krx_replica_fate fate = {0};
    if (!arena)
        return krx_no_memory(d->call);
    mine.arena = arena;
    int32_t code = d->deeds->fate(&mine, step->new_id, step->name, &fate);
    if (code)
        return code;
    bool again = fate.restarts != KRX_UNSET && fate.restarts > 0;
    if (again || fate.phase == KRX_REPLICA_RESTARTING ||
        (fate.exit_code != KRX_UNSET && fate.exit_code != 0))
        return ended_early(d, step, &fate);
    if (!health || !fate.health || krx_streq(fate.health, "healthy"))
        return 1;
    if (krx_streq(fate.health, "unhealthy") || waited > fate.decided_ns)
        return krx_fail(d->call, KRX_E_FAILED_PRECONDITION,
                        "the new container %s did not become healthy", step->name);
    return 0;
}

static int32_t settle(krx_replica_deploy *d, krx_replica_step *step, bool health)
{
    int64_t begin = krx_now_monotonic();
    int32_t verdict = 0;
    while (!verdict && krx_replicas_start(d)) {
        int32_t code = krx_sleep(d->call, SETTLE_NS);
        if (code < 0)
            return code;
        verdict = judge(d, step, health, krx_now_monotonic() - begin);
    }
    if (verdict < 0 && verdict != KRX_E_ABORTED && !d->call->error->hint[0])
        (void)krx_hint(d->call, "%s", d->deeds->kept_hint);
    return verdict < 0 ? verdict : 0;
}

/* ------------------------------------------------------------------------------------ strategies
 */

int32_t krx_replica_replace(krx_replica_deploy *deploy, krx_replica_step *step)
{
    bool first = krx_replica_old_first(deploy->spec);
    int32_t code = make_next(deploy, step);
    if (!code && first)
        code = stop_old(deploy, step);
    if (!code)
        code = start_next(deploy, step);
    if (!code)
        code = settle(deploy, step, !first);
    if (!code && !first)
        code = stop_old(deploy, step);
    return code ? code : commit(deploy, step);
}

static int32_t each_replaced(krx_replica_deploy *d,
                             int32_t (*move)(krx_replica_deploy *, krx_replica_step *))
{
    int32_t code = 0;
    for (size_t i = 0; d->steps[i] && !code; i++)
        if (d->steps[i]->action == KRX_CHANGE_REPLACE)
            code = move(d, d->steps[i]);
    return code;
}

int32_t krx_replicas_replace(krx_replica_deploy *deploy)
{
    int32_t code = each_replaced(deploy, make_next);
    if (!code)
        code = each_replaced(deploy, stop_old);
    if (!code)
        code = each_replaced(deploy, start_next);
    return code ? code : each_replaced(deploy, commit);
}
