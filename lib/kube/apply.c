/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server-side apply. Where the server has none: create, else the fields set one by one, with what
 * was applied last kept in an annotation so that what is no longer wanted goes away.
 *
 * Older servers (1.20.2; mended in structured-merge-diff #184, February 2021) take the fields of an
 * object away that is applied no more, but leave the object itself: a probe without a handler, a
 * volume of two types, which they then refuse. There the object is written in one piece.
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
    if (!before || !krx_kube_merge(live, last, r->wanted) || !note(live, r->text))
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

/* ----------------------------------------------------------------------------------- in one piece
 */

typedef struct writing {
    const cJSON *wanted;
    bool leaves_any; /* objects that the server's own apply would leave there empty */
} writing;

static int32_t write_wanted(void *ctx, krx_call *call, cJSON *live)
{
    writing *w = ctx;
    if (!krx_kube_prune(live, krx_kube_applied(live), w->wanted))
        return 1;
    w->leaves_any = true;
    return krx_kube_merge(live, NULL, w->wanted) ? 0 : krx_no_memory(call);
}

static int32_t disown(void *ctx, krx_call *call, cJSON *live)
{
    (void)ctx, (void)call;
    return krx_kube_disown(live) ? 0 : 1;
}

/* What is written so is no part of what was applied, until it is applied as well: otherwise the
 * next apply could not take it away. Answers with the refusal where nothing of this was its reason.
 */
static int32_t apply_whole(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                           const cJSON *object, uint32_t flags, cJSON **out)
{
    const krx_error refusal = *call->error;
    writing w = {.wanted = object};
    int32_t status;
    krx_auto_json cJSON *written = NULL;
    (void)krx_forgive(call);
    int32_t code =
        krx_kube_edit(call, kube, ref, write_wanted, &w, flags & KRX_KUBE_DRY_RUN, &written);
    if (!w.leaves_any) {
        *call->error = refusal;
        return refusal.code;
    }
    if (code == 0 && flags & KRX_KUBE_DRY_RUN) {
        if (out)
            *out = krx_move_ptr(written);
        return 0;
    }
    if (code == 0)
        code = krx_kube_edit(call, kube, ref, disown, NULL, 0, NULL);
    return code ? code : apply_there(call, kube, ref, object, flags, &status, out);
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
        if (status == 422)
            return apply_whole(call, kube, ref, object, flags, out);
        if (code == 0 || !lacks_apply(call, ref, status))
            return code;
        atomic_store(&kube->no_apply, true);
        (void)krx_forgive(call);
    }
    return apply_here(call, kube, ref, object, flags, out);
}
