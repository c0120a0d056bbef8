/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_OCI_LAYERS_H
#define KRX_OCI_LAYERS_H

#include "modules/oci/image/source.h"

/* Name of a layer's folder. */
char *krx_oci_layer_name(krx_arena *arena, const char *diff_id);
/* Removes a folder that may belong to mapped ids. Gone already is no error. */
int32_t krx_oci_discard(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                        const char *path);

#endif
