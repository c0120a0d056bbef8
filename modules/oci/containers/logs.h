/* SPDX-License-Identifier: Apache-2.0 */
/* From log files to the sink. */
#ifndef KRX_OCI_LOGS_H
#define KRX_OCI_LOGS_H

#include "modules/oci/backend/backend.h"
#include "modules/oci/containers/log_file.h"

/* One container's lines on their way out; without time stamps they go in larger pieces. */
typedef struct krx_oci_log_out {
    krx_sink *sink;
    const char *name;
    int64_t replica;
    bool timestamps;
    uint32_t stream;
    int64_t time_ns;
    krx_str text;
} krx_oci_log_out;

/* ctx is a krx_oci_log_out. */
int32_t krx_oci_log_put(void *ctx, const krx_log_line *line);
int32_t krx_oci_log_flush(krx_oci_log_out *out);

/* containers/<id>/log; NULL when out of memory. */
char *krx_oci_log_path(krx_arena *arena, const krx_oci_backend *backend, const char *id);

int32_t krx_oci_logs_follow(krx_call *call, krx_oci_backend *backend, const krx_logs_req *req,
                            krx_sink *log);

#endif
