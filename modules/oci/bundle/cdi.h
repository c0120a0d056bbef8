/* SPDX-License-Identifier: Apache-2.0 */
/* Devices by CDI: what their makers' descriptions add to a container. */
#ifndef KRX_OCI_CDI_H
#define KRX_OCI_CDI_H

#include <sys/types.h>

#include <kranix/call.h>

#include "lib/base/arena.h"

typedef struct krx_oci_edit_mount {
    const char *source, *target, *type;
    const char *const *options;
} krx_oci_edit_mount;

typedef struct krx_oci_edit_device {
    const char *path;
    const char *type; /* c, b, p */
    int64_t major, minor;
    int64_t mode; /* KRX_UNSET: as on the host */
    int64_t uid, gid;
    const char *access; /* rwm */
} krx_oci_edit_device;

typedef struct krx_oci_edit_hook {
    const char *name; /* createContainer, ... */
    const char *path;
    const char *const *args, *const *env;
    int64_t timeout; /* seconds; KRX_UNSET: none */
} krx_oci_edit_hook;

typedef struct krx_oci_edits {
    const char *const *env;
    const krx_oci_edit_mount *const *mounts;
    const krx_oci_edit_device *const *devices;
    const krx_oci_edit_hook *const *hooks;
    int64_t gids[16];
    size_t gid_count;
} krx_oci_edits;

/* Which devices: `count` of a kind ("nvidia.com/gpu"), or one by name. */
typedef struct krx_oci_cdi_want {
    const char *kind;
    const char *name; /* NULL: the first `count` */
    int64_t count;
} krx_oci_cdi_want;

/* Folders in which the descriptions lie, the last winning; NULL-terminated. */
extern const char *const krx_oci_cdi_folders[];

/* Adds up what is wanted: UNAVAILABLE when there is no such device, INVALID_ARGUMENT when a
 * description is broken. `wants` ends with one without kind. */
int32_t krx_oci_cdi_find(krx_call *call, krx_arena *arena, const char *const *folders,
                         const krx_oci_cdi_want *wants, krx_oci_edits *out);

#endif
