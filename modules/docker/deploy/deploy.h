/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_DOCKER_DEPLOY_H
#define KRX_DOCKER_DEPLOY_H

#include "modules/docker/backend/backend.h"

int32_t krx_dk_deploy_op(krx_call *call, void *backend, const krx_deploy_req *req,
                         krx_sink *status);

#endif
