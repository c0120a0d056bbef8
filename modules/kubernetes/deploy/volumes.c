/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes by themselves: making, listing and removing claims. */
#include <string.h>

#include "lib/base/units.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/deploy/deploying.h"
#include "modules/kubernetes/deploy/parts.h"
#include "modules/kubernetes/deploy/spaces.h"
#include "modules/kubernetes/pods/pods.h"

static int64_t size_of(const cJSON *claim)
{
    const cJSON *now = krx_json_get(krx_json_dig(claim, "status/capacity"), "storage");
    const cJSON *asked = krx_json_get(krx_json_dig(claim, "spec/resources/requests"), "storage");
    const cJSON *size = now ? now : asked;
    int64_t bytes;
    if (!cJSON_IsString(size) || krx_parse_bytes(size->valuestring, &bytes))
        return KRX_UNSET;
    return bytes;
}

static int32_t report(krx_sink *out, const cJSON *claim, const char *state)
{
    const char *bound = krx_json_text(krx_json_object(claim, "status"), "phase");
    const char *volume = krx_k8s_annotation(claim, KRX_K8S_VOLUME);
    const char *path = krx_k8s_annotation(claim, KRX_K8S_MOUNT_PATH);
    const char *workload = krx_k8s_label(claim, KRX_K8S_WORKLOAD);
    if (!state)
        state = krx_streq(bound, "Bound") ? "bound" : "pending";
    krx_volume_result item = {
        .struct_size = sizeof item,
        .workload = *workload ? workload : krx_k8s_label(claim, KRX_K8S_APP),
        .namespace_ = krx_k8s_namespace_of(claim),
        .name = *volume ? volume : krx_k8s_name(claim),
        .volume_id = krx_k8s_name(claim),
        .mount_path = *path ? path : NULL,
        .state = state,
        .size_bytes = size_of(claim),
        .created_ns = krx_k8s_time(krx_json_object(claim, "metadata"), "creationTimestamp")};
    return krx_emit(out, KRX_ITEM_VOLUME, &item);
}

/* ----------------------------------------------------------------------------------------- making
 */

static int32_t make_claims(krx_k8s_deploying *d)
{
    krx_k8s_scope scope = {.settings = &d->backend->settings, .namespace_ = d->namespace_};
    int32_t code = krx_k8s_make_claims(d->call, &scope, d->spec, &d->objects);
    if (code || !d->objects.count)
        return code;
    if ((code = krx_k8s_space_enter(d->call, d->backend, d->namespace_)))
        return code;
    code = krx_k8s_look_at_all(d);
    if (!code)
        code = krx_k8s_adapt(d);
    if (!code)
        code = krx_k8s_need_namespace(d);
    if (!code)
        code = krx_k8s_apply_all(d);
    if (code)
        krx_k8s_take_back(d);
    krx_k8s_space_leave(d->backend, d->namespace_);
    return code;
}

/* As a deploy, it goes where it is told or to the default. */
static const char *namespace_for(const krx_k8s_backend *backend, const krx_volumes_req *req)
{
    if (req->ref.namespace_implied)
        return backend->settings.default_namespace;
    if (!krx_blank(req->ref.namespace_))
        return req->ref.namespace_;
    return krx_blank(req->spec->namespace_) ? backend->settings.default_namespace
                                            : req->spec->namespace_;
}

int32_t krx_k8s_provision_op(krx_call *call, void *opened, const krx_volumes_req *req,
                             krx_sink *out)
{
    krx_k8s_backend *backend = opened;
    krx_deploy_req deploy = {.struct_size = sizeof deploy, .spec = req->spec};
    if (!req->spec)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "provisioning volumes needs a spec");
    krx_k8s_deploying d = {.call = call,
                           .backend = backend,
                           .req = &deploy,
                           .spec = req->spec,
                           .namespace_ = namespace_for(backend, req),
                           .arena = krx_arena_new()};
    int32_t code = d.arena ? krx_k8s_kube(call, backend, &d.kube) : krx_no_memory(call);
    if (!code)
        code = make_claims(&d);
    for (size_t i = 0; i < d.objects.count && !code; i++)
        code = report(out, d.result[i], NULL);
    krx_k8s_deploying_free(&d);
    return code;
}

/* --------------------------------------------------------------------------------------- removing
 */

