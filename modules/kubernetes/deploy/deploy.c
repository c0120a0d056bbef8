/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the cluster match a spec: objects, apply, switch of kinds, prune. */
#include <string.h>

#include "lib/model/wanted.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/deploy/deploying.h"
#include "modules/kubernetes/deploy/spaces.h"
#include "modules/kubernetes/deploy/versions.h"
#include "modules/kubernetes/events/note.h"
#include "modules/kubernetes/pods/pods.h"
#include "modules/kubernetes/status/rollout.h"

static int32_t make_objects(krx_k8s_deploying *d)
{
    krx_k8s_scope scope = {.settings = &d->backend->settings, .namespace_ = d->namespace_};
    krx_k8s_newest_versions(&scope);
    int32_t code = krx_k8s_server_versions(d->call, d->kube, d->spec, &scope);
    return code ? code
                : krx_k8s_make_objects(d->call, &scope, d->spec, d->req->spec_json, &d->objects);
}

/* How far it got, when that is not obvious. */
static int32_t tell_how_far(krx_k8s_deploying *d)
{
    krx_auto_str krx_str done = {0};
    for (size_t i = 0; i < d->changed.count; i++)
        krx_str_addf(&done, "%s%s", i ? ", " : "", (const char *)d->changed.items[i]);
    if (d->changed.count && !krx_str_failed(&done))
        return krx_wrap(d->call, "deploying '%s' (%s was changed before)", d->spec->name,
                        krx_str_get(&done));
    return d->call->error->code;
}

static int32_t carry_out(krx_k8s_deploying *d)
{
    int32_t code = d->dry ? 0 : krx_k8s_need_namespace(d);
    if (!code)
        code = krx_k8s_apply_all(d);
    if (!code)
        code = krx_k8s_switch_kind(d);
    if (code)
        (void)tell_how_far(d);
    else
        code = krx_k8s_tell_changes(d); /* whose taker may say stop */
    if (code && !d->dry)
        krx_k8s_take_back(d);
    return code ? code : krx_k8s_prune(d);
}

static int32_t deploy(krx_k8s_deploying *d)
{
    int32_t code = make_objects(d);
    if (!code)
        code = krx_k8s_space_enter(d->call, d->backend, d->namespace_);
    if (code)
        return code;
    code = krx_k8s_look_at_all(d);
    if (!code)
        code = krx_k8s_adapt(d);
    if (!code)
        code = carry_out(d);
    krx_k8s_space_leave(d->backend, d->namespace_);
    return code;
}

/* The events that may be there are of what was before; a workload that is new has no pods yet. */
static int32_t tell_status(krx_k8s_deploying *d, const krx_k8s_found *found, krx_sink *status)
{
    krx_auto_json cJSON *pods = NULL;
    const char *selector = krx_k8s_selector(d->arena, d->spec->name);
    int32_t code = selector ? 0 : krx_no_memory(d->call);
    if (!code && d->live[d->objects.workload])
        code = krx_k8s_pods_by(d->call, d->backend, d->namespace_, selector, &pods);
    if (code)
        return code;
    const krx_status *item = krx_k8s_status(d->arena, found->kind, found->object, pods, NULL, true);
    return item ? krx_emit(status, KRX_ITEM_STATUS, item) : krx_no_memory(d->call);
}

static int32_t finish(krx_k8s_deploying *d, krx_sink *status)
{
    krx_k8s_found found = {.kind = d->objects.items[d->objects.workload].kind,
                           .object = d->result[d->objects.workload],
                           .namespace_ = d->namespace_};
    int32_t code = krx_k8s_remember(d->call, d->backend, d->spec->name, d->namespace_);
    if (d->changed.count || d->made.count || d->other)
        krx_k8s_note(d->call, d->backend, found.kind, found.object, d->namespace_,
                     KRX_K8S_NOTE_DEPLOY, "deployed by kranix");
    return code ? code : tell_status(d, &found, status);
}

/* Unlike a question about a workload, a deploy goes where it is told or to the default. */
static const char *namespace_for(const krx_k8s_backend *backend, const krx_deploy_req *req)
{
    if ((req->flags & KRX_DEPLOY_NAMESPACE_IMPLIED) || krx_blank(req->spec->namespace_))
        return backend->settings.default_namespace;
    return req->spec->namespace_;
}

int32_t krx_k8s_deploy_op(krx_call *call, void *opened, const krx_deploy_req *req, krx_sink *status)
{
    krx_k8s_deploying d = {.call = call,
                           .backend = opened,
                           .req = req,
                           .spec = req->spec,
                           .namespace_ = namespace_for(opened, req),
                           .dry = req->flags & KRX_DEPLOY_DRY_RUN,
                           .arena = krx_arena_new()};
    int32_t code = d.arena ? krx_k8s_kube(call, opened, &d.kube) : krx_no_memory(call);
    if (!code)
        code = deploy(&d);
    if (!code && !d.dry)
        code = finish(&d, status);
    krx_k8s_deploying_free(&d);
    return code;
}
