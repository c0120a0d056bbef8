/* SPDX-License-Identifier: Apache-2.0 */
/* A program's two streams, until it ends: what outlives it and holds them open is not waited for.
 */
#ifndef KRX_OCI_CAPTURE_H
#define KRX_OCI_CAPTURE_H

#include <kranix/call.h>

#include "lib/base/str.h"

typedef struct krx_oci_capture {
    const char *const *argv;
    const char *const *env; /* NULL: ours */
    int32_t stdin_fd;       /* -1: none */
    size_t limit;           /* of standard output, RESOURCE_EXHAUSTED beyond */
    /* Takes standard output as it comes, instead of `output`. May be NULL; negative ends it. */
    int32_t (*on_output)(krx_call *call, void *ctx, const char *data, size_t length);
    void *ctx;
    bool patient; /* a call that is given up asks it to end and waits until it has undone */
} krx_oci_capture;

/*
 * *output gets what it wrote (NULL: dropped), *errors the end of its standard error. *status is
 * its exit code, or 128 and the signal. NOT_FOUND when there is no such program.
 */
int32_t krx_oci_capture_run(krx_call *call, const krx_oci_capture *capture, krx_str *output,
                            krx_str *errors, int32_t *status);

#endif
