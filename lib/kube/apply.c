/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server-side apply. Where the server has none: create, else the fields set one by one, with what
 * was applied last kept in an annotation so that what is no longer wanted goes away.
 */
#include <string.h>

#include "lib/kube/internal.h"

#define LAST_APPLIED "kranix.io/last-applied"

static int32_t apply_there(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                           const cJSON *object, uint32_t flags, int32_t *status, cJSON **out)
{
    krx_kube_request request = {.method = "PATCH",
                                .ref = *ref,
                                .query = flags & KRX_KUBE_FORCE
                                             ? "fieldManager=" KRX_KUBE_FIELD_MANAGER "&force=true"
                                             : "fieldManager=" KRX_KUBE_FIELD_MANAGER,
                                .json = object,
                                .content_type = "application/apply-patch+yaml",
                                .flags = flags,
                                .status = status};
    return krx_kube_call(call, kube, &request, out);
}

/* An apply creates what is missing: only a server without it calls the object not found. */
static bool lacks_apply(const krx_call *call, const krx_kube_ref *ref, int32_t status)
{
    char namespace_missing[320];
    if (status == 415)
        return true;
    (void)snprintf(namespace_missing, sizeof namespace_missing, "namespaces \"%s\" not found",
                   ref->namespace_ ? ref->namespace_ : "");
    return status == 404 && call->error->code == KRX_E_NOT_FOUND &&
           !strstr(call->error->message, namespace_missing);
}

/* -------------------------------------------------------------------------------- field by field
 */

static bool replace_member(cJSON *live, const char *key, const cJSON *wanted)
{
    cJSON *copy = cJSON_Duplicate(wanted, 1);
    if (!copy)
        return false;
    cJSON_bool done = krx_json_get(live, key)
                          ? cJSON_ReplaceItemInObjectCaseSensitive(live, key, copy)
                          : cJSON_AddItemToObject(live, key, copy);
    if (!done)
        cJSON_Delete(copy);
    return done;
}

static bool merge(cJSON *live, const cJSON *last, const cJSON *wanted);

/* Lists of the same named things keep what the server filled in, such as node ports. */
static bool same_names(const cJSON *live, const cJSON *wanted)
{
    const cJSON *a = live->child, *b = wanted->child;
    for (; a && b; a = a->next, b = b->next)
        if (!cJSON_IsObject(a) || !cJSON_IsObject(b) || !*krx_json_text(b, "name") ||
            !krx_streq(krx_json_text(a, "name"), krx_json_text(b, "name")))
            return false;
    return !a && !b;
}

static bool merge_lists(cJSON *live, const cJSON *last, const cJSON *wanted)
{
    const cJSON *was = cJSON_IsArray(last) && same_names(last, wanted) ? last->child : NULL;
    cJSON *to = live->child;
    for (const cJSON *from = wanted->child; from; from = from->next, to = to->next) {
        if (!merge(to, was, from))
            return false;
        was = was ? was->next : NULL;
    }
    return true;
}

static bool merge_member(cJSON *live, const cJSON *last, const cJSON *wanted)
{
    const char *key = wanted->string;
    cJSON *there = cJSON_GetObjectItemCaseSensitive(live, key);
    const cJSON *was = krx_json_get(last, key);
    if (cJSON_IsObject(there) && cJSON_IsObject(wanted))
        return merge(there, was, wanted);
    if (cJSON_IsArray(there) && cJSON_IsArray(wanted) && same_names(there, wanted))
        return merge_lists(there, was, wanted);
    return replace_member(live, key, wanted);
}

/* `live` gets what is wanted and loses what was applied last and is wanted no more. */
static bool merge(cJSON *live, const cJSON *last, const cJSON *wanted)
{
    const cJSON *member;
    if (cJSON_IsObject(last))
        cJSON_ArrayForEach (member, last) {
            if (!krx_json_get(wanted, member->string))
                cJSON_DeleteItemFromObjectCaseSensitive(live, member->string);
        }
    cJSON_ArrayForEach (member, wanted) {
        if (!merge_member(live, last, member))
            return false;
    }
    return true;
}

/* Notes on the object what is wanted. */
static bool note(cJSON *object, const char *text)
{
    krx_json_maker maker = {0};
    cJSON *meta = cJSON_GetObjectItemCaseSensitive(object, "metadata");
    if (!cJSON_IsObject(meta))
        return false;
    cJSON *annotations = cJSON_GetObjectItemCaseSensitive(meta, "annotations");
    if (!cJSON_IsObject(annotations)) {
        cJSON_DeleteItemFromObjectCaseSensitive(meta, "annotations");
        annotations = krx_json_add_object(&maker, meta, "annotations");
    }
    cJSON_DeleteItemFromObjectCaseSensitive(annotations, LAST_APPLIED);
    krx_json_add_text(&maker, annotations, LAST_APPLIED, text);
    return !maker.failed;
}

typedef struct replacing {
    const cJSON *wanted;
    const char *text;
} replacing;

static int32_t edit_to_wanted(void *ctx, krx_call *call, cJSON *live)
{
    const replacing *r = ctx;
    const char *noted = krx_json_text(krx_json_dig(live, "metadata/annotations"), LAST_APPLIED);
    krx_auto_json cJSON *last = *noted ? cJSON_Parse(noted) : NULL;
    krx_auto_json cJSON *before = cJSON_Duplicate(live, 1);
    if (!before || !merge(live, last, r->wanted) || !note(live, r->text))
        return krx_no_memory(call);
    return cJSON_Compare(before, live, 1) ? 1 : 0;
}

static int32_t apply_here(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                          const cJSON *object, uint32_t flags, cJSON **out)
{
    krx_autofree char *text = cJSON_PrintUnformatted(object);
    krx_auto_json cJSON *first = cJSON_Duplicate(object, 1);
    if (!text || !first || !note(first, text))
        return krx_no_memory(call);
    uint32_t dry_run = flags & KRX_KUBE_DRY_RUN;
    replacing r = {.wanted = object, .text = text};
    int32_t code = krx_kube_edit(call, kube, ref, edit_to_wanted, &r, dry_run, out);
    if (code != KRX_E_NOT_FOUND)
        return code;
    (void)krx_forgive(call);
    code = krx_kube_create(call, kube, ref, first, dry_run, out);
    if (code != KRX_E_ALREADY_EXISTS)
        return code;
    (void)krx_forgive(call); /* somebody made it just now */
    return krx_kube_edit(call, kube, ref, edit_to_wanted, &r, dry_run, out);
}

int32_t krx_kube_apply(krx_call *call, krx_kube *kube, const krx_kube_ref *ref, const cJSON *object,
                       uint32_t flags, cJSON **out)
{
    int32_t status = 0;
    krx_auto_json cJSON *owned = NULL;
    if (out)
        *out = NULL;
    if (krx_blank(ref->name))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "what is applied needs a name");
    int32_t code = krx_kube_typed(call, kube, ref, object, &owned);
    if (code < 0)
        return code;
    if (owned)
        object = owned;
    if (!atomic_load(&kube->no_apply)) {
        code = apply_there(call, kube, ref, object, flags, &status, out);
        if (code == 0 || !lacks_apply(call, ref, status))
            return code;
        atomic_store(&kube->no_apply, true);
        (void)krx_forgive(call);
    }
    return apply_here(call, kube, ref, object, flags, out);
}
