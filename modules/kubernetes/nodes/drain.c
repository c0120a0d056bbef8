/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draining a node: mark it, ask for evictions, wait until the pods are gone. Nothing is remembered
 * beside the cluster itself, so that a drain that was cut short goes on when it is asked for again.
 */
#include "modules/kubernetes/nodes/drain.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/nodes/nodes.h"

#define JOINING_NS (3 * KRX_NS_PER_S) /* the scheduler may not have heard of the mark yet */
#define PAUSE_FIRST_NS (100 * KRX_NS_PER_MS)
#define PAUSE_MAX_NS KRX_NS_PER_S
#define AWAY_MAX_NS (300 * KRX_NS_PER_S)

static int32_t tell(krx_k8s_drain *d, const char *phase, const char *message)
{
    krx_drain_result item = {.struct_size = sizeof item,
                             .node = d->req->node,
                             .phase = phase,
                             .evicted = (int64_t)d->gone,
                             .remaining = (int64_t)krx_k8s_drain_remaining(d),
                             .message = message};
    return krx_emit(d->sink, KRX_ITEM_DRAIN, &item);
}

static int32_t mark(void *ctx, krx_call *call, cJSON *node)
{
    const krx_k8s_drain *d = ctx;
    int32_t code = krx_k8s_mark_draining(node, d->req->reason);
    return code < 0 ? krx_no_memory(call) : code;
}

/* Before anything is marked or evicted: whether it may be. Then the mark, and a second look. */
static int32_t prepare(krx_k8s_drain *d)
{
    int32_t code;
    krx_kube_ref node = {.kind = KRX_KUBE_NODE, .name = d->req->node};
    krx_auto_json cJSON *seen = NULL;
    d->joining_until_ns = INT64_MAX;
    if ((code = krx_kube_get(d->call, d->kube, &node, &seen)) < 0 ||
        (code = krx_k8s_drain_find_eviction(d)) < 0 || (code = krx_k8s_drain_look(d)) < 0 ||
        (code = krx_k8s_drain_permit(d)) < 0 || (code = tell(d, "cordoning", "marking the node")) ||
        (code = krx_kube_edit(d->call, d->kube, &node, mark, d, 0, NULL)) < 0)
        return code;
    d->joining_until_ns = krx_now_monotonic() + JOINING_NS;
    return 0;
}

static bool only_hopeless(const krx_k8s_drain *d)
{
    size_t hopeless = 0;
    for (size_t i = 0; i < d->pods.count; i++) {
        const krx_k8s_leaving *pod = d->pods.items[i];
        if (pod->present && !pod->hopeless)
            return false;
        hopeless += pod->present;
    }
    return hopeless > 0;
}

/* A look that may fail while the API server is away for a while. */
static int32_t look_again(krx_k8s_drain *d, int64_t *away_since)
{
    int32_t code = krx_k8s_drain_look(d);
    int64_t now = krx_now_monotonic();
    d->away = code == KRX_E_UNAVAILABLE && krx_check(d->call) == 0 &&
              (!*away_since || now - *away_since < AWAY_MAX_NS);
    if (!d->away) {
        *away_since = 0;
        return code;
    }
    if (!*away_since) {
        *away_since = now;
        krx_log(d->call, KRX_LOG_WARN, "%s; the drain goes on when it is back",
                d->call->error->message);
    }
    return krx_forgive(d->call);
}

/* Says how far it is whenever that has changed, and what it waits for. */
static int32_t report(krx_k8s_drain *d, krx_str *told)
{
    krx_auto_str krx_str text = {0};
    if (krx_k8s_drain_remaining(d)) {
        krx_str_add(&text, "waiting for ");
        krx_k8s_drain_names(d, &text);
    } else {
        krx_str_add(&text, "looking for pods that came meanwhile");
    }
    if (krx_str_failed(&text))
        return krx_no_memory(d->call);
    if (krx_streq(krx_str_get(&text), krx_str_get(told)))
        return 0;
    krx_str_free(told);
    *told = text;
    text = (krx_str){0};
    return tell(d, "evicting", krx_str_get(told));
}

