/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/lifecycle/keeper.h"

#include <string.h>

#include "modules/kubernetes/lifecycle/scale.h"

void krx_k8s_keeper_free(krx_k8s_keeper *keeper)
{
    cJSON_Delete(keeper->object);
    cJSON_Delete(keeper->pod);
    keeper->object = keeper->pod = NULL;
}

/* The name of a kind that we don't know stands in the owner reference only. */
static const char *text_of(krx_arena *arena, const krx_k8s_keeper *k)
{
    const cJSON *below = k->object ? k->object : k->pod;
    const cJSON *owner = krx_k8s_owner(below);
    if (k->kind == KRX_KUBE_POD)
        return krx_k8s_object_text(arena, KRX_KUBE_POD, k->pod);
    if ((k->kind == KRX_KUBE_KIND_COUNT_ || k->kind == KRX_KUBE_NODE) && owner)
        return krx_arena_printf(arena, "%s/%s", krx_json_text(owner, "kind"),
                                krx_json_text(owner, "name"));
    return krx_k8s_object_text(arena, k->kind, k->object);
}

static int32_t finish(krx_call *call, krx_arena *arena, krx_k8s_keeper *k)
{
    const cJSON *known = k->object ? k->object : k->pod;
    k->namespace_ = krx_arena_strdup(arena, krx_k8s_namespace_of(known));
    k->text = text_of(arena, k);
    return k->text && k->namespace_ ? 0 : krx_k8s_no_memory(call);
}

/* Climbs from something that has the name, or may have kept a pod of that name. */
static int32_t climb(krx_call *call, krx_k8s_backend *backend, krx_arena *arena, krx_kube_kind kind,
                     cJSON *object, krx_k8s_keeper *out)
{
    krx_auto_json cJSON *from = object;
    int32_t code = krx_k8s_top_owner(call, backend, from, &out->kind, &out->object);
    if (!code && out->kind == KRX_KUBE_POD) {
        out->kind = kind;
        out->object = krx_move_ptr(from);
    }
    if (!code && !out->object)
        out->object = krx_move_ptr(from);
    return code ? code : finish(call, arena, out);
}

static int32_t try_kinds(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                         const krx_kube_kind *kinds, size_t count, const char *namespace_,
                         const char *name, krx_k8s_keeper *out)
{
    for (size_t i = 0; i < count; i++) {
        cJSON *object = NULL;
        krx_kube_ref at = {.kind = kinds[i], .namespace_ = namespace_, .name = name};
        int32_t code = krx_kube_look(call, backend->kube, &at, &object);
        if (code == KRX_E_PERMISSION_DENIED || code == KRX_E_INVALID_ARGUMENT)
            code = krx_k8s_forgive(call);
        if (code)
            return code;
        if (object)
            return climb(call, backend, arena, kinds[i], object, out);
    }
    return 0;
}

/* There is no such pod: it may be the keeper's own name, or the name that one of its pods had. */
static int32_t without_pod(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                           const char *namespace_, const char *name, krx_k8s_keeper *out)
{
    static const krx_kube_kind named[] = {KRX_KUBE_DEPLOYMENT,
                                          KRX_KUBE_STATEFUL_SET,
                                          KRX_KUBE_CRON_JOB,
                                          KRX_KUBE_JOB,
                                          KRX_KUBE_DAEMON_SET,
                                          KRX_KUBE_REPLICA_SET,
                                          KRX_KUBE_REPLICATION_CONTROLLER};
    static const krx_kube_kind kept[] = {KRX_KUBE_REPLICA_SET, KRX_KUBE_STATEFUL_SET, KRX_KUBE_JOB,
                                         KRX_KUBE_DAEMON_SET, KRX_KUBE_REPLICATION_CONTROLLER};
    const char *dash = strrchr(name, '-');
    int32_t code = try_kinds(call, backend, arena, named, KRX_COUNT(named), namespace_, name, out);
    if (code || out->text || !dash || dash == name)
        return code;
    const char *stem = krx_arena_strndup(arena, name, (size_t)(dash - name));
    if (!stem)
        return krx_k8s_no_memory(call);
    return try_kinds(call, backend, arena, kept, KRX_COUNT(kept), namespace_, stem, out);
}

static int32_t of_instance(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                           const krx_ref *ref, krx_k8s_keeper *out)
{
    krx_auto_json cJSON *pods = NULL;
    krx_error before;
    const char *slash = strchr(ref->instance, '/'), *namespace_;
    int32_t code = krx_k8s_pods_of(call, backend, arena, ref, &pods);
    if (!code) {
        out->pod = cJSON_DetachItemFromArray(pods, 0);
        code = krx_k8s_top_owner(call, backend, out->pod, &out->kind, &out->object);
        return code ? code : finish(call, arena, out);
    }
    if (code != KRX_E_NOT_FOUND)
        return code;
    before = *call->error;
    krx_k8s_forgive(call);
    code = krx_k8s_namespace(call, backend, arena, ref, &namespace_);
    if (!code && slash)
        namespace_ = krx_arena_strndup(arena, ref->instance, (size_t)(slash - ref->instance));
    if (!code && !namespace_)
        code = krx_k8s_no_memory(call);
    if (!code)
        code =
            without_pod(call, backend, arena, namespace_, slash ? slash + 1 : ref->instance, out);
    if (code || out->text)
        return code;
    *call->error = before;
    return before.code;
}

/* One pod of a workload counts as that pod: what happens to the others must be said. */
static int32_t of_workload(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                           const krx_ref *ref, krx_k8s_keeper *out)
{
    krx_auto_k8s_found krx_k8s_found found = {0};
    krx_auto_json cJSON *pods = NULL;
    int32_t code = krx_k8s_require(call, backend, arena, ref, &found);
    if (!code && ref->replica > 0)
        code = krx_k8s_pods_of(call, backend, arena, ref, &pods);
    if (code)
        return code;
    if (pods)
        out->pod = cJSON_DetachItemFromArray(pods, 0);
    out->kind = found.kind;
    out->object = krx_move_ptr(found.object);
    return finish(call, arena, out);
}

int32_t krx_k8s_find_keeper(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                            const krx_ref *ref, krx_k8s_keeper *out)
{
    krx_kube *kube;
    int32_t code = krx_k8s_kube(call, backend, &kube);
    if (code)
        return code;
    return krx_blank(ref->instance) ? of_workload(call, backend, arena, ref, out)
                                    : of_instance(call, backend, arena, ref, out);
}
