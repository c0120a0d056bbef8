/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments and CronJobs as workloads, told one by one as they arrive. */
#include <stdlib.h>
#include <string.h>

#include "lib/model/results.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/pods/pods.h"
#include "modules/kubernetes/status/rollout.h"

/* -------------------------------------------------------------------------- pods by workload */

/* What of a pod is kept while the workloads pass by: the instance, never the whole object. */
typedef struct entry {
    const char *key;
    const krx_instance *instance;
} entry;

typedef struct pod_index {
    krx_call *call;
    krx_arena *arena;
    entry *entries;
    size_t count;
    size_t capacity;
} pod_index;

static void index_free(pod_index *index)
{
    free(index->entries);
    krx_arena_free(index->arena);
}

/* Ours are known by their label, others by what keeps them. */
static const char *key_of(krx_arena *arena, const krx_instance *instance)
{
    if (instance->managed)
        return krx_arena_printf(arena, "%s/%s", instance->namespace_, instance->workload);
    return krx_arena_printf(arena, "%s/%s", instance->namespace_,
                            instance->owner ? instance->owner : "");
}

static int32_t add_pod(void *ctx, const cJSON *pod)
{
    pod_index *index = ctx;
    krx_auto_arena krx_arena *scratch = krx_arena_new();
    if (index->count == index->capacity) {
        size_t capacity = index->capacity ? index->capacity * 2 : 64;
        entry *grown = realloc(index->entries, capacity * sizeof *grown);
        if (!grown)
            return krx_no_memory(index->call);
        index->entries = grown;
        index->capacity = capacity;
    }
    const krx_instance *seen = scratch ? krx_k8s_instance(scratch, pod) : NULL;
    const krx_instance *kept = seen ? krx_instance_copy(index->arena, seen) : NULL;
    const char *key = kept ? key_of(index->arena, kept) : NULL;
    if (!key)
        return krx_no_memory(index->call);
    index->entries[index->count++] = (entry){.key = key, .instance = kept};
    return 0;
}

static int by_key(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : strcmp(x->instance->name, y->instance->name);
}

