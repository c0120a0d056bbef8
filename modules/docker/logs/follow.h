/* SPDX-License-Identifier: Apache-2.0 */
/* Logs followed across restarts and replacements. */
#ifndef KRX_DOCKER_FOLLOW_H
#define KRX_DOCKER_FOLLOW_H

#include "modules/docker/backend/backend.h"

int32_t krx_dk_logs_follow(krx_call *call, krx_dk_backend *backend, const krx_logs_req *req,
                           krx_sink *log);

#endif
