/* SPDX-License-Identifier: Apache-2.0 */
/* Why a workload is not as it should be, and what has happened to it lately. */
#ifndef KRX_KUBERNETES_REASON_H
#define KRX_KUBERNETES_REASON_H

#include "modules/kubernetes/backend/backend.h"

/* status.conditions[type], or NULL. */
const cJSON *krx_k8s_condition(const cJSON *object, const char *type);

/*
 * The most telling reason that a workload's pods are not all ready: quota and admission, the
 * scheduler, images, crashes, probes, in their own words. NULL when nothing tells one. pods and
 * events may be NULL.
 */
const char *krx_k8s_reason(krx_arena *arena, const cJSON *object, const cJSON *pods,
                           const cJSON *events);

/* The latest events as results, oldest first, NULL-terminated. NULL when out of memory. */
const krx_event *const *krx_k8s_latest_events(krx_arena *arena, const char *workload,
                                              const cJSON *events);

/*
 * Events about the workload: its object, ReplicaSets, jobs and pods. An array of Event objects,
 * oldest first and the latest only, to be deleted by the caller. Not being allowed to read them is
 * no failure.
 */
int32_t krx_k8s_events_of(krx_call *call, krx_kube *kube, const char *namespace_,
                          const char *workload, const cJSON *pods, cJSON **out);

#endif
