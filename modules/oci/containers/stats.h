/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_OCI_STATS_H
#define KRX_OCI_STATS_H

#include "modules/oci/backend/backend.h"

int32_t krx_oci_stats_op(krx_call *call, void *backend, const krx_stats_req *req, krx_sink *stats);

#endif
