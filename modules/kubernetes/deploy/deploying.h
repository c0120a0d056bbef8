/* SPDX-License-Identifier: Apache-2.0 */
/* A deploy under way: what its parts share and do for each other. */
#ifndef KRX_KUBERNETES_DEPLOYING_H
#define KRX_KUBERNETES_DEPLOYING_H

#include "modules/kubernetes/objects/objects.h"

typedef struct krx_k8s_deploying {
    krx_call *call;
    krx_k8s_backend *backend;
    krx_kube *kube;
    const krx_deploy_req *req;
    const krx_workload *spec;
    const char *namespace_;
    krx_arena *arena;
    bool dry;
    bool no_namespace; /* it is missing; made by this call unless dry */
    krx_k8s_objects objects;
    cJSON *live[KRX_K8S_OBJECTS_MAX];   /* as it was before; NULL: there was none */
    cJSON *result[KRX_K8S_OBJECTS_MAX]; /* as the server has it now, or on a dry run would */
    krx_kube_kind other_kind;           /* what the workload is not, but may have been */
    cJSON *other;                       /* ours of that kind, or NULL */
    krx_ptrs made;                      /* krx_k8s_made: by this call, to be taken back */
    krx_ptrs changed;                   /* const char *: "Service web", changed by this call */
} krx_k8s_deploying;

/* All that it holds, the arena too. */
void krx_k8s_deploying_free(krx_k8s_deploying *d);

typedef struct krx_k8s_made {
    krx_kube_kind kind;
    const char *name;
    const char *uid;
} krx_k8s_made;

/* ---------------------------------------------------------------------------------------- look.c
 */

/* What is there already; whatever is not ours to change is ALREADY_EXISTS. */
int32_t krx_k8s_look_at_all(krx_k8s_deploying *d);
/* Makes the namespace when it is missing. */
int32_t krx_k8s_need_namespace(krx_k8s_deploying *d);

/* --------------------------------------------------------------------------------------- adapt.c
 */

/* Fits the objects to what is there: the autoscaler's count of replicas, a claim's size, what
 * starts and what doesn't. */
int32_t krx_k8s_adapt(krx_k8s_deploying *d);

/* --------------------------------------------------------------------------------------- apply.c
 */

int32_t krx_k8s_apply_all(krx_k8s_deploying *d);
/* Removes what this call made. Never fails loudly. */
void krx_k8s_take_back(krx_k8s_deploying *d);
/* What a refusal means and what to do about it. */
int32_t krx_k8s_explain(krx_k8s_deploying *d, krx_kube_kind kind, const char *name);

/* --------------------------------------------------------------------------------------- prune.c
 */

/* Removes the workload of the other kind. */
int32_t krx_k8s_switch_kind(krx_k8s_deploying *d);
/* Removes what an earlier deploy made and this one has no more. */
int32_t krx_k8s_prune(krx_k8s_deploying *d);

/* ------------------------------------------------------------------------------------- changes.c
 */

/* Emits what becomes, or would become, of the namespace and of each object. */
int32_t krx_k8s_tell_changes(const krx_k8s_deploying *d);
int32_t krx_k8s_tell_removal(const krx_k8s_deploying *d, krx_kube_kind kind, const char *name);

#endif
