/* SPDX-License-Identifier: Apache-2.0 */
/* What building objects begins with, and what comes of it. */
#ifndef KRX_KUBERNETES_MADE_H
#define KRX_KUBERNETES_MADE_H

#include "modules/kubernetes/backend/backend.h"

/* What the objects depend on besides the spec. */
typedef struct krx_k8s_scope {
    const krx_k8s_settings *settings;
    const char *namespace_;
    const char *cron_api; /* "batch/v1beta1"; for a manifest without a server the newest */
    const char *hpa_api;
    int32_t server; /* major * 1000 + minor; 0: not known, take it as new */
} krx_k8s_scope;

#define KRX_K8S_OBJECTS_MAX 40

/* In the order in which they are to be made: claims, policy, service, workload, autoscaler. */
typedef struct krx_k8s_objects {
    struct {
        krx_kube_kind kind;
        cJSON *json;
    } items[KRX_K8S_OBJECTS_MAX];
    size_t count;
    size_t workload; /* index of the Deployment or CronJob */
} krx_k8s_objects;

#endif
