/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/hosts, /etc/hostname and /etc/resolv.conf of a container. */
#ifndef KRX_OCI_NET_FILES_H
#define KRX_OCI_NET_FILES_H

#include "lib/base/str.h"
#include "modules/oci/store/container.h"
#include "modules/oci/store/launch.h"

typedef struct krx_oci_names {
    const char *hostname;
    const char *ip;                 /* its own address; NULL: 127.0.1.1 */
    const char *gateway;            /* what host-gateway stands for; NULL: that is refused */
    const char *const *extra_hosts; /* name:address */
    const char *host_hosts;         /* text of the machine's file instead of ours; NULL */
} krx_oci_names;
/* INVALID_ARGUMENT for an extra host that makes no sense. */
int32_t krx_oci_hosts_text(krx_call *call, const krx_oci_names *names, krx_str *out);

typedef struct krx_oci_resolvers {
    const char *text;       /* of the machine's resolv.conf */
    const char *real;       /* of systemd-resolved's own, NULL: not there */
    const char *const *dns; /* instead of all; may be NULL */
    const char *instead;    /* where the network answers names itself; may be NULL */
    bool loopback_works;    /* the machine's own network: everything stays */
} krx_oci_resolvers;
/* *dropped gets how many name servers nobody inside could reach. INVALID_ARGUMENT for a bad dns. */
int32_t krx_oci_resolv_text(krx_call *call, const krx_oci_resolvers *resolvers, krx_str *out,
                            size_t *dropped);

/* Writes all three. `instead` as above. */
int32_t krx_oci_files_write(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const krx_oci_launch *launch, const krx_oci_container *container,
                            const char *gateway, const char *instead);

#endif
