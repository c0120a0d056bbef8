/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint and restore. No process is frozen here: a Deployment is scaled to 0 and a CronJob
 * suspended, and what it was before is kept with it.
 */
#include <inttypes.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/lifecycle/records.h"
#include "modules/kubernetes/lifecycle/scale.h"

/* ---------------------------------------------------------------------------------- what can't be
 */

static int32_t check_request(krx_call *call, const krx_checkpoint_req *req)
{
    static const struct {
        uint32_t flag;
        const char *why;
    } flags[] = {
        {KRX_CHECKPOINT_LEAVE_RUNNING,
         "to leave it running: on Kubernetes a checkpoint is the workload scaled to nothing"},
        {KRX_CHECKPOINT_TCP_ESTABLISHED, "to keep connections: on Kubernetes no process is frozen"},
        {KRX_CHECKPOINT_SKIP_IN_FLIGHT, "to skip connections: on Kubernetes no process is frozen"},
        {KRX_CHECKPOINT_LINK_REMAP, "to keep removed files: on Kubernetes no process is frozen"}};
    for (size_t i = 0; i < KRX_COUNT(flags); i++)
        if (req->flags & flags[i].flag)
            return krx_fail(call, KRX_E_UNSUPPORTED, "a checkpoint can't be asked %s",
                            flags[i].why);
    if (!krx_blank(req->file))
        return krx_fail(call, KRX_E_UNSUPPORTED,
                        "a checkpoint can't be in a file: on Kubernetes it has no data, only the "
                        "workload's count");
    if (!krx_blank(req->new_name))
        return krx_fail(call, KRX_E_UNSUPPORTED,
                        "a checkpoint is restored under its own name only: it has no data that "
                        "could make another workload");
    if (!krx_blank(req->ref.instance) || req->ref.replica > 0)
        return krx_fail(call, KRX_E_UNSUPPORTED,
                        "checkpoints are of workloads as a whole, not of a single pod");
    return 0;
}

/* ---------------------------------------------------------------------------------- one record */

typedef struct deed {
    const krx_checkpoint_req *req;
    const char *workload;
    krx_kube_kind kind;
    char id[80]; /* made, or restored */
    int64_t created_ns;
    int64_t replicas; /* KRX_UNSET for a CronJob */
    char comment[1024];
} deed;

static int32_t emit_deed(const deed *d, const char *namespace_, const char *state,
                         const char *message, krx_sink *out)
{
    krx_checkpoint item = {.struct_size = sizeof item,
                           .workload = d->workload,
                           .namespace_ = namespace_,
                           .id = d->id,
                           .state = state,
                           .created_ns = d->created_ns,
                           .size_bytes = KRX_UNSET,
                           .comment = *d->comment ? d->comment : NULL,
                           .message = message};
    return krx_emit(out, KRX_ITEM_CHECKPOINT, &item);
}

static void read_record(const cJSON *record, deed *d)
{
    (void)snprintf(d->id, sizeof d->id, "%s", krx_json_text(record, "id"));
    (void)snprintf(d->comment, sizeof d->comment, "%s", krx_json_text(record, "comment"));
    d->created_ns = krx_k8s_time(record, "created");
    d->replicas = krx_json_int(record, "replicas", KRX_UNSET);
    if (d->replicas < 1 || d->replicas > INT32_MAX)
        d->replicas = KRX_UNSET;
}

static const char *count_words(const deed *d, char out[80])
{
    if (d->replicas == KRX_UNSET)
        return NULL;
    (void)snprintf(out, 80, "%" PRId64 " replica%s", d->replicas, d->replicas == 1 ? "" : "s");
    return out;
}

/* ------------------------------------------------------------------------------------ checkpoint
 */

static int32_t check_running(krx_call *call, const deed *d, const cJSON *object)
{
    const char *stopped = krx_k8s_annotation(object, KRX_K8S_STOPPED);
    if (!krx_k8s_is_down(d->kind, object))
        return 0;
    if (*stopped && !krx_streq(stopped, "stop")) {
        (void)krx_fail(call, KRX_E_FAILED_PRECONDITION,
                       "workload '%s' is checkpointed already, as %s", d->workload, stopped);
        return krx_hint(call, "kranix restore %s %s", d->workload, stopped);
    }
    (void)krx_fail(call, KRX_E_FAILED_PRECONDITION,
                   "workload '%s' is stopped: there is nothing to checkpoint", d->workload);
    return krx_hint(call, "kranix start %s", d->workload);
}

