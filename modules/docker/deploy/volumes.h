/* SPDX-License-Identifier: Apache-2.0 */
/* Named volumes of a workload. */
#ifndef KRX_DOCKER_VOLUMES_H
#define KRX_DOCKER_VOLUMES_H

#include "modules/docker/backend/backend.h"

/* *exists: 1 ours and there, 0 missing. A volume of that name which is not this workload's is
 * KRX_E_ALREADY_EXISTS. */
int32_t krx_dk_volume_look(krx_call *call, krx_dk_backend *backend, const krx_workload *spec,
                           const char *name, bool *exists);
int32_t krx_dk_volume_create(krx_call *call, krx_dk_backend *backend, const krx_workload *spec,
                             const krx_volume *volume, const char *name, const char *generation);
int32_t krx_dk_volume_remove(krx_call *call, krx_dk_backend *backend, const char *name);

/* Volumes with all of the labels: an array of the engine's objects inside *out. */
int32_t krx_dk_volumes_json(krx_call *call, krx_dk_backend *backend, const char *const *labels,
                            cJSON **out, const cJSON **volumes);

/* Those of a workload; `all`, or only those that go with it. spec_json may be NULL. *removed
 * counts. */
int32_t krx_dk_volumes_clean(krx_call *call, krx_dk_backend *backend, const char *namespace_,
                             const char *workload, const char *spec_json, bool all,
                             krx_sink *released, size_t *removed);

extern const krx_extended_ops krx_dk_extended_ops;

#endif
