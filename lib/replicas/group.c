/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/replicas/replica.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/json/json.h"
#include "lib/replicas/names.h"

/* ------------------------------------------------------------------------------------ grouping */

static int by_workload(const void *a, const void *b)
{
    const krx_replica *x = *(krx_replica *const *)a, *y = *(krx_replica *const *)b;
    int order = strcmp(x->namespace_, y->namespace_);
    if (!order)
        order = strcmp(x->workload, y->workload);
    if (!order)
        order = (x->replica > y->replica) - (x->replica < y->replica);
    if (!order)
        order = (x->generation < y->generation) - (x->generation > y->generation);
    return order ? order : strcmp(x->id, y->id);
}

static bool same_workload(const krx_replica *a, const krx_replica *b)
{
    return strcmp(a->namespace_, b->namespace_) == 0 && strcmp(a->workload, b->workload) == 0;
}

static krx_replica_group *make_group(krx_arena *arena, krx_replica **first, size_t count)
{
    krx_replica_group *group = krx_arena_new_of(arena, krx_replica_group);
    krx_replica **members = krx_arena_alloc(arena, (count + 1) * sizeof *members);
    if (!group || !members)
        return NULL;
    *group = (krx_replica_group){.name = first[0]->workload,
                                 .namespace_ = first[0]->namespace_,
                                 .containers = members,
                                 .current = first[0]};
    for (size_t i = 0; i < count; i++) {
        if (first[i]->generation > group->current->generation)
            group->current = first[i];
        if (!first[i]->record)
            members[group->count++] = first[i];
        else if (!group->record || first[i]->generation > group->record->generation)
            group->record = first[i];
    }
    return group;
}

krx_replica_group **krx_replicas_group(krx_arena *arena, krx_replica *const *containers)
{
    krx_ptrs groups = {0}, ours = {0};
    for (size_t i = 0; containers[i]; i++)
        if (containers[i]->ours && krx_ptrs_add(arena, &ours, containers[i]) < 0)
            return NULL;
    if (ours.count)
        qsort(ours.items, ours.count, sizeof *ours.items, by_workload);
    for (size_t i = 0, end; i < ours.count; i = end) {
        krx_replica **first = (krx_replica **)ours.items + i;
        for (end = i + 1; end < ours.count && same_workload(first[0], ours.items[end]);)
            end++;
        krx_replica_group *group = make_group(arena, first, end - i);
        if (!group || krx_ptrs_add(arena, &groups, group) < 0)
            return NULL;
    }
    return (krx_replica_group **)krx_ptrs_end(arena, &groups);
}

/* -------------------------------------------------------------------------------------- intent */

void krx_replica_intent_read(const char *spec_json, krx_replica_intent *out)
{
    *out = (krx_replica_intent){.replicas = 1, .policy = "unless-stopped"};
    out->json = krx_blank(spec_json) ? NULL : cJSON_Parse(spec_json);
    if (!out->json)
        return;
    out->replicas = krx_json_int(out->json, "replicas", 1);
    if (*krx_json_text(out->json, "image"))
        out->image = krx_json_text(out->json, "image");
    if (*krx_json_text(out->json, "restartPolicy"))
        out->policy = krx_json_text(out->json, "restartPolicy");
}

void krx_replica_intent_free(krx_replica_intent *intent)
{
    cJSON_Delete(intent->json);
    intent->json = NULL;
}

/* --------------------------------------------------------------------------------------- state */

/* How many replicas are in which condition. */
typedef struct tally {
    int64_t ready;
    int64_t starting;
    int64_t unhealthy;
    int64_t paused;
    int64_t pending;
    int64_t stopped;
    int64_t succeeded;
    int64_t failed;
    int64_t other;
    bool doubled; /* a replica has two containers: one takes over from the other */
} tally;

static int64_t *slot_for(tally *t, const krx_replica *c, const char *policy)
{
    const char *state = krx_replica_state(c, policy);
    if (c->phase == KRX_REPLICA_RUNNING) {
        if (krx_streq(c->health, "unhealthy"))
            return &t->unhealthy;
        return krx_streq(c->health, "starting") ? &t->starting : &t->ready;
    }
    if (krx_streq(state, "Paused"))
        return &t->paused;
    if (krx_streq(state, "Pending"))
        return &t->pending;
    if (krx_streq(state, "Stopped"))
        return &t->stopped;
    if (krx_streq(state, "Succeeded"))
        return &t->succeeded;
    return krx_streq(state, "Failed") ? &t->failed : &t->other;
}

static void count_all(const krx_replica_group *w, const krx_replica_intent *intent, tally *t,
                      const krx_replica **why)
{
    for (size_t i = 0; i < w->count; i++) {
        const krx_replica *c = w->containers[i];
        if (i && w->containers[i - 1]->replica == c->replica) {
            t->doubled = true;
            continue;
        }
        int64_t *slot = slot_for(t, c, intent->policy);
        ++*slot;
        if (slot != &t->ready && slot != &t->succeeded &&
            (!*why || slot == &t->failed || slot == &t->unhealthy))
            *why = c;
    }
}

