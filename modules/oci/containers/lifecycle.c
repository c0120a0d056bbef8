/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs on all that a ref names. */
#include "modules/oci/containers/lifecycle.h"

#include <signal.h>

#include "lib/base/parallel.h"
#include "modules/oci/store/events.h"

/* A verb: the phases in which there is something to do, and in which it is so already. */
typedef struct deed {
    const char *doing;
    unsigned acts_in; /* bits 1u << KRX_OCI_* */
    unsigned done_in;
    uint32_t needs; /* KRX_OCI_CAN_* */
    int32_t (*perform)(krx_call *call, krx_oci_backend *backend, const krx_oci_container *c,
                       int64_t argument);
} deed;

#define IN(phase) (1u << (phase))
#define UP (IN(KRX_OCI_RUNNING) | IN(KRX_OCI_WAITING))
#define DOWN (IN(KRX_OCI_CREATED) | IN(KRX_OCI_EXITED))

static int32_t start(krx_call *call, krx_oci_backend *backend, const krx_oci_container *c,
                     int64_t argument)
{
    (void)argument;
    return krx_oci_start(call, backend, c->id);
}

static int32_t stop(krx_call *call, krx_oci_backend *backend, const krx_oci_container *c,
                    int64_t argument)
{
    return krx_oci_stop(call, backend, c->id, argument);
}

static int32_t pause_(krx_call *call, krx_oci_backend *backend, const krx_oci_container *c,
                      int64_t argument)
{
    return krx_oci_pause(call, backend, c->id, argument != 0);
}

static int32_t kill_(krx_call *call, krx_oci_backend *backend, const krx_oci_container *c,
                     int64_t argument)
{
    return krx_oci_kill(call, backend, c->id, (int)argument);
}

static int32_t restart(krx_call *call, krx_oci_backend *backend, const krx_oci_container *c,
                       int64_t argument)
{
    return krx_oci_restart(call, backend, c->id, argument);
}

/* One that has just ended may be about to be started again: stopping it says that it shall not. */
static const deed start_verb = {"starting", DOWN | IN(KRX_OCI_PAUSED), UP, 0, start};
static const deed stop_verb = {"stopping", UP | DOWN | IN(KRX_OCI_PAUSED), 0, 0, stop};
static const deed pause_verb = {"pausing", IN(KRX_OCI_RUNNING), IN(KRX_OCI_PAUSED),
                                KRX_OCI_CAN_PAUSE, pause_};
static const deed unpause_verb = {"unpausing", IN(KRX_OCI_PAUSED), UP, KRX_OCI_CAN_PAUSE, pause_};
static const deed kill_verb = {"killing", IN(KRX_OCI_RUNNING) | IN(KRX_OCI_PAUSED), 0, 0, kill_};
static const deed restart_verb = {"restarting", UP | DOWN | IN(KRX_OCI_PAUSED), 0, 0, restart};

typedef struct action {
    krx_oci_backend *backend;
    const deed *verb;
    krx_oci_container *const *items;
    int64_t argument;
} action;

static int32_t perform(krx_call *call, void *ctx, size_t index)
{
    const action *a = ctx;
    const krx_oci_container *c = a->items[index];
    if (!(a->verb->acts_in & IN(krx_oci_container_phase(c))))
        return 0;
    return a->verb->perform(call, a->backend, c, a->argument);
}

/* Nothing to act on and not everything as it should be: say which one is in the way. */
static int32_t check_phases(krx_call *call, const deed *verb, krx_oci_container *const *items)
{
    const krx_oci_container *odd = NULL;
    for (; *items; items++) {
        unsigned phase = IN(krx_oci_container_phase(*items));
        if (verb->acts_in & phase)
            return 0;
        if (!(verb->done_in & phase))
            odd = *items;
    }
    if (!odd)
        return 0;
    return krx_fail(call, KRX_E_FAILED_PRECONDITION, "%s container %s: it is not running (%s)",
                    verb->doing, odd->name, krx_oci_phase_text(krx_oci_container_phase(odd)));
}

static int32_t act(krx_call *call, krx_oci_backend *backend, const krx_ref *ref, const deed *verb,
                   int64_t argument, bool together)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const krx_oci_runtime *runtime;
    action a = {.backend = backend, .verb = verb, .argument = argument};
    krx_oci_container **items = NULL;
    size_t count = 0;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_backend_ready(call, backend, &runtime);
    if (!code && (runtime->can & verb->needs) != verb->needs)
        return krx_fail(call, KRX_E_UNSUPPORTED,
                        "%s containers: %s %s can't do that here, without control groups",
                        verb->doing, runtime->name, runtime->version);
    if (!code)
        code = krx_oci_resolve(call, arena, backend, ref, &items);
    if (!code)
        code = check_phases(call, verb, items);
    if (code)
        return code;
    while (items[count])
        count++;
    a.items = items;
    if (together && count > 1)
        return krx_parallel(call, count, perform, &a);
    for (size_t i = 0; i < count && !code; i++)
        code = perform(call, &a, i);
    return code;
}

/* One after the other, so that the rest serves meanwhile. */
int32_t krx_oci_restart_op(krx_call *call, void *backend, const krx_restart_req *req,
                           krx_sink *none)
{
    (void)none;
    return act(call, backend, &req->ref, &restart_verb, req->grace_ns, false);
}

int32_t krx_oci_start_op(krx_call *call, void *backend, const krx_container_req *req,
                         krx_sink *none)
{
    (void)none;
    return act(call, backend, &req->ref, &start_verb, 0, true);
}

int32_t krx_oci_stop_op(krx_call *call, void *backend, const krx_container_req *req, krx_sink *none)
{
    (void)none;
    return act(call, backend, &req->ref, &stop_verb, req->grace_ns, true);
}

/* What the runtime can't is told before what is not there. */
static int32_t freeze(krx_call *call, krx_oci_backend *backend, const krx_ref *ref,
                      const deed *verb, int64_t argument)
{
    const krx_oci_runtime *usual;
    krx_side_call scratch;
    int32_t code = act(call, backend, ref, verb, argument, true);
    if (code != KRX_E_NOT_FOUND ||
        krx_oci_backend_ready(krx_side_call_init(&scratch, call), backend, &usual) ||
        krx_oci_can_pause(usual))
        return code;
    return krx_oci_fail_pause(call, usual);
}

int32_t krx_oci_pause_op(krx_call *call, void *backend, const krx_container_req *req,
                         krx_sink *none)
{
    (void)none;
    return freeze(call, backend, &req->ref, &pause_verb, 1);
}

int32_t krx_oci_unpause_op(krx_call *call, void *backend, const krx_container_req *req,
                           krx_sink *none)
{
    (void)none;
    return freeze(call, backend, &req->ref, &unpause_verb, 0);
}

int32_t krx_oci_kill_op(krx_call *call, void *backend, const krx_container_req *req, krx_sink *none)
{
    int number = krx_blank(req->signal) ? SIGKILL : krx_oci_signal_number(req->signal);
    (void)none;
    if (!number) {
        krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%s' is no signal", req->signal);
        return krx_hint(call, "a name such as HUP or SIGTERM, or a number from 1 to 64");
    }
    return act(call, backend, &req->ref, &kill_verb, number, true);
}
