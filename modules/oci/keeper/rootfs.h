/* SPDX-License-Identifier: Apache-2.0 */
/* The root file system of a container. */
#ifndef KRX_OCI_ROOTFS_H
#define KRX_OCI_ROOTFS_H

#include "modules/oci/keeper/job.h"

/*
 * Puts it on bundle/rootfs in this process' mount namespace: an overlay of the kernel, else one of
 * fuse-overlayfs, else a copy, which is made once.
 */
int32_t krx_oci_rootfs_mount(krx_oci_job *job);

/* Options of an overlay, with paths relative to a folder beside containers/; NULL when out of
 * memory. */
char *krx_oci_overlay_options(krx_arena *arena, const krx_oci_job *job, bool user_attributes);

/* New volumes get what the mounted root file system has at their places, once. */
int32_t krx_oci_volumes_fill(krx_oci_job *job);

/* Copies what is in `from` into the new folder `target`, which becomes like it. */
int32_t krx_oci_copy_folder(krx_call *call, int from, const char *target);

/* Copies a tree of layers (the topmost last) into `target`, whiteouts applied. */
int32_t krx_oci_copy_layers(krx_call *call, const char *const *layers, size_t count,
                            const char *target);

#endif
