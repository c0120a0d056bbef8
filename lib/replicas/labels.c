/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/str.h"
#include "lib/base/units.h"
#include "lib/replicas/names.h"

static bool put(krx_arena *arena, krx_ptrs *list, const char *key, const char *value)
{
    krx_kv *pair = NULL;
    if (!key || !value)
        return false;
    for (size_t i = 0; i < list->count && !pair; i++)
        if (krx_streq(((krx_kv *)list->items[i])->key, key))
            pair = list->items[i];
    bool known = pair != NULL;
    if (!known)
        pair = krx_arena_new_of(arena, krx_kv);
    if (!pair)
        return false;
    *pair = (krx_kv){.struct_size = sizeof *pair, .key = key, .value = value};
    return known || krx_ptrs_add(arena, list, pair) == 0;
}

static bool put_map(krx_arena *arena, krx_ptrs *list, const krx_kv *const *map)
{
    for (; map && *map; map++)
        if (!krx_label_reserved((*map)->key) &&
            !put(arena, list, (*map)->key, (*map)->value ? (*map)->value : ""))
            return false;
    return true;
}

static bool put_annotations(krx_arena *arena, krx_ptrs *list, const krx_kv *const *map)
{
    for (; map && *map; map++)
        if (!put(arena, list, krx_arena_printf(arena, KRX_LABEL_ANNOTATION "%s", (*map)->key),
                 (*map)->value ? (*map)->value : ""))
            return false;
    return true;
}

static bool put_given(krx_arena *arena, krx_ptrs *list, const char *key, const char *value)
{
    return krx_blank(value) || put(arena, list, key, value);
}

static bool put_tags(krx_arena *arena, krx_ptrs *list, const krx_tags *tags)
{
    return !tags || (put_given(arena, list, KRX_LABEL_TEAM, tags->team) &&
                     put_given(arena, list, KRX_LABEL_ENVIRONMENT, tags->environment) &&
                     put_given(arena, list, KRX_LABEL_COST_CENTER, tags->cost_center) &&
                     put_map(arena, list, tags->custom));
}

static bool put_rate(krx_arena *arena, krx_ptrs *list, const char *key, int64_t bps)
{
    char text[KRX_UNIT_TEXT_MAX];
    if (bps == KRX_UNSET)
        return true;
    return put(arena, list, key, krx_arena_strdup(arena, krx_bitrate_text(bps, text)));
}

static bool put_bandwidth(krx_arena *arena, krx_ptrs *list, const krx_bandwidth *limits)
{
    if (!limits || limits->enabled == 0)
        return true;
    return put(arena, list, KRX_LABEL_BANDWIDTH, "true") &&
           put_rate(arena, list, KRX_LABEL_EGRESS, limits->egress_bps) &&
           put_rate(arena, list, KRX_LABEL_INGRESS, limits->ingress_bps);
}

const krx_kv *const *krx_replica_labels(krx_arena *arena, const krx_workload *spec)
{
    krx_ptrs list = {0};
    if (!put_map(arena, &list, spec->labels) || !put_annotations(arena, &list, spec->annotations) ||
        !put_tags(arena, &list, spec->tags) ||
        !put_bandwidth(arena, &list, spec->network_bandwidth))
        return NULL;
    return (const krx_kv *const *)krx_ptrs_end(arena, &list);
}
