/* SPDX-License-Identifier: Apache-2.0 */
/* Images, as deploy needs them and as ops of their own. */
#ifndef KRX_DOCKER_IMAGE_H
#define KRX_DOCKER_IMAGE_H

#include "modules/docker/backend/backend.h"

typedef struct krx_dk_image {
    bool present;
    const char *id;           /* "sha256:..." in the arena */
    const char *architecture; /* may be "" */
} krx_dk_image;

/* 0 also when it is not there. */
int32_t krx_dk_image_look(krx_call *call, krx_dk_backend *backend, krx_arena *arena,
                          const char *reference, krx_dk_image *out);
/* Progress goes to call->progress. platform may be NULL. */
int32_t krx_dk_image_fetch(krx_call *call, krx_dk_backend *backend, const char *reference,
                           const char *platform);

/* A tar file: an archive of images is loaded, a root file system becomes the image that was named.
 */
int32_t krx_dk_image_import(krx_call *call, void *backend, const krx_image_req *req,
                            krx_sink *image);
/* Emits the image as it is now. */
int32_t krx_dk_image_emit(krx_call *call, krx_dk_backend *backend, const char *reference,
                          krx_sink *image);

extern const krx_image_ops krx_dk_image_ops;

#endif
