/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container is replaced in four moves: make, stop the old one, start the new one, commit (remove
 * the old one). Until the commit the old one is there to go back to.
 */
#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/deploy/change.h"

#define SETTLE_NS (500 * KRX_NS_PER_MS)
#define HEALTH_MARGIN_NS (10 * KRX_NS_PER_S)

static bool starts(const krx_oci_deploy *d)
{
    return !(d->req->flags & KRX_DEPLOY_NO_START);
}

static int32_t make_next(krx_oci_deploy *d, krx_replica_step *step)
{
    krx_oci_progress(d->call, "replace", step->name, "creating");
    return krx_oci_make(d->call, d->arena, &d->making, step->replica, &step->new_id);
}

static int32_t stop_old(krx_oci_deploy *d, krx_replica_step *step)
{
    if (!krx_oci_replica_up(step->old))
        return 0;
    if (krx_ptrs_add(d->arena, &d->stopped, step->old) < 0)
        return krx_oci_no_memory(d->call);
    return krx_oci_stop(d->call, d->making.backend, step->old->id, KRX_UNSET);
}

static int32_t start_next(krx_oci_deploy *d, krx_replica_step *step)
{
    return starts(d) ? krx_oci_start(d->call, d->making.backend, step->new_id) : 0;
}

static int32_t commit(krx_oci_deploy *d, krx_replica_step *step)
{
    if (krx_ptrs_add(d->arena, &d->kept, step->new_id) < 0)
        return krx_oci_no_memory(d->call);
    for (size_t i = 0; i < d->stopped.count; i++)
        if (d->stopped.items[i] == step->old)
            d->stopped.items[i] = d->stopped.items[--d->stopped.count];
    return krx_oci_remove(d->call, d->making.backend, step->old->id);
}

/* -------------------------------------------------------------------------------------- settling
 */

/* By then a probe has made up its mind. */
static int64_t probe_limit(const krx_probe *probe)
{
    if (!probe)
        return 0;
    int64_t seconds =
        probe->initial_delay_seconds + (probe->period_seconds + probe->timeout_seconds) *
                                           (probe->failure_threshold + probe->success_threshold);
    return seconds * KRX_NS_PER_S;
}

static bool has_probes(const krx_workload *spec)
{
    const krx_probes *p = spec->probes;
    return p && (p->startup || p->liveness || p->readiness);
}

static int64_t health_limit(const krx_workload *spec)
{
    const krx_probes *p = spec->probes;
    int64_t live = probe_limit(p->liveness), ready = probe_limit(p->readiness);
    return probe_limit(p->startup) + (live > ready ? live : ready) + HEALTH_MARGIN_NS;
}

static int32_t ended_early(krx_oci_deploy *d, const krx_replica_step *step,
                           const krx_oci_container *c)
{
    char status[48] = "";
    if (c->exit_code > 0)
        (void)snprintf(status, sizeof status, " with status %" PRId64, c->exit_code);
    return krx_fail(d->call, KRX_E_FAILED_PRECONDITION,
                    "the new container %s ended%s right after it was started%s%s", step->name,
                    status, c->error ? ": " : "", c->error ? c->error : "");
}

/* 1: it serves, 0: not decided, negative: it does not. */
static int32_t judge(krx_oci_deploy *d, krx_replica_step *step, bool health, int64_t waited)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const krx_workload *spec = d->making.spec;
    krx_oci_container c;
    if (!arena)
        return krx_oci_no_memory(d->call);
    int32_t code =
        krx_oci_container_read(d->call, arena, &d->making.backend->store, step->new_id, &c);
    if (code)
        return code;
    int phase = krx_oci_container_phase(&c);
    if (c.restarts > 0 || phase == KRX_OCI_WAITING || (phase == KRX_OCI_EXITED && c.exit_code != 0))
        return ended_early(d, step, &c);
    if (!health || !has_probes(spec) || phase != KRX_OCI_RUNNING || krx_streq(c.health, "healthy"))
        return 1;
    if (krx_streq(c.health, "unhealthy") || waited > health_limit(spec))
        return krx_fail(d->call, KRX_E_FAILED_PRECONDITION,
                        "the new container %s did not become healthy", step->name);
    return 0;
}

static int32_t settle(krx_oci_deploy *d, krx_replica_step *step, bool health)
{
    int64_t begin = krx_now_monotonic();
    int32_t verdict = 0;
    while (!verdict && starts(d)) {
        int32_t code = krx_sleep(d->call, SETTLE_NS);
        if (code < 0)
            return code;
        verdict = judge(d, step, health, krx_now_monotonic() - begin);
    }
    if (verdict < 0 && !d->call->error->hint[0])
        (void)krx_hint(d->call, "the old container was kept; to see what the new one says deploy "
                                "it under another name");
    return verdict < 0 ? verdict : 0;
}

/* ------------------------------------------------------------------------------------ strategies
 */

int32_t krx_oci_replace_one(krx_oci_deploy *deploy, krx_replica_step *step)
{
    bool first = krx_replica_old_first(deploy->making.spec);
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

static int32_t each_replaced(krx_oci_deploy *d,
                             int32_t (*move)(krx_oci_deploy *, krx_replica_step *))
{
    int32_t code = 0;
    for (size_t i = 0; d->steps[i] && !code; i++)
        if (d->steps[i]->action == KRX_CHANGE_REPLACE)
            code = move(d, d->steps[i]);
    return code;
}

int32_t krx_oci_replace_all(krx_oci_deploy *deploy)
{
    int32_t code = each_replaced(deploy, make_next);
    if (!code)
        code = each_replaced(deploy, stop_old);
    if (!code)
        code = each_replaced(deploy, start_next);
    return code ? code : each_replaced(deploy, commit);
}