static bool uses(const cJSON *pod, const char *claim)
{
    const cJSON *volume;
    cJSON_ArrayForEach (volume, krx_json_dig(pod, "spec/volumes")) {
        const cJSON *source = krx_json_object(volume, "persistentVolumeClaim");
        if (krx_streq(krx_json_text(source, "claimName"), claim))
            return true;
    }
    return false;
}

/* A claim that goes while a pod has it takes the data from under the next pod. */
static int32_t check_unused(krx_call *call, const cJSON *pods, const cJSON *claim,
                            const char *workload)
{
    const cJSON *pod;
    cJSON_ArrayForEach (pod, pods) {
        if (!uses(pod, krx_k8s_name(claim)))
            continue;
        krx_fail(call, KRX_E_FAILED_PRECONDITION,
                 "volume '%s' of workload '%s' is used by pod '%s'",
                 krx_k8s_annotation(claim, KRX_K8S_VOLUME), workload, krx_k8s_name(pod));
        return krx_hint(call, "kranix stop %s", workload);
    }
    return 0;
}

static int32_t remove_claims(krx_call *call, krx_k8s_backend *backend, const char *namespace_,
                             const char *workload, const cJSON *pods, krx_sink *out)
{
    krx_auto_json cJSON *claims = NULL;
    const cJSON *claim;
    int32_t code =
        krx_k8s_parts_of(call, backend->kube, KRX_KUBE_PVC, namespace_, workload, &claims);
    cJSON_ArrayForEach (claim, claims) {
        if (!code)
            code = check_unused(call, pods, claim, workload);
    }
    cJSON_ArrayForEach (claim, claims) {
        krx_kube_ref at = {
            .kind = KRX_KUBE_PVC, .namespace_ = namespace_, .name = krx_k8s_name(claim)};
        if (code)
            break;
        krx_tell_progress(call, "remove", at.name, "removing the volume");
        code = krx_kube_delete(call, backend->kube, &at, NULL);
        if (code == KRX_E_NOT_FOUND)
            code = krx_forgive(call);
        if (!code)
            code = report(out, claim, "released");
    }
    return code;
}

int32_t krx_k8s_cleanup_op(krx_call *call, void *opened, const krx_volumes_req *req, krx_sink *out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *pods = NULL;
    const char *workload = req->spec ? req->spec->name : req->ref.workload, *namespace_ = NULL;
    krx_kube *kube;
    if (krx_blank(workload))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "cleaning volumes needs a workload");
    int32_t code = arena ? krx_k8s_kube(call, opened, &kube) : krx_no_memory(call);
    if (!code)
        code = krx_k8s_namespace(call, opened, arena, &req->ref, &namespace_);
    const char *selector = code ? NULL : krx_k8s_selector(arena, workload);
    if (!code && !selector)
        code = krx_no_memory(call);
    if (!code)
        code = krx_k8s_pods_by(call, opened, namespace_, selector, &pods);
    return code ? code : remove_claims(call, opened, namespace_, workload, pods, out);
}

/* ---------------------------------------------------------------------------------------- listing
 */

typedef struct listing {
    krx_sink *out;
    const char *workload; /* NULL: all */
} listing;

static int32_t list_one(void *ctx, const cJSON *claim)
{
    const listing *l = ctx;
    const char *workload = krx_k8s_label(claim, KRX_K8S_WORKLOAD);
    if (l->workload && !krx_streq(workload, l->workload))
        return 0;
    return report(l->out, claim, NULL);
}

int32_t krx_k8s_volumes_op(krx_call *call, void *opened, const krx_volumes_req *req, krx_sink *out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const char *namespace_ = NULL;
    listing l = {out, krx_blank(req->ref.workload) ? NULL : req->ref.workload};
    krx_kube *kube = NULL;
    int32_t code = arena ? krx_k8s_kube(call, opened, &kube) : krx_no_memory(call);
    if (!code && (req->ref.namespace_ || l.workload))
        code = krx_k8s_namespace(call, opened, arena, &req->ref, &namespace_);
    if (code)
        return code;
    krx_kube_select select = {
        .kind = KRX_KUBE_PVC, .namespace_ = namespace_, .label_selector = KRX_K8S_OURS};
    return krx_kube_list(call, kube, &select, list_one, &l, NULL);
}
