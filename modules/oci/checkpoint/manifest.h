/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoints/<id>/checkpoint.json: what a checkpoint is of, what it needs, and the hash of each of
 * its files. For each container of it there is a folder ("." when there is but one) as in the
 * archives that podman writes:
 *     config.dump      container.json
 *     spec.dump        config.json of the runtime
 *     checkpoint/      images of CRIU or of gVisor
 *     rootfs-diff.tar  what the container had changed in its root file system, as a layer
 */
#ifndef KRX_OCI_MANIFEST_H
#define KRX_OCI_MANIFEST_H

#include <stdbool.h>

#include <kranix/call.h>
#include <kranix/workload.h>

#include "lib/base/arena.h"

#define KRX_OCI_MANIFEST "checkpoint.json"
#define KRX_OCI_SAVED_IMAGES "checkpoint"
#define KRX_OCI_SAVED_CHANGES "rootfs-diff.tar"

/* One container. */
typedef struct krx_oci_saved {
    int64_t replica;
    const char *folder; /* "." or "2" */
    const char *id;
    const char *image;
    const char *image_id; /* NULL: a folder of the host */
    const char *network;
    bool changes; /* has a rootfs-diff.tar */
    bool whole;   /* which is all of the root file system */
    bool podman;  /* as podman writes it: see podman.h */
} krx_oci_saved;

typedef struct krx_oci_saved_file {
    const char *path; /* below the checkpoint's folder */
    int64_t size;
    const char *sha256;
} krx_oci_saved_file;

/* Where processes were frozen, or would go on. */
typedef struct krx_oci_saved_host {
    const char *kernel;
    const char *architecture;
    const char *const *cpu_flags; /* that programs use; NULL-terminated */
    const char *runtime;
    const char *runtime_version;
    const char *platform; /* runsc; else NULL */
    const char *criu;     /* version, or NULL */
} krx_oci_saved_host;

typedef struct krx_oci_manifest {
    const char *id;
    const char *workload;
    const char *namespace_;
    const char *comment;
    int64_t created_ns;
    uint32_t flags; /* KRX_CHECKPOINT_* */
    krx_oci_saved_host host;
    const char *spec_json;
    const krx_oci_saved *const *containers;
    const krx_oci_saved_file *const *files;
    int64_t size_bytes;
} krx_oci_manifest;

/* Hashes all that is in the folder: fills files and size_bytes. Plain files and folders only. */
int32_t krx_oci_manifest_hash(krx_call *call, krx_arena *arena, const char *folder,
                              krx_oci_manifest *manifest);
int32_t krx_oci_manifest_write(krx_call *call, const char *folder,
                               const krx_oci_manifest *manifest);
/* NOT_FOUND when there is none, DATA_LOSS when it is none of ours or names files outside. */
int32_t krx_oci_manifest_read(krx_call *call, krx_arena *arena, const char *folder,
                              krx_oci_manifest *out);
int32_t krx_oci_manifest_parse(krx_call *call, krx_arena *arena, const char *text, size_t length,
                               krx_oci_manifest *out);
/* DATA_LOSS unless the folder holds exactly the files of the manifest as they were. */
int32_t krx_oci_manifest_verify(krx_call *call, const char *folder,
                                const krx_oci_manifest *manifest);

/* Fills kernel, architecture and cpu_flags. */
int32_t krx_oci_saved_host_here(krx_call *call, krx_arena *arena, krx_oci_saved_host *out);
/* FAILED_PRECONDITION with the reason when processes of `saved` can't go on `here`. */
int32_t krx_oci_saved_host_fits(krx_call *call, const krx_oci_saved_host *saved,
                                const krx_oci_saved_host *here);

#endif
