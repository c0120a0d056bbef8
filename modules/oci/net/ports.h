/* SPDX-License-Identifier: Apache-2.0 */
/* Which ports of the machine are whose. */
#ifndef KRX_OCI_NET_PORTS_H
#define KRX_OCI_NET_PORTS_H

#include "modules/oci/store/container.h"

/*
 * Books `wanted` for a container, under the lock of all ports: a host_port of 0 becomes any free
 * one, that of `before` (may be NULL) if it still is. ALREADY_EXISTS names a port that is taken
 * and by whom. All or nothing. *booked is in the arena.
 */
int32_t krx_oci_ports_book(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const krx_oci_container *container, const krx_oci_port *const *wanted,
                           const krx_oci_port *const *before, const krx_oci_port *const **booked);
/* All of a container's. */
int32_t krx_oci_ports_release(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                              const char *id);

#endif
