/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one pod's log, and following many. */
#ifndef KRX_KUBERNETES_LOGS_H
#define KRX_KUBERNETES_LOGS_H

#include "modules/kubernetes/logs/lines.h"
#include "modules/kubernetes/pods/pods.h"

/* The log of the container that stands for each pod, also of pods that come later. */
int32_t krx_k8s_follow_logs(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                            const krx_logs_req *req, krx_sink *log);

#endif
