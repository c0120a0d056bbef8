/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_DOCKER_EVENTS_H
#define KRX_DOCKER_EVENTS_H

#include "modules/docker/backend/backend.h"

/* Adds the time as the engine wants it, unless it is none. */
void krx_dk_event_time(krx_str *path, const char *key, int64_t ns);
int32_t krx_dk_events_op(krx_call *call, void *backend, const krx_events_req *req, krx_sink *event);

#endif
