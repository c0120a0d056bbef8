/* SPDX-License-Identifier: Apache-2.0 */
/* From where a log is read, also when reading goes on after a gap. */
#ifndef KRX_DOCKER_LOG_POSITION_H
#define KRX_DOCKER_LOG_POSITION_H

#include "modules/docker/backend/backend.h"

/* Path of a log request. since_ns KRX_UNSET and tail KRX_UNSET: from the start. */
void krx_dk_logs_path(krx_str *path, const char *id, const krx_logs_req *req, bool follow,
                      bool timestamps, int64_t tail, int64_t since_ns);

/* How far each stream was delivered, to go on without losing or repeating a line. */
typedef struct krx_dk_position {
    int64_t last_ns[3]; /* by stream number */
    int64_t at_last[3]; /* lines delivered that carry exactly that time */
    int64_t to_skip[3];
} krx_dk_position;

/* Before reading again: from where, KRX_UNSET when nothing was delivered. */
int64_t krx_dk_position_resume(krx_dk_position *position);
/* True when the line is new; remembers it. */
bool krx_dk_position_accept(krx_dk_position *position, uint32_t stream, int64_t time_ns);

#endif
