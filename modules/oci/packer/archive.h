/* SPDX-License-Identifier: Apache-2.0 */
/* Portable archives of checkpoints, and what a container changed in its root file system. */
#ifndef KRX_OCI_ARCHIVE_H
#define KRX_OCI_ARCHIVE_H

#include <kranix/call.h>

/* All files below the folder into one tar; .gz, .tgz and .zst are packed. `file` appears when it is
 * whole, readable by its owner only. */
int32_t krx_oci_archive_make(krx_call *call, const char *file, const char *folder);

/*
 * Into an empty folder of our own. Whoever made the archive: only plain files and folders with
 * plain names below it, none twice, and no more bytes than `max` (0: 256 GiB, and 200 times what
 * the file has beyond the first GiB). INVALID_ARGUMENT for one that is none or that tries more.
 */
int32_t krx_oci_archive_take(krx_call *call, const char *file, const char *folder, int64_t max);

typedef struct krx_oci_changed {
    int64_t entries;
    int64_t bytes; /* of the tar */
} krx_oci_changed;

/* An overlay's upper folder (or any tree) as the tar of a layer. */
int32_t krx_oci_changes_write(krx_call *call, const char *tree, const char *file,
                              krx_oci_changed *out);

#endif
