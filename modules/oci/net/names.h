/* SPDX-License-Identifier: Apache-2.0 */
/* What the things of a container are called on the machine. */
#ifndef KRX_OCI_NET_NAMES_H
#define KRX_OCI_NET_NAMES_H

#include "modules/oci/store/paths.h"

#define KRX_OCI_IFNAME_MAX 16

/* "kranix0", or one of its own for another run_root: two of them share no addresses. */
void krx_oci_bridge_name(const krx_oci_store *store, char out[KRX_OCI_IFNAME_MAX]);
/* Of the IFB device that slows down what a container sends. */
void krx_oci_ifb_name(const krx_oci_store *store, const char *id, char out[KRX_OCI_IFNAME_MAX]);
/* Short, for the paths of sockets. */
void krx_oci_short_name(const char *id, char out[KRX_OCI_IFNAME_MAX]);
/* Fit for an interface: short, without blanks and slashes. */
bool krx_oci_ifname_valid(const char *name);

#endif
