/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_DOCKER_DESTROY_H
#define KRX_DOCKER_DESTROY_H

#include "modules/docker/backend/backend.h"

int32_t krx_dk_destroy_op(krx_call *call, void *backend, const krx_destroy_req *req,
                          krx_sink *none);

#endif
