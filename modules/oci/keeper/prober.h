/* SPDX-License-Identifier: Apache-2.0 */
/* The probes of a container. */
#ifndef KRX_OCI_PROBER_H
#define KRX_OCI_PROBER_H

#include "modules/oci/keeper/job.h"

/* Starts a keeper that probes, when the container's spec has probes; health is "starting" then.
 * A failure is logged. */
void krx_oci_prober_start(krx_oci_job *job);

#endif
