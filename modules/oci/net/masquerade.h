/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One rule for all containers of a bridge, so that what they send goes out by the machine's
 * address. The bridge plugin's own ipMasq makes two rules and a chain for each container, and
 * leaves them when the container's address is gone before it (runsc takes it over).
 */
#ifndef KRX_OCI_NET_MASQUERADE_H
#define KRX_OCI_NET_MASQUERADE_H

#include "modules/oci/store/paths.h"

int32_t krx_oci_masquerade_begin(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                                 const char *bridge, const char *subnet);
/* Not there is no error. */
int32_t krx_oci_masquerade_end(krx_call *call, krx_arena *arena, const char *bridge,
                               const char *subnet);

#endif
