/* SPDX-License-Identifier: Apache-2.0 */
/* Folders of images as OCI lays them out: ours with all, others with few. */
#ifndef KRX_OCI_LAYOUT_H
#define KRX_OCI_LAYOUT_H

#include "modules/oci/image/manifest.h"

/* Documents of one layout, checked against their digests. `what` is for texts. */
int32_t krx_oci_layout_document(krx_call *call, krx_arena *arena, const char *layout,
                                const krx_oci_blob *blob, const char *what, const char **text,
                                size_t *length);
/* index.json; an empty one where there is no file and `missing` allows it. */
int32_t krx_oci_layout_index(krx_call *call, krx_arena *arena, const char *layout, bool missing,
                             krx_oci_image_manifest *out);
/* The image that `top` leads to, through indexes, for this platform. Fills all but `from` and
 * `reference`. NOT_FOUND when there is none for it. */
int32_t krx_oci_layout_image(krx_call *call, krx_arena *arena, const char *layout,
                             const krx_oci_blob *top, const krx_oci_platform *platform,
                             const char *what, krx_oci_image *out);
/* Path of a blob, NULL when out of memory. */
char *krx_oci_layout_blob(krx_arena *arena, const char *layout, const char *digest);

/* A function for each document and layer that `top` leads to, also of other platforms. What is
 * missing is passed over. */
typedef int32_t krx_oci_blob_fn(void *ctx, const char *digest);
int32_t krx_oci_layout_walk(krx_call *call, krx_arena *arena, const char *layout,
                            const krx_oci_blob *top, krx_oci_blob_fn *fn, void *ctx);

#endif
