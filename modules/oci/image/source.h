/* SPDX-License-Identifier: Apache-2.0 */
/* What an image's name stands for, and the list of those that are here. */
#ifndef KRX_OCI_SOURCE_H
#define KRX_OCI_SOURCE_H

#include "lib/model/image.h"
#include "modules/oci/image/manifest.h"

typedef struct krx_oci_source {
    int from;              /* KRX_OCI_FROM_* */
    int kind;              /* KRX_IMAGE_* */
    const char *reference; /* full: what our index calls it */
    const char *registry;  /* of a reference: docker.io, localhost:5000 */
    const char *digest;    /* of a reference, or NULL */
    const char *path;      /* of files */
    const char *inside;    /* which image in there, or NULL */
} krx_oci_source;

/* Texts live in the arena. */
int32_t krx_oci_source_read(krx_call *call, krx_arena *arena, const char *text,
                            krx_oci_source *out);
/* What changes when the file does: its times, size and number. NOT_FOUND when it is not there. */
int32_t krx_oci_source_stamp(krx_call *call, krx_arena *arena, const krx_oci_source *source,
                             const char **out);
/* As people write it: without docker.io and library. */
const char *krx_oci_familiar(const char *reference);

/* -------------------------------------------------------------------------------------- our index
 */

/* images/ of a store. */
char *krx_oci_images_folder(krx_arena *arena, const krx_oci_images *images);
/* Those that are here, also the ones without a name. */
int32_t krx_oci_index_read(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           krx_oci_image_manifest *out);
/* NULL when there is none of that full reference. */
const krx_oci_blob *krx_oci_index_find(const krx_oci_image_manifest *index, const char *reference);
/* Changes the list under its lock. The list is of krx_oci_blob; fn takes out by setting NULL. */
typedef int32_t krx_oci_index_fn(krx_call *call, krx_arena *arena, void *ctx, krx_ptrs *list);
int32_t krx_oci_index_edit(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           krx_oci_index_fn *fn, void *ctx);
/* `blob` with its name becomes the one of that name; what had it keeps none. */
int32_t krx_oci_index_put(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                          const krx_oci_blob *blob);

#endif
