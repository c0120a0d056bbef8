/* SPDX-License-Identifier: Apache-2.0 */
/* How our objects are called and which labels and annotations they carry. */
#ifndef KRX_KUBERNETES_NAMES_H
#define KRX_KUBERNETES_NAMES_H

#include <stdbool.h>

#include "lib/base/arena.h"

/* Labels of every object that we make, and of the pods. */
#define KRX_K8S_APP "app"               /* the workload's name; what selectors use */
#define KRX_K8S_MANAGED_BY "managed-by" /* "kranix" */
#define KRX_K8S_KRANIX "kranix"
#define KRX_K8S_WORKLOAD "kranix.io/workload" /* the workload's name, also on what is no pod */
#define KRX_K8S_STANDARD_MANAGED_BY "app.kubernetes.io/managed-by"
#define KRX_K8S_TEAM "kranix.io/team"
#define KRX_K8S_ENVIRONMENT "kranix.io/environment"
#define KRX_K8S_COST_CENTER "kranix.io/cost-center"
/* "managed-by=kranix": all that is ours */
#define KRX_K8S_OURS KRX_K8S_MANAGED_BY "=" KRX_K8S_KRANIX

/* Annotations. */
#define KRX_K8S_SPEC "kranix.io/spec"         /* on Deployment or CronJob: canonical JSON */
#define KRX_K8S_REPLICAS "kranix.io/replicas" /* count to come back to after stop or checkpoint */
#define KRX_K8S_STOPPED "kranix.io/stopped"   /* "stop" or the checkpoint's id */
#define KRX_K8S_CHECKPOINT "kranix.io/checkpoint"     /* records of checkpoints: JSON array */
#define KRX_K8S_RESTARTED_AT "kranix.io/restartedAt"  /* on the pod template, RFC 3339 */
#define KRX_K8S_AUTO_CLEANUP "kranix.io/auto-cleanup" /* on a PVC: "true" */
#define KRX_K8S_VOLUME "kranix.io/volume"             /* on a PVC: the volume's name in the spec */
#define KRX_K8S_MOUNT_PATH "kranix.io/mount-path"     /* on a PVC */
#define KRX_K8S_DRAIN "kranix.io/drain"               /* node label and taint key */
/* On the pod template, for the bandwidth plugin of the network. */
#define KRX_K8S_EGRESS "kubernetes.io/egress-bandwidth"
#define KRX_K8S_INGRESS "kubernetes.io/ingress-bandwidth"

/* All answer NULL when out of memory. */
/* "app=web,managed-by=kranix" */
char *krx_k8s_selector(krx_arena *arena, const char *workload);
/* "web-data-pvc" */
char *krx_k8s_claim_name(krx_arena *arena, const char *workload, const char *volume);
/* "kranix-ns-traffic-web" */
char *krx_k8s_policy_name(krx_arena *arena, const char *workload);
/* Lower case, '_' as '-': what a volume is called in a pod. */
char *krx_k8s_sanitized(krx_arena *arena, const char *text);

/* True for labels and annotations that only we may set. */
bool krx_k8s_key_reserved(const char *key);

#endif
