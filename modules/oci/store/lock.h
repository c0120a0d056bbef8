/* SPDX-License-Identifier: Apache-2.0 */
/* Locks between processes: a flock on a file, taken within the call's bounds. */
#ifndef KRX_OCI_LOCK_H
#define KRX_OCI_LOCK_H

#include "modules/oci/store/paths.h"

/* The descriptor that holds it (close it to let go), or a negative error code. `what` is for
 * texts: "workload 'web'". Creates the file when it is missing. */
int32_t krx_oci_lock(krx_call *call, const char *path, const char *what);
int32_t krx_oci_lock_container(krx_call *call, const krx_oci_store *store, const char *id);
/* Nobody holds it. */
bool krx_oci_lock_is_free(const krx_oci_store *store, const char *id);
int32_t krx_oci_lock_workload(krx_call *call, const krx_oci_store *store, const char *base);

#endif
