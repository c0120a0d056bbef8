/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing what keeps pods down to nothing, and back to what it was. */
#ifndef KRX_KUBERNETES_SCALE_H
#define KRX_KUBERNETES_SCALE_H

#include "modules/kubernetes/pods/pods.h"

/* Has a count of replicas; the others (CronJob, Job) have a switch `suspend`. */
bool krx_k8s_has_count(krx_kube_kind kind);
/* spec.replicas, 1 when absent. */
int64_t krx_k8s_count(const cJSON *object);
/* Wants no pods: scaled to 0 or suspended. */
bool krx_k8s_is_down(krx_kube_kind kind, const cJSON *object);
/* The count remembered by bring_down, KRX_UNSET for none. */
int64_t krx_k8s_remembered(const cJSON *object);

/*
 * Changes the object only. bring_down remembers the count that it has (one that is down already
 * keeps what it remembers) and by what it was stopped; bring_up forgets both. False: out of memory.
 */
bool krx_k8s_bring_down(krx_kube_kind kind, cJSON *object, const char *by);
bool krx_k8s_bring_up(krx_kube_kind kind, cJSON *object, int64_t count);
bool krx_k8s_set_annotation(cJSON *object, const char *key, const char *value); /* NULL: remove */

/* The count to come back to: remembered, else of the spec, else the autoscaler's least, else 1. */
int32_t krx_k8s_count_to_return(krx_call *call, krx_k8s_backend *backend, krx_kube_kind kind,
                                const cJSON *object, int64_t *count);

/* "Deployment/web" */
const char *krx_k8s_object_text(krx_arena *arena, krx_kube_kind kind, const cJSON *object);

/* Until no pod of the selector is left but those that have ended by themselves. */
int32_t krx_k8s_wait_gone(krx_call *call, krx_k8s_backend *backend, const char *namespace_,
                          const char *selector, const char *text);
/* Until so many run. FAILED_PRECONDITION when one can't, with its reason. */
int32_t krx_k8s_wait_running(krx_call *call, krx_k8s_backend *backend, const char *namespace_,
                             const char *selector, int64_t count, const char *text);
/* The two above for an object that was just changed, whatever its kind. */
int32_t krx_k8s_wait_down(krx_call *call, krx_k8s_backend *backend, krx_kube_kind kind,
                          const cJSON *object, const char *text);
int32_t krx_k8s_wait_up(krx_call *call, krx_k8s_backend *backend, krx_kube_kind kind,
                        const cJSON *object, int64_t count, const char *text);
/* Deletes a pod for its keeper to replace (one that stands alone goes for good, with a warning);
 * does not wait. grace KRX_UNSET: its own. */
int32_t krx_k8s_end_pod(krx_call *call, krx_k8s_backend *backend, const cJSON *pod,
                        int64_t grace_ns);
/* Until the pod with this uid is gone. */
int32_t krx_k8s_wait_pod_gone(krx_call *call, krx_k8s_backend *backend, const cJSON *pod);

#endif
