/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a workload spec to Kubernetes objects. Pure: no server is asked. Each object is complete
 * (apiVersion, kind, metadata) and valid for `kubectl apply`.
 */
#ifndef KRX_KUBERNETES_OBJECTS_H
#define KRX_KUBERNETES_OBJECTS_H

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

void krx_k8s_objects_free(krx_k8s_objects *objects);
#define krx_auto_k8s_objects KRX_CLEANUP(krx_k8s_objects_free)

/* spec_json is kept as annotation; NULL: none. INVALID_ARGUMENT names the field that can't be. */
int32_t krx_k8s_make_objects(krx_call *call, const krx_k8s_scope *scope, const krx_workload *spec,
                             const char *spec_json, krx_k8s_objects *out);

/* Its claims alone, possibly none. */
int32_t krx_k8s_make_claims(krx_call *call, const krx_k8s_scope *scope, const krx_workload *spec,
                            krx_k8s_objects *out);

/* Whether the spec makes a CronJob: a schedule that is not suspended. */
bool krx_k8s_is_cron(const krx_workload *spec);

/* The PriorityClass objects of `kranix backends setup kubernetes`, NULL-terminated names with
 * values in a table; makes object number i, NULL beyond the last or when out of memory (*end
 * false). */
cJSON *krx_k8s_priority_class(size_t i, bool *end);

#endif
