/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bridge's rules, for all containers on it: what they send goes out by the machine's address
 * and is let through, as are answers and what comes in by a published port, whatever the policy of
 * forwarding is (an engine on the same machine sets it to DROP). The plugins' own (ipMasq,
 * firewall) are made for each container, let no published port through, and are left behind when
 * the container's address is gone before them, as with runsc, which takes it over.
 */
#ifndef KRX_OCI_NET_RULES_H
#define KRX_OCI_NET_RULES_H

#include "modules/oci/store/paths.h"

/* Those that are missing. */
int32_t krx_oci_rules_begin(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *bridge, const char *subnet);
/* Not there is no error. */
int32_t krx_oci_rules_end(krx_call *call, krx_arena *arena, const char *bridge, const char *subnet);

#endif
