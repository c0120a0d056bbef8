/* SPDX-License-Identifier: Apache-2.0 */
/* The control groups of a container: where its init is, not where they should be. */
#ifndef KRX_OCI_CGROUP_H
#define KRX_OCI_CGROUP_H

#include "modules/oci/keeper/job.h"

/* Before a container is put into its groups: makes that quick, beside what the caller does. */
void krx_oci_cgroup_warm(void);
/* Keeps /proc/PID/cgroup of its init as the file `cgroup` of the container. */
void krx_oci_cgroup_keep(krx_oci_job *job, int64_t pid);
/* Has the kernel killed something in them for want of memory? */
bool krx_oci_cgroup_oom(krx_oci_job *job);
/* Calls it for each group of the container in each hierarchy; true when any of these was. */
typedef bool krx_oci_cgroup_fn(krx_oci_job *job, const char *folder);
bool krx_oci_cgroup_each(krx_oci_job *job, krx_oci_cgroup_fn *visit);
/* While it is open nobody removes the group `kranix` that containers are below; -1: no such hold.
 */
int krx_oci_cgroup_hold(krx_oci_job *job);
/* Removes what the runtime left, with whoever is still in it, and the file. Groups that are not
 * this container's are let be, but for an empty one named kranix above it. */
void krx_oci_cgroup_clean(krx_oci_job *job);

/* Are both versions here? */
bool krx_oci_cgroup_is_hybrid(void);
/* Where what a line of /proc/PID/cgroup tells of is mounted: on hybrid machines the second version
 * lies one folder deeper. */
const char *krx_oci_cgroup_root(const char *line, bool hybrid);
/* The folder of such a line down to the component `id` (NULL: all of it); NULL when it has none or
 * is no line. */
char *krx_oci_cgroup_folder(krx_arena *arena, const char *root, const char *line, const char *id);
/* The value of a key of memory.events or memory.oom_control; -1 when it is not there. */
int64_t krx_oci_cgroup_value(const char *text, const char *key);

#endif
