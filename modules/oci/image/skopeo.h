/* SPDX-License-Identifier: Apache-2.0 */
/* skopeo, which talks to registries and reads archives. */
#ifndef KRX_OCI_SKOPEO_H
#define KRX_OCI_SKOPEO_H

#include "modules/oci/image/source.h"

typedef struct krx_oci_copy {
    const krx_oci_images *images;
    const char *from, *to; /* docker://..., oci:..., docker-archive:... */
    const char *scratch;   /* folder for what it unpacks on the way */
    const char *what;      /* for texts: "pulling image busybox:1.36" */
    const char *shown;     /* the image, as people know it */
    const char *phase;     /* of the progress: pull, push, import */
    const char *registry;  /* that it talks to, or NULL */
    bool to_registry;
    const krx_oci_platform *platform; /* NULL: what is there */
} krx_oci_copy;

/* A layout that is pushed has our blobs. */
int32_t krx_oci_copy_run(krx_call *call, krx_arena *arena, const krx_oci_copy *copy);

/* What is left of an error text of skopeo, classified; without a registry it is the files' fault.
 * Exposed for tests. */
int32_t krx_oci_skopeo_fail(krx_call *call, const char *what, bool registry, const char *text,
                            int32_t status);
/* Standard output of a short command, to be freed with krx_str_free; a *status other than 0 is no
 * error here. */
int32_t krx_oci_skopeo_ask(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           const char *const *args, krx_str *answer, int32_t *status);
/* Plain HTTP is tried for registries on this machine. */
bool krx_oci_registry_local(const char *registry);

#endif
