/* SPDX-License-Identifier: Apache-2.0 */
/* From a Deployment or CronJob and its pods to the status of a workload. */
#ifndef KRX_KUBERNETES_ROLLOUT_H
#define KRX_KUBERNETES_ROLLOUT_H

#include "modules/kubernetes/backend/backend.h"

/*
 * pods: array of the workload's pods or NULL when they were not asked for (the message then has no
 * reason); events: array of Event objects or NULL. NULL when out of memory. Texts live as long as
 * the objects and the arena.
 */
krx_status *krx_k8s_status(krx_arena *arena, krx_kube_kind kind, const cJSON *object,
                           const cJSON *pods, const cJSON *events, bool with_instances);

#endif
