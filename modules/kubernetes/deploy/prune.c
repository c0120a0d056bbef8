/* SPDX-License-Identifier: Apache-2.0 */
/* What an earlier deploy made and the spec has no more. */
#include "modules/kubernetes/deploy/deploying.h"
#include "modules/kubernetes/deploy/parts.h"

static int32_t remove_object(krx_k8s_deploying *d, krx_kube_kind kind, const cJSON *object)
{
    krx_kube_ref at = {.kind = kind, .namespace_ = d->namespace_, .name = krx_k8s_name(object)};
    krx_kube_delete_options options = {
        .propagation = "Background",
        .grace_seconds = KRX_UNSET,
        .uid = krx_json_text(krx_json_object(object, "metadata"), "uid"),
        .flags = d->dry ? KRX_KUBE_DRY_RUN : 0};
    int32_t code = krx_kube_delete(d->call, d->kube, &at, &options);
    return code == KRX_E_NOT_FOUND ? krx_forgive(d->call) : code;
}

int32_t krx_k8s_switch_kind(krx_k8s_deploying *d)
{
    if (!d->other)
        return 0;
    int32_t code = remove_object(d, d->other_kind, d->other);
    if (code)
        return krx_wrap(d->call, "removing the %s that '%s' was", krx_kube_kind_name(d->other_kind),
                        d->spec->name);
    return 0;
}

static bool is_wanted(const krx_k8s_deploying *d, krx_kube_kind kind, const char *name)
{
    for (size_t i = 0; i < d->objects.count; i++)
        if (d->objects.items[i].kind == kind &&
            krx_streq(krx_k8s_name(d->objects.items[i].json), name))
            return true;
    return false;
}

/* Data goes only where the spec said so when it was made. */
static bool is_kept(krx_kube_kind kind, const cJSON *object)
{
    return kind == KRX_KUBE_PVC &&
           !krx_streq(krx_k8s_annotation(object, KRX_K8S_AUTO_CLEANUP), "true");
}

static int32_t prune_kind(krx_k8s_deploying *d, krx_kube_kind kind)
{
    krx_auto_json cJSON *parts = NULL;
    const cJSON *part;
    int32_t code = krx_k8s_parts_of(d->call, d->kube, kind, d->namespace_, d->spec->name, &parts);
    cJSON_ArrayForEach (part, parts) {
        const char *name = krx_k8s_name(part);
        if (code || is_wanted(d, kind, name) || is_kept(kind, part))
            continue;
        code = remove_object(d, kind, part);
        if (!code)
            code = krx_k8s_tell_removal(d, kind, name);
    }
    return code;
}

int32_t krx_k8s_prune(krx_k8s_deploying *d)
{
    static const krx_kube_kind kinds[] = {KRX_KUBE_HPA, KRX_KUBE_SERVICE, KRX_KUBE_NETWORK_POLICY,
                                          KRX_KUBE_PVC};
    int32_t code = 0;
    for (size_t i = 0; i < KRX_COUNT(kinds) && !code && !d->no_namespace; i++)
        code = prune_kind(d, kinds[i]);
    if (code)
        return krx_wrap(d->call, "'%s' is deployed, but what it needs no more could not be removed",
                        d->spec->name);
    return 0;
}
