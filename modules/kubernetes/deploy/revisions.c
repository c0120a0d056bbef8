/* SPDX-License-Identifier: Apache-2.0 */
/* The states that a workload was in: the cluster keeps a ReplicaSet of each, with our spec on it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/model/model.h"
#include "modules/kubernetes/backend/backend.h"
#include "modules/kubernetes/backend/ops.h"

#define REVISION "deployment.kubernetes.io/revision"
#define CHANGE_CAUSE "kubernetes.io/change-cause"
#define LOOK_AGAIN_NS (100 * KRX_NS_PER_MS)
#define LOOKS 50

typedef struct history {
    krx_call *call;
    krx_arena *arena;
    const char *owner; /* uid of the Deployment */
    int64_t current;
    krx_ptrs all; /* krx_revision, newest first */
} history;

static int64_t number_of(const cJSON *object)
{
    const char *text = krx_k8s_annotation(object, REVISION);
    return *text ? strtoll(text, NULL, 10) : 0;
}

static const char *kept(krx_arena *arena, const char *text)
{
    return *text ? krx_arena_strdup(arena, text) : NULL;
}

static bool is_of(const cJSON *object, const char *owner)
{
    const cJSON *item;
    cJSON_ArrayForEach (item,
                        krx_json_array(krx_json_object(object, "metadata"), "ownerReferences")) {
        if (krx_streq(krx_json_text(item, "uid"), owner))
            return true;
    }
    return false;
}

static krx_revision *revision_of(history *h, const cJSON *object, const char *template)
{
    krx_revision *out = krx_arena_new_of(h->arena, krx_revision);
    const cJSON *containers = krx_json_array(krx_json_dig(object, template), "containers");
    if (!out)
        return NULL;
    *out = (krx_revision){
        .struct_size = sizeof *out,
        .created_ns = krx_k8s_time(krx_json_object(object, "metadata"), "creationTimestamp"),
        .image = kept(h->arena, krx_json_text(cJSON_GetArrayItem(containers, 0), "image")),
        .spec_json = kept(h->arena, krx_k8s_annotation(object, KRX_K8S_SPEC)),
        .message = kept(h->arena, krx_k8s_annotation(object, CHANGE_CAUSE))};
    return out;
}

static int32_t add_set(void *ctx, const cJSON *set)
{
    history *h = ctx;
    int64_t number = number_of(set);
    size_t place = 0;
    if (!number || !is_of(set, h->owner))
        return 0;
    while (place < h->all.count && ((krx_revision *)h->all.items[place])->revision > number)
        place++;
    if (place < h->all.count && ((krx_revision *)h->all.items[place])->revision == number)
        return 0;
    krx_revision *item = revision_of(h, set, "spec/template/spec");
    if (!item || krx_ptrs_add(h->arena, &h->all, item) < 0)
        return krx_no_memory(h->call);
    item->revision = number;
    item->current = number == h->current;
    memmove(h->all.items + place + 1, h->all.items + place,
            (h->all.count - 1 - place) * sizeof *h->all.items);
    h->all.items[place] = item;
    return 0;
}

/* A CronJob keeps nothing of what it was: it has the one state that it is in. */
static int32_t add_cron(history *h, const cJSON *object)
{
    krx_revision *item = revision_of(h, object, "spec/jobTemplate/spec/template/spec");
    if (!item || krx_ptrs_add(h->arena, &h->all, item) < 0)
        return krx_no_memory(h->call);
    item->revision = krx_json_int(krx_json_object(object, "metadata"), "generation", 1);
    if (item->revision < 1)
        item->revision = 1; /* the older API counts none */
    item->current = 1;
    return 0;
}

static int32_t read_history(krx_call *call, krx_kube *kube, const krx_k8s_found *found, history *h)
{
    const char *selector = krx_k8s_selector(h->arena, krx_k8s_name(found->object));
    krx_kube_select select = {
        .kind = KRX_KUBE_REPLICA_SET, .namespace_ = found->namespace_, .label_selector = selector};
    if (!selector)
        return krx_no_memory(call);
    if (found->kind == KRX_KUBE_CRON_JOB)
        return add_cron(h, found->object);
    h->owner = krx_json_text(krx_json_object(found->object, "metadata"), "uid");
    h->current = number_of(found->object);
    return krx_kube_list(call, kube, &select, add_set, h, NULL);
}

int32_t krx_k8s_revisions_op(krx_call *call, void *opened, const krx_revision_req *req,
                             krx_sink *revision)
{
    krx_k8s_backend *backend = opened;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_k8s_found krx_k8s_found found = {0};
    history h = {.call = call, .arena = arena};
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_k8s_require(call, backend, arena, &req->ref, &found);
    if (!code)
        code = read_history(call, backend->kube, &found, &h);
    for (size_t i = 0; i < h.all.count && !code; i++)
        code = krx_emit(revision, KRX_ITEM_REVISION, h.all.items[i]);
    return code;
}

