/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/backend/backend.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"

int32_t krx_k8s_kube(krx_call *call, krx_k8s_backend *backend, krx_kube **out)
{
    *out = backend->kube;
    if (backend->kube)
        return 0;
    *call->error = backend->no_kube;
    return call->error->code;
}

/* ------------------------------------------------------------------------- parts of an object */

static const char *text_in(const cJSON *object, const char *map, const char *key)
{
    return krx_json_text(krx_json_object(krx_json_object(object, "metadata"), map), key);
}

const char *krx_k8s_label(const cJSON *object, const char *key)
{
    return text_in(object, "labels", key);
}

const char *krx_k8s_annotation(const cJSON *object, const char *key)
{
    return text_in(object, "annotations", key);
}

bool krx_k8s_ours(const cJSON *object)
{
    return krx_streq(krx_k8s_label(object, KRX_K8S_MANAGED_BY), KRX_K8S_KRANIX);
}

const char *krx_k8s_name(const cJSON *object)
{
    return krx_json_text(krx_json_object(object, "metadata"), "name");
}

const char *krx_k8s_namespace_of(const cJSON *object)
{
    return krx_json_text(krx_json_object(object, "metadata"), "namespace");
}

int64_t krx_k8s_time(const cJSON *object, const char *key)
{
    int64_t ns;
    return krx_time_parse(krx_json_text(object, key), &ns) ? ns : KRX_UNSET;
}

/* ----------------------------------------------------------------------------------- namespaces
 */

/* Workloads of the same name on two clusters are two: the server is in the key, in short. */
static bool memory_key(const krx_k8s_backend *backend, const char *workload, char out[320])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const char *server = krx_kube_config_of(backend->kube)->server;
    for (const char *p = server ? server : ""; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    int length = snprintf(out, 320, "namespace/%016" PRIx64 "/%s", hash, workload);
    return length > 0 && length < 320;
}

typedef struct memory {
    krx_sink sink;
    krx_arena *arena;
    const char *text;
} memory;

static int32_t keep_text(krx_sink *sink, uint32_t kind, const void *item)
{
    memory *m = sink->ctx;
    if (kind == KRX_ITEM_TEXT)
        m->text = krx_arena_strdup(m->arena, ((const krx_text *)item)->text);
    return 0;
}

/* What can't be read is not known: a namespace that was not remembered is no failure. */
static const char *recall(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                          const char *workload)
{
    krx_side_call side;
    char key[320];
    memory m = {.sink = {.struct_size = sizeof m.sink, .kind = KRX_ITEM_TEXT, .emit = keep_text},
                .arena = arena};
    m.sink.ctx = &m;
    krx_side_call_init(&side, call);
    if (!backend->kube || !memory_key(backend, workload, key) ||
        call->host->store_get(call->host, &side.call, key, &m.sink) < 0)
        return NULL;
    return krx_blank(m.text) ? NULL : m.text;
}

int32_t krx_k8s_namespace(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                          const krx_ref *ref, const char **out)
{
    const char *chosen = ref->namespace_;
    if (ref->namespace_implied || krx_blank(chosen)) {
        chosen = krx_blank(ref->workload) ? NULL : recall(call, backend, arena, ref->workload);
        if (!chosen)
            chosen = backend->settings.default_namespace;
    }
    *out = krx_arena_strdup(arena, chosen);
    return *out ? 0 : krx_no_memory(call);
}

const char *krx_k8s_list_namespace(const krx_k8s_backend *backend, const char *namespace_,
                                   uint32_t implied)
{
    return implied && !krx_blank(namespace_) ? backend->settings.default_namespace : namespace_;
}

int32_t krx_k8s_remember(krx_call *call, krx_k8s_backend *backend, const char *workload,
                         const char *namespace_)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_side_call side;
    char key[320];
    if (!arena)
        return krx_no_memory(call);
    const char *known = recall(call, backend, arena, workload);
    if (krx_streq(known, namespace_) || !memory_key(backend, workload, key))
        return 0;
    krx_side_call_init(&side, call);
    if (call->host->store_put(call->host, &side.call, key, namespace_) < 0)
        krx_log(call, KRX_LOG_DEBUG, "the namespace of '%s' is not remembered: %s", workload,
                side.error.message);
    return krx_check(call);
}

/* -------------------------------------------------------------------------------------- finding
 */

void krx_k8s_found_free(krx_k8s_found *found)
{
    cJSON_Delete(found->object);
    found->object = NULL;
}

