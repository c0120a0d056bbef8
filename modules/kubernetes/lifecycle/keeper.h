/* SPDX-License-Identifier: Apache-2.0 */
/* What decides whether the pods of a ref exist. */
#ifndef KRX_KUBERNETES_KEEPER_H
#define KRX_KUBERNETES_KEEPER_H

#include "modules/kubernetes/pods/pods.h"

/* Zero-initialise; krx_auto_k8s_keeper frees it. */
typedef struct krx_k8s_keeper {
    krx_kube_kind kind; /* as krx_k8s_top_owner() tells it */
    cJSON *object;      /* NULL for a pod alone */
    cJSON *pod;         /* the pod that the ref names, or NULL: a workload, or the keeper's name */
    const char *pod_name; /* of that pod, or of one that is gone; NULL like pod */
    const char *namespace_;
    const char *text; /* "Deployment/web", "Pod/x" */
} krx_k8s_keeper;

void krx_k8s_keeper_free(krx_k8s_keeper *keeper);
#define krx_auto_k8s_keeper KRX_CLEANUP(krx_k8s_keeper_free)

/*
 * Of a workload its Deployment or CronJob. Of an instance what keeps that pod; when there is no
 * such pod (any more), what has this name or kept a pod that had it. NOT_FOUND when nothing fits,
 * PERMISSION_DENIED when a bare name is that of something which kranix did not make:
 * "deployment/NAME" says that it is meant.
 */
int32_t krx_k8s_find_keeper(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                            const krx_ref *ref, krx_k8s_keeper *out);

#endif
