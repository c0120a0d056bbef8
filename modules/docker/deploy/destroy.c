/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/deploy/destroy.h"

#include <string.h>

#include "lib/base/parallel.h"
#include "modules/docker/deploy/volumes.h"

/* A deploy at the same time may add containers while we remove: look again, so often. */
#define ROUNDS 5

typedef struct removal {
    krx_dk_backend *backend;
    const krx_replica *const *items;
    int64_t grace_ns;
} removal;

/* Removal by force follows, whatever this comes to: only what would befall that as well counts. */
static int32_t unless_lost(krx_call *call, int32_t code)
{
    if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED || code == KRX_E_UNAVAILABLE)
        return code;
    if (code)
        krx_forgive(call);
    return 0;
}

static int32_t remove_gently(krx_call *call, void *ctx, size_t index)
{
    const removal *r = ctx;
    const krx_replica *c = r->items[index];
    bool paused = c->phase == KRX_REPLICA_PAUSED;
    int32_t code = 0;
    if (paused)
        code = unless_lost(call, krx_dk_unpause(call, r->backend, c->id, c->name));
    if (!code && (paused || c->phase == KRX_REPLICA_RUNNING || c->phase == KRX_REPLICA_RESTARTING))
        code = unless_lost(call, krx_dk_stop(call, r->backend, c->id, c->name, r->grace_ns));
    return code ? code : krx_dk_remove(call, r->backend, c->id, c->name);
}

static int32_t remove_all(krx_call *call, krx_dk_backend *backend, const krx_replica *const *items,
                          size_t count, int64_t grace_ns)
{
    removal r = {.backend = backend, .items = items, .grace_ns = grace_ns};
    for (size_t i = 0; i < count; i++)
        krx_tell_progress(call, "remove", items[i]->name, "removing");
    return count ? krx_parallel(call, count, remove_gently, &r) : 0;
}

static int32_t destroy_instance(krx_call *call, krx_dk_backend *backend, const krx_destroy_req *req)
{
    krx_auto_dk_targets krx_dk_targets targets = {0};
    int32_t code = krx_dk_resolve(call, backend, &req->ref, &targets);
    if (code)
        return code;
    for (size_t i = 0; i < targets.count; i++)
        if (!targets.items[i]->ours)
            return krx_fail(call, KRX_E_PERMISSION_DENIED,
                            "container '%s' was not made by kranix "
                            "and is not removed",
                            targets.items[i]->name);
    return remove_all(call, backend, targets.items, targets.count, req->grace_ns);
}

/* The newest spec, which says what becomes of the volumes, goes with the last container. */
static int32_t remove_containers(krx_call *call, krx_dk_backend *backend,
                                 const krx_destroy_req *req, char **spec_json, bool *any)
{
    for (int round = 0; round < ROUNDS; round++) {
        krx_auto_dk_found krx_dk_found found = {0};
        int32_t code = krx_dk_find(call, backend, req->ref.namespace_, req->ref.workload, &found);
        if (code || !found.workload)
            return code;
        krx_replica_group *w = found.workload;
        *any = true;
        if (!*spec_json && w->current->spec_json) {
            *spec_json = strdup(w->current->spec_json);
            if (!*spec_json)
                return krx_no_memory(call);
        }
        code = remove_all(call, backend, (const krx_replica *const *)w->containers, w->count,
                          req->grace_ns);
        if (!code && w->record)
            code = krx_dk_remove(call, backend, w->record->id, w->record->name);
        if (code)
            return code;
    }
    krx_fail(call, KRX_E_ABORTED, "workload '%s' grows new containers while it is destroyed",
             req->ref.workload);
    return krx_hint(call, "somebody else is deploying it: try again when that has ended");
}

int32_t krx_dk_destroy_op(krx_call *call, void *backend, const krx_destroy_req *req, krx_sink *none)
{
    krx_dk_backend *be = backend;
    krx_autofree char *spec_json = NULL;
    bool any = false;
    size_t volumes = 0;
    (void)none;
    if (krx_blank(req->ref.workload) || req->ref.replica)
        return destroy_instance(call, be, req);
    int32_t code = remove_containers(call, be, req, &spec_json, &any);
    if (!code)
        code = krx_dk_volumes_clean(call, be, req->ref.namespace_, req->ref.workload, spec_json,
                                    req->remove_volumes, NULL, &volumes);
    if (!code && !any && !volumes)
        return krx_dk_not_found(call, req->ref.namespace_, req->ref.workload);
    return code;
}
