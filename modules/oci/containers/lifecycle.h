/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to containers as they are. */
#ifndef KRX_OCI_LIFECYCLE_H
#define KRX_OCI_LIFECYCLE_H

#include "modules/oci/backend/backend.h"

/* Single deeds on one container, under its lock; doing what is already so is no error. */
int32_t krx_oci_start(krx_call *call, krx_oci_backend *backend, const char *id);
/* grace KRX_UNSET: the container's own. */
int32_t krx_oci_stop(krx_call *call, krx_oci_backend *backend, const char *id, int64_t grace_ns);
/* By force, with all that belongs to it on disk. */
int32_t krx_oci_remove(krx_call *call, krx_oci_backend *backend, const char *id);
int32_t krx_oci_pause(krx_call *call, krx_oci_backend *backend, const char *id, bool pause);

extern const krx_container_ops krx_oci_container_ops;
int32_t krx_oci_restart_op(krx_call *call, void *backend, const krx_restart_req *req,
                           krx_sink *none);

#endif
