/* SPDX-License-Identifier: Apache-2.0 */
/* Watching folders. Where none can be watched (limits of the system), waiting is all there is. */
#ifndef KRX_OCI_WATCH_H
#define KRX_OCI_WATCH_H

#include <stdbool.h>

#include <kranix/call.h>

/* -1 when there is none to be had. */
int krx_oci_watch_open(void);
/* The watch's number; -1 when it can't be (fd may be -1). `mask`: IN_*. */
int krx_oci_watch(int fd, const char *folder, uint32_t mask);

/* Called for each thing seen; `name` is within the watched folder. */
typedef void krx_oci_watch_fn(void *ctx, int watch, uint32_t mask, const char *name);

/* Waits until something is seen, at most timeout_ns, and takes all that was. *seen is set when one
 * of them has a bit of `mask`. */
int32_t krx_oci_watch_wait(krx_call *call, int fd, int64_t timeout_ns, uint32_t mask, bool *seen);
void krx_oci_watch_take(int fd, krx_oci_watch_fn *fn, void *ctx);

#endif
