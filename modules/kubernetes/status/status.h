/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_KUBERNETES_STATUS_H
#define KRX_KUBERNETES_STATUS_H

#include "modules/kubernetes/backend/backend.h"

/* Emits the STATUS of what was found. */
int32_t krx_k8s_emit_status(krx_call *call, krx_k8s_backend *backend, krx_arena *arena,
                            const krx_k8s_found *found, bool with_instances, krx_sink *status);

#endif
