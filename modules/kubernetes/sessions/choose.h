/* SPDX-License-Identifier: Apache-2.0 */
/* The one pod that a session, a forwarded port or an attachment goes to. */
#ifndef KRX_KUBERNETES_CHOOSE_H
#define KRX_KUBERNETES_CHOOSE_H

#include "modules/kubernetes/pods/pods.h"

/* Zero-initialise; krx_auto_k8s_chosen frees it. Texts live as long as it. */
typedef struct krx_k8s_chosen {
    cJSON *pods;
    const cJSON *pod;
    const cJSON *container; /* that stands for the pod */
    const char *namespace_;
    const char *pod_name;
    const char *container_name;
} krx_k8s_chosen;

void krx_k8s_chosen_free(krx_k8s_chosen *chosen);
#define krx_auto_k8s_chosen KRX_CLEANUP(krx_k8s_chosen_free)

/* The first pod of the ref whose container runs; FAILED_PRECONDITION when none does. */
int32_t krx_k8s_choose(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                       const krx_ref *ref, krx_k8s_chosen *out);

#endif
