/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes: folders below root/volumes, each with a volume.json that says whose it is. */
#ifndef KRX_OCI_VOLUMES_H
#define KRX_OCI_VOLUMES_H

#include "modules/oci/backend/backend.h"

/* *exists gets whether the volume of that name is there; ALREADY_EXISTS when it is there but not
 * this workload's. */
int32_t krx_oci_volume_look(krx_call *call, const krx_oci_backend *backend,
                            const krx_workload *spec, const krx_volume *volume, bool *exists);
/* Makes it when it is missing. `generation` is the deploy that does. */
int32_t krx_oci_volume_make(krx_call *call, const krx_oci_backend *backend,
                            const krx_workload *spec, const krx_volume *volume, int64_t generation);
/* Removes the volumes of a workload: `all`, or those that are to go with it, as spec_json (may be
 * NULL) says, else they themselves. Emits a VOLUME for each into `released` when given. */
int32_t krx_oci_volumes_clean(krx_call *call, krx_oci_backend *backend, const char *namespace_,
                              const char *workload, const char *spec_json, bool all,
                              krx_sink *released, size_t *removed);
/* Takes back what a deploy made. */
void krx_oci_volumes_forget(krx_call *call, krx_oci_backend *backend, int64_t generation);

#endif
