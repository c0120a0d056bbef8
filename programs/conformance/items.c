/* SPDX-License-Identifier: Apache-2.0 */
/* What the kit knows about the items that ops emit: required members, states, copies. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "programs/conformance/kit.h"

enum { TEXT = 1, REQUIRED, STATE, HEALTH, STRINGS, LABELS, INSTANCES };

typedef struct member {
    uint32_t kind;
    int rule;
    size_t offset;
    const char *name;
} member;

#define M(item, type, member, rule)                                                                \
    {                                                                                              \
        KRX_ITEM_##item, rule, offsetof(type, member), #member                                     \
    }

static const member members[] = {
    M(STATUS, krx_status, id, REQUIRED),
    M(STATUS, krx_status, name, REQUIRED),
    M(STATUS, krx_status, namespace_, TEXT),
    M(STATUS, krx_status, backend, TEXT),
    M(STATUS, krx_status, state, STATE),
    M(STATUS, krx_status, phase, TEXT),
    M(STATUS, krx_status, image, TEXT),
    M(STATUS, krx_status, host, TEXT),
    M(STATUS, krx_status, message, TEXT),
    M(STATUS, krx_status, labels, LABELS),
    M(STATUS, krx_status, instances, INSTANCES),
    M(STATUS, krx_status, spec_json, TEXT),
    M(INSTANCE, krx_instance, id, REQUIRED),
    M(INSTANCE, krx_instance, name, REQUIRED),
    M(INSTANCE, krx_instance, workload, TEXT),
    M(INSTANCE, krx_instance, namespace_, TEXT),
    M(INSTANCE, krx_instance, image, TEXT),
    M(INSTANCE, krx_instance, state, STATE),
    M(INSTANCE, krx_instance, status, TEXT),
    M(INSTANCE, krx_instance, health, HEALTH),
    M(INSTANCE, krx_instance, host, TEXT),
    M(INSTANCE, krx_instance, ip, TEXT),
    M(INSTANCE, krx_instance, message, TEXT),
    M(INSTANCE, krx_instance, labels, LABELS),
    M(INSTANCE, krx_instance, ports, STRINGS),
    M(INSTANCE, krx_instance, raw, TEXT),
    M(LOG, krx_log_chunk, instance, REQUIRED),
    M(CAPABILITY, krx_capability, name, REQUIRED),
    M(CAPABILITY, krx_capability, reason, TEXT),
    M(BACKEND, krx_backend_info, name, REQUIRED),
    M(BACKEND, krx_backend_info, version, TEXT),
    M(BACKEND, krx_backend_info, api_version, TEXT),
    M(BACKEND, krx_backend_info, endpoint, TEXT),
    M(BACKEND, krx_backend_info, os, TEXT),
    M(BACKEND, krx_backend_info, architecture, TEXT),
    M(BACKEND, krx_backend_info, warnings, STRINGS),
    M(CHANGE, krx_change, kind, REQUIRED),
    M(CHANGE, krx_change, object, REQUIRED),
    M(CHANGE, krx_change, field, TEXT),
    M(CHANGE, krx_change, old_value, TEXT),
    M(CHANGE, krx_change, new_value, TEXT),
    M(PROGRESS, krx_progress, phase, REQUIRED),
    M(PROGRESS, krx_progress, id, TEXT),
    M(PROGRESS, krx_progress, text, TEXT),
    M(NODE, krx_node_health, name, REQUIRED),
    M(NODE, krx_node_health, architecture, TEXT),
    M(NODE, krx_node_health, conditions, STRINGS),
    M(BACKEND_HEALTH, krx_backend_health, backend, TEXT),
    M(DRAIN, krx_drain_result, node, TEXT),
    M(DRAIN, krx_drain_result, phase, REQUIRED),
    M(DRAIN, krx_drain_result, message, TEXT),
    M(CHECKPOINT, krx_checkpoint, workload, TEXT),
    M(CHECKPOINT, krx_checkpoint, namespace_, TEXT),
    M(CHECKPOINT, krx_checkpoint, id, REQUIRED),
    M(CHECKPOINT, krx_checkpoint, state, TEXT),
    M(CHECKPOINT, krx_checkpoint, comment, TEXT),
    M(CHECKPOINT, krx_checkpoint, message, TEXT),
    M(VOLUME, krx_volume_result, workload, TEXT),
    M(VOLUME, krx_volume_result, namespace_, TEXT),
    M(VOLUME, krx_volume_result, name, REQUIRED),
    M(VOLUME, krx_volume_result, volume_id, TEXT),
    M(VOLUME, krx_volume_result, mount_path, TEXT),
    M(VOLUME, krx_volume_result, state, TEXT),
    M(STATS, krx_stats, instance, REQUIRED),
    M(STATS, krx_stats, workload, TEXT),
    M(STATS, krx_stats, namespace_, TEXT),
    M(STATS, krx_stats, source, TEXT),
    M(TEXT, krx_text, type, TEXT),
    M(TEXT, krx_text, text, REQUIRED),
    M(EVENT, krx_event, type, REQUIRED),
    M(EVENT, krx_event, instance, TEXT),
    M(EVENT, krx_event, workload, TEXT),
    M(EVENT, krx_event, namespace_, TEXT),
    M(EVENT, krx_event, message, TEXT),
    M(IMAGE, krx_image, id, REQUIRED),
    M(IMAGE, krx_image, tags, STRINGS),
    M(IMAGE, krx_image, digests, STRINGS),
    M(IMAGE, krx_image, architecture, TEXT),
    M(IMAGE, krx_image, os, TEXT),
};

#define SIZE_(name, value, type) [value] = sizeof(type),
static const size_t sizes[KRX_ITEM_LAST_ + 1] = {KRX_ITEM_TABLE(SIZE_)};
#define NAME_(name, value, type) [value] = #name,
static const char *const names[KRX_ITEM_LAST_ + 1] = {KRX_ITEM_TABLE(NAME_)};
#define STATE_(name, text) text,
static const char *const states[] = {KRX_STATE_TABLE(STATE_) NULL};
static const char *const instance_states[] = {"Running", "Pending",   "Paused",  "Stopped",
                                              "Failed",  "Succeeded", "Unknown", NULL};
static const char *const healths[] = {"starting", "healthy", "unhealthy", NULL};

static bool one_of(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (krx_streq(text, *list))
            return true;
    return false;
}

static const void *member_of(const void *item, size_t offset)
{
    const void *value;
    memcpy(&value, (const char *)item + offset, sizeof value);
    return value;
}

static const char *complain(krx_kit *kit, uint32_t kind, const char *name, const char *what,
                            const char *value)
{
    const char *text = krx_format("%s.%s %s%s%s%s", names[kind], name, what, value ? " '" : "",
                                  value ? value : "", value ? "'" : "");
    char *kept = text ? krx_arena_strdup(kit->arena, text) : NULL;
    free((void *)(uintptr_t)text);
    return kept ? kept : "out of memory";
}

static const char *wrong_text(krx_kit *kit, const member *m, const char *text)
{
    size_t bad;
    if (m->rule == REQUIRED && krx_blank(text))
        return complain(kit, m->kind, m->name, "is required but absent", NULL);
    if (text && !krx_utf8_valid(text, strlen(text), &bad))
        return complain(kit, m->kind, m->name, "is not UTF-8", NULL);
    if (m->rule == HEALTH && text && !one_of(text, healths))
        return complain(kit, m->kind, m->name, "is not a health state:", text);
    if (m->rule == STATE && !one_of(text, m->kind == KRX_ITEM_INSTANCE ? instance_states : states))
        return complain(kit, m->kind, m->name, "is not a state of the table:", text ? text : "");
    return NULL;
}

static const char *wrong_list(krx_kit *kit, const member *m, const void *value)
{
    if (m->rule == LABELS)
        for (const krx_kv *const *kv = value; kv && *kv; kv++)
            if ((*kv)->struct_size < sizeof **kv || !(*kv)->key || !(*kv)->value)
                return complain(kit, m->kind, m->name, "has an entry without key or value", NULL);
    if (m->rule == STRINGS)
        for (const char *const *s = value; s && *s; s++)
            if (!krx_utf8_valid(*s, strlen(*s), &(size_t){0}))
                return complain(kit, m->kind, m->name, "has an entry that is not UTF-8", NULL);
    if (m->rule == INSTANCES)
        for (const krx_instance *const *i = value; i && *i; i++) {
            const char *why = krx_kit_item_wrong(kit, KRX_ITEM_INSTANCE, *i);
            if (why)
                return why;
        }
    return NULL;
}

static const char *wrong_status(krx_kit *kit, const krx_status *s)
{
    if (s->managed != 0 && s->managed != 1)
        return complain(kit, KRX_ITEM_STATUS, "managed", "is neither 0 nor 1", NULL);
    if (s->error_code > 0 || s->error_code < KRX_E_LAST_)
        return complain(kit, KRX_ITEM_STATUS, "error_code", "is no known code", NULL);
    if (s->replicas < 0 && s->replicas != KRX_UNSET)
        return complain(kit, KRX_ITEM_STATUS, "replicas", "is negative", NULL);
    return NULL;
}

static const char *wrong_log(krx_kit *kit, const krx_log_chunk *c)
{
    if (c->stream != KRX_STREAM_STDOUT && c->stream != KRX_STREAM_STDERR)
        return complain(kit, KRX_ITEM_LOG, "stream", "is neither stdout nor stderr", NULL);
    if (c->length && !c->data)
        return complain(kit, KRX_ITEM_LOG, "data", "is absent although length is not 0", NULL);
    return NULL;
}

static const char *wrong_capability(krx_kit *kit, const krx_capability *c)
{
    if (c->kind != KRX_CAP_FIELD && c->kind != KRX_CAP_OP)
        return complain(kit, KRX_ITEM_CAPABILITY, "kind", "is unknown for", c->name);
    if (c->level != KRX_CAP_UNSUPPORTED && c->level != KRX_CAP_EMULATED &&
        c->level != KRX_CAP_NATIVE)
        return complain(kit, KRX_ITEM_CAPABILITY, "level", "is unknown for", c->name);
    if (c->level < KRX_CAP_NATIVE && krx_blank(c->reason))
        return complain(kit, KRX_ITEM_CAPABILITY, "reason", "is required below native for",
                        c->name);
    return NULL;
}

static const char *wrong_other(krx_kit *kit, uint32_t kind, const void *item)
{
    if (kind == KRX_ITEM_STATUS)
        return wrong_status(kit, item);
    if (kind == KRX_ITEM_LOG)
        return wrong_log(kit, item);
    if (kind == KRX_ITEM_CAPABILITY)
        return wrong_capability(kit, item);
    if (kind == KRX_ITEM_CHANGE) {
        const krx_change *c = item;
        if (c->action % 1000 || c->action > KRX_CHANGE_PULL)
            return complain(kit, kind, "action", "is unknown for", c->object);
    }
    if (kind == KRX_ITEM_LATENCY && ((const krx_latency *)item)->latency_ns < 0)
        return complain(kit, kind, "latency_ns", "is negative", NULL);
    if (kind == KRX_ITEM_INSTANCE) {
        const krx_instance *i = item;
        if (i->managed && krx_blank(i->workload))
            return complain(kit, kind, "workload", "is absent although it is managed", NULL);
    }
    return NULL;
}

const char *krx_kit_item_wrong(krx_kit *kit, uint32_t kind, const void *item)
{
    uint32_t size;
    if (!item)
        return "an item is NULL";
    if (kind == KRX_ITEM_NONE || kind > KRX_ITEM_LAST_)
        return "an item is of an unknown kind";
    memcpy(&size, item, sizeof size);
    if (size < sizes[kind])
        return complain(kit, kind, "struct_size", "is too small", NULL);
    bool unreadable = kind == KRX_ITEM_STATUS && ((const krx_status *)item)->error_code;
    for (size_t i = 0; i < KRX_COUNT(members); i++) {
        const member *m = &members[i];
        if (m->kind != kind || (unreadable && m->rule == STATE))
            continue;
        const void *value = member_of(item, m->offset);
        const char *why = m->rule < STRINGS ? wrong_text(kit, m, value) : wrong_list(kit, m, value);
        if (why)
            return why;
    }
    return wrong_other(kit, kind, item);
}

/* ---------------------------------------------------------------------------------- copies */

