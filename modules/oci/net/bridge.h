/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge of the machine, by CNI plugins. */
#ifndef KRX_OCI_NET_BRIDGE_H
#define KRX_OCI_NET_BRIDGE_H

#include "modules/oci/net/record.h"
#include "modules/oci/store/launch.h"

#define KRX_OCI_SUBNET "10.89.0.0/16"

/* What the record must say before anything is done: bridge, subnet, folders of the plugins. */
int32_t krx_oci_bridge_plan(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const krx_oci_launch *launch, krx_oci_net *net);
/* net->ports are booked already. Writes the record as it goes; on failure all is taken back. */
int32_t krx_oci_bridge_attach(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                              const char *id, const char *netns, krx_oci_net *net);
/* Also the bridge itself, when nobody else is on it. */
int32_t krx_oci_bridge_detach(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                              const char *id, const char *netns, const krx_oci_net *net);

#endif
