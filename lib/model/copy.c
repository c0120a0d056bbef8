/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>

#include "lib/model/results.h"

/* A copy of what the source has of a struct; the rest stays zero. */
static void *copy_head(krx_arena *arena, const void *source, size_t size)
{
    uint32_t given, ours = (uint32_t)size;
    memcpy(&given, source, sizeof given);
    void *copy = krx_arena_alloc(arena, size);
    if (!copy)
        return NULL;
    memcpy(copy, source, given < size ? given : size);
    memcpy(copy, &ours, sizeof ours);
    return copy;
}

static bool copy_texts(krx_arena *arena, const char **const members[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *old = *members[i];
        *members[i] = krx_arena_strdup(arena, old);
        if (old && !*members[i])
            return false;
    }
    return true;
}

static bool copy_labels(krx_arena *arena, const krx_kv *const **member)
{
    krx_ptrs list = {0};
    if (!*member)
        return true;
    for (const krx_kv *const *p = *member; *p; p++) {
        krx_kv *kv = krx_arena_new_of(arena, krx_kv);
        if (!kv)
            return false;
        kv->struct_size = sizeof *kv;
        kv->key = krx_arena_strdup(arena, (*p)->key);
        kv->value = krx_arena_strdup(arena, (*p)->value);
        if (!kv->key || !kv->value || krx_ptrs_add(arena, &list, kv) < 0)
            return false;
    }
    *member = (const krx_kv *const *)krx_ptrs_end(arena, &list);
    return *member != NULL;
}

static bool copy_strings(krx_arena *arena, const char *const **member)
{
    krx_ptrs list = {0};
    if (!*member)
        return true;
    for (const char *const *p = *member; *p; p++) {
        char *text = krx_arena_strdup(arena, *p);
        if (!text || krx_ptrs_add(arena, &list, text) < 0)
            return false;
    }
    *member = (const char *const *)krx_ptrs_end(arena, &list);
    return *member != NULL;
}

krx_instance *krx_instance_copy(krx_arena *arena, const krx_instance *instance)
{
    krx_instance *c = copy_head(arena, instance, sizeof *c);
    if (!c)
        return NULL;
    const char **const texts[] = {&c->id,      &c->name,   &c->workload, &c->namespace_, &c->image,
                                  &c->state,   &c->status, &c->health,   &c->host,       &c->ip,
                                  &c->message, &c->raw,    &c->owner};
    return copy_texts(arena, texts, KRX_COUNT(texts)) && copy_labels(arena, &c->labels) &&
                   copy_strings(arena, &c->ports)
               ? c
               : NULL;
}

static bool copy_instances(krx_arena *arena, const krx_instance *const **member)
{
    krx_ptrs list = {0};
    if (!*member)
        return true;
    for (const krx_instance *const *p = *member; *p; p++) {
        krx_instance *copy = krx_instance_copy(arena, *p);
        if (!copy || krx_ptrs_add(arena, &list, copy) < 0)
            return false;
    }
    *member = (const krx_instance *const *)krx_ptrs_end(arena, &list);
    return *member != NULL;
}

static bool copy_events(krx_arena *arena, const krx_event *const **member)
{
    krx_ptrs list = {0};
    if (!*member)
        return true;
    for (const krx_event *const *p = *member; *p; p++) {
        krx_event *c = copy_head(arena, *p, sizeof *c);
        if (!c)
            return false;
        const char **const texts[] = {&c->type, &c->instance, &c->workload, &c->namespace_,
                                      &c->message};
        if (!copy_texts(arena, texts, KRX_COUNT(texts)) || krx_ptrs_add(arena, &list, c) < 0)
            return false;
    }
    *member = (const krx_event *const *)krx_ptrs_end(arena, &list);
    return *member != NULL;
}

krx_status *krx_status_copy(krx_arena *arena, const krx_status *status)
{
    krx_status *c = copy_head(arena, status, sizeof *c);
    if (!c)
        return NULL;
    const char **const texts[] = {&c->id,    &c->name,  &c->namespace_, &c->backend, &c->state,
                                  &c->phase, &c->image, &c->host,       &c->message, &c->spec_json};
    return copy_texts(arena, texts, KRX_COUNT(texts)) && copy_labels(arena, &c->labels) &&
                   copy_instances(arena, &c->instances) && copy_events(arena, &c->events)
               ? c
               : NULL;
}
