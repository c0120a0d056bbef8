/* SPDX-License-Identifier: Apache-2.0 */
/* What works with a runtime on this machine. */
#ifndef KRX_OCI_CAPABILITIES_H
#define KRX_OCI_CAPABILITIES_H

#include <kranix/sink.h>

#include "modules/oci/runtime/runtime.h"

/* One CAPABILITY for each field of the schema and each op; `runtime` is NULL when none works. */
int32_t krx_oci_emit_capabilities(const krx_oci_runtime *runtime, krx_sink *out);

#endif
