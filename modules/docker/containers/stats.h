/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_DOCKER_STATS_H
#define KRX_DOCKER_STATS_H

#include "modules/docker/backend/backend.h"

/* The figures of one answer of /containers/{id}/stats; instance, workload and limits of the spec
 * are the caller's. */
void krx_dk_stats_read(const cJSON *json, krx_stats *out);

int32_t krx_dk_stats_op(krx_call *call, void *backend, const krx_stats_req *req, krx_sink *stats);

#endif
