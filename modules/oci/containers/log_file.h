/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conmon's log file: "2026-11-22T09:00:00.123456789+00:00 stdout F text", with P instead of F for
 * a part of a line. When it is full conmon puts an empty one in its place.
 */
#ifndef KRX_OCI_LOG_FILE_H
#define KRX_OCI_LOG_FILE_H

#include "lib/logs/lines.h"
#include "modules/oci/containers/line_file.h"

typedef struct krx_oci_log_entry {
    uint32_t stream; /* KRX_STREAM_* */
    bool partial;
    size_t stamp_length;
    size_t text_at;
} krx_oci_log_entry;

/* A line without its newline; false when it is none of conmon's. */
bool krx_oci_log_entry_parse(const char *line, size_t length, krx_oci_log_entry *out);

/* What is wanted of a log. */
typedef struct krx_oci_log_filter {
    uint32_t streams; /* KRX_STREAM_*; 0: both */
    int64_t since_ns; /* KRX_UNSET: from the start */
    int64_t until_ns; /* KRX_UNSET: to the end */
} krx_oci_log_filter;

/* A log that is read; it must not be moved. */
typedef struct krx_oci_log {
    krx_oci_line_file file;
    krx_oci_log_filter filter;
    krx_line_maker maker;
    krx_log_line_fn *fn;
    void *ctx;
} krx_oci_log;

int32_t krx_oci_log_init(krx_call *call, krx_oci_log *log, const krx_oci_log_filter *filter,
                         krx_log_line_fn *fn, void *ctx);
/* No more will come: hands out what has no newline. */
int32_t krx_oci_log_end(krx_oci_log *log);
void krx_oci_log_free(krx_oci_log *log);

/* Where the last `lines` lines of those streams begin. */
off_t krx_oci_log_tail(int fd, uint32_t streams, int64_t lines);

#endif
