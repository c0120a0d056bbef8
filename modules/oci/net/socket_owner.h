/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_OCI_NET_SOCKET_OWNER_H
#define KRX_OCI_NET_SOCKET_OWNER_H

#include <stddef.h>
#include <stdint.h>

/* Writes "process 123 (nginx)" for who listens on a local port; leaves `out` when it can't tell. */
void krx_oci_socket_owner(const char *protocol, int64_t port, char *out, size_t size);

#endif
