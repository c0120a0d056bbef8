/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container is replaced in four moves: make (under a name of its own), stop the old one, start
 * the new one, commit (remove the old one, take over its name). Until the commit the old one is
 * there to go back to.
 */
#include "lib/base/clock.h"
#include "modules/docker/deploy/change.h"

#define RENAME_TRIES 6
#define SETTLE_NS (500 * KRX_NS_PER_MS)
#define HEALTH_TIME_MAX (86400 * KRX_NS_PER_S)
#define HEALTH_TRIES_MAX 1000
#define HEALTH_MARGIN_NS (10 * KRX_NS_PER_S)

static bool starts(const krx_dk_deploy *d)
{
    return !(d->req->flags & KRX_DEPLOY_NO_START);
}

/* A deploy that was cut off may have left the old one under the very name that is needed now. */
static int32_t make_next(krx_dk_deploy *d, krx_replica_step *step)
{
    char *name = krx_dk_next_name(d->arena, step->name);
    int32_t code = 0;
    if (!krx_streq(step->old->name, step->name))
        code = krx_dk_take_name(d, step->old->id, step->old->name, step->name);
    if (code)
        return code;
    return name ? krx_dk_create(d, name, step->replica, false, &step->new_id)
                : krx_dk_no_memory(d->call);
}

static int32_t stop_old(krx_dk_deploy *d, krx_replica_step *step)
{
    const krx_replica *old = step->old;
    bool up = old->phase == KRX_REPLICA_RUNNING || old->phase == KRX_REPLICA_RESTARTING ||
              old->phase == KRX_REPLICA_PAUSED;
    if (!up)
        return 0;
    if (krx_ptrs_add(d->arena, &d->stopped, old) < 0)
        return krx_dk_no_memory(d->call);
    return krx_dk_moved(d, krx_dk_stop(d->call, d->backend, old->id, old->name, KRX_UNSET),
                        old->name);
}

static int32_t start_next(krx_dk_deploy *d, krx_replica_step *step)
{
    return starts(d) ? krx_dk_start_made(d, step->new_id, step->name) : 0;
}

static void forget_stopped(krx_dk_deploy *d, const krx_replica *old)
{
    for (size_t i = 0; i < d->stopped.count; i++)
        if (d->stopped.items[i] == old)
            d->stopped.items[i] = d->stopped.items[--d->stopped.count];
}

static bool has_name(krx_dk_deploy *d, const char *id, const char *name)
{
    krx_side_call scratch;
    krx_auto_json cJSON *json = NULL;
    krx_replica c;
    krx_undo_call(&scratch, d->call);
    return !krx_dk_inspect_json(&scratch.call, d->backend, id, &json) &&
           krx_dk_container_inspected(d->arena, json, &c) && krx_streq(c.name, name);
}

/*
 * Not at once while the container restarts just then, or while somebody else's removal of the one
 * that has the name still runs. Somebody else may also have done it for us.
 */
int32_t krx_dk_take_name(krx_dk_deploy *deploy, const char *id, const char *from, const char *name)
{
    for (int i = 0;; i++) {
        int32_t code = krx_dk_rename(deploy->call, deploy->backend, id, from, name);
        if (!code || has_name(deploy, id, name))
            return code ? krx_dk_forgive(deploy->call) : 0;
        if (code != KRX_E_UNKNOWN && code != KRX_E_FAILED_PRECONDITION)
            return krx_dk_moved(deploy, code, from);
        if (i + 1 == RENAME_TRIES)
            return code == KRX_E_UNKNOWN ? code : (deploy->call->error->code = KRX_E_ABORTED);
        krx_dk_forgive(deploy->call);
        if (krx_sleep(deploy->call, SETTLE_NS) < 0)
            return deploy->call->error->code;
    }
}

static int32_t commit(krx_dk_deploy *d, krx_replica_step *step)
{
    char *name = krx_dk_next_name(d->arena, step->name);
    if (!name || krx_ptrs_add(d->arena, &d->kept, step->new_id) < 0)
        return krx_dk_no_memory(d->call);
    forget_stopped(d, step->old);
    int32_t code = krx_dk_remove(d->call, d->backend, step->old->id, step->old->name);
    return code ? code : krx_dk_take_name(d, step->new_id, name, step->name);
}

