/* SPDX-License-Identifier: Apache-2.0 */
/* Logs: what is there now, and following across restarts and replacements. */
#ifndef KRX_DOCKER_LOGS_H
#define KRX_DOCKER_LOGS_H

#include "modules/docker/backend/backend.h"

int32_t krx_dk_logs_op(krx_call *call, void *backend, const krx_logs_req *req, krx_sink *log);

#endif
