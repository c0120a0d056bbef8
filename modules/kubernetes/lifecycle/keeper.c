/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/lifecycle/keeper.h"

#include <string.h>

#include "modules/kubernetes/lifecycle/scale.h"
#include "modules/kubernetes/pods/kind_word.h"

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
    return k->text && k->namespace_ ? 0 : krx_no_memory(call);
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
            code = krx_forgive(call);
        if (code)
            return code;
        if (object)
            return climb(call, backend, arena, kinds[i], object, out);
    }
    return 0;
}

/* Who names a pod means what keeps it. A bare name of something that kranix did not make does not:
 * to scale down somebody else's Deployment must be meant. */
static int32_t refuse_foreign(krx_call *call, const krx_k8s_keeper *k)
{
    krx_fail(call, KRX_E_PERMISSION_DENIED, "%s in namespace '%s' was not made by kranix", k->text,
             k->namespace_);
    return krx_hint(call, "name it with its kind to act on it all the same: %s -n %s", k->text,
                    k->namespace_);
}

static int32_t of_past_pod(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                           const char *namespace_, const char *name, krx_k8s_keeper *out)
{
    static const krx_kube_kind kept[] = {KRX_KUBE_REPLICA_SET, KRX_KUBE_STATEFUL_SET, KRX_KUBE_JOB,
                                         KRX_KUBE_DAEMON_SET, KRX_KUBE_REPLICATION_CONTROLLER};
    const char *dash = strrchr(name, '-');
    if (!dash || dash == name)
        return 0;
    const char *stem = krx_arena_strndup(arena, name, (size_t)(dash - name));
    if (!stem || !(out->pod_name = krx_arena_strdup(arena, name)))
        return krx_no_memory(call);
    return try_kinds(call, backend, arena, kept, KRX_COUNT(kept), namespace_, stem, out);
}

/* There is no such pod: it may be the keeper's own name, or the name that one of its pods had. */
static int32_t without_pod(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                           const krx_ref *ref, krx_k8s_keeper *out)
{
    static const krx_kube_kind named[] = {KRX_KUBE_DEPLOYMENT,
                                          KRX_KUBE_STATEFUL_SET,
                                          KRX_KUBE_CRON_JOB,
                                          KRX_KUBE_JOB,
                                          KRX_KUBE_DAEMON_SET,
                                          KRX_KUBE_REPLICA_SET,
                                          KRX_KUBE_REPLICATION_CONTROLLER};
    const char *name, *namespace_;
    krx_kube_kind kind = krx_k8s_kind_word(ref->instance, &name);
    bool says_kind = kind != KRX_KUBE_KIND_COUNT_ && kind != KRX_KUBE_POD;
    int32_t code = krx_k8s_namespace(call, backend, arena, ref, &namespace_);
    if (!code && name != ref->instance && kind == KRX_KUBE_KIND_COUNT_)
        namespace_ = krx_arena_strndup(arena, ref->instance, (size_t)(name - 1 - ref->instance));
    if (!code && !namespace_)
        code = krx_no_memory(call);
    if (code || says_kind)
        return code ? code : try_kinds(call, backend, arena, &kind, 1, namespace_, name, out);
    if (kind != KRX_KUBE_POD)
        code = try_kinds(call, backend, arena, named, KRX_COUNT(named), namespace_, name, out);
    if (!code && out->text && !krx_k8s_ours(out->object))
        return refuse_foreign(call, out);
    return code || out->text ? code : of_past_pod(call, backend, arena, namespace_, name, out);
}

static bool names_a_keeper(const char *instance)
{
    const char *name;
    krx_kube_kind kind = krx_k8s_kind_word(instance, &name);
    return kind != KRX_KUBE_KIND_COUNT_ && kind != KRX_KUBE_POD;
}

static int32_t of_pod(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                      const krx_ref *ref, krx_k8s_keeper *out)
{
    krx_auto_json cJSON *pods = NULL;
    int32_t code = krx_k8s_pods_of(call, backend, arena, ref, &pods);
    if (code)
        return code;
    out->pod = cJSON_DetachItemFromArray(pods, 0);
    out->pod_name = krx_k8s_name(out->pod);
    code = krx_k8s_top_owner(call, backend, out->pod, &out->kind, &out->object);
    return code ? code : finish(call, arena, out);
}

static int32_t of_instance(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                           const krx_ref *ref, krx_k8s_keeper *out)
{
    if (!names_a_keeper(ref->instance)) {
        int32_t code = of_pod(call, backend, arena, ref, out);
        if (code != KRX_E_NOT_FOUND)
            return code;
        krx_forgive(call);
    }
    int32_t code = without_pod(call, backend, arena, ref, out);
    if (code || out->text)
        return code;
    return krx_fail(call, KRX_E_NOT_FOUND, "there is no pod '%s', and nothing that keeps one",
                    ref->instance);
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
    if (pods && (out->pod = cJSON_DetachItemFromArray(pods, 0)))
        out->pod_name = krx_k8s_name(out->pod);
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
