/* SPDX-License-Identifier: Apache-2.0 */
/* Pods as instances, and the pods that a ref means. */
#include "modules/kubernetes/pods/pods.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/pods/kind_word.h"

/* -------------------------------------------------------------------------------- the instance */

/* Labels of the user; of pods that are not ours all. */
static const krx_kv *const *labels_of(krx_arena *arena, const cJSON *pod, bool ours)
{
    krx_ptrs kept = {0};
    const cJSON *label;
    cJSON_ArrayForEach (label, krx_json_dig(pod, "metadata/labels")) {
        if (!label->string || !cJSON_IsString(label) ||
            (ours && krx_k8s_key_reserved(label->string)))
            continue;
        krx_kv *pair = krx_arena_new_of(arena, krx_kv);
        if (!pair)
            return NULL;
        *pair = (krx_kv){
            .struct_size = sizeof *pair, .key = label->string, .value = label->valuestring};
        if (krx_ptrs_add(arena, &kept, pair) < 0)
            return NULL;
    }
    return (const krx_kv *const *)krx_ptrs_end(arena, &kept);
}

/* "80/tcp", with a port of the node "8080->80/tcp" or "127.0.0.1:8080->80/tcp". */
static const char *port_text(krx_arena *arena, const cJSON *port)
{
    char protocol[8];
    const char *name = krx_json_text(port, "protocol"), *ip = krx_json_text(port, "hostIP");
    int64_t inside = krx_json_int(port, "containerPort", 0);
    int64_t outside = krx_json_int(port, "hostPort", 0);
    (void)snprintf(protocol, sizeof protocol, "%s", *name ? name : "tcp");
    for (char *c = protocol; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    if (outside <= 0)
        return krx_arena_printf(arena, "%" PRId64 "/%s", inside, protocol);
    return krx_arena_printf(arena, "%s%s%" PRId64 "->%" PRId64 "/%s", ip, *ip ? ":" : "", outside,
                            inside, protocol);
}

static const char *const *ports_of(krx_arena *arena, const cJSON *pod)
{
    krx_ptrs texts = {0};
    const cJSON *container, *port;
    cJSON_ArrayForEach (container, krx_json_array(krx_json_object(pod, "spec"), "containers")) {
        cJSON_ArrayForEach (port, krx_json_array(container, "ports")) {
            const char *text = port_text(arena, port);
            if (!text || krx_ptrs_add(arena, &texts, text) < 0)
                return NULL;
        }
    }
    return (const char *const *)krx_ptrs_end(arena, &texts);
}

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

/* When the main container began to run, and with what its last run ended. */
static void read_run(const cJSON *pod, krx_instance *out)
{
    const char *name = krx_json_text(krx_k8s_main_container(pod), "name");
    const cJSON *status = krx_k8s_container_status(pod, "containerStatuses", name);
    const cJSON *state = krx_json_object(status, "state");
    const cJSON *running = krx_json_object(state, "running");
    const cJSON *ended = krx_json_object(state, "terminated");
    if (!running && !ended)
        ended = krx_json_object(krx_json_object(status, "lastState"), "terminated");
    out->started_ns = krx_k8s_time(running ? running : ended, "startedAt");
    out->exit_code = ended ? krx_json_int(ended, "exitCode", 0) : KRX_UNSET;
}

static const char *workload_of(const cJSON *pod)
{
    const char *name = krx_k8s_label(pod, KRX_K8S_WORKLOAD);
    return *name ? name : or_null(krx_k8s_label(pod, KRX_K8S_APP));
}

/* With what pod_state.c and owner.c read. */
const char *const krx_k8s_instance_members[] = {"metadata/name",
                                                "metadata/namespace",
                                                "metadata/labels",
                                                "metadata/annotations",
                                                "metadata/creationTimestamp",
                                                "metadata/deletionTimestamp",
                                                "metadata/ownerReferences/apiVersion",
                                                "metadata/ownerReferences/kind",
                                                "metadata/ownerReferences/name",
                                                "metadata/ownerReferences/controller",
                                                "spec/nodeName",
                                                "spec/containers/name",
                                                "spec/containers/image",
                                                "spec/containers/ports",
                                                "spec/containers/readinessProbe",
                                                "spec/containers/livenessProbe",
                                                "spec/containers/startupProbe",
                                                "spec/initContainers/name",
                                                "spec/initContainers/restartPolicy",
                                                "status/phase",
                                                "status/reason",
                                                "status/message",
                                                "status/podIP",
                                                "status/conditions/type",
                                                "status/conditions/status",
                                                "status/conditions/reason",
                                                "status/conditions/message",
                                                "status/containerStatuses/name",
                                                "status/containerStatuses/ready",
                                                "status/containerStatuses/started",
                                                "status/containerStatuses/restartCount",
                                                "status/containerStatuses/state",
                                                "status/containerStatuses/lastState",
                                                "status/initContainerStatuses",
                                                NULL};

krx_instance *krx_k8s_instance(krx_arena *arena, const cJSON *pod)
{
    krx_instance *out = krx_arena_new_of(arena, krx_instance);
    const cJSON *status = krx_json_object(pod, "status");
    bool ours = krx_k8s_ours(pod);
    if (!out)
        return NULL;
    *out = (krx_instance){.struct_size = sizeof *out,
                          .managed = ours,
                          .id = krx_k8s_name(pod),
                          .name = krx_k8s_name(pod),
                          .workload = ours ? workload_of(pod) : NULL,
                          .namespace_ = krx_k8s_namespace_of(pod),
                          .image = or_null(krx_json_text(krx_k8s_main_container(pod), "image")),
                          .status = krx_k8s_pod_status(arena, pod),
                          .health = krx_k8s_pod_health(pod),
                          .host = or_null(krx_json_text(krx_json_object(pod, "spec"), "nodeName")),
                          .ip = or_null(krx_json_text(status, "podIP")),
                          .restarts = krx_k8s_pod_restarts(pod),
                          .created_ns =
                              krx_k8s_time(krx_json_object(pod, "metadata"), "creationTimestamp"),
                          .labels = labels_of(arena, pod, ours),
                          .ports = ports_of(arena, pod),
                          .owner = krx_k8s_owner_text(arena, pod)};
    out->state = krx_k8s_pod_state(arena, pod, &out->message);
    read_run(pod, out);
    return krx_arena_failed(arena) ? NULL : out;
}

/* --------------------------------------------------------------------------------- what a ref is
 */

typedef struct collecting {
    krx_call *call;
    cJSON *array;
} collecting;

static int32_t collect(void *ctx, const cJSON *item)
{
    const collecting *c = ctx;
    cJSON *copy = cJSON_Duplicate(item, 1);
    if (copy && cJSON_AddItemToArray(c->array, copy))
        return 0;
    cJSON_Delete(copy);
    return krx_no_memory(c->call);
}

static int by_age(const void *a, const void *b)
{
    const cJSON *x = *(cJSON *const *)a, *y = *(cJSON *const *)b;
    int order = strcmp(krx_json_text(krx_json_object(x, "metadata"), "creationTimestamp"),
                       krx_json_text(krx_json_object(y, "metadata"), "creationTimestamp"));
    return order ? order : strcmp(krx_k8s_name(x), krx_k8s_name(y));
}

/* Oldest first, and each only once: a list that had to begin again may tell one twice. */
static int32_t in_order(krx_call *call, cJSON *array)
{
    size_t count = (size_t)cJSON_GetArraySize(array);
    const char *last = NULL;
    krx_autofree cJSON **items = calloc(count + 1, sizeof *items);
    if (!items)
        return krx_no_memory(call);
    for (size_t i = 0; i < count; i++)
        items[i] = cJSON_DetachItemFromArray(array, 0);
    qsort(items, count, sizeof *items, by_age);
    for (size_t i = 0; i < count; i++) {
        if (last && strcmp(last, krx_k8s_name(items[i])) == 0) {
            cJSON_Delete(items[i]);
            continue;
        }
        last = krx_k8s_name(items[i]);
        (void)cJSON_AddItemToArray(array, items[i]);
    }
    return 0;
}

int32_t krx_k8s_pods_by(krx_call *call, krx_k8s_backend *backend, const char *namespace_,
                        const char *selector, cJSON **out)
{
    krx_kube *kube;
    krx_auto_json cJSON *array = cJSON_CreateArray();
    krx_kube_select select = {
        .kind = KRX_KUBE_POD, .namespace_ = namespace_, .label_selector = selector};
    collecting c = {.call = call, .array = array};
    *out = NULL;
    if (!array)
        return krx_no_memory(call);
    int32_t code = krx_k8s_kube(call, backend, &kube);
    if (!code)
        code = krx_kube_list(call, kube, &select, collect, &c, NULL);
    if (!code)
        code = in_order(call, array);
    if (!code)
        *out = krx_move_ptr(array);
    return code;
}

/* Leaves only the N-th, counted from 1. */
static int32_t only(krx_call *call, const krx_ref *ref, cJSON **array)
{
    int count = cJSON_GetArraySize(*array);
    if (ref->replica > count)
        return krx_fail(call, KRX_E_NOT_FOUND,
                        "workload %s has no replica %" PRId64 ", only %d pod%s", ref->workload,
                        ref->replica, count, count == 1 ? "" : "s");
    for (int i = count - 1; i >= 0; i--)
        if (i != ref->replica - 1)
            cJSON_DeleteItemFromArray(*array, i);
    return 0;
}

static int32_t of_workload(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                           const krx_ref *ref, cJSON **out)
{
    krx_auto_k8s_found krx_k8s_found found = {0};
    krx_auto_json cJSON *array = NULL;
    int32_t code = krx_k8s_require(call, backend, arena, ref, &found);
    if (code)
        return code;
    const char *selector = krx_k8s_selector(arena, ref->workload);
    if (!selector)
        return krx_no_memory(call);
    code = krx_k8s_pods_by(call, backend, found.namespace_, selector, &array);
    if (!code && ref->replica > 0)
        code = only(call, ref, &array);
    if (!code)
        *out = krx_move_ptr(array);
    return code;
}

/* "pod", "pod/NAME" or "NAMESPACE/NAME". */
static int32_t by_name(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                       const krx_ref *ref, cJSON **out)
{
    krx_auto_json cJSON *pod = NULL, *array = cJSON_CreateArray();
    krx_kube_ref target = {.kind = KRX_KUBE_POD};
    bool names_kind = krx_k8s_kind_word(ref->instance, &target.name) == KRX_KUBE_POD;
    int32_t code = 0;
    if (target.name != ref->instance && !names_kind)
        target.namespace_ =
            krx_arena_strndup(arena, ref->instance, (size_t)(target.name - 1 - ref->instance));
    else
        code = krx_k8s_namespace(call, backend, arena, ref, &target.namespace_);
    if (!code && (!array || !target.namespace_))
        code = krx_no_memory(call);
    if (!code)
        code = krx_kube_look(call, backend->kube, &target, &pod);
    if (!code && !pod)
        code = krx_fail(call, KRX_E_NOT_FOUND, "no pod %s in namespace %s", target.name,
                        target.namespace_);
    if (code)
        return code;
    if (!cJSON_AddItemToArray(array, pod))
        return krx_no_memory(call);
    pod = NULL;
    *out = krx_move_ptr(array);
    return 0;
}

/* The pods of "deployment/web", whoever made it. */
static int32_t by_kind(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                       const krx_ref *ref, krx_kube_kind kind, const char *name, cJSON **out)
{
    krx_auto_json cJSON *object = NULL;
    krx_kube_ref target = {.kind = kind, .name = name};
    int32_t code = krx_k8s_namespace(call, backend, arena, ref, &target.namespace_);
    if (!code)
        code = krx_kube_look(call, backend->kube, &target, &object);
    if (code)
        return code;
    if (!object)
        return krx_fail(call, KRX_E_NOT_FOUND, "there is no %s '%s' in namespace '%s'",
                        krx_kube_kind_name(kind), name, target.namespace_);
    const char *selector = krx_k8s_selector_text(arena, kind, object);
    if (!selector)
        return krx_fail(call, KRX_E_UNSUPPORTED, "%s '%s' selects no pods: name one of them",
                        krx_kube_kind_name(kind), name);
    return krx_k8s_pods_by(call, backend, target.namespace_, selector, out);
}

int32_t krx_k8s_pods_of(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                        const krx_ref *ref, cJSON **out)
{
    krx_kube *kube;
    const char *name;
    *out = NULL;
    if (krx_blank(ref->instance))
        return of_workload(call, backend, arena, ref, out);
    int32_t code = krx_k8s_kube(call, backend, &kube);
    if (code)
        return code;
    krx_kube_kind kind = krx_k8s_kind_word(ref->instance, &name);
    return kind == KRX_KUBE_POD || kind == KRX_KUBE_KIND_COUNT_
               ? by_name(call, backend, arena, ref, out)
               : by_kind(call, backend, arena, ref, kind, name, out);
}

/* --------------------------------------------------------------------------------- the list op */

typedef struct listing {
    krx_call *call;
    const krx_list_req *req;
    krx_sink *out;
} listing;

static int32_t pass_pod(void *ctx, const cJSON *pod)
{
    const listing *l = ctx;
    if (!l->req->all && krx_k8s_pod_ended(pod))
        return 0;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const krx_instance *item = arena ? krx_k8s_instance(arena, pod) : NULL;
    return item ? krx_emit(l->out, KRX_ITEM_INSTANCE, item) : krx_no_memory(l->call);
}

static void add_selector(krx_str *out, const krx_list_req *req)
{
    if (!req->unmanaged)
        krx_str_add(out, KRX_K8S_OURS);
    for (size_t i = 0; req->selector && req->selector[i]; i++)
        krx_str_addf(out, "%s%s=%s", out->length ? "," : "", req->selector[i]->key,
                     req->selector[i]->value);
}

int32_t krx_k8s_pods_op(krx_call *call, void *backend, const krx_list_req *req, krx_sink *instance)
{
    krx_kube *kube;
    krx_auto_str krx_str selector = {0};
    listing l = {.call = call, .req = req, .out = instance};
    add_selector(&selector, req);
    if (krx_str_failed(&selector))
        return krx_no_memory(call);
    krx_kube_select select = {
        .kind = KRX_KUBE_POD,
        .namespace_ = krx_k8s_list_namespace(backend, req->namespace_, req->namespace_implied),
        .label_selector = selector.length ? krx_str_get(&selector) : NULL,
        .keep = krx_k8s_instance_members};
    int32_t code = krx_k8s_kube(call, backend, &kube);
    return code ? code : krx_kube_list(call, kube, &select, pass_pod, &l, NULL);
}
