/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints of processes with all their memory, by CRIU or gVisor. */
#ifndef KRX_OCI_CHECKPOINT_H
#define KRX_OCI_CHECKPOINT_H

#include "modules/oci/backend/backend.h"

int32_t krx_oci_checkpoint_op(krx_call *call, void *backend, const krx_checkpoint_req *req,
                              krx_sink *checkpoint);
int32_t krx_oci_restore_op(krx_call *call, void *backend, const krx_checkpoint_req *req,
                           krx_sink *checkpoint);
int32_t krx_oci_list_checkpoints_op(krx_call *call, void *backend, const krx_checkpoint_req *req,
                                    krx_sink *checkpoint);

/* All of a workload that was destroyed with its volumes. */
int32_t krx_oci_checkpoints_remove(krx_call *call, krx_oci_backend *backend, const char *namespace_,
                                   const char *workload);

#endif
