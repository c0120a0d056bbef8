/* SPDX-License-Identifier: Apache-2.0 */
/* A layer's archive becomes a folder that overlayfs takes. */
#ifndef KRX_OCI_UNPACK_H
#define KRX_OCI_UNPACK_H

#include <stdbool.h>

#include <kranix/call.h>

typedef struct krx_oci_unpack {
    int32_t source;       /* the blob: a tar, plain or packed with gzip or zstd */
    int32_t folder;       /* an empty folder */
    const char *diff_id;  /* sha256:... of the tar; NULL: not checked */
    int64_t bytes_max;    /* of the tar */
    int64_t entries_max;  /* in it */
    bool user_attributes; /* inside a user namespace: user.overlay.* instead of trusted.overlay.* */
} krx_oci_unpack;

typedef struct krx_oci_unpacked {
    int64_t bytes;
    int64_t entries;
    char diff_id[72]; /* sha256:... of the tar */
} krx_oci_unpacked;

/*
 * Nothing outside of the folder is ever touched, whatever is in the archive. DATA_LOSS: it is
 * damaged, not what diff_id says, or tries to lead out; RESOURCE_EXHAUSTED: larger than allowed or
 * the disk is full; FAILED_PRECONDITION: an owner that can't be had in this user namespace. What
 * was unpacked before a failure is left to the caller.
 */
int32_t krx_oci_unpack_run(krx_call *call, const krx_oci_unpack *unpack, krx_oci_unpacked *out);

/* Writes the tar in `unpack` (of which only source and bytes_max count) plainly. */
int32_t krx_oci_unpack_plain(krx_call *call, const krx_oci_unpack *unpack, int to);

/* Makes the folder the root of this process for good, and keeps it from running or loading any
 * other program text. */
int32_t krx_oci_cage(krx_call *call, int folder, const char *path);

#endif
