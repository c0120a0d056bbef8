/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a deploy changes: the object that was there against what the server made of it, or says
 * that it would. So it shows what others changed meanwhile, and what the server fills in.
 */
#include <string.h>

#include "lib/model/differences.h"
#include "modules/kubernetes/deploy/deploying.h"

/* Filled in by the server or by controllers, or for programs: no change that anybody asked for. */
static const char *const ignored[] = {"status",
                                      "apiVersion",
                                      "kind",
                                      "metadata.managedFields",
                                      "metadata.resourceVersion",
                                      "metadata.generation",
                                      "metadata.uid",
                                      "metadata.creationTimestamp",
                                      "metadata.selfLink",
                                      "metadata.annotations[" KRX_K8S_SPEC "]",
                                      "metadata.annotations[kranix.io/last-applied]",
                                      "metadata.annotations[deployment.kubernetes.io/revision]",
                                      "metadata.annotations[pv.kubernetes.io/bind-completed]",
                                      "metadata.annotations[pv.kubernetes.io/bound-by-controller]",
                                      "metadata.annotations[volume.kubernetes.io/selected-node]",
                                      "metadata.annotations[volume.kubernetes.io/"
                                      "storage-provisioner]",
                                      "metadata.annotations[volume.beta.kubernetes.io/"
                                      "storage-provisioner]",
                                      "spec.volumeName"};

typedef struct walk {
    const krx_k8s_deploying *d;
    krx_kube_kind kind;
    const char *name;
    size_t count;
} walk;

/* ------------------------------------------------------------------------------- comparing trees
 */

static bool is_ignored(const char *path)
{
    for (size_t i = 0; i < KRX_COUNT(ignored); i++)
        if (krx_streq(path, ignored[i]))
            return true;
    return false;
}

/* A key with dots or slashes, as labels have, stands in brackets. */
static char *member_path(krx_arena *arena, const char *path, const char *key)
{
    if (strpbrk(key, "./"))
        return krx_arena_printf(arena, "%s[%s]", path, key);
    return krx_arena_printf(arena, "%s%s%s", path, *path ? "." : "", key);
}

/* malloc'd; a text as it is, anything else as JSON. */
static char *value_text(const cJSON *value)
{
    if (!value)
        return NULL;
    return cJSON_IsString(value) ? krx_format("%s", value->valuestring)
                                 : cJSON_PrintUnformatted(value);
}

static int32_t report(walk *w, const char *path, const cJSON *before, const cJSON *after)
{
    krx_autofree char *old_value = value_text(before), *new_value = value_text(after);
    if ((before && !old_value) || (after && !new_value))
        return krx_no_memory(w->d->call);
    krx_difference why = {.path = path, .old_value = old_value, .new_value = new_value};
    w->count++;
    return krx_emit_change(w->d->req->changes, KRX_CHANGE_UPDATE, krx_kube_kind_name(w->kind),
                           w->name, &why);
}

static int32_t compare(walk *w, const char *path, const cJSON *before, const cJSON *after);

/* An absent map is an empty one. */
static int32_t compare_members(walk *w, const char *path, const cJSON *before, const cJSON *after)
{
    const cJSON *item;
    int32_t code = 0;
    cJSON_ArrayForEach (item, after) {
        char *at = member_path(w->d->arena, path, item->string);
        if (!code)
            code = at ? compare(w, at, krx_json_get(before, item->string), item)
                      : krx_no_memory(w->d->call);
    }
    cJSON_ArrayForEach (item, before) {
        if (code || krx_json_get(after, item->string))
            continue;
        char *at = member_path(w->d->arena, path, item->string);
        code = at ? compare(w, at, item, NULL) : krx_no_memory(w->d->call);
    }
    return code;
}

static const cJSON *named(const cJSON *list, const char *name)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, list) {
        if (krx_streq(krx_json_text(item, "name"), name))
            return item;
    }
    return NULL;
}

static bool all_named(const cJSON *list)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, list) {
        if (!*krx_json_text(item, "name"))
            return false;
    }
    return true;
}