static int32_t edit_checkpoint(void *ctx, krx_call *call, cJSON *object)
{
    deed *d = ctx;
    char hash[17];
    int32_t code = check_running(call, d, object);
    if (code)
        return code;
    krx_auto_json cJSON *records = krx_k8s_records(object);
    d->created_ns = krx_now_unix();
    d->replicas = krx_k8s_has_count(d->kind) ? krx_k8s_count(object) : KRX_UNSET;
    (void)snprintf(d->id, sizeof d->id, "ckpt-%" PRId64, d->created_ns);
    krx_k8s_spec_hash(object, hash);
    bool done =
        records &&
        krx_k8s_record_add(records, d->id, d->created_ns, d->replicas, d->req->comment, hash) &&
        krx_k8s_records_keep(object, records) && krx_k8s_bring_down(d->kind, object, d->id);
    return done ? 0 : krx_no_memory(call);
}

/* A run in progress is not ended: it would be lost. */
static const char *told(const deed *d, const cJSON *object, char out[80])
{
    int active = cJSON_GetArraySize(krx_json_array(krx_json_object(object, "status"), "active"));
    if (krx_k8s_has_count(d->kind))
        return count_words(d, out);
    (void)snprintf(out, 80, "schedule suspended%s",
                   active > 0 ? "; the run in progress goes on to its end" : "");
    return out;
}

int32_t krx_k8s_checkpoint_op(krx_call *call, void *backend, const krx_checkpoint_req *req,
                              krx_sink *checkpoint)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_k8s_found krx_k8s_found found = {0};
    krx_auto_json cJSON *now = NULL;
    deed d = {.req = req, .workload = req->ref.workload};
    char words[80];
    int32_t code = arena ? check_request(call, req) : krx_no_memory(call);
    if (!code)
        code = krx_k8s_require(call, backend, arena, &req->ref, &found);
    if (code)
        return code;
    d.kind = found.kind;
    (void)snprintf(d.comment, sizeof d.comment, "%s", req->comment ? req->comment : "");
    krx_kube_ref ref = {
        .kind = found.kind, .namespace_ = found.namespace_, .name = req->ref.workload};
    krx_kube *kube = ((krx_k8s_backend *)backend)->kube;
    code = krx_kube_edit(call, kube, &ref, edit_checkpoint, &d, 0, &now);
    if (code)
        return code;
    krx_tell_progress(call, "checkpoint", d.id, "waiting until its pods are gone");
    if (krx_k8s_has_count(d.kind) &&
        krx_k8s_wait_down(call, backend, d.kind, now ? now : found.object, d.workload) < 0)
        return krx_wrap(call, "checkpoint %s is made, but its pods are not gone yet", d.id);
    return emit_deed(&d, found.namespace_, "checkpointed", told(&d, found.object, words),
                     checkpoint);
}

/* --------------------------------------------------------------------------------------- restore
 */

static int32_t no_record(krx_call *call, const deed *d, const cJSON *records)
{
    char known[400];
    if (!cJSON_GetArraySize(records))
        return krx_fail(call, KRX_E_NOT_FOUND, "workload '%s' has no checkpoint", d->workload);
    krx_k8s_records_text(records, known, sizeof known);
    (void)krx_fail(call, KRX_E_NOT_FOUND, "workload '%s' has no checkpoint '%s'", d->workload,
                   d->req->id);
    return krx_hint(call, "it has %s", known);
}

static int32_t edit_restore(void *ctx, krx_call *call, cJSON *object)
{
    deed *d = ctx;
    krx_auto_json cJSON *records = krx_k8s_records(object);
    if (!records)
        return krx_no_memory(call);
    int at = krx_k8s_record_find(records, d->req->id, krx_k8s_annotation(object, KRX_K8S_STOPPED));
    if (at < 0)
        return no_record(call, d, records);
    if (!krx_k8s_is_down(d->kind, object)) {
        (void)krx_fail(call, KRX_E_FAILED_PRECONDITION,
                       "workload '%s' runs: there is nothing to restore", d->workload);
        return krx_hint(call, "stop or checkpoint it first");
    }
    read_record(cJSON_GetArrayItem(records, at), d);
    int64_t count = d->replicas != KRX_UNSET ? d->replicas : krx_k8s_remembered(object);
    return krx_k8s_bring_up(d->kind, object, count == KRX_UNSET ? 1 : count) ? 0
                                                                             : krx_no_memory(call);
}

/* Lists what is ours, one kind after the other. */
static int32_t each_workload(krx_call *call, krx_k8s_backend *backend, const char *namespace_,
                             krx_kube_item_fn *const fns[2], void *ctx)
{
    static const krx_kube_kind kinds[] = {KRX_KUBE_DEPLOYMENT, KRX_KUBE_CRON_JOB};
    krx_kube *kube;
    int32_t code = krx_k8s_kube(call, backend, &kube);
    for (size_t i = 0; i < KRX_COUNT(kinds) && !code; i++) {
        krx_kube_select select = {
            .kind = kinds[i], .namespace_ = namespace_, .label_selector = KRX_K8S_OURS};
        code = krx_kube_list(call, kube, &select, fns[i], ctx, NULL);
    }
    return code;
}

typedef struct id_search {
    krx_arena *arena;
    const char *id;
    const char *workload;
    const char *namespace_;
} id_search;

