/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to containers as they are: start, stop, pause, kill, restart, inspect. */
#ifndef KRX_DOCKER_LIFECYCLE_H
#define KRX_DOCKER_LIFECYCLE_H

#include "modules/docker/backend/backend.h"

int32_t krx_dk_restart_op(krx_call *call, void *backend, const krx_restart_req *req,
                          krx_sink *none);
int32_t krx_dk_start_op(krx_call *call, void *backend, const krx_container_req *req,
                        krx_sink *none);
int32_t krx_dk_stop_op(krx_call *call, void *backend, const krx_container_req *req, krx_sink *none);
int32_t krx_dk_pause_op(krx_call *call, void *backend, const krx_container_req *req,
                        krx_sink *none);
int32_t krx_dk_unpause_op(krx_call *call, void *backend, const krx_container_req *req,
                          krx_sink *none);
int32_t krx_dk_kill_op(krx_call *call, void *backend, const krx_container_req *req, krx_sink *none);
int32_t krx_dk_inspect_op(krx_call *call, void *backend, const krx_container_req *req,
                          krx_sink *instance);

#endif