/* Containers, variables, ports and so on are known by their names, whatever their order. */
static int32_t compare_named(walk *w, const char *path, const cJSON *before, const cJSON *after)
{
    const cJSON *item;
    int32_t code = 0;
    cJSON_ArrayForEach (item, after) {
        const char *name = krx_json_text(item, "name");
        char *at = krx_arena_printf(w->d->arena, "%s[%s]", path, name);
        if (!code)
            code = at ? compare(w, at, named(before, name), item) : krx_no_memory(w->d->call);
    }
    cJSON_ArrayForEach (item, before) {
        const char *name = krx_json_text(item, "name");
        char *at = krx_arena_printf(w->d->arena, "%s[%s]", path, name);
        if (!code && !named(after, name))
            code = at ? compare(w, at, item, NULL) : krx_no_memory(w->d->call);
    }
    return code;
}

static int32_t compare(walk *w, const char *path, const cJSON *before, const cJSON *after)
{
    bool maps = (!before || cJSON_IsObject(before)) && (!after || cJSON_IsObject(after));
    bool lists = cJSON_IsArray(before) && cJSON_IsArray(after);
    if (is_ignored(path) || (before && after && cJSON_Compare(before, after, 1)))
        return 0;
    if (maps && (before || after))
        return compare_members(w, path, before, after);
    if (lists && all_named(before) && all_named(after))
        return compare_named(w, path, before, after);
    return report(w, path, before, after);
}

/* ---------------------------------------------------------------------------------- what is told
 */

/* A field of the spec that the cluster does not see, such as a tool's note, is kept all the same.
 */
static int32_t tell_kept_spec(const krx_k8s_deploying *d, size_t *count)
{
    krx_ptrs all = {0};
    const cJSON *live = d->live[d->objects.workload];
    const char *old_json = krx_k8s_annotation(live ? live : d->other, KRX_K8S_SPEC);
    int32_t code = krx_spec_differences(d->call, d->arena, old_json, d->spec, &all);
    *count = all.count;
    for (size_t i = 0; i < all.count && !code; i++)
        code = krx_emit_change(d->req->changes, KRX_CHANGE_UPDATE, "workload", d->spec->name,
                               all.items[i]);
    return code;
}

static int32_t tell_object(const krx_k8s_deploying *d, size_t index, bool spec_changed)
{
    walk w = {.d = d,
              .kind = d->objects.items[index].kind,
              .name = krx_k8s_name(d->objects.items[index].json)};
    const char *kind = krx_kube_kind_name(w.kind);
    if (!d->live[index])
        return krx_emit_change(d->req->changes, KRX_CHANGE_CREATE, kind, w.name, NULL);
    int32_t code = compare(&w, "", d->live[index], d->result[index]);
    if (code || w.count || (spec_changed && index == d->objects.workload))
        return code;
    return krx_emit_change(d->req->changes, KRX_CHANGE_NONE, kind, w.name, NULL);
}

int32_t krx_k8s_tell_removal(const krx_k8s_deploying *d, krx_kube_kind kind, const char *name)
{
    return d->req->changes ? krx_emit_change(d->req->changes, KRX_CHANGE_REMOVE,
                                             krx_kube_kind_name(kind), name, NULL)
                           : 0;
}

int32_t krx_k8s_tell_changes(const krx_k8s_deploying *d)
{
    size_t differences = 0;
    int32_t code = 0;
    if (!d->req->changes)
        return 0;
    if (d->no_namespace)
        code = krx_emit_change(d->req->changes, KRX_CHANGE_CREATE,
                               krx_kube_kind_name(KRX_KUBE_NAMESPACE), d->namespace_, NULL);
    if (!code)
        code = tell_kept_spec(d, &differences);
    for (size_t i = 0; i < d->objects.count && !code; i++)
        code = tell_object(d, i, differences > 0);
    if (!code && d->other)
        code = krx_k8s_tell_removal(d, d->other_kind, d->spec->name);
    return code;
}
