/* SPDX-License-Identifier: Apache-2.0 */
/* Network namespaces that are kept by a bind mount. */
#ifndef KRX_OCI_NET_NETNS_H
#define KRX_OCI_NET_NETNS_H

#include <kranix/call.h>

/* Makes one with lo up, bound at `path`; one that is there already stays. */
int32_t krx_oci_netns_make(krx_call *call, const char *path);
/* For good, whoever else sees the mount; nothing there is no error. */
int32_t krx_oci_netns_remove(krx_call *call, const char *path);
/* 0 when `path` is a network namespace. */
int32_t krx_oci_netns_check(krx_call *call, const char *path);

/*
 * Runs `work` in a child that has entered the namespace at `path` (NULL: in a new one); it shares
 * our mounts. What it writes to the descriptor becomes *answer, which is cut at size - 1. It
 * answers 0 or an errno, which becomes the error "WHAT: ...". Short system calls only.
 */
typedef int krx_oci_netns_fn(void *ctx, int fd);
int32_t krx_oci_netns_run(krx_call *call, const char *path, const char *what,
                          krx_oci_netns_fn *work, void *ctx, char *answer, size_t size);

/* The first address inside that others can reach, "" when there is none; `path` NULL: here. `size`
 * is at least 46. */
int32_t krx_oci_netns_address(krx_call *call, const char *path, char *address, size_t size);

#endif
