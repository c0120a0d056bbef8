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

#endif
