/* SPDX-License-Identifier: Apache-2.0 */
/* networks/<id>.json below run_root: what the network gave a container, so that it can be taken
 * back. */
#ifndef KRX_OCI_NET_RECORD_H
#define KRX_OCI_NET_RECORD_H

#include "modules/oci/store/container.h"

typedef struct krx_oci_net {
    const char *mode; /* host, none, bridge, pasta, slirp4netns, ns:/path */
    const char *boot;
    bool complete;      /* false: begun, and not known how far it got */
    const char *bridge; /* NULL: none */
    const char *subnet;
    const char *host_interface; /* the container's wire on our side */
    const char *ip;
    const char *gateway;
    const char *dns;    /* where the network answers names itself */
    const char *result; /* JSON of the plugins, which they want to see again */
    const char *const *cni_path;
    const krx_oci_port *const *ports;
    krx_oci_process helper; /* pasta or slirp4netns */
    int64_t egress_bps;     /* limits in force; 0: none */
    int64_t ingress_bps;
} krx_oci_net;

/* NOT_FOUND when nothing was given, or by another boot of the machine. */
int32_t krx_oci_net_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                         const char *id, krx_oci_net *out);
int32_t krx_oci_net_write(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                          const char *id, const krx_oci_net *net);
int32_t krx_oci_net_forget(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const char *id);

#endif
