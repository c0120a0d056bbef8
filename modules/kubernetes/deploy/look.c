/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the cluster before a deploy. */
#include "lib/base/clock.h"
#include "modules/kubernetes/deploy/deploying.h"
#include "modules/kubernetes/deploy/spaces.h"

#define LOOK_AGAIN_NS (250 * KRX_NS_PER_MS)

static bool is_leaving(const cJSON *object)
{
    return *krx_json_text(krx_json_object(object, "metadata"), "deletionTimestamp") != '\0';
}

/* What is on its way out is waited for: changed now, it would go all the same. */
static int32_t look(krx_k8s_deploying *d, krx_kube_kind kind, const char *name, cJSON **out)
{
    krx_kube_ref at = {.kind = kind, .namespace_ = d->namespace_, .name = name};
    for (;;) {
        int32_t code = krx_kube_look(d->call, d->kube, &at, out);
        if (code || !*out || !is_leaving(*out))
            return code;
        cJSON_Delete(*out);
        *out = NULL;
        if (d->dry)
            return 0;
        krx_tell_progress(d->call, "wait", name, "waiting for the old one to be gone");
        if (krx_sleep(d->call, LOOK_AGAIN_NS) < 0)
            return krx_wrap(d->call, "%s '%s' is still being removed", krx_kube_kind_name(kind),
                            name);
    }
}

/* Ours is what carries our label and belongs to this very workload. */
static int32_t check_owner(krx_k8s_deploying *d, krx_kube_kind kind, const cJSON *object)
{
    const char *owner = krx_k8s_label(object, KRX_K8S_WORKLOAD);
    const char *name = krx_k8s_name(object);
    if (krx_k8s_ours(object) && (!*owner || krx_streq(owner, d->spec->name)))
        return 0;
    if (krx_k8s_ours(object))
        krx_fail(d->call, KRX_E_ALREADY_EXISTS,
                 "%s '%s' in namespace '%s' belongs to workload "
                 "'%s'",
                 krx_kube_kind_name(kind), name, d->namespace_, owner);
    else
        krx_fail(d->call, KRX_E_ALREADY_EXISTS,
                 "there is a %s '%s' in namespace '%s', which kranix did not make",
                 krx_kube_kind_name(kind), name, d->namespace_);
    return krx_hint(d->call, "choose another name, or remove it: kubectl delete %s %s -n %s",
                    krx_kube_kind_plural(kind), name, d->namespace_);
}

/* Somebody who may not look at namespaces can still use one. */
static int32_t look_at_namespace(krx_k8s_deploying *d)
{
    krx_auto_json cJSON *object = NULL;
    krx_kube_ref at = {.kind = KRX_KUBE_NAMESPACE, .name = d->namespace_};
    if (krx_k8s_space_seen(d->backend, d->namespace_))
        return 0;
    int32_t code = krx_kube_look(d->call, d->kube, &at, &object);
    if (code == KRX_E_PERMISSION_DENIED)
        return krx_forgive(d->call);
    if (!code && object && is_leaving(object)) {
        krx_fail(d->call, KRX_E_FAILED_PRECONDITION, "namespace '%s' is being removed",
                 d->namespace_);
        return krx_hint(d->call, "try again when it is gone");
    }
    d->no_namespace = !code && !object;
    if (object)
        krx_k8s_space_note(d->backend, d->namespace_);
    return code;
}

static int32_t look_at_other(krx_k8s_deploying *d)
{
    krx_auto_json cJSON *other = NULL;
    bool cron = d->objects.items[d->objects.workload].kind == KRX_KUBE_CRON_JOB;
    d->other_kind = cron ? KRX_KUBE_DEPLOYMENT : KRX_KUBE_CRON_JOB;
    int32_t code = look(d, d->other_kind, d->spec->name, &other);
    if (!code && other && krx_k8s_ours(other))
        d->other = krx_move_ptr(other);
    return code;
}

int32_t krx_k8s_look_at_all(krx_k8s_deploying *d)
{
    bool any = false;
    int32_t code = 0;
    for (size_t i = 0; i < d->objects.count && !code; i++) {
        krx_kube_kind kind = d->objects.items[i].kind;
        code = look(d, kind, krx_k8s_name(d->objects.items[i].json), &d->live[i]);
        if (!code && d->live[i])
            code = check_owner(d, kind, d->live[i]);
        any |= d->live[i] != NULL;
    }
    if (!code)
        code = look_at_other(d);
    return code || any || d->other ? code : look_at_namespace(d);
}

/* ---------------------------------------------------------------------------- making a namespace
 */

static cJSON *namespace_object(const char *name)
{
    krx_json_maker maker = {0};
    cJSON *object = cJSON_CreateObject();
    krx_json_add_text(&maker, object, "apiVersion", "v1");
    krx_json_add_text(&maker, object, "kind", "Namespace");
    cJSON *meta = krx_json_add_object(&maker, object, "metadata");
    krx_json_add_text(&maker, meta, "name", name);
    cJSON *labels = krx_json_add_object(&maker, meta, "labels");
    krx_json_add_text(&maker, labels, KRX_K8S_MANAGED_BY, KRX_K8S_KRANIX);
    if (object && !maker.failed)
        return object;
    cJSON_Delete(object);
    return NULL;
}

int32_t krx_k8s_need_namespace(krx_k8s_deploying *d)
{
    krx_auto_json cJSON *object = NULL, *answer = NULL;
    krx_kube_ref at = {.kind = KRX_KUBE_NAMESPACE, .name = d->namespace_};
    if (!d->no_namespace)
        return 0;
    object = namespace_object(d->namespace_);
    krx_k8s_made *made = krx_arena_new_of(d->arena, krx_k8s_made);
    if (!object || !made)
        return krx_no_memory(d->call);
    krx_tell_progress(d->call, "create", d->namespace_, "creating the namespace");
    int32_t code = krx_kube_create(d->call, d->kube, &at, object, 0, &answer);
    if (code == KRX_E_ALREADY_EXISTS)
        return krx_forgive(d->call);
    if (code == KRX_E_PERMISSION_DENIED) {
        krx_fail(d->call, code, "namespace '%s' does not exist, and you may not create it",
                 d->namespace_);
        return krx_hint(d->call,
                        "have it created (kubectl create namespace %s), or be given the "
                        "right to create namespaces",
                        d->namespace_);
    }
    if (code)
        return code;
    *made = (krx_k8s_made){.kind = KRX_KUBE_NAMESPACE, .name = d->namespace_};
    made->uid =
        krx_arena_strdup(d->arena, krx_json_text(krx_json_object(answer, "metadata"), "uid"));
    return krx_ptrs_add(d->arena, &d->made, made) < 0 ? krx_no_memory(d->call) : 0;
}
