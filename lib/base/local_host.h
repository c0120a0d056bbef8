/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host table that stands alone: waiting and spawning for real, logging to a callback, no store.
 * The host builds on it; tests, fuzzers and the conformance kit use it as it is.
 */
#ifndef KRX_BASE_LOCAL_HOST_H
#define KRX_BASE_LOCAL_HOST_H

#include <kranix/call.h>

/* The services themselves, for tables built by others. */
int32_t krx_local_wait(const krx_host *host, krx_call *call, krx_wait_fd *fds, uint32_t count,
                       int64_t timeout_ns);
int32_t krx_local_check(const krx_host *host, krx_call *call);
int32_t krx_local_spawn(const krx_host *host, krx_call *call, const krx_spawn_req *req,
                        krx_child *child);
int32_t krx_local_reap(const krx_host *host, krx_call *call, krx_child *child);

/* A constant table that logs nothing and stores nothing. */
const krx_host *krx_local_host(void);

/* A call without deadline or cancel on that table; clears *error. */
void krx_call_init(krx_call *call, krx_error *error);

#endif
