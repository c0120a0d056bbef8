/* SPDX-License-Identifier: Apache-2.0 */
/* Hands the objects to the server, and takes back what a failing deploy made. */
#include <string.h>

#include "lib/base/side_call.h"
#include "modules/kubernetes/deploy/deploying.h"
#include "modules/kubernetes/deploy/spaces.h"

/* ------------------------------------------------------------------------------------- refusals
 */

static const struct refusal {
    const char *said;
    int32_t code;
    const char *hint;
} refusals[] = {
    {"exceeded quota", KRX_E_RESOURCE_EXHAUSTED,
     "ask for less, or have the namespace's quota raised"},
    {"being terminated", KRX_E_FAILED_PRECONDITION,
     "the namespace is being removed: try again when it is gone"},
    {"field is immutable", KRX_E_FAILED_PRECONDITION,
     "this can't be changed while it exists: destroy the workload and deploy it again"},
    {"is immutable after creation", KRX_E_FAILED_PRECONDITION,
     "a volume can only grow: remove it (its data is lost), or give the new one another name"},
    {"can not be less than previous value", KRX_E_FAILED_PRECONDITION,
     "a volume can only grow: remove it (its data is lost), or give the new one another name"},
    {"must support resize", KRX_E_FAILED_PRECONDITION,
     "the storage class can't make volumes larger: leave the size as it is"},
    {"provided port is already allocated", KRX_E_INVALID_ARGUMENT,
     "another service has this hostPort: choose another one"},
};

int32_t krx_k8s_explain(krx_k8s_deploying *d, krx_kube_kind kind, const char *name)
{
    krx_error *error = d->call->error;
    char missing[320];
    for (size_t i = 0; i < KRX_COUNT(refusals); i++)
        if (strstr(error->message, refusals[i].said)) {
            error->code = refusals[i].code;
            (void)krx_hint(d->call, "%s", refusals[i].hint);
            break;
        }
    (void)snprintf(missing, sizeof missing, "namespaces \"%s\" not found", d->namespace_);
    if (strstr(error->message, missing)) {
        krx_fail(d->call, KRX_E_NOT_FOUND, "namespace '%s' does not exist", d->namespace_);
        return krx_hint(d->call, "kubectl create namespace %s", d->namespace_);
    }
    return krx_wrap(d->call, "%s '%s'", krx_kube_kind_name(kind), name);
}

/* ---------------------------------------------------------------------------------------- apply
 */

static krx_kube_ref place_of(const krx_k8s_deploying *d, size_t index)
{
    return (krx_kube_ref){.kind = d->objects.items[index].kind,
                          .namespace_ = d->namespace_,
                          .name = krx_k8s_name(d->objects.items[index].json)};
}

/* Where the namespace is still missing, the default one answers for it, under a made-up name. */
static int32_t try_elsewhere(krx_k8s_deploying *d, size_t index)
{
    krx_auto_json cJSON *copy = cJSON_Duplicate(d->objects.items[index].json, 1);
    krx_kube_ref at = {.kind = d->objects.items[index].kind, .namespace_ = "default"};
    cJSON *meta = cJSON_GetObjectItemCaseSensitive(copy, "metadata");
    krx_json_maker maker = {0};
    const char *name = krx_k8s_name(d->objects.items[index].json);
    cJSON_DeleteItemFromObjectCaseSensitive(meta, "name");
    cJSON_DeleteItemFromObjectCaseSensitive(meta, "namespace");
    krx_json_add_text(&maker, meta, "generateName", "kranix-dry-run-");
    if (!copy || maker.failed)
        return krx_no_memory(d->call);
    int32_t code = krx_kube_create(d->call, d->kube, &at, copy, KRX_KUBE_DRY_RUN, NULL);
    if (code == KRX_E_PERMISSION_DENIED)
        return krx_forgive(d->call); /* that one's rules are not this one's */
    return code ? krx_k8s_explain(d, at.kind, name) : 0;
}

static int32_t note_made(krx_k8s_deploying *d, size_t index)
{
    krx_k8s_made *made = krx_arena_new_of(d->arena, krx_k8s_made);
    const cJSON *meta = krx_json_object(d->result[index], "metadata");
    if (!made)
        return krx_no_memory(d->call);
    *made = (krx_k8s_made){.kind = d->objects.items[index].kind,
                           .name = krx_k8s_name(d->objects.items[index].json),
                           .uid = krx_json_text(meta, "uid")};
    return krx_ptrs_add(d->arena, &d->made, made) < 0 ? krx_no_memory(d->call) : 0;
}

static int32_t note_changed(krx_k8s_deploying *d, size_t index)
{
    const cJSON *before = krx_json_object(d->live[index], "metadata");
    const cJSON *after = krx_json_object(d->result[index], "metadata");
    if (krx_streq(krx_json_text(before, "resourceVersion"),
                  krx_json_text(after, "resourceVersion")))
        return 0;
    char *text =
        krx_arena_printf(d->arena, "%s '%s'", krx_kube_kind_name(d->objects.items[index].kind),
                         krx_k8s_name(d->objects.items[index].json));
    return !text || krx_ptrs_add(d->arena, &d->changed, text) < 0 ? krx_no_memory(d->call) : 0;
}

