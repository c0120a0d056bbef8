/* SPDX-License-Identifier: Apache-2.0 */
/* User and mount namespaces. */
#ifndef KRX_OCI_USERNS_H
#define KRX_OCI_USERNS_H

#include <stdbool.h>

#include <kranix/call.h>

/*
 * This process, which must have one thread, becomes root of a new user namespace: our user is its
 * root, the ranges of /etc/subuid and /etc/subgid are its other users (by newuidmap and
 * newgidmap; without them it has root only, which is logged). It gets a mount namespace too, whose
 * mounts nobody else sees.
 */
int32_t krx_oci_userns_enter(krx_call *call);

/* Into the user and mount namespaces of a process. */
int32_t krx_oci_userns_join(krx_call *call, int64_t pid);

/* A mount namespace of our own, in which what is mounted outside still appears. */
int32_t krx_oci_mountns_enter(krx_call *call);

/* Hides /sys/fs/cgroup/unified in our mount namespace under something that goes with it: what lies
 * below the mount is the machine's, and crun would leave a folder there for each container. */
int32_t krx_oci_shed(krx_call *call);

/* The lines of a subuid file for a user, as arguments of newuidmap after the process: "0 OWN 1",
 * then "1 START COUNT", ... NULL when there is none; at most `room` ranges. */
typedef struct krx_oci_range {
    uint32_t inside, outside, count;
} krx_oci_range;
size_t krx_oci_subids(const char *text, const char *user, uint32_t id, krx_oci_range *out,
                      size_t room);

#endif
