/* SPDX-License-Identifier: Apache-2.0 */
/* Reading events.log and the one before it. */
#ifndef KRX_OCI_EVENT_FILE_H
#define KRX_OCI_EVENT_FILE_H

#include <kranix/ops.h>

#include "modules/oci/containers/line_file.h"
#include "modules/oci/store/events.h"

typedef int32_t krx_oci_event_fn(krx_call *call, void *ctx, const krx_event *event);

/* It must not be moved. */
typedef struct krx_oci_event_log {
    const krx_oci_store *store;
    const char *path;
    krx_oci_line_file file;
    krx_oci_event_fn *fn;
    void *ctx;
} krx_oci_event_log;

/* Hands out all there is, the file before first. Free it also after a failure. */
int32_t krx_oci_event_log_read(krx_call *call, krx_arena *arena, krx_oci_event_log *log,
                               const krx_oci_store *store, krx_oci_event_fn *fn, void *ctx);
/* Opens it at its end: only what comes from now on. */
int32_t krx_oci_event_log_end(krx_call *call, krx_arena *arena, krx_oci_event_log *log,
                              const krx_oci_store *store, krx_oci_event_fn *fn, void *ctx);
/* Hands out what came since. */
int32_t krx_oci_event_log_more(krx_call *call, krx_oci_event_log *log);
void krx_oci_event_log_free(krx_oci_event_log *log);

/* When the latest runs of an instance ended; KRX_UNSET where there was none. */
typedef struct krx_oci_ends {
    const char *instance;
    int64_t since_ns;
    int64_t latest[3]; /* the newest first */
} krx_oci_ends;
int32_t krx_oci_ends_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                          krx_oci_ends *ends);

int32_t krx_oci_events_op(krx_call *call, void *backend, const krx_events_req *req,
                          krx_sink *event);

#endif
