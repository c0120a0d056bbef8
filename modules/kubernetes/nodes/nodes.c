/* SPDX-License-Identifier: Apache-2.0 */
/* Health of backend and nodes, cordon and uncordon. */
#include "modules/kubernetes/nodes/nodes.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "lib/model/health.h"
#include "modules/kubernetes/backend/ops.h"

#define ROLE_PREFIX "node-role.kubernetes.io/"
#define ROLE_LABEL "kubernetes.io/role"
#define ROLES_MAX 32

/* ------------------------------------------------------------------------------------ one node */

static const cJSON *condition(const cJSON *node, const char *type)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_dig(node, "status/conditions")) {
        if (krx_streq(krx_json_text(item, "type"), type))
            return item;
    }
    return NULL;
}

static bool is_true(const cJSON *condition_)
{
    return krx_streq(krx_json_text(condition_, "status"), "True");
}

static const struct {
    const char *type;
    uint32_t trouble;
} pressures[] = {{"MemoryPressure", KRX_NODE_MEMORY_PRESSURE},
                 {"DiskPressure", KRX_NODE_DISK_PRESSURE},
                 {"PIDPressure", KRX_NODE_PID_PRESSURE}};

static uint32_t pressure_of(const cJSON *item)
{
    for (size_t i = 0; i < KRX_COUNT(pressures); i++)
        if (krx_streq(krx_json_text(item, "type"), pressures[i].type) && is_true(item))
            return pressures[i].trouble;
    return 0;
}

/* Pressures in the server's order, then NotReady. */
static const char *const *conditions_of(krx_arena *arena, const cJSON *node, uint32_t *troubles)
{
    krx_ptrs list = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_dig(node, "status/conditions")) {
        uint32_t trouble = pressure_of(item);
        if (trouble && krx_ptrs_add(arena, &list, krx_json_text(item, "type")) < 0)
            return NULL;
        *troubles |= trouble;
    }
    if (!is_true(condition(node, "Ready"))) {
        *troubles |= KRX_NODE_NOT_READY;
        if (krx_ptrs_add(arena, &list, "NotReady") < 0)
            return NULL;
    }
    return (const char *const *)krx_ptrs_end(arena, &list);
}

static const cJSON *find_taint(const cJSON *node)
{
    const cJSON *taint;
    cJSON_ArrayForEach (taint, krx_json_dig(node, "spec/taints")) {
        if (krx_streq(krx_json_text(taint, "key"), KRX_K8S_DRAIN))
            return taint;
    }
    return NULL;
}

bool krx_k8s_node_draining(const cJSON *node)
{
    return find_taint(node) || krx_streq(krx_k8s_label(node, KRX_K8S_DRAIN), "true");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t collect_roles(const cJSON *node, const char *roles[ROLES_MAX])
{
    size_t count = 0;
    const cJSON *label;
    cJSON_ArrayForEach (label, krx_json_dig(node, "metadata/labels")) {
        const char *role = NULL;
        if (krx_has_prefix(label->string, ROLE_PREFIX))
            role = label->string + strlen(ROLE_PREFIX);
        else if (krx_streq(label->string, ROLE_LABEL))
            role = label->valuestring;
        if (!krx_blank(role) && count < ROLES_MAX)
            roles[count++] = role;
    }
    qsort(roles, count, sizeof *roles, by_text);
    return count;
}

static const char *roles_of(krx_arena *arena, const cJSON *node)
{
    const char *roles[ROLES_MAX];
    size_t count = collect_roles(node, roles);
    krx_auto_str krx_str text = {0};
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(roles[i], roles[i - 1]) != 0)
            krx_str_addf(&text, "%s%s", text.length ? "," : "", roles[i]);
    return text.length ? krx_arena_strdup(arena, krx_str_get(&text)) : NULL;
}

static const char *address_of(const cJSON *node)
{
    static const char *const kinds[] = {"InternalIP", "ExternalIP"};
    const cJSON *item;
    for (size_t i = 0; i < KRX_COUNT(kinds); i++) {
        cJSON_ArrayForEach (item, krx_json_dig(node, "status/addresses")) {
            if (krx_streq(krx_json_text(item, "type"), kinds[i]))
                return krx_json_text(item, "address");
        }
    }
    return NULL;
}

static const char *set_or(const char *text, const char *other)
{
    return *text ? text : other && *other ? other : NULL;
}