static int32_t apply_one(krx_k8s_deploying *d, size_t index, uint32_t flags)
{
    krx_kube_ref at = place_of(d, index);
    if (d->no_namespace && d->dry)
        return try_elsewhere(d, index);
    cJSON_Delete(d->result[index]);
    d->result[index] = NULL;
    int32_t code = krx_kube_apply(d->call, d->kube, &at, d->objects.items[index].json,
                                  flags | KRX_KUBE_FORCE, &d->result[index]);
    if (code)
        return krx_k8s_explain(d, at.kind, at.name);
    if (flags & KRX_KUBE_DRY_RUN)
        return 0;
    return d->live[index] ? note_changed(d, index) : note_made(d, index);
}

/* What stop or a checkpoint left on the object, which a deploy ends. The fields are those of
 * another writer, so that apply alone leaves them. */
static int32_t clear_stop(krx_k8s_deploying *d)
{
    size_t index = d->objects.workload;
    cJSON *notes = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(d->result[index], "metadata"), "annotations");
    krx_json_maker maker = {0};
    if ((d->req->flags & KRX_DEPLOY_NO_START) || !krx_json_get(notes, KRX_K8S_STOPPED))
        return 0;
    cJSON_DeleteItemFromObjectCaseSensitive(notes, KRX_K8S_STOPPED);
    cJSON_DeleteItemFromObjectCaseSensitive(notes, KRX_K8S_REPLICAS);
    if (d->dry)
        return 0;
    krx_auto_json cJSON *patch = cJSON_CreateObject();
    cJSON *none =
        krx_json_add_object(&maker, krx_json_add_object(&maker, patch, "metadata"), "annotations");
    krx_json_add_item(&maker, none, KRX_K8S_STOPPED, cJSON_CreateNull());
    krx_json_add_item(&maker, none, KRX_K8S_REPLICAS, cJSON_CreateNull());
    krx_kube_ref at = place_of(d, index);
    if (maker.failed)
        return krx_no_memory(d->call);
    return krx_kube_patch(d->call, d->kube, &at, "merge", patch, 0, NULL);
}

/* The workload is what is refused most often: it is tried before anything beside it is changed. */
int32_t krx_k8s_apply_all(krx_k8s_deploying *d)
{
    uint32_t flags = d->dry ? KRX_KUBE_DRY_RUN : 0;
    int32_t code = 0;
    if (!d->dry && d->objects.count > 1)
        code = apply_one(d, d->objects.workload, KRX_KUBE_DRY_RUN);
    for (size_t i = 0; i < d->objects.count && !code; i++) {
        if (!d->dry)
            krx_tell_progress(d->call, "apply", krx_k8s_name(d->objects.items[i].json),
                              krx_kube_kind_name(d->objects.items[i].kind));
        code = apply_one(d, i, flags);
    }
    return code ? code : clear_stop(d);
}

static int32_t notice(void *ctx, const cJSON *item)
{
    bool *any = ctx;
    *any = !*krx_json_text(krx_json_object(item, "metadata"), "deletionTimestamp");
    return *any;
}

/* Others may have deployed to the namespace as soon as it was there. */
static bool holds_others(krx_k8s_deploying *d, krx_call *call)
{
    static const krx_kube_kind kinds[] = {KRX_KUBE_DEPLOYMENT, KRX_KUBE_CRON_JOB};
    bool any = !krx_k8s_space_claim(d->backend, d->namespace_);
    for (size_t i = 0; i < KRX_COUNT(kinds) && !any; i++) {
        krx_kube_select select = {.kind = kinds[i], .namespace_ = d->namespace_};
        if (krx_kube_list(call, d->kube, &select, notice, &any, NULL) < 0)
            return true;
    }
    return any;
}

void krx_k8s_take_back(krx_k8s_deploying *d)
{
    krx_side_call side;
    krx_call *call = krx_undo_call(&side, d->call);
    for (size_t i = d->made.count; i-- > 0;) {
        const krx_k8s_made *made = d->made.items[i];
        krx_kube_ref at = {.kind = made->kind, .name = made->name};
        krx_kube_delete_options options = {
            .propagation = "Background", .grace_seconds = KRX_UNSET, .uid = made->uid};
        if (made->kind != KRX_KUBE_NAMESPACE)
            at.namespace_ = d->namespace_;
        else if (holds_others(d, call))
            continue;
        if (krx_kube_delete(call, d->kube, &at, &options) && side.error.code != KRX_E_NOT_FOUND)
            krx_log(d->call, KRX_LOG_WARN, "%s '%s' could not be taken back: %s",
                    krx_kube_kind_name(made->kind), made->name, side.error.message);
    }
}
