/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_OCI_COMPOSE_H
#define KRX_OCI_COMPOSE_H

#include "modules/oci/image/source.h"

/* An image of this machine's platform with the file as its only layer, under that full name. */
int32_t krx_oci_compose(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                        const char *file, const char *diff_id, const char *name,
                        krx_oci_blob **out);

#endif