bool krx_k8s_node_health(krx_arena *arena, const cJSON *node, krx_node_health *out)
{
    uint32_t troubles = 0;
    const char *const *conditions = conditions_of(arena, node, &troubles);
    bool draining = krx_k8s_node_draining(node);
    bool unschedulable = krx_json_bool(krx_json_object(node, "spec"), "unschedulable", false);
    troubles |= (draining ? KRX_NODE_DRAINING : 0u) | (unschedulable ? KRX_NODE_UNSCHEDULABLE : 0u);
    const char *arch = set_or(krx_k8s_label(node, "kubernetes.io/arch"),
                              krx_k8s_label(node, "beta.kubernetes.io/arch"));
    *out = (krx_node_health){
        .struct_size = sizeof *out,
        .ready = !(troubles & KRX_NODE_NOT_READY),
        .draining = draining,
        .unschedulable = unschedulable,
        .name = krx_k8s_name(node),
        .score = krx_node_score(troubles),
        .architecture = arch,
        .conditions = conditions,
        .latency_ns = KRX_UNSET,
        .checked_ns = krx_now_unix(),
        .roles = roles_of(arena, node),
        .version =
            set_or(krx_json_text(krx_json_dig(node, "status/nodeInfo"), "kubeletVersion"), NULL),
        .ip = address_of(node),
        .created_ns = krx_k8s_time(krx_json_object(node, "metadata"), "creationTimestamp")};
    return conditions && !krx_arena_failed(arena);
}

typedef struct listing {
    krx_call *call;
    krx_sink *sink;
} listing;

static int32_t emit_node(void *ctx, const cJSON *node)
{
    const listing *l = ctx;
    krx_node_health item;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    if (!arena || !krx_k8s_node_health(arena, node, &item))
        return krx_no_memory(l->call);
    return krx_emit(l->sink, KRX_ITEM_NODE, &item);
}

int32_t krx_k8s_nodes_op(krx_call *call, void *opened, const krx_node_req *req, krx_sink *sink)
{
    krx_kube *kube;
    krx_auto_json cJSON *node = NULL;
    listing l = {.call = call, .sink = sink};
    int32_t code = krx_k8s_kube(call, opened, &kube);
    if (code < 0)
        return code;
    if (krx_blank(req->node)) {
        krx_kube_select all = {.kind = KRX_KUBE_NODE};
        return krx_kube_list(call, kube, &all, emit_node, &l, NULL);
    }
    krx_kube_ref ref = {.kind = KRX_KUBE_NODE, .name = req->node};
    code = krx_kube_get(call, kube, &ref, &node);
    return code < 0 ? code : emit_node(&l, node);
}

/* A cluster that does not answer is a figure too, not a failure to tell one. */
int32_t krx_k8s_backend_health_op(krx_call *call, void *opened, const krx_node_req *req,
                                  krx_sink *sink)
{
    krx_kube *kube;
    krx_side_call side;
    krx_kube_request request = {.path = "/version", .retries = 1};
    krx_call *ask = krx_side_call_init(&side, call);
    (void)req;
    int64_t begin = krx_now_monotonic();
    int32_t code = krx_k8s_kube(ask, opened, &kube);
    if (!code)
        code = krx_kube_call(ask, kube, &request, NULL);
    int32_t ended = krx_check(call);
    if (ended < 0)
        return ended;
    int64_t latency = krx_now_monotonic() - begin;
    krx_backend_health item = {.struct_size = sizeof item,
                               .backend = "kubernetes",
                               .latency_ns = code ? KRX_UNSET : latency,
                               .error_rate = code ? 1.0 : 0.0,
                               .checked_ns = krx_now_unix()};
    item.score = krx_backend_score(code ? 0 : latency, item.error_rate);
    item.healthy = !code && item.score >= KRX_HEALTHY_SCORE;
    return krx_emit(sink, KRX_ITEM_BACKEND_HEALTH, &item);
}

/* ------------------------------------------------------------------------------------ the marks */

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

void krx_k8s_taint_value(const char *reason, char out[KRX_K8S_TAINT_VALUE_MAX + 1])
{
    size_t length = 0;
    for (const char *p = reason ? reason : ""; *p && length < KRX_K8S_TAINT_VALUE_MAX; p++) {
        char c = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
        if (!is_alnum(c) && c != '.' && c != '_')
            c = '-';
        if (length || is_alnum(c))
            out[length++] = c;
    }
    while (length && !is_alnum(out[length - 1]))
        length--;
    out[length] = '\0';
    if (!length)
        memcpy(out, "maintenance", sizeof "maintenance");
}

