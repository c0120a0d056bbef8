/* SPDX-License-Identifier: Apache-2.0 */
/* What there is and how it is. */
#ifndef KRX_OCI_STATUS_H
#define KRX_OCI_STATUS_H

#include "modules/oci/backend/backend.h"

/* Emits the STATUS of one workload; NOT_FOUND when there is none. */
int32_t krx_oci_emit_status(krx_call *call, krx_oci_backend *backend, const char *namespace_,
                            const char *workload, bool with_instances, krx_sink *status);

int32_t krx_oci_status_op(krx_call *call, void *backend, const krx_status_req *req,
                          krx_sink *status);
int32_t krx_oci_list_op(krx_call *call, void *backend, const krx_list_req *req, krx_sink *status);
int32_t krx_oci_instances_op(krx_call *call, void *backend, const krx_list_req *req,
                             krx_sink *instance);
int32_t krx_oci_inspect_op(krx_call *call, void *backend, const krx_container_req *req,
                           krx_sink *instance);
int32_t krx_oci_logs_op(krx_call *call, void *backend, const krx_logs_req *req, krx_sink *log);

/* Containers of the runtimes' folders that we did not make; NULL-terminated. */
int32_t krx_oci_foreign(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                        krx_replica ***out);

#endif
