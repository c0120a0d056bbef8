/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of a process' control groups, whichever way they are mounted. */
#ifndef KRX_OCI_CGROUP_H
#define KRX_OCI_CGROUP_H

#include <stdbool.h>

#include <kranix/results.h>

/* KRX_UNSET: not known. */
typedef struct krx_oci_figures {
    int64_t cpu_total_ns;
    int64_t cpu_quota_milli; /* KRX_UNSET: no limit */
    int64_t memory_bytes;    /* without page cache that could be dropped */
    int64_t memory_cache_bytes;
    int64_t memory_limit_bytes; /* KRX_UNSET: no limit */
    int64_t block_read_bytes;
    int64_t block_write_bytes;
    int64_t pids;
} krx_oci_figures;

/*
 * `cgroups` is the text of /proc/PID/cgroup, `shared` that of this process, whose groups are no
 * figures of it (NULL: none), `root` where the hierarchies are mounted (/sys/fs/cgroup). A
 * controller is read in its hierarchy of version 1, else in that of version 2. False when nothing
 * could be read.
 */
bool krx_oci_figures_read(const char *cgroups, const char *shared, const char *root,
                          krx_oci_figures *out);

/* The sums of all interfaces but lo of /proc/PID/net/dev. */
void krx_oci_network_read(const char *net_dev, int64_t *received, int64_t *sent);

#endif
