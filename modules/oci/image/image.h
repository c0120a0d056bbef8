/* SPDX-License-Identifier: Apache-2.0 */
/* Images without an engine: one OCI layout, layers unpacked once and shared. */
#ifndef KRX_OCI_IMAGE_H
#define KRX_OCI_IMAGE_H

#include <stdbool.h>

#include <kranix/ops.h>

#include "modules/oci/backend/backend.h"

/* Where an image can come from; told by how it is written. */
enum {
    KRX_OCI_FROM_REGISTRY = 1, /* busybox:1.36, ghcr.io/x/y@sha256:... */
    KRX_OCI_FROM_LAYOUT,       /* oci:/path[:tag] */
    KRX_OCI_FROM_ARCHIVE,      /* docker-archive:/path.tar, oci-archive:/path.tar */
    KRX_OCI_FROM_FOLDER        /* rootfs:/path */
};

/* An image that is here. Texts live in the arena. */
typedef struct krx_oci_image {
    int from;
    const char *reference; /* full: docker.io/library/busybox:1.36 */
    const char *manifest;  /* sha256:... of the manifest */
    const char *id;        /* sha256:... of the configuration; of a folder: NULL */
    const char *rootfs;    /* of a folder */
    const char *layout;    /* folder that its blobs are in; of a folder: NULL */
    const char *os, *architecture, *variant;
    int64_t size_bytes, created_ns;
    /* its configuration; lists are NULL-terminated or NULL */
    const char *const *env; /* KEY=VALUE */
    const char *const *entrypoint;
    const char *const *command;
    const char *working_dir;
    const char *user;
    const char *stop_signal;
    const char *const *volumes; /* paths */
    const char *const *ports;   /* 80/tcp */
    const krx_kv *const *labels;
    const char *const *layer_digests; /* of the blobs, the lowest first */
    const char *const *diff_ids;
} krx_oci_image;

typedef struct krx_oci_images {
    const krx_oci_store *store;
    const char *keeper;
    const char *skopeo;   /* program; NULL: "skopeo" */
    const char *authfile; /* NULL: the user's */
    bool rootless;
    int64_t unpacked_max; /* bytes of one layer, 0: the default of 16 GiB */
} krx_oci_images;

/* Here and of that platform (NULL: any that this machine runs)? NOT_FOUND when not. rootfs: and
 * forms that name files are looked at where they are. */
int32_t krx_oci_image_look(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           const char *reference, const char *platform, krx_oci_image *out);
/* Fetches it into the layout (with progress), whatever is here, and looks. */
int32_t krx_oci_image_fetch(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                            const char *reference, const char *platform, krx_oci_image *out);
/*
 * While the answered descriptor is open nothing is tidied up: whoever makes a container takes it
 * before it looks for the image and closes it when launch.json is written. Any number may hold it
 * at once. A negative error code on failure.
 */
int32_t krx_oci_images_hold(krx_call *call, const krx_oci_images *images);
/* Unpacks what is not yet unpacked; *layers gets the folders, the topmost first (NULL for a
 * folder). They stay while a container's launch.json names them. */
int32_t krx_oci_image_layers(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                             const krx_oci_image *image, const char *const **layers);

/* Of a backend. */
void krx_oci_images_of(const krx_oci_backend *backend, krx_oci_images *out);
extern const krx_image_ops krx_oci_image_ops;

#endif