static int32_t move_away(krx_k8s_drain *d)
{
    int64_t pause = PAUSE_FIRST_NS, away_since = 0;
    krx_auto_str krx_str told = {0};
    for (;;) {
        int32_t code = look_again(d, &away_since);
        if (code < 0 ||
            (!d->away && ((code = krx_k8s_drain_permit(d)) < 0 ||
                          (code = krx_k8s_drain_evict(d)) < 0 || (code = report(d, &told)))))
            return code;
        bool settled = krx_now_monotonic() >= d->joining_until_ns;
        if (!d->away && !krx_k8s_drain_remaining(d) && (settled || !d->pods.count))
            return 0;
        if (!d->away && only_hopeless(d))
            return krx_fail(d->call, KRX_E_FAILED_PRECONDITION, "not every pod can be evicted");
        if ((code = krx_sleep(d->call, pause)) < 0)
            return code;
        pause = pause * 2 < PAUSE_MAX_NS ? pause * 2 : PAUSE_MAX_NS;
    }
}

/* The same error, with how far it got. */
static int32_t fail_midway(krx_k8s_drain *d, bool marked)
{
    krx_error cause = *d->call->error;
    size_t remaining = krx_k8s_drain_remaining(d);
    krx_auto_str krx_str names = {0};
    if (!marked) {
        (void)tell(d, "failed", cause.message);
        *d->call->error = cause;
        return cause.code;
    }
    krx_k8s_drain_names(d, &names);
    (void)krx_fail(d->call, cause.code,
                   "draining node %s: %.300s; %zu of %zu pods are still there%s%s", d->req->node,
                   cause.message, remaining, d->pods.count, names.length ? ": " : "",
                   krx_str_get(&names));
    bool stopped = cause.code == KRX_E_DEADLINE_EXCEEDED || cause.code == KRX_E_CANCELLED;
    krx_error full = *d->call->error;
    (void)tell(d, stopped ? "evicting" : "failed", full.message);
    *d->call->error = full;
    if (*cause.hint)
        return krx_hint(d->call, "%s", cause.hint);
    return krx_hint(d->call, "the node stays cordoned: drain it again to go on, or uncordon it");
}

static int32_t tell_drained(krx_k8s_drain *d)
{
    char text[160];
    size_t daemons = d->staying[KRX_K8S_STAYS_DAEMON], mirrors = d->staying[KRX_K8S_STAYS_MIRROR];
    int n = snprintf(text, sizeof text, "%zu pod%s evicted", d->gone, d->gone == 1 ? "" : "s");
    if (daemons + mirrors && n > 0)
        (void)snprintf(text + n, sizeof text - (size_t)n,
                       ", %zu of DaemonSets and %zu static ones left alone", daemons, mirrors);
    return tell(d, "drained", text);
}

static int64_t grace_seconds(const krx_drain_req *req, const krx_k8s_settings *settings)
{
    if (req->grace_ns != KRX_UNSET && req->grace_ns >= 0)
        return (req->grace_ns + KRX_NS_PER_S - 1) / KRX_NS_PER_S;
    return settings->drain_grace_seconds > 0 ? settings->drain_grace_seconds : KRX_UNSET;
}

int32_t krx_k8s_drain_op(krx_call *call, void *opened, const krx_drain_req *req, krx_sink *sink)
{
    krx_k8s_backend *backend = opened;
    krx_auto_k8s_drain krx_k8s_drain d = {
        .call = call, .req = req, .sink = sink, .arena = krx_arena_new()};
    if (!d.arena)
        return krx_no_memory(call);
    if (krx_blank(req->node))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "the name of a node is needed");
    if (!backend->settings.drain) {
        (void)krx_fail(call, KRX_E_PERMISSION_DENIED,
                       "node %s is not drained: the configuration forbids it", req->node);
        return krx_hint(call, "set node_ops.drain.enabled to true");
    }
    d.grace_seconds = grace_seconds(req, &backend->settings);
    int32_t code = krx_k8s_kube(call, backend, &d.kube);
    if (code < 0)
        return code;
    if ((code = prepare(&d)))
        return code < 0 ? fail_midway(&d, false) : code;
    if ((code = move_away(&d)))
        return code < 0 ? fail_midway(&d, true) : code;
    return tell_drained(&d);
}
