/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/containers/lifecycle.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/parallel.h"

/* One verb of the engine: what it is called, and the phases in which there is something to do. */
typedef struct deed {
    const char *tail;
    const char *doing;
    unsigned acts_in; /* bits 1u << KRX_DK_* */
    unsigned done_in; /* phases in which it is so already */
} deed;

#define IN(phase) (1u << (phase))
#define UP (IN(KRX_REPLICA_RUNNING) | IN(KRX_REPLICA_RESTARTING))
#define DOWN (IN(KRX_REPLICA_CREATED) | IN(KRX_REPLICA_EXITED) | IN(KRX_REPLICA_DEAD))

static const deed start_verb = {"/start", "starting", DOWN | IN(KRX_REPLICA_PAUSED), UP};
static const deed stop_verb = {"/stop", "stopping", UP | IN(KRX_REPLICA_PAUSED), DOWN};
static const deed pause_verb = {"/pause", "pausing", UP, IN(KRX_REPLICA_PAUSED)};
static const deed unpause_verb = {"/unpause", "unpausing", IN(KRX_REPLICA_PAUSED), UP};
static const deed kill_verb = {"/kill", "killing", UP | IN(KRX_REPLICA_PAUSED), 0};
static const deed restart_verb = {"/restart", "restarting", ~0u, 0};

typedef struct action {
    krx_dk_backend *backend;
    const deed *verb;
    const krx_replica *const *items;
    const char *query; /* "?t=5" or "" */
} action;

static int32_t perform(krx_call *call, void *ctx, size_t index)
{
    const action *a = ctx;
    const krx_replica *c = a->items[index];
    krx_auto_str krx_str tail = {0}, what = {0};
    if (!(a->verb->acts_in & IN(c->phase)))
        return 0;
    krx_str_addf(&tail, "%s%s", a->verb->tail, a->query);
    KRX_DK_PATH(path, "/containers", c->id, krx_str_get(&tail));
    krx_str_addf(&what, "%s container %s", a->verb->doing, c->name);
    if (krx_str_failed(&tail) || krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(call);
    return krx_dk_post(call, a->backend, krx_str_get(&path), krx_str_get(&what), NULL, NULL);
}

/* Nothing to act on and not everything as it should be: say which one is in the way. */
static int32_t check_phases(krx_call *call, const deed *verb, const krx_dk_targets *targets)
{
    const krx_replica *odd = NULL;
    for (size_t i = 0; i < targets->count; i++) {
        unsigned phase = IN(targets->items[i]->phase);
        if (verb->acts_in & phase)
            return 0;
        if (!(verb->done_in & phase))
            odd = targets->items[i];
    }
    if (!odd)
        return 0;
    return krx_fail(call, KRX_E_FAILED_PRECONDITION, "%s container %s: it is not running (%s)",
                    verb->doing, odd->name, odd->status);
}

static int32_t act(krx_call *call, krx_dk_backend *backend, const krx_ref *ref, const deed *verb,
                   const char *query, bool together)
{
    krx_auto_dk_targets krx_dk_targets targets = {0};
    int32_t code = krx_dk_resolve(call, backend, ref, &targets);
    if (!code)
        code = check_phases(call, verb, &targets);
    if (code)
        return code;
    action a = {.backend = backend, .verb = verb, .items = targets.items, .query = query};
    if (together)
        return krx_parallel(call, targets.count, perform, &a);
    for (size_t i = 0; i < targets.count && !code; i++)
        code = perform(call, &a, i);
    return code;
}

static int32_t act_within(krx_call *call, void *backend, const krx_ref *ref, const deed *verb,
                          int64_t grace_ns, bool together)
{
    krx_auto_str krx_str query = {0};
    if (grace_ns != KRX_UNSET)
        krx_url_queryf(&query, "t", "%" PRId64, (grace_ns + KRX_NS_PER_S - 1) / KRX_NS_PER_S);
    if (krx_str_failed(&query))
        return krx_no_memory(call);
    return act(call, backend, ref, verb, krx_str_get(&query), together);
}

/* One after the other, so that the rest serves meanwhile. */
int32_t krx_dk_restart_op(krx_call *call, void *backend, const krx_restart_req *req, krx_sink *none)
{
    (void)none;
    return act_within(call, backend, &req->ref, &restart_verb, req->grace_ns, false);
}

int32_t krx_dk_start_op(krx_call *call, void *backend, const krx_container_req *req, krx_sink *none)
{
    (void)none;
    return act(call, backend, &req->ref, &start_verb, "", true);
}

int32_t krx_dk_stop_op(krx_call *call, void *backend, const krx_container_req *req, krx_sink *none)
{
    (void)none;
    return act_within(call, backend, &req->ref, &stop_verb, req->grace_ns, true);
}

int32_t krx_dk_pause_op(krx_call *call, void *backend, const krx_container_req *req, krx_sink *none)
{
    (void)none;
    return act(call, backend, &req->ref, &pause_verb, "", true);
}

int32_t krx_dk_unpause_op(krx_call *call, void *backend, const krx_container_req *req,
                          krx_sink *none)
{
    (void)none;
    return act(call, backend, &req->ref, &unpause_verb, "", true);
}

int32_t krx_dk_kill_op(krx_call *call, void *backend, const krx_container_req *req, krx_sink *none)
{
    krx_auto_str krx_str query = {0};
    (void)none;
    krx_url_query(&query, "signal", krx_blank(req->signal) ? "KILL" : req->signal);
    if (krx_str_failed(&query))
        return krx_no_memory(call);
    return act(call, backend, &req->ref, &kill_verb, krx_str_get(&query), true);
}

static int32_t inspect_one(krx_call *call, krx_dk_backend *backend, const krx_replica *listed,
                           krx_sink *out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *json = NULL;
    krx_auto_replica_intent krx_replica_intent intent = {0};
    krx_replica c;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_dk_inspect_json(call, backend, listed->id, &json);
    if (code)
        return code;
    if (!krx_dk_container_inspected(arena, json, &c))
        return krx_fail(call, KRX_E_DATA_LOSS, "inspecting container %s: no id or name came",
                        listed->name);
    c.ports = listed->ports;
    krx_replica_intent_read(c.ours ? c.spec_json : NULL, &intent);
    krx_instance *item = krx_replica_instance(arena, &c, intent.policy);
    krx_autofree char *raw = cJSON_PrintUnformatted(json);
    if (!item || !raw)
        return krx_no_memory(call);
    item->raw = raw;
    return krx_emit(out, KRX_ITEM_INSTANCE, item);
}

int32_t krx_dk_inspect_op(krx_call *call, void *backend, const krx_container_req *req,
                          krx_sink *instance)
{
    krx_auto_dk_targets krx_dk_targets targets = {0};
    int32_t code = krx_dk_resolve(call, backend, &req->ref, &targets);
    for (size_t i = 0; i < targets.count && !code; i++)
        code = inspect_one(call, backend, targets.items[i], instance);
    return code;
}