static const void *copy_strings(krx_arena *arena, const char *const *list)
{
    krx_ptrs copy = {0};
    for (; list && *list; list++)
        (void)krx_ptrs_add(arena, &copy, krx_arena_strdup(arena, *list));
    return list ? krx_ptrs_end(arena, &copy) : NULL;
}

static const void *copy_labels(krx_arena *arena, const krx_kv *const *list)
{
    krx_ptrs copy = {0};
    for (; list && *list; list++) {
        krx_kv *kv = krx_arena_new_of(arena, krx_kv);
        if (!kv)
            break;
        *kv = (krx_kv){.struct_size = sizeof *kv,
                       .key = krx_arena_strdup(arena, (*list)->key),
                       .value = krx_arena_strdup(arena, (*list)->value)};
        (void)krx_ptrs_add(arena, &copy, kv);
    }
    return list ? krx_ptrs_end(arena, &copy) : NULL;
}

static const void *copy_instances(krx_arena *arena, const krx_instance *const *list)
{
    krx_ptrs copy = {0};
    for (; list && *list; list++)
        (void)krx_ptrs_add(arena, &copy, krx_kit_item_copy(arena, KRX_ITEM_INSTANCE, *list));
    return list ? krx_ptrs_end(arena, &copy) : NULL;
}

void *krx_kit_item_copy(krx_arena *arena, uint32_t kind, const void *item)
{
    char *copy = krx_arena_alloc(arena, sizes[kind]);
    if (!copy)
        return NULL;
    memcpy(copy, item, sizes[kind]);
    for (size_t i = 0; i < KRX_COUNT(members); i++) {
        const member *m = &members[i];
        if (m->kind != kind)
            continue;
        const void *value = member_of(item, m->offset);
        value = m->rule < STRINGS    ? krx_arena_strdup(arena, value)
                : m->rule == STRINGS ? copy_strings(arena, value)
                : m->rule == LABELS  ? copy_labels(arena, value)
                                     : copy_instances(arena, value);
        memcpy(copy + m->offset, &value, sizeof value);
    }
    return copy;
}
