/* SPDX-License-Identifier: Apache-2.0 */
/* export_manifest: what a spec would make, or what makes that which is there. */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/deploy/parts.h"
#include "modules/kubernetes/deploy/versions.h"
#include "modules/kubernetes/objects/clean.h"
#include "modules/kubernetes/objects/objects.h"
#include "modules/kubernetes/pods/pods.h"

/* A server that does not answer must not keep anybody from a manifest. */
#define ASKING_NS (3 * KRX_NS_PER_S)

typedef struct exporting {
    krx_call *call;
    krx_k8s_backend *backend;
    krx_kube *kube;
    krx_arena *arena;
    const krx_manifest_req *req;
    cJSON *items; /* of the List */
} exporting;

/* ----------------------------------------------------------------------------------------- writing
 */

static int32_t emit_list(exporting *e, krx_sink *out)
{
    krx_json_maker maker = {0};
    krx_auto_json cJSON *list = cJSON_CreateObject();
    krx_json_add_text(&maker, list, "apiVersion", "v1");
    krx_json_add_text(&maker, list, "kind", "List");
    krx_json_add_item(&maker, list, "items", krx_move_ptr(e->items));
    krx_autofree char *text = maker.failed ? NULL : cJSON_Print(list);
    if (!text)
        return krx_no_memory(e->call);
    krx_text item = {.struct_size = sizeof item, .type = "application/json", .text = text};
    return krx_emit(out, KRX_ITEM_TEXT, &item);
}

static int32_t hang(exporting *e, cJSON *object)
{
    krx_json_maker maker = {0};
    krx_json_add_item(&maker, e->items, NULL, object);
    return maker.failed ? krx_no_memory(e->call) : 0;
}

/* Lists leave out what kind their items are. */
static int32_t add_live(exporting *e, krx_kube_kind kind, const cJSON *live)
{
    const char *api = NULL;
    krx_json_maker maker = {0};
    int32_t code = krx_kube_api_version(e->call, e->kube, kind, &api);
    if (code)
        return code;
    cJSON *object = cJSON_CreateObject();
    const cJSON *member;
    krx_json_add_text(&maker, object, "apiVersion", api);
    krx_json_add_text(&maker, object, "kind", krx_kube_kind_name(kind));
    cJSON_ArrayForEach (member, live) {
        if (member->string && !krx_streq(member->string, "apiVersion") &&
            !krx_streq(member->string, "kind"))
            krx_json_add_item(&maker, object, member->string, cJSON_Duplicate(member, true));
    }
    if (maker.failed || !object) {
        cJSON_Delete(object);
        return krx_no_memory(e->call);
    }
    krx_k8s_clean(object);
    return hang(e, object);
}

/* -------------------------------------------------------------------------------------- of a spec
 */

static const char *namespace_for(const krx_k8s_backend *backend, const krx_manifest_req *req)
{
    const char *given =
        krx_blank(req->ref.namespace_) ? req->spec->namespace_ : req->ref.namespace_;
    return req->ref.namespace_implied || krx_blank(given) ? backend->settings.default_namespace
                                                          : given;
}

/* The versions of the cluster at hand; the newest where there is none, or none that answers. */
static int32_t choose_versions(exporting *e, krx_k8s_scope *scope)
{
    krx_side_call side;
    int64_t latest = krx_now_monotonic() + ASKING_NS;
    krx_k8s_newest_versions(scope);
    if (!e->backend->kube) {
        krx_log(e->call, KRX_LOG_INFO, "written for the newest Kubernetes: %s",
                e->backend->no_kube.message);
        return 0;
    }
    krx_side_call_init(&side, e->call);
    if (side.call.deadline_ns == KRX_NO_DEADLINE || side.call.deadline_ns > latest)
        side.call.deadline_ns = latest;
    if (krx_k8s_server_versions(&side.call, e->backend->kube, e->req->spec, scope)) {
        if (krx_check(e->call))
            return e->call->error->code;
        krx_log(e->call, KRX_LOG_WARN,
                "written for the newest Kubernetes, not for this cluster: %s", side.error.message);
    }
    return 0;
}

static int32_t add_spec(exporting *e)
{
    krx_auto_k8s_objects krx_k8s_objects objects = {0};
    krx_k8s_scope scope = {.settings = &e->backend->settings,
                           .namespace_ = namespace_for(e->backend, e->req)};
    int32_t code = choose_versions(e, &scope);
    if (!code)
        code = krx_k8s_make_objects(e->call, &scope, e->req->spec, e->req->spec_json, &objects);
    for (size_t i = 0; i < objects.count && !code; i++)
        code = hang(e, krx_move_ptr(objects.items[i].json));
    return code;
}

/* ---------------------------------------------------------------------------- of what we deployed
 */

static int32_t add_parts(exporting *e, const krx_k8s_found *found, krx_kube_kind kind)
{
    krx_auto_json cJSON *parts = NULL;
    const cJSON *part;
    int32_t code =
        krx_k8s_parts_of(e->call, e->kube, kind, found->namespace_, e->req->ref.workload, &parts);
    cJSON_ArrayForEach (part, parts) {
        if (!code)
            code = add_live(e, kind, part);
    }
    return code;
}

static int32_t add_workload(exporting *e)
{
    static const krx_kube_kind before[] = {KRX_KUBE_PVC, KRX_KUBE_NETWORK_POLICY, KRX_KUBE_SERVICE};
    krx_auto_k8s_found krx_k8s_found found = {0};
    int32_t code = krx_k8s_require(e->call, e->backend, e->arena, &e->req->ref, &found);
    for (size_t i = 0; i < KRX_COUNT(before) && !code; i++)
        code = add_parts(e, &found, before[i]);
    if (!code)
        code = add_live(e, found.kind, found.object);
    return code ? code : add_parts(e, &found, KRX_KUBE_HPA);
}

