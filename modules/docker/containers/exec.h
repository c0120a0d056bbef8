/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_DOCKER_EXEC_H
#define KRX_DOCKER_EXEC_H

#include "modules/docker/backend/backend.h"

int32_t krx_dk_exec_op(krx_call *call, void *backend, const krx_exec_req *req, krx_sink *result);
int32_t krx_dk_attach_op(krx_call *call, void *backend, const krx_exec_req *req, krx_sink *result);

#endif
