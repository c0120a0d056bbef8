/* SPDX-License-Identifier: Apache-2.0 */
/* The objects that stand beside a workload: services, policies, autoscalers, claims, jobs. */
#ifndef KRX_KUBERNETES_PARTS_H
#define KRX_KUBERNETES_PARTS_H

#include "modules/kubernetes/backend/backend.h"

/*
 * Objects of a kind that we made for a workload, by their labels, as an array to be deleted by the
 * caller. A kind that the server does not have, or that we may not list and so could not have made,
 * is an empty array.
 */
int32_t krx_k8s_parts_of(krx_call *call, krx_kube *kube, krx_kube_kind kind, const char *namespace_,
                         const char *workload, cJSON **out);

#endif