/* -------------------------------------------------------------------------------------- rollback
 */

static int32_t choose(krx_call *call, const history *h, const krx_revision_req *req,
                      const krx_revision **out)
{
    for (size_t i = 0; i < h->all.count; i++) {
        const krx_revision *item = h->all.items[i];
        bool wanted = req->revision == KRX_UNSET ? !item->current && item->revision < h->current
                                                 : item->revision == req->revision;
        if (wanted) {
            *out = item;
            return 0;
        }
    }
    if (req->revision == KRX_UNSET)
        krx_fail(call, KRX_E_FAILED_PRECONDITION, "workload '%s' has no earlier revision",
                 req->ref.workload);
    else
        krx_fail(call, KRX_E_NOT_FOUND, "workload '%s' has no revision %" PRId64, req->ref.workload,
                 req->revision);
    return krx_hint(call, "kranix history %s", req->ref.workload);
}

static int32_t deploy_again(krx_call *call, krx_k8s_backend *backend, const char *namespace_,
                            const krx_revision *wanted)
{
    krx_specs specs KRX_CLEANUP(krx_specs_free) = {0};
    krx_diags diags KRX_CLEANUP(krx_diags_free) = {0};
    krx_diags_init(&diags);
    int32_t code = krx_specs_parse(call, "revision", wanted->spec_json, strlen(wanted->spec_json),
                                   KRX_SPEC_NO_FILES, &specs, &diags);
    if (code || specs.count != 1)
        return krx_fail(call, KRX_E_DATA_LOSS,
                        "the spec kept with revision %" PRId64 " can't be read", wanted->revision);
    krx_workload spec = *specs.items[0]->workload;
    spec.namespace_ = namespace_;
    krx_deploy_req req = {.struct_size = sizeof req, .spec = &spec, .spec_json = wanted->spec_json};
    return krx_k8s_deploy_op(call, backend, &req, NULL);
}

/* The cluster numbers the state that was deployed again as a new one. */
static int32_t await_number(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                            const krx_revision_req *req, history *h)
{
    for (int i = 0; i < LOOKS; i++) {
        krx_auto_k8s_found krx_k8s_found found = {0};
        int32_t code = krx_k8s_require(call, backend, arena, &req->ref, &found);
        const cJSON *meta = krx_json_object(found.object, "metadata");
        const cJSON *status = krx_json_object(found.object, "status");
        bool seen =
            krx_json_int(status, "observedGeneration", 0) >= krx_json_int(meta, "generation", 0);
        if (code || seen || i + 1 == LOOKS) {
            h->all.count = 0;
            return code ? code : read_history(call, backend->kube, &found, h);
        }
        if ((code = krx_sleep(call, LOOK_AGAIN_NS)) < 0)
            return code;
    }
    return 0;
}

static int32_t roll_back(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                         const krx_revision_req *req, history *h)
{
    krx_auto_k8s_found krx_k8s_found found = {0};
    const krx_revision *wanted = NULL;
    int32_t code = krx_k8s_require(call, backend, arena, &req->ref, &found);
    if (code)
        return code;
    if (found.kind == KRX_KUBE_CRON_JOB) {
        krx_fail(call, KRX_E_FAILED_PRECONDITION,
                 "workload '%s' is a CronJob, of which the cluster keeps no earlier revisions",
                 req->ref.workload);
        return krx_hint(call, "deploy the earlier spec again");
    }
    code = read_history(call, backend->kube, &found, h);
    if (!code)
        code = choose(call, h, req, &wanted);
    if (code)
        return code;
    if (krx_blank(wanted->spec_json)) {
        krx_fail(call, KRX_E_FAILED_PRECONDITION,
                 "revision %" PRId64 " of '%s' was not deployed by kranix: there is no spec of it",
                 wanted->revision, req->ref.workload);
        return krx_hint(call, "kubectl rollout undo deployment/%s --to-revision=%" PRId64,
                        req->ref.workload, wanted->revision);
    }
    return deploy_again(call, backend, found.namespace_, wanted);
}

int32_t krx_k8s_rollback_op(krx_call *call, void *backend, const krx_revision_req *req,
                            krx_sink *revision)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    history h = {.call = call, .arena = arena};
    if (!arena)
        return krx_no_memory(call);
    int32_t code = roll_back(call, backend, arena, req, &h);
    if (!code)
        code = await_number(call, backend, arena, req, &h);
    for (size_t i = 0; i < h.all.count && !code; i++)
        if (((const krx_revision *)h.all.items[i])->current)
            return krx_emit(revision, KRX_ITEM_REVISION, h.all.items[i]);
    return code;
}
