/* SPDX-License-Identifier: Apache-2.0 */
/* Where everything of one backend lies. Shared by the module and the keeper. */
#ifndef KRX_OCI_PATHS_H
#define KRX_OCI_PATHS_H

#include <stdbool.h>

#include <kranix/call.h>

#include "lib/base/arena.h"

typedef struct krx_oci_store {
    const char *root;     /* what lasts: images, layers, containers, volumes */
    const char *run_root; /* gone after a reboot: runtime state, network namespaces */
    char boot[40];        /* id of this boot of the machine; "" when not known */
} krx_oci_store;

/* Defaults of this user for what is NULL. Creates nothing. Texts live in the arena. */
int32_t krx_oci_store_open(krx_call *call, krx_arena *arena, const char *root, const char *run_root,
                           krx_oci_store *out);
/* Makes the folders (0700) when they are missing and refuses ones that others could change. */
int32_t krx_oci_store_ready(krx_call *call, const krx_oci_store *store);

/* The keeper's way: from the folder of a container, an absolute path. run_root is not known from
 * it; krx_oci_launch_read fills that in. */
int32_t krx_oci_store_of_folder(krx_call *call, krx_arena *arena, const char *folder,
                                krx_oci_store *out, const char **id);

/* NULL when out of memory. "containers/<id>/bundle": krx_oci_path(arena, store, "containers", id,
 * "bundle"); a NULL ends it earlier. */
char *krx_oci_path(krx_arena *arena, const krx_oci_store *store, const char *folder,
                   const char *item, const char *file);
/* The same below run_root. */
char *krx_oci_run_path(krx_arena *arena, const krx_oci_store *store, const char *folder,
                       const char *item, const char *file);

/* Letters, digits, '.', '_', '-', not beginning with '.' or '-', at most 160: fit for a path. */
bool krx_oci_id_valid(const char *id);

/* "checkpoint/core-1.img": a path below a folder of ours as somebody else names it, of printable
 * characters without blanks, at most `depth` folders deep; never absolute, no "." and "..". */
#define KRX_OCI_PLAIN_MAX 512
bool krx_oci_plain_path(const char *path, int depth);

/* A file of a volume beside its folder data/: the keeper has still to fill it from the image. */
#define KRX_OCI_VOLUME_NEW "new"

#endif
