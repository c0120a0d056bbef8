/* SPDX-License-Identifier: Apache-2.0 */
/* The same for many containers at once, each on a call of its own with the same bounds. */
#ifndef KRX_DOCKER_PARALLEL_H
#define KRX_DOCKER_PARALLEL_H

#include <stddef.h>

#include <kranix/call.h>

typedef int32_t krx_dk_job_fn(krx_call *call, void *ctx, size_t index);

/* All are tried. Answers the failure of the first that failed, with its text. Jobs must not emit.
 */
int32_t krx_dk_parallel(krx_call *call, size_t count, krx_dk_job_fn *job, void *ctx);

#endif