/* ------------------------------------------------------------------- of what somebody else made
 */

typedef struct services {
    exporting *e;
    const cJSON *labels; /* of the pods */
} services;

/* A service that selects nothing by itself selects none of these pods either. */
static bool selects(const cJSON *selector, const cJSON *labels)
{
    const cJSON *label;
    cJSON_ArrayForEach (label, selector) {
        if (!cJSON_IsString(label) ||
            !krx_streq(krx_json_text(labels, label->string), label->valuestring))
            return false;
    }
    return selector && selector->child;
}

static int32_t add_service(void *ctx, const cJSON *service)
{
    services *s = ctx;
    if (!selects(krx_json_dig(service, "spec/selector"), s->labels))
        return 0;
    return add_live(s->e, KRX_KUBE_SERVICE, service);
}

static int32_t add_with_services(exporting *e, krx_kube_kind kind, cJSON *object)
{
    krx_auto_json cJSON *copy = cJSON_Duplicate(object, true);
    krx_json_maker maker = {0};
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "kind");
    krx_json_add_text(&maker, copy, "kind", krx_kube_kind_name(kind));
    if (maker.failed)
        return krx_no_memory(e->call);
    services s = {e, krx_json_dig(krx_k8s_template_of(copy), "metadata/labels")};
    krx_kube_select select = {.kind = KRX_KUBE_SERVICE, .namespace_ = krx_k8s_namespace_of(object)};
    int32_t code = krx_kube_list(e->call, e->kube, &select, add_service, &s, NULL);
    return code ? code : add_live(e, kind, object);
}

static int32_t add_alone(exporting *e, const cJSON *pod, const char *why)
{
    krx_log(e->call, KRX_LOG_WARN, "pod '%s' is exported by itself: %s", krx_k8s_name(pod), why);
    return add_live(e, KRX_KUBE_POD, pod);
}

static int32_t add_owner_of(exporting *e, const cJSON *pod)
{
    krx_auto_json cJSON *owner = NULL;
    krx_kube_kind kind = KRX_KUBE_KIND_COUNT_;
    int32_t code = krx_k8s_top_owner(e->call, e->backend, pod, &kind, &owner);
    if (code == KRX_E_PERMISSION_DENIED || code == KRX_E_NOT_FOUND) {
        krx_log(e->call, KRX_LOG_WARN, "%s", e->call->error->message);
        (void)krx_forgive(e->call);
        return add_alone(e, pod, "what keeps it can't be read");
    }
    if (code)
        return code;
    if (!owner)
        return add_alone(e, pod,
                         kind == KRX_KUBE_KIND_COUNT_ ? "what keeps it is of a kind unknown here"
                                                      : "nothing keeps it");
    return add_with_services(e, kind, owner);
}

/* A pod by its name, or whatever keeps pods. */
static int32_t add_instance(exporting *e)
{
    static const krx_kube_kind keepers[] = {KRX_KUBE_DEPLOYMENT,
                                            KRX_KUBE_STATEFUL_SET,
                                            KRX_KUBE_DAEMON_SET,
                                            KRX_KUBE_CRON_JOB,
                                            KRX_KUBE_JOB,
                                            KRX_KUBE_REPLICA_SET,
                                            KRX_KUBE_REPLICATION_CONTROLLER};
    const char *namespace_ = NULL, *name = e->req->ref.instance;
    krx_auto_json cJSON *pod = NULL;
    int32_t code = krx_k8s_namespace(e->call, e->backend, e->arena, &e->req->ref, &namespace_);
    krx_kube_ref at = {.kind = KRX_KUBE_POD, .namespace_ = namespace_, .name = name};
    if (!code)
        code = krx_kube_look(e->call, e->kube, &at, &pod);
    if (code || pod)
        return code ? code : add_owner_of(e, pod);
    for (size_t i = 0; i < KRX_COUNT(keepers) && !code; i++) {
        krx_auto_json cJSON *object = NULL;
        at.kind = keepers[i];
        code = krx_kube_look(e->call, e->kube, &at, &object);
        if (code == KRX_E_PERMISSION_DENIED)
            code = krx_forgive(e->call);
        if (object)
            return add_with_services(e, keepers[i], object);
    }
    if (code)
        return code;
    return krx_fail(e->call, KRX_E_NOT_FOUND,
                    "namespace '%s' has no pod, and nothing that keeps pods, called '%s'",
                    namespace_, name);
}

/* ------------------------------------------------------------------------------------------ the op
 */

static int32_t collect(exporting *e)
{
    if (e->req->spec)
        return add_spec(e);
    int32_t code = krx_k8s_kube(e->call, e->backend, &e->kube);
    if (code)
        return code;
    return krx_blank(e->req->ref.workload) ? add_instance(e) : add_workload(e);
}

int32_t krx_k8s_manifest_op(krx_call *call, void *backend, const krx_manifest_req *req,
                            krx_sink *out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    exporting e = {
        .call = call, .backend = backend, .arena = arena, .req = req, .items = cJSON_CreateArray()};
    int32_t code = arena && e.items ? collect(&e) : krx_no_memory(call);
    if (!code)
        code = emit_list(&e, out);
    cJSON_Delete(e.items);
    return code;
}
