/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of unpack: one entry of a layer becomes a file. */
#ifndef KRX_OCI_UNPACK_ENTRY_H
#define KRX_OCI_UNPACK_ENTRY_H

#include <archive.h>
#include <archive_entry.h>

#include "lib/base/arena.h"
#include "modules/oci/packer/unpack.h"

#define KRX_OCI_PATH_MAX 4096

typedef struct krx_oci_unpacker {
    krx_call *call;
    const krx_oci_unpack *unpack;
    struct archive *tar;
    const int32_t *given_up; /* negative: the tar ends early for a reason in the slot already */
    krx_arena *arena;        /* of what is done at the end */
    krx_ptrs folders;        /* krx_oci_late_folder */
    int parent;              /* the last entry's folder, opened; or -1 */
    char parent_path[KRX_OCI_PATH_MAX];
    int64_t written;
} krx_oci_unpacker;

/* Times of a folder, which making files in it would change. */
typedef struct krx_oci_late_folder {
    const char *path;
    struct timespec modified;
} krx_oci_late_folder;

int32_t krx_oci_unpack_entry(krx_oci_unpacker *u, struct archive_entry *entry);
int32_t krx_oci_unpack_folder_times(krx_oci_unpacker *u);

/* ----------------------------------------------------------------------------------- the places */

/* Opens the folder of `path` (clean, "" is the top), making what is missing; -1 with the slot
 * filled. The descriptor is the unpacker's. */
int krx_oci_unpack_parent(krx_oci_unpacker *u, const char *path);
/* Forgets the opened one: it may have been removed. */
void krx_oci_unpack_forget(krx_oci_unpacker *u);
/* As openat, below the unpacker's folder whatever links are there. -1 with errno. */
int krx_oci_open_beneath(const krx_oci_unpacker *u, const char *path, int flags);
/* Without "." and empty parts. False when it leads out or is too long. */
bool krx_oci_clean_path(const char *text, char out[KRX_OCI_PATH_MAX]);
int32_t krx_oci_unpack_refuse(krx_oci_unpacker *u, const char *path, const char *why);
int32_t krx_oci_unpack_fail(krx_oci_unpacker *u, const char *path, const char *doing);

/* ------------------------------------------------------------------------------------ overlayfs
 */

/* True when `name` stands for something that is not there. */
bool krx_oci_is_whiteout_name(const char *name);
/* Makes what overlayfs takes for it. */
int32_t krx_oci_whiteout(krx_oci_unpacker *u, int parent, const char *name, const char *path);
/* What lower layers have in this folder is not seen. */
int32_t krx_oci_make_opaque(krx_oci_unpacker *u, int folder, const char *path);
/* A whiteout that was made already. */
bool krx_oci_is_whiteout(int parent, const char *name);

#endif