static cJSON *object_in(krx_json_maker *maker, cJSON *parent, const char *key)
{
    cJSON *found = cJSON_GetObjectItemCaseSensitive(parent, key);
    return cJSON_IsObject(found) ? found : krx_json_add_object(maker, parent, key);
}

static void set_text(krx_json_maker *maker, cJSON *parent, const char *key, const char *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(parent, key);
    krx_json_add_text(maker, parent, key, value);
}

int32_t krx_k8s_mark_draining(cJSON *node, const char *reason)
{
    char value[KRX_K8S_TAINT_VALUE_MAX + 1];
    krx_json_maker maker = {0};
    cJSON *spec = object_in(&maker, node, "spec");
    cJSON *labels = object_in(&maker, object_in(&maker, node, "metadata"), "labels");
    cJSON *taints = cJSON_GetObjectItemCaseSensitive(spec, "taints");
    cJSON *taint = (cJSON *)(uintptr_t)find_taint(node);
    krx_k8s_taint_value(reason, value);
    if (taint && krx_streq(krx_json_text(taint, "value"), value) &&
        krx_json_bool(spec, "unschedulable", false) &&
        krx_streq(krx_k8s_label(node, KRX_K8S_DRAIN), "true"))
        return 1;
    if (!cJSON_IsArray(taints))
        taints = krx_json_add_array(&maker, spec, "taints");
    if (!taint) {
        taint = krx_json_add_object(&maker, taints, NULL);
        krx_json_add_text(&maker, taint, "key", KRX_K8S_DRAIN);
        krx_json_add_text(&maker, taint, "effect", "NoSchedule");
    }
    set_text(&maker, taint, "value", value);
    set_text(&maker, labels, KRX_K8S_DRAIN, "true");
    cJSON_DeleteItemFromObjectCaseSensitive(spec, "unschedulable");
    krx_json_add_bool(&maker, spec, "unschedulable", true);
    return maker.failed ? KRX_E_RESOURCE_EXHAUSTED : 0;
}

int32_t krx_k8s_unmark(cJSON *node)
{
    cJSON *spec = cJSON_GetObjectItemCaseSensitive(node, "spec");
    cJSON *labels = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(node, "metadata"), "labels");
    cJSON *taints = cJSON_GetObjectItemCaseSensitive(spec, "taints");
    bool marked = krx_json_bool(spec, "unschedulable", false) || find_taint(node) ||
                  krx_json_get(labels, KRX_K8S_DRAIN);
    if (!marked)
        return 1;
    cJSON_DeleteItemFromObjectCaseSensitive(spec, "unschedulable");
    cJSON_DeleteItemFromObjectCaseSensitive(labels, KRX_K8S_DRAIN);
    for (int i = cJSON_GetArraySize(taints) - 1; i >= 0; i--)
        if (krx_streq(krx_json_text(cJSON_GetArrayItem(taints, i), "key"), KRX_K8S_DRAIN))
            cJSON_DeleteItemFromArray(taints, i);
    return 0;
}

/* --------------------------------------------------------------------------- cordon and uncordon
 */

static int32_t cordon(void *ctx, krx_call *call, cJSON *node)
{
    krx_json_maker maker = {0};
    cJSON *spec = object_in(&maker, node, "spec");
    (void)ctx;
    if (krx_json_bool(spec, "unschedulable", false))
        return 1;
    cJSON_DeleteItemFromObjectCaseSensitive(spec, "unschedulable");
    krx_json_add_bool(&maker, spec, "unschedulable", true);
    return maker.failed ? krx_no_memory(call) : 0;
}

static int32_t uncordon(void *ctx, krx_call *call, cJSON *node)
{
    (void)ctx, (void)call;
    return krx_k8s_unmark(node);
}

static int32_t edit_node(krx_call *call, void *opened, const krx_node_req *req,
                         krx_kube_edit_fn *edit)
{
    krx_kube *kube;
    krx_kube_ref ref = {.kind = KRX_KUBE_NODE, .name = req->node};
    if (krx_blank(req->node))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "the name of a node is needed");
    int32_t code = krx_k8s_kube(call, opened, &kube);
    return code < 0 ? code : krx_kube_edit(call, kube, &ref, edit, NULL, 0, NULL);
}

int32_t krx_k8s_cordon_op(krx_call *call, void *opened, const krx_node_req *req, krx_sink *none)
{
    (void)none;
    return edit_node(call, opened, req, cordon);
}

int32_t krx_k8s_uncordon_op(krx_call *call, void *opened, const krx_node_req *req, krx_sink *none)
{
    (void)none;
    return edit_node(call, opened, req, uncordon);
}
