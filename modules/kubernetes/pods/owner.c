/* SPDX-License-Identifier: Apache-2.0 */
/* From a pod to what keeps it. */
#include <string.h>

#include "modules/kubernetes/pods/pods.h"

#define HASH_LABEL "pod-template-hash"

const cJSON *krx_k8s_owner(const cJSON *object)
{
    const cJSON *item;
    cJSON_ArrayForEach (item,
                        krx_json_array(krx_json_object(object, "metadata"), "ownerReferences")) {
        if (krx_json_bool(item, "controller", false))
            return item;
    }
    return NULL;
}

/* Length of `text` without "-tail", 0 when it does not end so. */
static size_t without_tail(const char *text, const char *tail)
{
    size_t all = strlen(text), end = strlen(tail);
    if (!end || all <= end + 1 || text[all - end - 1] != '-' || strcmp(text + all - end, tail) != 0)
        return 0;
    return all - end - 1;
}

/* "web-1700000000" is of CronJob web when that is the workload's name. */
static bool is_run_of(const char *job, const char *workload)
{
    size_t length = strlen(workload);
    if (!length || strncmp(job, workload, length) != 0 || job[length] != '-')
        return false;
    const char *number = job + length + 1;
    return *number && strspn(number, "0123456789") == strlen(number);
}

const char *krx_k8s_owner_text(krx_arena *arena, const cJSON *pod)
{
    const cJSON *owner = krx_k8s_owner(pod);
    const char *kind = krx_json_text(owner, "kind"), *name = krx_json_text(owner, "name");
    size_t stem;
    if (!owner || krx_streq(kind, "Node"))
        return NULL;
    if (krx_streq(kind, "ReplicaSet") &&
        (stem = without_tail(name, krx_k8s_label(pod, HASH_LABEL))) > 0)
        return krx_arena_printf(arena, "Deployment/%.*s", (int)stem, name);
    if (krx_streq(kind, "Job") && krx_k8s_ours(pod) &&
        is_run_of(name, krx_k8s_label(pod, KRX_K8S_APP)))
        return krx_arena_printf(arena, "CronJob/%s", krx_k8s_label(pod, KRX_K8S_APP));
    return krx_arena_printf(arena, "%s/%s", kind, name);
}

/* The kind of an owner; a custom one may have the name of one that we know: the group decides. */
static krx_kube_kind keeper_kind(const cJSON *owner)
{
    static const struct {
        krx_kube_kind kind;
        const char *version; /* begins so */
    } kinds[] = {{KRX_KUBE_DEPLOYMENT, "apps/"},
                 {KRX_KUBE_REPLICA_SET, "apps/"},
                 {KRX_KUBE_STATEFUL_SET, "apps/"},
                 {KRX_KUBE_DAEMON_SET, "apps/"},
                 {KRX_KUBE_JOB, "batch/"},
                 {KRX_KUBE_CRON_JOB, "batch/"},
                 {KRX_KUBE_REPLICATION_CONTROLLER, "v1"},
                 {KRX_KUBE_NODE, "v1"}};
    krx_kube_kind kind = krx_kube_kind_of(krx_json_text(owner, "kind"));
    for (size_t i = 0; i < KRX_COUNT(kinds); i++)
        if (kinds[i].kind == kind &&
            krx_has_prefix(krx_json_text(owner, "apiVersion"), kinds[i].version))
            return kind;
    return KRX_KUBE_KIND_COUNT_;
}

/* More steps than any chain of owners has. */
#define STEPS_MAX 8

int32_t krx_k8s_top_owner(krx_call *call, krx_k8s_backend *backend, const cJSON *pod,
                          krx_kube_kind *kind, cJSON **object)
{
    krx_kube *kube;
    krx_auto_json cJSON *found = NULL;
    const cJSON *owner = krx_k8s_owner(pod);
    *object = NULL;
    *kind = KRX_KUBE_POD;
    int32_t code = krx_k8s_kube(call, backend, &kube);
    for (int i = 0; !code && owner && i < STEPS_MAX; i++) {
        krx_kube_kind above = keeper_kind(owner);
        krx_auto_json cJSON *next = NULL;
        krx_kube_ref ref = {.kind = above,
                            .namespace_ = krx_k8s_namespace_of(pod),
                            .name = krx_json_text(owner, "name")};
        if (above != KRX_KUBE_KIND_COUNT_ && above != KRX_KUBE_NODE) {
            code = krx_kube_look(call, kube, &ref, &next);
            if (code || !next)
                break;
        }
        *kind = above;
        if (!next)
            break;
        cJSON_Delete(found);
        found = krx_move_ptr(next);
        owner = krx_k8s_owner(found);
    }
    if (!code)
        *object = krx_move_ptr(found);
    return code;
}