static const char *none_runs(const tally *t)
{
    if (t->failed)
        return "Failed";
    if (t->paused)
        return "Paused";
    if (t->pending)
        return "Pending";
    if (t->stopped)
        return "Stopped";
    return t->succeeded ? "Succeeded" : t->other ? "Unknown" : "Stopped";
}

const char *krx_replica_group_state(const krx_replica_group *workload,
                                    const krx_replica_intent *intent, int64_t *ready,
                                    const krx_replica **why)
{
    tally t = {0};
    *why = NULL;
    count_all(workload, intent, &t, why);
    *ready = t.ready;
    if (t.doubled)
        return "Updating";
    if (!(t.ready + t.starting + t.unhealthy))
        return none_runs(&t);
    if (t.ready && t.ready + t.succeeded >= intent->replicas && !*why)
        return "Running";
    bool only_starting = !t.ready && !t.unhealthy && !t.failed && !t.stopped && !t.paused;
    return only_starting && t.starting + t.pending + t.succeeded >= intent->replicas ? "Pending"
                                                                                     : "Degraded";
}

/* ------------------------------------------------------------------------------------- results */

static const krx_instance *const *instances_of(krx_arena *arena, const krx_replica_group *w,
                                               const char *policy)
{
    krx_ptrs list = {0};
    for (size_t i = 0; i < w->count; i++) {
        const krx_instance *instance = krx_replica_instance(arena, w->containers[i], policy);
        if (!instance || krx_ptrs_add(arena, &list, instance) < 0)
            return NULL;
    }
    return (const krx_instance *const *)krx_ptrs_end(arena, &list);
}

static int64_t first_created(const krx_replica_group *w)
{
    int64_t first = w->current->created_ns;
    for (size_t i = 0; i < w->count; i++)
        if (w->containers[i]->created_ns < first && w->containers[i]->created_ns != KRX_UNSET)
            first = w->containers[i]->created_ns;
    return first;
}

static const char *explain(krx_arena *arena, const krx_replica_group *w,
                           const krx_replica_intent *intent, const krx_replica *why)
{
    if (why)
        return krx_arena_printf(arena, "%s: %s%s", why->name,
                                why->oom_killed ? "killed, out of memory: " : "", why->status);
    if ((int64_t)w->count < intent->replicas)
        return krx_arena_printf(arena, "%zu of %lld containers exist", w->count,
                                (long long)intent->replicas);
    return NULL;
}

krx_status *krx_replica_group_status(krx_arena *arena, const krx_replica_group *workload,
                                     const krx_replica_intent *intent, bool with_instances)
{
    krx_status *out = krx_arena_new_of(arena, krx_status);
    const krx_replica *current = workload->current, *why;
    int64_t ready;
    const char *state = krx_replica_group_state(workload, intent, &ready, &why);
    if (!out)
        return NULL;
    *out = (krx_status){.struct_size = sizeof *out,
                        .managed = 1,
                        .id = krx_replica_base_name(arena, workload->namespace_, workload->name),
                        .name = workload->name,
                        .namespace_ = workload->namespace_,
                        .state = state,
                        .image = intent->image ? intent->image : current->image,
                        .replicas = intent->replicas,
                        .ready_replicas = ready,
                        .created_ns = first_created(workload),
                        .last_updated_ns =
                            current->generation > 0 ? current->generation : current->created_ns,
                        .labels = current->labels,
                        .spec_json = current->spec_json,
                        .last_schedule_ns = KRX_UNSET};
    if (!krx_streq(state, "Running") && !krx_streq(state, "Succeeded"))
        out->message = explain(arena, workload, intent, why);
    if (with_instances)
        out->instances = instances_of(arena, workload, intent->policy);
    return out->id && (!with_instances || out->instances) ? out : NULL;
}

krx_status *krx_replica_foreign_status(krx_arena *arena, const krx_replica *container,
                                       bool with_instances)
{
    krx_status *out = krx_arena_new_of(arena, krx_status);
    krx_ptrs list = {0};
    const krx_instance *instance = krx_replica_instance(arena, container, "always");
    if (!out || !instance || krx_ptrs_add(arena, &list, instance) < 0)
        return NULL;
    bool runs =
        container->phase == KRX_REPLICA_RUNNING && !krx_streq(container->health, "unhealthy");
    *out = (krx_status){.struct_size = sizeof *out,
                        .managed = 0,
                        .id = container->id,
                        .name = container->name,
                        .state = instance->state,
                        .image = container->image,
                        .replicas = 1,
                        .ready_replicas = runs,
                        .message = container->status,
                        .created_ns = container->created_ns,
                        .last_updated_ns = container->created_ns,
                        .labels = instance->labels,
                        .last_schedule_ns = KRX_UNSET};
    if (with_instances)
        out->instances = (const krx_instance *const *)list.items;
    return out;
}
