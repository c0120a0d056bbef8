/* SPDX-License-Identifier: Apache-2.0 */
/* A pod as an instance, and what a ref points at. */
#ifndef KRX_KUBERNETES_PODS_H
#define KRX_KUBERNETES_PODS_H

#include "modules/kubernetes/backend/backend.h"

/*
 * The instance that a pod is. Texts live as long as pod and arena. NULL when out of memory.
 * The replica number is 0: pods have none. The owner is what can be told from the pod alone.
 */
krx_instance *krx_k8s_instance(krx_arena *arena, const cJSON *pod);
/* All that an instance is made from, for krx_kube_select: long lists need no more of a pod. */
extern const char *const krx_k8s_instance_members[];

/* ----------------------------------------------------------------------------------- pod_state.c
 */

/* State of a pod in our words, *why gets the reason that it does not run, or runs and is not ready
 * ("ImagePullBackOff: ...", in the arena), or NULL. */
const char *krx_k8s_pod_state(krx_arena *arena, const cJSON *pod, const char **why);
/* What `kubectl get pods` has under STATUS, for a running pod with its ready containers:
 * "Running (1/2 ready)", "Init:0/1", "CrashLoopBackOff", "Terminating". NULL: out of memory. */
const char *krx_k8s_pod_status(krx_arena *arena, const cJSON *pod);
bool krx_k8s_pod_ready(const cJSON *pod);
/* Is being deleted. */
bool krx_k8s_pod_leaving(const cJSON *pod);
/* Phase Succeeded or Failed: nothing in it will run again. */
bool krx_k8s_pod_ended(const cJSON *pod);
/* starting, healthy, unhealthy; NULL when it does not run or has no probe. */
const char *krx_k8s_pod_health(const cJSON *pod);
/* The container that stands for the pod: the one that an annotation or the workload names, else
 * the first. NULL when the pod has none. */
const cJSON *krx_k8s_main_container(const cJSON *pod);
/* The entry of status.containerStatuses (or another list) of that name, or NULL. */
const cJSON *krx_k8s_container_status(const cJSON *pod, const char *list, const char *name);
/* Sum over the containers. */
int64_t krx_k8s_pod_restarts(const cJSON *pod);

/* -------------------------------------------------------------------------------------- owner.c */

/* The controlling owner reference, or NULL. */
const cJSON *krx_k8s_owner(const cJSON *object);

/* "Deployment/web" as far as the pod itself tells (a ReplicaSet's name ends with the hash of the
 * template), else its direct owner "ReplicaSet/x"; NULL for none or when out of memory. */
const char *krx_k8s_owner_text(krx_arena *arena, const cJSON *pod);

/*
 * The object that decides whether a pod exists, through ReplicaSet to Deployment and Job to
 * CronJob: *kind and *object (to be deleted by the caller). Other values of *kind:
 *   KRX_KUBE_POD for a pod that nothing would start again (*object NULL),
 *   KRX_KUBE_NODE for a static pod, which the kubelet keeps (*object NULL),
 *   KRX_KUBE_KIND_COUNT_ for an owner of a kind that we don't know: *object is the highest that we
 *   know below it, or NULL, and krx_k8s_owner() of that, or of the pod, names it.
 */
int32_t krx_k8s_top_owner(krx_call *call, krx_k8s_backend *backend, const cJSON *pod,
                          krx_kube_kind *kind, cJSON **object);

/* --------------------------------------------------------------------------------------- pods.c */

/*
 * Pods that a ref means, as a JSON array to be deleted by the caller: those of a workload (by
 * selector, oldest first; with replica N only the N-th), or one by name ("pod" or
 * "namespace/pod"). NOT_FOUND when the workload or pod does not exist; a workload without pods is
 * an empty array.
 */
int32_t krx_k8s_pods_of(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                        const krx_ref *ref, cJSON **out);

/* Of what keeps pods: "app=web,tier in (a,b)" of spec.selector; NULL for none (CronJobs), or when
 * out of memory. */
const char *krx_k8s_selector_text(krx_arena *arena, krx_kube_kind kind, const cJSON *object);

/* The pods of a namespace (NULL: all) that match a label selector, oldest first. */
int32_t krx_k8s_pods_by(krx_call *call, krx_k8s_backend *backend, const char *namespace_,
                        const char *selector, cJSON **out);

#endif
