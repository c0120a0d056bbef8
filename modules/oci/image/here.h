/* SPDX-License-Identifier: Apache-2.0 */
/* The images that are here, and who uses them. */
#ifndef KRX_OCI_HERE_H
#define KRX_OCI_HERE_H

#include "modules/oci/image/source.h"

/* One image under all its names. */
typedef struct krx_oci_local {
    const char *id;      /* of its configuration; of a damaged one: of its manifest */
    const char *user;    /* "container web-1" or "workload 'web'"; NULL: nobody */
    krx_oci_image image; /* nothing but 0 when it is damaged */
    krx_ptrs blobs;      /* const krx_oci_blob *: one for each name, or a single one without */
} krx_oci_local;

/* NULL-terminated, in the order in which they came. */
int32_t krx_oci_locals(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                       krx_oci_local ***out);
/* By name, or by id or at least four digits at its beginning. *name is the full one, NULL when it
 * was found by its id. NOT_FOUND. */
int32_t krx_oci_local_find(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           const char *text, krx_oci_local **out, const char **name);
/* Takes these entries (of krx_oci_blob) out of the index. */
int32_t krx_oci_index_drop(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           const krx_ptrs *blobs);
/* Removes blobs, layers and leftovers that nothing needs. While somebody holds the images nothing
 * is done; the next time then is soon enough. */
int32_t krx_oci_tidy(krx_call *call, krx_arena *arena, const krx_oci_images *images);

/* A new folder in images/; what a crash leaves of it is tidied up. NULL with the slot filled. */
char *krx_oci_scratch(krx_call *call, krx_arena *arena, const krx_oci_images *images);
void krx_oci_scratch_remove(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                            const char *path);
/* Our blobs appear in that layout; those that came into it become ours. The images are held. */
int32_t krx_oci_blobs_lend(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           const char *layout);
int32_t krx_oci_blobs_take(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           const char *layout);
/* Copies what `from` (of skopeo) names into our blobs by way of the scratch folder `into`, which is
 * made, and adds it to the index; name may be NULL. The images are held. */
typedef struct krx_oci_adoption {
    const char *from;
    const char *into;
    const char *name;
    const char *stamp;    /* of the file, or NULL */
    const char *registry; /* or NULL */
    const krx_oci_platform *platform;
    const char *phase;
} krx_oci_adoption;
int32_t krx_oci_adopt(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                      const krx_oci_adoption *adoption, krx_oci_blob **out);

int32_t krx_oci_push_op(krx_call *call, void *opened, const krx_image_req *req, krx_sink *none);
int32_t krx_oci_import_op(krx_call *call, void *opened, const krx_image_req *req, krx_sink *image);
int32_t krx_oci_emit_local(krx_call *call, krx_arena *arena, const krx_oci_local *local,
                           krx_sink *image);

#endif
