/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled seccomp filters. libseccomp takes 10 ms for one, which is half of what crun needs for a
 * container. crun leaves it in its state folder as seccomp.bpf, and takes one that is given to it
 * with the annotation run.oci.seccomp_bpf_data (crun(1)) instead of the profile: so it is made once
 * for each profile, crun and kernel. A crun that has such a store itself is left to it.
 */
#ifndef KRX_OCI_FILTER_H
#define KRX_OCI_FILTER_H

#include "modules/oci/runtime/runtime.h"

#define KRX_OCI_FILTER_ANNOTATION "run.oci.seccomp_bpf_data"

/* What tells filters apart; NULL for a runtime that takes none, or when out of memory. */
char *krx_oci_filter_key(krx_arena *arena, const krx_oci_runtime *runtime, const char *profile);
/* In base64; NULL when it is not there yet. */
char *krx_oci_filter_find(krx_call *call, krx_arena *arena, const char *run_root, const char *key);

/* Of a container's folder: which filter is to be kept when the runtime has made it. */
int32_t krx_oci_filter_want(krx_call *call, const char *folder, const char *key);
/* Keeps it, if that is wanted; a failure is logged, the next container tries again. */
void krx_oci_filter_keep(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                         const char *id);

#endif
