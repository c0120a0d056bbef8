/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_OCI_NET_SUBNET_H
#define KRX_OCI_NET_SUBNET_H

#include <stdbool.h>

#include <kranix/call.h>

/*
 * INVALID_ARGUMENT for what is no IPv4 subnet; FAILED_PRECONDITION when an interface other than
 * `bridge` has an address that meets it.
 */
int32_t krx_oci_subnet_check(krx_call *call, const char *subnet, const char *bridge);
/* An IPv4 or IPv6 address, without a prefix length. */
bool krx_oci_is_address(const char *text);

#endif
