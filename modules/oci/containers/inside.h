/* SPDX-License-Identifier: Apache-2.0 */
/* Ending what a command that was given up has left inside. */
#ifndef KRX_OCI_INSIDE_H
#define KRX_OCI_INSIDE_H

#include "modules/oci/backend/backend.h"

/* `pid_file` is the runtime's: the process on this machine, or in the sandbox. */
void krx_oci_inside_end(krx_call *call, krx_arena *arena, const krx_oci_backend *backend,
                        const krx_oci_container *container, const krx_oci_runtime *runtime,
                        const char *pid_file);

#endif
