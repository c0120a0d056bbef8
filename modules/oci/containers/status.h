/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_OCI_STATUS_H
#define KRX_OCI_STATUS_H

#include "modules/oci/backend/backend.h"

/* Emits the STATUS of one workload; NOT_FOUND when there is none. */
int32_t krx_oci_emit_status(krx_call *call, krx_oci_backend *backend, const char *namespace_,
                            const char *workload, bool with_instances, krx_sink *status);

int32_t krx_oci_status_op(krx_call *call, void *backend, const krx_status_req *req,
                          krx_sink *status);
int32_t krx_oci_list_op(krx_call *call, void *backend, const krx_list_req *req, krx_sink *status);
int32_t krx_oci_logs_op(krx_call *call, void *backend, const krx_logs_req *req, krx_sink *log);

#endif
