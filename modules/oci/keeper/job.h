/* SPDX-License-Identifier: Apache-2.0 */
/* One container that the keeper works on. */
#ifndef KRX_OCI_JOB_H
#define KRX_OCI_JOB_H

#include "modules/oci/runtime/runtime.h"
#include "modules/oci/store/container.h"
#include "modules/oci/store/launch.h"

typedef struct krx_oci_job {
    krx_call *call;
    krx_arena *arena;
    krx_oci_store store;
    const char *id;
    const char *folder;
    const char *keeper; /* our own program */
    krx_oci_launch launch;
    krx_oci_runtime runtime; /* as launch.json has it */
    krx_oci_container container;
    int lock;            /* of the container; -1 */
    bool inside;         /* in the user namespace of a rootless container */
    bool rotates;        /* conmon can keep the log that is full */
    bool at_once;        /* what conmon makes is started with it */
    int64_t clean_until; /* monotonic: so long it is waited for control groups to be empty */
} krx_oci_job;

/* Reads launch.json; no lock yet. */
int32_t krx_oci_job_open(krx_call *call, krx_arena *arena, const char *folder, krx_oci_job *job);
/* Takes the lock and reads container.json. */
int32_t krx_oci_job_lock(krx_oci_job *job);
void krx_oci_job_unlock(krx_oci_job *job);
/* Into a user namespace when the container is rootless and we are not in one. */
int32_t krx_oci_job_enter(krx_oci_job *job);
/* Opened, with its lock, and where its network namespace can be seen. */
int32_t krx_oci_job_visit(krx_call *call, krx_arena *arena, const char *folder, krx_oci_job *job);
int32_t krx_oci_job_write(krx_oci_job *job);
/* Path of a file in the container's folder; NULL when out of memory. */
char *krx_oci_job_path(krx_oci_job *job, const char *file);

static inline void krx_cleanup_job_(krx_oci_job *job)
{
    krx_oci_job_unlock(job);
}
#define krx_auto_job KRX_CLEANUP(krx_cleanup_job_)

/* A runtime command on this container, from where we are. */
int32_t krx_oci_job_runtime(krx_oci_job *job, krx_call *call, const char *name,
                            const char *const *options);

/* SIGKILL by the runtime's own command. */
int32_t krx_oci_job_kill(krx_oci_job *job, krx_call *call);

/* Sends a signal to exactly that process; false when it is gone. */
bool krx_oci_signal_process(const krx_oci_process *process, int signal_number);
/* Its children, at most `room`; 0 where the kernel does not tell. */
size_t krx_oci_children(krx_call *call, const krx_oci_process *parent, krx_oci_process *out,
                        size_t room);
/* Waits for its end, at most that long; true when it is gone. */
bool krx_oci_await_end(krx_call *call, const krx_oci_process *process, int64_t timeout_ns);

#endif
