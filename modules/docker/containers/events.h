/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_DOCKER_EVENTS_H
#define KRX_DOCKER_EVENTS_H

#include "modules/docker/backend/backend.h"

int32_t krx_dk_events_op(krx_call *call, void *backend, const krx_events_req *req, krx_sink *event);

#endif
