/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_OCI_NET_PROGRAMS_H
#define KRX_OCI_NET_PROGRAMS_H

#include "lib/base/arena.h"

/* Its path, in PATH or where programs of the administrator are; NULL when it is nowhere. */
const char *krx_oci_program_find(krx_arena *arena, const char *name);

#endif
