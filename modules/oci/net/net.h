/* SPDX-License-Identifier: Apache-2.0 */
/* Network of a container. Used by the keeper, as root or inside the user namespace. */
#ifndef KRX_OCI_NET_H
#define KRX_OCI_NET_H

#include "modules/oci/store/container.h"
#include "modules/oci/store/launch.h"

/* Path of the namespace that config.json names, or NULL for host and none (a new empty one). */
char *krx_oci_netns_path(krx_arena *arena, const krx_oci_store *store, const char *id,
                         const char *network);

/* Before conmon: makes the namespace, attaches it, chooses free ports (under a lock), writes hosts,
 * hostname and resolv.conf into the container's folder, and what was given into networks/<id>.json
 * below run_root. Fills network (bridge without root is pasta or slirp4netns), ip, ports and pasta
 * of *container. On failure everything is taken back. Doing it again when it is attached is no
 * error. Without root it is called inside the user namespace and the container's own mount
 * namespace, where the network namespace is bound at the same path. */
int32_t krx_oci_net_attach(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const krx_oci_launch *launch, krx_oci_container *container);
/* Whatever of it is there; a failure is an error only when something is left. */
int32_t krx_oci_net_detach(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const krx_oci_launch *launch, krx_oci_container *container);

/* Limits on the container's wire, in bits per second; 0: none, KRX_UNSET: as it is. UNSUPPORTED
 * where there is no wire of ours (host, none, ns:). Without root it is called where attach was. */
int32_t krx_oci_net_bandwidth(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                              const krx_oci_container *container, int64_t egress_bps,
                              int64_t ingress_bps);

/*
 * For runsc, inside the container's private mount namespace and before conmon: hides what makes it
 * take the namespace at `netns` for the machine's own. Nothing is done where that is not needed.
 */
int32_t krx_oci_net_gvisor_view(krx_call *call, const char *netns);

#endif
