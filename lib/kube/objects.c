/* SPDX-License-Identifier: Apache-2.0 */
/* Single objects: read, create, patch, delete. */
#include <string.h>

#include "lib/kube/internal.h"

int32_t krx_kube_get(krx_call *call, krx_kube *kube, const krx_kube_ref *ref, cJSON **out)
{
    krx_kube_request request = {.ref = *ref};
    int32_t code = krx_kube_call(call, kube, &request, out);
    if (code == 0 && out && !*out)
        return krx_fail(call, KRX_E_DATA_LOSS, "%s answered nothing", kube->label);
    return code;
}

int32_t krx_kube_look(krx_call *call, krx_kube *kube, const krx_kube_ref *ref, cJSON **out)
{
    int32_t code = krx_kube_get(call, kube, ref, out);
    return code == KRX_E_NOT_FOUND || code == KRX_E_UNIMPLEMENTED ? krx_forgive(call) : code;
}

/* The object with apiVersion and kind; *owned is it when they had to be added. */
int32_t krx_kube_typed(krx_call *call, krx_kube *kube, const krx_kube_ref *ref, const cJSON *object,
                       cJSON **owned)
{
    const char *version;
    krx_json_maker maker = {0};
    *owned = NULL;
    if (ref->subresource ||
        (*krx_json_text(object, "kind") && *krx_json_text(object, "apiVersion")))
        return 0;
    int32_t code = krx_kube_api_version(call, kube, ref->kind, &version);
    if (code < 0)
        return code;
    krx_auto_json cJSON *copy = cJSON_Duplicate(object, 1);
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "apiVersion");
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "kind");
    krx_json_add_text(&maker, copy, "apiVersion", version);
    krx_json_add_text(&maker, copy, "kind", krx_kube_kind_name(ref->kind));
    if (!copy || maker.failed)
        return krx_no_memory(call);
    *owned = krx_move_ptr(copy);
    return 0;
}

/* A collection's ref for creating; a subresource is created under its object's name. */
static krx_kube_ref place_of(const krx_kube_ref *ref)
{
    krx_kube_ref place = *ref;
    if (!ref->subresource)
        place.name = NULL;
    return place;
}

int32_t krx_kube_create(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                        const cJSON *object, uint32_t flags, cJSON **out)
{
    krx_auto_json cJSON *owned = NULL;
    if (out)
        *out = NULL;
    int32_t code = krx_kube_typed(call, kube, ref, object, &owned);
    if (code < 0)
        return code;
    krx_kube_request request = {.method = "POST",
                                .ref = place_of(ref),
                                .query = ref->subresource ? NULL
                                                          : "fieldManager=" KRX_KUBE_FIELD_MANAGER,
                                .json = owned ? owned : object,
                                .flags = flags};
    return krx_kube_call(call, kube, &request, out);
}

int32_t krx_kube_patch(krx_call *call, krx_kube *kube, const krx_kube_ref *ref, const char *type,
                       const cJSON *patch, uint32_t flags, cJSON **out)
{
    char content_type[64];
    (void)snprintf(content_type, sizeof content_type, "application/%s-patch+json", type);
    krx_kube_request request = {.method = "PATCH",
                                .ref = *ref,
                                .query = "fieldManager=" KRX_KUBE_FIELD_MANAGER,
                                .json = patch,
                                .content_type = content_type,
                                .flags = flags};
    return krx_kube_call(call, kube, &request, out);
}

static cJSON *delete_options(krx_call *call, const krx_kube_delete_options *options)
{
    krx_json_maker maker = {0};
    krx_auto_json cJSON *body = cJSON_CreateObject();
    krx_json_add_text(&maker, body, "apiVersion", "v1");
    krx_json_add_text(&maker, body, "kind", "DeleteOptions");
    krx_json_add_text(&maker, body, "propagationPolicy", options->propagation);
    krx_json_add_int(&maker, body, "gracePeriodSeconds", options->grace_seconds);
    if (options->uid)
        krx_json_add_text(&maker, krx_json_add_object(&maker, body, "preconditions"), "uid",
                          options->uid);
    if (options->flags & KRX_KUBE_DRY_RUN)
        krx_json_add_text(&maker, krx_json_add_array(&maker, body, "dryRun"), NULL, "All");
    if (body && !maker.failed)
        return krx_move_ptr(body);
    (void)krx_no_memory(call);
    return NULL;
}

int32_t krx_kube_delete(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                        const krx_kube_delete_options *options)
{
    static const krx_kube_delete_options usual = {.grace_seconds = KRX_UNSET};
    if (krx_blank(ref->name))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "a whole collection is never deleted");
    krx_auto_json cJSON *body = delete_options(call, options ? options : &usual);
    if (!body)
        return call->error->code;
    krx_kube_request request = {.method = "DELETE", .ref = *ref, .json = body};
    return krx_kube_call(call, kube, &request, NULL);
}
