/* SPDX-License-Identifier: Apache-2.0 */
/* A pod as an instance, and what a ref points at. */
#ifndef KRX_KUBERNETES_PODS_H
#define KRX_KUBERNETES_PODS_H

#include "modules/kubernetes/backend.h"

/*
 * The instance that a pod is. Texts live as long as pod and arena. NULL when out of memory.
 * The replica number is 0: pods have none.
 */
krx_instance *krx_k8s_instance(krx_arena *arena, const cJSON *pod);

/* State of a pod in our words, *why gets the reason that it does not run ("ImagePullBackOff: ...",
 * in the arena) or NULL. */
const char *krx_k8s_pod_state(krx_arena *arena, const cJSON *pod, const char **why);
bool krx_k8s_pod_ready(const cJSON *pod);

/* The controlling owner reference, or NULL. */
const cJSON *krx_k8s_owner(const cJSON *object);

/*
 * The object that decides whether a pod exists, through ReplicaSet to Deployment and Job to
 * CronJob: *kind and *object (to be deleted by the caller), or *object NULL for a pod that nothing
 * would start again. An owner of a kind that we don't know is *kind KRX_KUBE_KIND_COUNT_ and NULL.
 */
int32_t krx_k8s_top_owner(krx_call *call, krx_k8s_backend *backend, const cJSON *pod,
                          krx_kube_kind *kind, cJSON **object);

/*
 * Pods that a ref means, as a JSON array to be deleted by the caller: those of a workload (by
 * selector, oldest first; with replica N only the N-th), or one by name. NOT_FOUND when the
 * workload or pod does not exist; a workload without pods is an empty array.
 */
int32_t krx_k8s_pods_of(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                        const krx_ref *ref, cJSON **out);

#endif
