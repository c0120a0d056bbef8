/* SPDX-License-Identifier: Apache-2.0 */
/* The namespaces that deploys of this backend are at work in, at the same time maybe. */
#ifndef KRX_KUBERNETES_SPACES_H
#define KRX_KUBERNETES_SPACES_H

#include "modules/kubernetes/backend/backend.h"

/* FAILED_PRECONDITION while the only other deploy there takes the namespace back. */
int32_t krx_k8s_space_enter(krx_call *call, krx_k8s_backend *backend, const char *name);
/* After an enter that answered 0. */
void krx_k8s_space_leave(krx_k8s_backend *backend, const char *name);

/* It was there a moment ago. */
bool krx_k8s_space_seen(krx_k8s_backend *backend, const char *name);
void krx_k8s_space_note(krx_k8s_backend *backend, const char *name);

/* To be taken back: false when others are at work there; else nobody enters before the leave. */
bool krx_k8s_space_claim(krx_k8s_backend *backend, const char *name);

void krx_k8s_spaces_free(krx_k8s_backend *backend);

#endif