static int32_t find_in(krx_call *call, krx_kube *kube, const char *namespace_, const char *workload,
                       krx_k8s_found *found)
{
    static const krx_kube_kind kinds[] = {KRX_KUBE_DEPLOYMENT, KRX_KUBE_CRON_JOB};
    found->namespace_ = namespace_;
    for (size_t i = 0; i < KRX_COUNT(kinds); i++) {
        krx_auto_json cJSON *object = NULL;
        krx_kube_ref at = {.kind = kinds[i], .namespace_ = namespace_, .name = workload};
        int32_t code = krx_kube_look(call, kube, &at, &object);
        if (code)
            return code;
        if (object && krx_k8s_ours(object)) {
            found->kind = kinds[i];
            found->object = krx_move_ptr(object);
            found->foreign = false;
            return 0;
        }
        found->foreign |= object != NULL;
    }
    return 0;
}

int32_t krx_k8s_find(krx_call *call, krx_k8s_backend *backend, krx_arena *arena, const krx_ref *ref,
                     krx_k8s_found *found)
{
    krx_kube *kube;
    const char *namespace_;
    if (krx_blank(ref->workload))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "this needs the name of a workload");
    int32_t code = krx_k8s_kube(call, backend, &kube);
    if (!code)
        code = krx_k8s_namespace(call, backend, arena, ref, &namespace_);
    if (!code && strchr(ref->workload, '/')) { /* "deployment/web": no name of an object */
        found->namespace_ = namespace_;
        return 0;
    }
    if (!code)
        code = find_in(call, kube, namespace_, ref->workload, found);
    /* it may be gone from where it was, and somebody else's in the default one */
    const char *usual = backend->settings.default_namespace;
    if (!code && !found->object && ref->namespace_implied && !krx_streq(usual, namespace_)) {
        code = find_in(call, kube, usual, ref->workload, found);
        if (!code && !found->object)
            found->namespace_ = namespace_;
    }
    return code;
}

int32_t krx_k8s_not_found(krx_call *call, const char *namespace_, const char *workload)
{
    return krx_fail(call, KRX_E_NOT_FOUND, "there is no workload '%s' in namespace '%s'", workload,
                    namespace_);
}

typedef struct sighting {
    const char *workload;
    char namespace_[64];
} sighting;

static int32_t note_sighting(void *ctx, const cJSON *item)
{
    sighting *s = ctx;
    if (!krx_streq(krx_k8s_name(item), s->workload))
        return 0;
    (void)snprintf(s->namespace_, sizeof s->namespace_, "%s", krx_k8s_namespace_of(item));
    return 1;
}

/* Who looks in the wrong namespace is told the right one, where that can be found out. */
static void hint_where(krx_call *call, krx_kube *kube, const char *workload)
{
    static const krx_kube_kind kinds[] = {KRX_KUBE_DEPLOYMENT, KRX_KUBE_CRON_JOB};
    krx_auto_str krx_str field = {0};
    krx_side_call side;
    sighting seen = {.workload = workload};
    krx_str_addf(&field, "metadata.name=%s", workload);
    krx_side_call_init(&side, call);
    for (size_t i = 0; i < KRX_COUNT(kinds) && !*seen.namespace_; i++) {
        krx_kube_select select = {.kind = kinds[i],
                                  .label_selector = KRX_K8S_OURS,
                                  .field_selector = krx_str_get(&field)};
        (void)krx_kube_list(&side.call, kube, &select, note_sighting, &seen, NULL);
    }
    if (*seen.namespace_)
        (void)krx_hint(call, "it is in namespace '%s': say -n %s", seen.namespace_,
                       seen.namespace_);
}

/* The name may be that of a pod: what it belongs to, or that kranix did not make it. */
static bool hint_pod(krx_call *call, krx_kube *kube, const char *namespace_, const char *name)
{
    krx_auto_json cJSON *pod = NULL;
    krx_kube_ref at = {.kind = KRX_KUBE_POD, .namespace_ = namespace_, .name = name};
    krx_side_call side;
    krx_side_call_init(&side, call);
    if (krx_kube_look(&side.call, kube, &at, &pod) || !pod)
        return false;
    if (krx_k8s_ours(pod))
        krx_hint(call, "it is a pod of workload '%s'", krx_k8s_label(pod, KRX_K8S_WORKLOAD));
    else
        krx_hint(call, "it is a pod that kranix did not make: stop and kill take its name");
    return true;
}

int32_t krx_k8s_require(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                        const krx_ref *ref, krx_k8s_found *found)
{
    int32_t code = krx_k8s_find(call, backend, arena, ref, found);
    if (code || found->object)
        return code;
    (void)krx_k8s_not_found(call, found->namespace_, ref->workload);
    if (found->foreign)
        return krx_hint(call, "there is something of that name, which kranix did not make; its "
                              "pods are in: kranix list --instances --unmanaged");
    if (strchr(ref->workload, '/'))
        return krx_hint(call, "a workload is named without its kind: %s",
                        strrchr(ref->workload, '/') + 1);
    if (!hint_pod(call, backend->kube, found->namespace_, ref->workload))
        hint_where(call, backend->kube, ref->workload);
    return call->error->code;
}
