/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes: how they do, and what we mark them with. */
#ifndef KRX_KUBERNETES_NODES_H
#define KRX_KUBERNETES_NODES_H

#include "modules/kubernetes/backend/backend.h"

/* From a Node object. Texts live as long as it and the arena; false when out of memory. */
bool krx_k8s_node_health(krx_arena *arena, const cJSON *node, krx_node_health *out);

/* A node carries our taint or our label. */
bool krx_k8s_node_draining(const cJSON *node);

#define KRX_K8S_TAINT_VALUE_MAX 63
/* The reason as value of a taint: lower case, '-' between, "maintenance" for none. */
void krx_k8s_taint_value(const char *reason, char out[KRX_K8S_TAINT_VALUE_MAX + 1]);

/* Change a Node object: 0, 1 when it is so already, KRX_E_RESOURCE_EXHAUSTED. */
int32_t krx_k8s_mark_draining(cJSON *node, const char *reason);
int32_t krx_k8s_unmark(cJSON *node);

#endif
