/* SPDX-License-Identifier: Apache-2.0 */
/* What an object becomes by an apply that is carried out here. */
#include <string.h>

#include "lib/kube/internal.h"

/* ------------------------------------------------------------------------------ what is wanted */

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
        if (!krx_kube_merge(to, was, from))
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
        return krx_kube_merge(there, was, wanted);
    if (cJSON_IsArray(there) && cJSON_IsArray(wanted) && same_names(there, wanted))
        return merge_lists(there, was, wanted);
    return replace_member(live, key, wanted);
}

bool krx_kube_merge(cJSON *live, const cJSON *last, const cJSON *wanted)
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

/* ------------------------------------------------------------------- what is wanted no more */

/* Of managedFields: what our last apply set. */
const cJSON *krx_kube_applied(const cJSON *object)
{
    const cJSON *entry;
    cJSON_ArrayForEach (entry,
                        krx_json_array(krx_json_object(object, "metadata"), "managedFields")) {
        if (krx_streq(krx_json_text(entry, "manager"), KRX_KUBE_FIELD_MANAGER) &&
            krx_streq(krx_json_text(entry, "operation"), "Apply"))
            return krx_json_object(entry, "fieldsV1");
    }
    return NULL;
}

bool krx_kube_disown(cJSON *object)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(object, "metadata"), "managedFields");
    bool any = false;
    for (cJSON *entry = list ? list->child : NULL, *next; entry; entry = next) {
        next = entry->next;
        if (!krx_streq(krx_json_text(entry, "manager"), KRX_KUBE_FIELD_MANAGER) ||
            !krx_streq(krx_json_text(entry, "operation"), "Update"))
            continue;
        cJSON_Delete(cJSON_DetachItemViaPointer(list, entry));
        any = true;
    }
    return any;
}

/* The element that a key such as k:{"name":"web"} stands for. */
static cJSON *element(const cJSON *list, const char *key)
{
    krx_auto_json cJSON *values = cJSON_Parse(key);
    cJSON *item;
    const cJSON *value;
    cJSON_ArrayForEach (item, list) {
        bool same = cJSON_IsObject(values);
        cJSON_ArrayForEach (value, values)
            same = same && cJSON_Compare(value, krx_json_get(item, value->string), 1);
        if (same)
            return item;
    }
    return NULL;
}

/* Maps that others write into as well. */
static bool is_shared(const char *key)
{
    return krx_streq(key, "annotations") || krx_streq(key, "labels");
}

/* Deletes `key`, as deep as it is ours; 1 when that was an object with fields. */
static size_t prune_member(cJSON *live, const cJSON *owned, const char *key)
{
    bool is_object = cJSON_IsObject(krx_json_get(live, key));
    if (is_object && is_shared(key)) {
        (void)krx_kube_prune(cJSON_GetObjectItemCaseSensitive(live, key), owned, NULL);
        return 0;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(live, key);
    return is_object && owned->child;
}

size_t krx_kube_prune(cJSON *live, const cJSON *owned, const cJSON *wanted)
{
    const cJSON *field;
    size_t count = 0;
    cJSON_ArrayForEach (field, owned) {
        const char *key = field->string;
        if (krx_has_prefix(key, "k:")) {
            cJSON *item = element(live, key + 2);
            const cJSON *same = element(wanted, key + 2);
            count += item && same ? krx_kube_prune(item, field, same) : 0;
        } else if (krx_has_prefix(key, "f:") && krx_json_get(live, key + 2)) {
            const cJSON *member = krx_json_get(wanted, key + 2);
            count += member ? krx_kube_prune(cJSON_GetObjectItemCaseSensitive(live, key + 2), field,
                                             member)
                            : prune_member(live, field, key + 2);
        }
    }
    return count;
}
