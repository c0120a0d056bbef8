/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints as files that can be carried to another machine. */
#ifndef KRX_OCI_PORTABLE_H
#define KRX_OCI_PORTABLE_H

#include "modules/oci/checkpoint/saved.h"

/* Can such a file be written? Asked before anything is frozen. */
int32_t krx_oci_portable_check(krx_call *call, const char *file);
int32_t krx_oci_portable_export(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                                const char *folder, const char *file);
/* It is a checkpoint of this backend then; one that is here already is taken as it is. */
int32_t krx_oci_portable_import(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                                const char *file, krx_oci_manifest *out);

#endif
