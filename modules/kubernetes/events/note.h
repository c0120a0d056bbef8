/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_KUBERNETES_EVENT_NOTE_H
#define KRX_KUBERNETES_EVENT_NOTE_H

#include "modules/kubernetes/backend/backend.h"

#define KRX_K8S_NOTE_DEPLOY "KranixDeploy"
#define KRX_K8S_NOTE_DESTROY "KranixDestroy"

/*
 * Leaves an Event about a workload, which `kubectl describe` shows, and by which events() knows
 * what was ours when it is gone. Without the right to do so there is none, and no error.
 */
void krx_k8s_note(krx_call *call, krx_k8s_backend *backend, krx_kube_kind kind, const cJSON *object,
                  const char *namespace_, const char *reason, const char *message);

#endif
