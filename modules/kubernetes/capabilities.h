/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_KUBERNETES_CAPABILITIES_H
#define KRX_KUBERNETES_CAPABILITIES_H

#include <kranix/sink.h>

/* One CAPABILITY for every path of the schema and every op. */
int32_t krx_k8s_emit_capabilities(krx_sink *sink);

#endif
