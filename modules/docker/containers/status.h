/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_DOCKER_STATUS_H
#define KRX_DOCKER_STATUS_H

#include "modules/docker/backend/backend.h"

/* Emits the STATUS of one workload; NOT_FOUND when there is none. */
int32_t krx_dk_emit_status(krx_call *call, krx_dk_backend *backend, const char *namespace_,
                           const char *workload, bool with_instances, krx_sink *status);

int32_t krx_dk_status_op(krx_call *call, void *backend, const krx_status_req *req,
                         krx_sink *status);
int32_t krx_dk_list_op(krx_call *call, void *backend, const krx_list_req *req, krx_sink *status);
int32_t krx_dk_instances_op(krx_call *call, void *backend, const krx_list_req *req,
                            krx_sink *instance);

#endif
