/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to containers as they are. */
#ifndef KRX_OCI_LIFECYCLE_H
#define KRX_OCI_LIFECYCLE_H

#include "modules/oci/backend/backend.h"

/* Single deeds on one container, under its lock; doing what is already so is no error. */
int32_t krx_oci_start(krx_call *call, krx_oci_backend *backend, const char *id);
/* grace KRX_UNSET: the container's own. Returns when its end was noted. */
int32_t krx_oci_stop(krx_call *call, krx_oci_backend *backend, const char *id, int64_t grace_ns);
/* Stops what runs and starts all: its keeper sees to that, also when this call is cut off. */
int32_t krx_oci_restart(krx_call *call, krx_oci_backend *backend, const char *id, int64_t grace_ns);
/* By force, with all that belongs to it on disk; one that is gone or half removed is no error. */
int32_t krx_oci_remove(krx_call *call, krx_oci_backend *backend, const char *id);
int32_t krx_oci_pause(krx_call *call, krx_oci_backend *backend, const char *id, bool pause);
/* One that is sent KILL or its stop signal is not started again. */
int32_t krx_oci_kill(krx_call *call, krx_oci_backend *backend, const char *id, int signal_number);

const char *krx_oci_phase_text(int phase);

/* 1 when the process has ended, 0 when the time passed first (negative: no limit). */
int32_t krx_oci_await_process(krx_call *call, const krx_oci_process *process, int64_t timeout_ns);
/* *c gets how it is once init and its supervisor have ended, and nobody writes. */
int32_t krx_oci_await_settled(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                              const char *id, krx_oci_container *c);
/* Waits until init has ended and that was noted; notes it when nobody is left who would. */
int32_t krx_oci_await_noted(krx_call *call, krx_oci_backend *backend, const char *id);

extern const krx_container_ops krx_oci_container_ops;
int32_t krx_oci_restart_op(krx_call *call, void *backend, const krx_restart_req *req,
                           krx_sink *none);
int32_t krx_oci_start_op(krx_call *call, void *backend, const krx_container_req *req,
                         krx_sink *none);
int32_t krx_oci_stop_op(krx_call *call, void *backend, const krx_container_req *req,
                        krx_sink *none);
int32_t krx_oci_pause_op(krx_call *call, void *backend, const krx_container_req *req,
                         krx_sink *none);
int32_t krx_oci_unpause_op(krx_call *call, void *backend, const krx_container_req *req,
                           krx_sink *none);
int32_t krx_oci_kill_op(krx_call *call, void *backend, const krx_container_req *req,
                        krx_sink *none);

#endif
