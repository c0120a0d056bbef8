/* SPDX-License-Identifier: Apache-2.0 */
/* Token buckets on interfaces of the namespace that we are in. */
#ifndef KRX_OCI_NET_SHAPER_H
#define KRX_OCI_NET_SHAPER_H

#include <kranix/call.h>

/* What leaves the interface, in bits per second; 0: no limit. */
int32_t krx_oci_shape_out(krx_call *call, const char *interface, int64_t bps);
/* What comes in by it, through the IFB device `ifb`, which is made and removed. */
int32_t krx_oci_shape_in(krx_call *call, const char *interface, const char *ifb, int64_t bps);
/* One that is not there is no error. */
int32_t krx_oci_link_remove(krx_call *call, const char *interface);

/* Bytes that may go at once (never less than a packet), and bytes that may wait, at so many bytes
 * per second. */
int krx_oci_shape_burst(int64_t rate, int mtu);
int krx_oci_shape_limit(int64_t rate, int mtu);

#endif