static size_t first_of(const pod_index *index, const char *key)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(index->entries[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* NULL when out of memory. A list that began again may have told a pod twice. */
static const krx_instance *const *instances_for(const pod_index *index, krx_arena *arena,
                                                const char *key)
{
    krx_ptrs list = {0};
    const char *last = NULL;
    for (size_t i = first_of(index, key);
         i < index->count && strcmp(index->entries[i].key, key) == 0; i++) {
        const krx_instance *instance = index->entries[i].instance;
        if (krx_streq(last, instance->name))
            continue;
        last = instance->name;
        if (krx_ptrs_add(arena, &list, instance) < 0)
            return NULL;
    }
    return (const krx_instance *const *)krx_ptrs_end(arena, &list);
}

/* -------------------------------------------------------------------------------- workloads */

typedef struct listing {
    krx_call *call;
    const krx_list_req *req;
    krx_sink *sink;
    krx_kube_kind kind;
    const pod_index *index; /* NULL: instances were not asked for */
} listing;

static const char *key_for(const listing *l, krx_arena *arena, const krx_status *item)
{
    const char *space = item->namespace_ ? item->namespace_ : "";
    if (item->managed)
        return krx_arena_printf(arena, "%s/%s", space, item->name);
    return krx_arena_printf(arena, "%s/%s/%s", space, krx_kube_kind_name(l->kind), item->name);
}

/* The reason comes from the first pod that has one. */
static bool add_instances(const listing *l, krx_arena *arena, krx_status *item)
{
    const char *key = key_for(l, arena, item);
    item->instances = key ? instances_for(l->index, arena, key) : NULL;
    if (!item->instances)
        return false;
    bool begins = krx_streq(item->state, "Pending");
    for (size_t i = 0; item->instances[i] && begins; i++)
        if (krx_streq(item->instances[i]->state, "Failed"))
            item->state = item->phase = "Degraded"; /* as status says it */
    bool well = krx_streq(item->state, "Running") || krx_streq(item->state, "Stopped");
    for (size_t i = 0; item->instances[i] && !well && !item->message; i++)
        if (!krx_blank(item->instances[i]->message))
            item->message = krx_arena_printf(arena, "%s: %s", item->instances[i]->name,
                                             item->instances[i]->message);
    return true;
}

static int32_t emit_broken(const listing *l, const cJSON *object, const char *why)
{
    const char *name = krx_k8s_name(object);
    krx_status item = {.struct_size = sizeof item,
                       .id = *name ? name : "?",
                       .name = *name ? name : "?",
                       .namespace_ = krx_k8s_namespace_of(object),
                       .state = "Unknown",
                       .message = why,
                       .error_code = KRX_E_DATA_LOSS,
                       .created_ns = KRX_UNSET,
                       .last_updated_ns = KRX_UNSET,
                       .last_schedule_ns = KRX_UNSET};
    return krx_emit(l->sink, KRX_ITEM_STATUS, &item);
}

static int32_t pass_workload(void *ctx, const cJSON *object)
{
    const listing *l = ctx;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    if (!*krx_k8s_name(object) || !krx_json_object(object, "spec"))
        return emit_broken(l, object, "the server sent an object without name or spec");
    krx_status *item = arena ? krx_k8s_status(arena, l->kind, object, NULL, NULL, false) : NULL;
    if (!item || (l->index && !add_instances(l, arena, item)))
        return krx_no_memory(l->call);
    return krx_emit(l->sink, KRX_ITEM_STATUS, item);
}

/* ---------------------------------------------------------------------------------- the op */

static void add_selector(krx_str *out, const krx_list_req *req)
{
    if (!req->unmanaged)
        krx_str_add(out, KRX_K8S_OURS);
    for (size_t i = 0; req->selector && req->selector[i]; i++)
        krx_str_addf(out, "%s%s=%s", out->length ? "," : "", req->selector[i]->key,
                     req->selector[i]->value);
}

static int32_t index_pods(krx_call *call, krx_kube *kube, const krx_list_req *req,
                          const char *namespace_, pod_index *index)
{
    krx_kube_select select = {.kind = KRX_KUBE_POD,
                              .namespace_ = namespace_,
                              .label_selector = req->unmanaged ? NULL : KRX_K8S_OURS,
                              .keep = krx_k8s_instance_members};
    index->call = call;
    index->arena = krx_arena_new();
    if (!index->arena)
        return krx_no_memory(call);
    int32_t code = krx_kube_list(call, kube, &select, add_pod, index, NULL);
    if (!code && index->count)
        qsort(index->entries, index->count, sizeof *index->entries, by_key);
    return code;
}

/* All that a row shows; the most of a Deployment, its pod template, is dropped unparsed. */
static const char *const members[] = {"metadata/name",
                                      "metadata/namespace",
                                      "metadata/uid",
                                      "metadata/labels",
                                      "metadata/annotations",
                                      "metadata/generation",
                                      "metadata/creationTimestamp",
                                      "spec/replicas",
                                      "spec/paused",
                                      "spec/suspend",
                                      "spec/template/spec/containers/image",
                                      "spec/jobTemplate/spec/parallelism",
                                      "spec/jobTemplate/spec/template/spec/containers/image",
                                      "status",
                                      NULL};

/* A kind that can't be listed, for want of rights, takes nothing from the other. */
static int32_t list_kinds(krx_kube *kube, listing *l, const char *namespace_, const char *selector)
{
    static const krx_kube_kind kinds[] = {KRX_KUBE_DEPLOYMENT, KRX_KUBE_CRON_JOB};
    krx_error first = {.struct_size = sizeof first};
    for (size_t i = 0; i < KRX_COUNT(kinds); i++) {
        krx_kube_select select = {.kind = kinds[i],
                                  .namespace_ = namespace_,
                                  .label_selector = selector,
                                  .keep = members};
        l->kind = kinds[i];
        int32_t code = krx_kube_list(l->call, kube, &select, pass_workload, l, NULL);
        if (code && code != KRX_E_PERMISSION_DENIED)
            return code;
        if (code && !first.code)
            first = *l->call->error;
    }
    if (first.code)
        *l->call->error = first;
    return first.code;
}

int32_t krx_k8s_list_op(krx_call *call, void *opened, const krx_list_req *req, krx_sink *status)
{
    krx_kube *kube;
    krx_k8s_backend *backend = opened;
    krx_auto_str krx_str selector = {0};
    pod_index index KRX_CLEANUP(index_free) = {0};
    listing l = {.call = call, .req = req, .sink = status};
    const char *namespace_ =
        krx_k8s_list_namespace(backend, req->namespace_, req->namespace_implied);
    add_selector(&selector, req);
    if (krx_str_failed(&selector))
        return krx_no_memory(call);
    int32_t code = krx_k8s_kube(call, backend, &kube);
    if (!code && req->with_instances) {
        code = index_pods(call, kube, req, namespace_, &index);
        l.index = &index;
    }
    return code ? code
                : list_kinds(kube, &l, namespace_, selector.length ? krx_str_get(&selector) : NULL);
}