/* -------------------------------------------------------------------------------------- settling
 */

static int64_t figure(const cJSON *object, const char *key, int64_t absent, int64_t most)
{
    int64_t value = krx_json_int(object, key, absent);
    return value < 0 ? 0 : value > most ? most : value;
}

/* By then the engine has made up its mind about the container's health. */
static int64_t health_limit(const cJSON *config)
{
    const cJSON *check = krx_json_object(config, "Healthcheck");
    int64_t each = figure(check, "Interval", 0, HEALTH_TIME_MAX) +
                   figure(check, "Timeout", 0, HEALTH_TIME_MAX);
    return figure(check, "StartPeriod", 0, HEALTH_TIME_MAX) +
           each * (figure(check, "Retries", 3, HEALTH_TRIES_MAX) + 1) + HEALTH_MARGIN_NS;
}

static int32_t ended_early(krx_dk_deploy *d, const krx_replica_step *step, const cJSON *json)
{
    const cJSON *state = krx_json_object(json, "State");
    const char *error = krx_json_text(state, "Error");
    char status[48] = "";
    if (krx_json_int(state, "ExitCode", 0) != 0)
        (void)snprintf(status, sizeof status, " with status %lld",
                       (long long)krx_json_int(state, "ExitCode", 0));
    return krx_fail(d->call, KRX_E_FAILED_PRECONDITION,
                    "the new container %s ended%s right after it was started%s%s", step->name,
                    status, *error ? ": " : "", error);
}

/* 1: it serves, 0: not decided, negative: it does not. */
static int32_t judge(krx_dk_deploy *d, krx_replica_step *step, bool health, int64_t waited)
{
    krx_auto_json cJSON *json = NULL;
    krx_replica c;
    int32_t code = krx_dk_inspect_json(d->call, d->backend, step->new_id, &json);
    if (code)
        return krx_dk_moved(d, code, step->name);
    if (!krx_dk_container_inspected(d->arena, json, &c))
        return krx_fail(d->call, KRX_E_DATA_LOSS, "inspecting container %s: no id came",
                        step->name);
    bool again = c.restarts != KRX_UNSET && c.restarts > 0;
    if (again || c.phase == KRX_REPLICA_RESTARTING ||
        (c.exit_code != KRX_UNSET && c.exit_code != 0))
        return ended_early(d, step, json);
    if (!health || !c.health || krx_streq(c.health, "healthy"))
        return 1;
    if (krx_streq(c.health, "unhealthy") || waited > health_limit(krx_json_object(json, "Config")))
        return krx_fail(d->call, KRX_E_FAILED_PRECONDITION,
                        "the new container %s did not become "
                        "healthy",
                        step->name);
    return 0;
}

static int32_t settle(krx_dk_deploy *d, krx_replica_step *step, bool health)
{
    int64_t begin = krx_now_monotonic();
    int32_t verdict = 0;
    while (!verdict && starts(d)) {
        int32_t code = krx_sleep(d->call, SETTLE_NS);
        if (code < 0)
            return code;
        verdict = judge(d, step, health, krx_now_monotonic() - begin);
    }
    if (verdict < 0 && verdict != KRX_E_ABORTED && !d->call->error->hint[0])
        (void)krx_hint(d->call, "the old container was kept; see what the new one says with "
                                "docker run, or deploy under another name");
    return verdict < 0 ? verdict : 0;
}

/* ------------------------------------------------------------------------------------- strategies
 */

int32_t krx_dk_replace_one(krx_dk_deploy *deploy, krx_replica_step *step)
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

static int32_t each_replaced(krx_dk_deploy *d, int32_t (*move)(krx_dk_deploy *, krx_replica_step *))
{
    int32_t code = 0;
    for (size_t i = 0; d->steps[i] && !code; i++)
        if (d->steps[i]->action == KRX_CHANGE_REPLACE)
            code = move(d, d->steps[i]);
    return code;
}

int32_t krx_dk_replace_all(krx_dk_deploy *deploy)
{
    int32_t code = each_replaced(deploy, make_next);
    if (!code)
        code = each_replaced(deploy, stop_old);
    if (!code)
        code = each_replaced(deploy, start_next);
    return code ? code : each_replaced(deploy, commit);
}
