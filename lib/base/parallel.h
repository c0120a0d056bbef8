/* SPDX-License-Identifier: Apache-2.0 */
/* The same job for many things at once, each on a call of its own with the same bounds. */
#ifndef KRX_BASE_PARALLEL_H
#define KRX_BASE_PARALLEL_H

#include <stddef.h>

#include <kranix/call.h>

typedef int32_t krx_job_fn(krx_call *call, void *ctx, size_t index);

/* All are tried. Answers the failure of the first that failed, with its text. Jobs must not emit.
 */
int32_t krx_parallel(krx_call *call, size_t count, krx_job_fn *job, void *ctx);

#endif
