/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting to a container. */
#ifndef KRX_OCI_DIAL_H
#define KRX_OCI_DIAL_H

#include "modules/oci/keeper/job.h"

/* The first of these addresses (NULL-terminated) that takes a connection; a descriptor that does
 * not block, or a negative error code. */
int32_t krx_oci_dial(krx_call *call, const char *const *hosts, int64_t port);

/* Into the network namespace of the container's init. Not for runsc: behind it is nothing; *outside
 * says that its address is reached from here. */
int32_t krx_oci_dial_enter(krx_oci_job *job, bool *outside);

#endif
