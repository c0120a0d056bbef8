/* SPDX-License-Identifier: Apache-2.0 */
/* Which versions of an API the objects of a spec are written in. */
#ifndef KRX_KUBERNETES_VERSIONS_H
#define KRX_KUBERNETES_VERSIONS_H

#include "modules/kubernetes/objects/objects.h"

/* The newest ones, for a server that is not known. */
void krx_k8s_newest_versions(krx_k8s_scope *scope);
/* Those that the server has, as far as the spec needs any. On an error `scope` is as it was. */
int32_t krx_k8s_server_versions(krx_call *call, krx_kube *kube, const krx_workload *spec,
                                krx_k8s_scope *scope);

#endif
