/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a workload spec to Kubernetes objects. Pure: no server is asked. Each object is complete
 * (apiVersion, kind, metadata) and valid for `kubectl apply`.
 */
#ifndef KRX_KUBERNETES_OBJECTS_H
#define KRX_KUBERNETES_OBJECTS_H

#include "modules/kubernetes/objects/made.h"

void krx_k8s_objects_free(krx_k8s_objects *objects);
#define krx_auto_k8s_objects KRX_CLEANUP(krx_k8s_objects_free)

/* spec_json is kept as annotation; NULL: none. INVALID_ARGUMENT names the field that can't be. */
int32_t krx_k8s_make_objects(krx_call *call, const krx_k8s_scope *scope, const krx_workload *spec,
                             const char *spec_json, krx_k8s_objects *out);

/* Its claims alone, possibly none. */
int32_t krx_k8s_make_claims(krx_call *call, const krx_k8s_scope *scope, const krx_workload *spec,
                            krx_k8s_objects *out);

#endif
