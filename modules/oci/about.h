/* SPDX-License-Identifier: Apache-2.0 */
/* What the backend says of itself. */
#ifndef KRX_OCI_ABOUT_H
#define KRX_OCI_ABOUT_H

#include "modules/oci/backend/backend.h"

int32_t krx_oci_ping_op(krx_call *call, void *backend, const krx_ping_req *req, krx_sink *latency);
int32_t krx_oci_backend_op(krx_call *call, void *backend, const krx_backend_req *req,
                           krx_sink *info);

#endif
