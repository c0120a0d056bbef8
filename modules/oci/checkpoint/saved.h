/* SPDX-License-Identifier: Apache-2.0 */
/* The checkpoints that are kept, and the two things done to one container. */
#ifndef KRX_OCI_SAVED_H
#define KRX_OCI_SAVED_H

#include "modules/oci/backend/backend.h"
#include "modules/oci/checkpoint/manifest.h"

#define KRX_OCI_SAVED_MAX 10 /* of one workload; the oldest go when there is another one */

/* ---------------------------------------------------------------------------- checkpoints/<id>/ */

/* All that can be read, the newest first, NULL-terminated. A NULL namespace or workload: any. */
int32_t krx_oci_saved_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const char *namespace_, const char *workload, krx_oci_manifest ***out);
/* The newest of the workload, or the one of that id; NOT_FOUND says which there are. */
int32_t krx_oci_saved_find(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const char *namespace_, const char *workload, const char *id,
                           krx_oci_manifest *out);
char *krx_oci_saved_folder(krx_arena *arena, const krx_oci_store *store, const char *id);

/* A new folder that becomes a checkpoint; what a killed process left of one is swept up. Answers
 * the descriptor that holds it until it is closed, or a negative error code. */
int32_t krx_oci_saved_stage(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            char **folder);
void krx_oci_saved_discard(krx_call *call, const char *folder); /* also after cancel */
/* Writes the manifest and gives the folder its name. */
int32_t krx_oci_saved_keep(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const char *folder, krx_oci_manifest *manifest);

/* "web-c9x0k2" for the moment. */
char *krx_oci_saved_id(krx_arena *arena, const char *base, int64_t created_ns);
/* Removes the oldest ones beyond those that are kept of a workload. A failure is logged. */
void krx_oci_saved_thin(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                        const char *namespace_, const char *workload);

krx_checkpoint krx_oci_saved_item(const krx_oci_manifest *manifest, const char *state);

/* --------------------------------------------------------------------------------- one container
 */

/* This runtime as a checkpoint has to know it. */
int32_t krx_oci_saved_host_of(krx_call *call, krx_arena *arena, const krx_oci_runtime *runtime,
                              krx_oci_saved_host *out);

/* FAILED_PRECONDITION or UNSUPPORTED with the reason when this container can't be kept. */
int32_t krx_oci_freezable(krx_call *call, const krx_oci_runtime *runtime,
                          const krx_oci_container *container, uint32_t flags);

typedef struct krx_oci_freezing {
    const krx_oci_container *container;
    const krx_oci_runtime *runtime; /* that it was made with */
    const char *folder;             /* absolute, of the checkpoint's part for it; exists */
    uint32_t flags;
    bool gpu;
    bool ended;                       /* out: it does not run any more */
    struct krx_oci_freezer *standing; /* out: it stands still, to be ended or let go */
} krx_oci_freezing;

/* Before a dump by a runtime that does not see the second version of control groups. */
void krx_oci_gather(krx_call *call, krx_arena *arena, const krx_oci_container *container);

/* Fills `folder`. A failure leaves the container as it was, unless `ended`. */
int32_t krx_oci_freeze(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                       krx_oci_freezing *freezing, krx_oci_saved *out);

/* All is kept: what stands still is ended. Goes through with it whatever becomes of the call. */
int32_t krx_oci_freeze_end(krx_oci_freezing *freezing);
/* What stands still goes on. */
void krx_oci_freeze_release(krx_oci_freezing *freezing);

/* The container, which is on disk and does not run, goes on from `folder`. */
int32_t krx_oci_thaw(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                     const krx_oci_runtime *runtime, const char *id, const char *folder,
                     uint32_t flags);

/* Gives the container, which has not run yet, the root file system of the checkpoint. */
int32_t krx_oci_thaw_files(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                           const char *id, const char *folder, const krx_oci_saved *saved,
                           const char *digest);

/* -------------------------------------------------------------------------------------- GPUs */

/* Why the memory of a GPU can't be kept here; NULL when it can. Looks at CRIU's plugin for CUDA,
 * NVIDIA's helper and driver, or at runsc's option. Text in the arena. */
const char *krx_oci_gpu_refusal(krx_call *call, krx_arena *arena, const krx_oci_runtime *runtime);
/* Path of the helper inside containers, for runsc. */
#define KRX_OCI_CUDA_HELPER "/usr/local/bin/cuda-checkpoint"

/* Major number of "570.86.15" or of /proc/driver/nvidia/version; 0: none. */
int krx_oci_nvidia_major(const char *text);

#endif
