/* SPDX-License-Identifier: Apache-2.0 */
/* A run of a container: how it begins, how it ends. All under the container's lock. */
#ifndef KRX_OCI_LIFE_H
#define KRX_OCI_LIFE_H

#include "modules/oci/keeper/conmon.h"
#include "modules/oci/keeper/job.h"

/* Of what the last run left: nothing is, and container.json says so (phase EXITED, CREATED stays).
 * Not written yet. `reason` is for the event of one whose end nobody noted. */
int32_t krx_oci_life_settle(krx_oci_job *job, const char *reason);

/* Network attached, processes settled: conmon, create, start, RUNNING, written, event. On failure
 * no process is left, and nothing is written. */
int32_t krx_oci_life_begin(krx_oci_job *job, const krx_oci_restore *restore);

/* Network and whatever else a container holds that does not run. */
int32_t krx_oci_life_release(krx_oci_job *job, krx_call *call);

#endif