static int32_t look_for_id(void *ctx, const cJSON *object)
{
    id_search *s = ctx;
    krx_auto_json cJSON *records = krx_k8s_records(object);
    if (krx_k8s_record_find(records, s->id, NULL) < 0)
        return 0;
    s->workload = krx_arena_strdup(s->arena, krx_k8s_name(object));
    s->namespace_ = krx_arena_strdup(s->arena, krx_k8s_namespace_of(object));
    return 1;
}

/* The scope of a ref that names no workload: NULL for all namespaces. */
static const char *scope_of(const krx_k8s_backend *backend, const krx_ref *ref)
{
    return ref->namespace_implied ? backend->settings.default_namespace
                                  : (krx_blank(ref->namespace_) ? NULL : ref->namespace_);
}

/* Who names the id only means the workload that has it. */
static int32_t resolve(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                       const krx_checkpoint_req *req, krx_ref *ref)
{
    static krx_kube_item_fn *const fns[] = {look_for_id, look_for_id};
    id_search s = {.arena = arena, .id = req->id};
    *ref = req->ref;
    if (!krx_blank(ref->workload))
        return 0;
    int32_t code = each_workload(call, backend, scope_of(backend, ref), fns, &s);
    if (code < 0)
        return code;
    if (!s.workload || !s.namespace_)
        return krx_fail(call, KRX_E_NOT_FOUND, "no workload has a checkpoint '%s'", req->id);
    ref->struct_size = sizeof *ref;
    ref->workload = s.workload;
    ref->namespace_ = s.namespace_;
    ref->namespace_implied = 0;
    return 0;
}

int32_t krx_k8s_restore_op(krx_call *call, void *backend, const krx_checkpoint_req *req,
                           krx_sink *checkpoint)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_k8s_found krx_k8s_found found = {0};
    krx_auto_json cJSON *now = NULL;
    krx_ref of = req->ref;
    deed d = {.req = req};
    char words[80];
    int32_t code = arena ? check_request(call, req) : krx_no_memory(call);
    if (!code)
        code = resolve(call, backend, arena, req, &of);
    if (!code)
        code = krx_k8s_require(call, backend, arena, &of, &found);
    if (code)
        return code;
    d.kind = found.kind;
    d.workload = of.workload;
    krx_kube_ref ref = {.kind = found.kind, .namespace_ = found.namespace_, .name = of.workload};
    krx_kube *kube = ((krx_k8s_backend *)backend)->kube;
    code = krx_kube_edit(call, kube, &ref, edit_restore, &d, 0, &now);
    if (!code && krx_k8s_has_count(d.kind) && now)
        code = krx_k8s_wait_up(call, backend, d.kind, now, krx_k8s_count(now), d.workload);
    return code ? code
                : emit_deed(&d, found.namespace_, "running", count_words(&d, words), checkpoint);
}

/* ------------------------------------------------------------------------------------------ list
 */

typedef struct listing {
    krx_call *call;
    krx_sink *out;
} listing;

static int32_t list_of(const listing *l, krx_kube_kind kind, const cJSON *object)
{
    krx_auto_json cJSON *records = krx_k8s_records(object);
    const char *in_force = krx_k8s_annotation(object, KRX_K8S_STOPPED);
    int32_t code = records ? 0 : krx_no_memory(l->call);
    for (int i = cJSON_GetArraySize(records) - 1; i >= 0 && !code; i--) {
        deed d = {.workload = krx_k8s_name(object), .kind = kind};
        char words[80];
        read_record(cJSON_GetArrayItem(records, i), &d);
        bool holds = krx_k8s_is_down(kind, object) && krx_streq(in_force, d.id);
        if (*d.id)
            code = emit_deed(&d, krx_k8s_namespace_of(object), holds ? "checkpointed" : "running",
                             count_words(&d, words), l->out);
    }
    return code;
}

static int32_t list_deployment(void *ctx, const cJSON *object)
{
    return list_of(ctx, KRX_KUBE_DEPLOYMENT, object);
}

static int32_t list_cron_job(void *ctx, const cJSON *object)
{
    return list_of(ctx, KRX_KUBE_CRON_JOB, object);
}

int32_t krx_k8s_checkpoints_op(krx_call *call, void *backend, const krx_checkpoint_req *req,
                               krx_sink *checkpoint)
{
    static krx_kube_item_fn *const fns[] = {list_deployment, list_cron_job};
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_k8s_found krx_k8s_found found = {0};
    listing l = {.call = call, .out = checkpoint};
    if (!arena)
        return krx_no_memory(call);
    if (!krx_blank(req->ref.instance))
        return check_request(call, req);
    if (krx_blank(req->ref.workload))
        return each_workload(call, backend, scope_of(backend, &req->ref), fns, &l);
    int32_t code = krx_k8s_require(call, backend, arena, &req->ref, &found);
    return code ? code : list_of(&l, found.kind, found.object);
}
