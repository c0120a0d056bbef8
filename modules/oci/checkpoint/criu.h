/* SPDX-License-Identifier: Apache-2.0 */
/* How runtimes are asked to freeze and to go on, and what CRIU's logs say about a failure. */
#ifndef KRX_OCI_CRIU_H
#define KRX_OCI_CRIU_H

#include "lib/base/arena.h"
#include "modules/oci/runtime/runtime.h"

/* gVisor keeps its own processes; all others need CRIU. */
bool krx_oci_by_criu(const krx_oci_runtime *runtime);

typedef struct krx_oci_freeze_ask {
    uint32_t flags;     /* KRX_CHECKPOINT_*; LEAVE_RUNNING only when the runtime is to do it */
    const char *images; /* absolute folders */
    const char *work;
    const char *cuda; /* program inside the container that stops a GPU, or NULL */
} krx_oci_freeze_ask;

/* Options of `checkpoint`, NULL-terminated; NULL when out of memory. */
const char *const *krx_oci_freeze_options(krx_arena *arena, const krx_oci_runtime *runtime,
                                          const krx_oci_freeze_ask *freeze);
/* Options of `restore` besides those that conmon gives. */
const char *const *krx_oci_thaw_options(krx_arena *arena, const krx_oci_runtime *runtime,
                                        const krx_oci_freeze_ask *freeze);
/* What CRIU has to be told in the file that the annotation org.criu.config names, because this
 * version of the runtime has no option for it. "" when there is nothing. */
char *krx_oci_freeze_conf(krx_arena *arena, const krx_oci_runtime *runtime, uint32_t flags);
char *krx_oci_thaw_conf(krx_arena *arena, const krx_oci_runtime *runtime, uint32_t flags);

/* UNSUPPORTED for a flag that this runtime does not have in any way. */
int32_t krx_oci_freeze_allowed(krx_call *call, const krx_oci_runtime *runtime, uint32_t flags);

/* The errors of a dump.log or restore.log that say why, in CRIU's words without its decoration;
 * NULL when there is none. *hint (constant) gets what to try, or NULL. */
char *krx_oci_criu_reason(krx_arena *arena, const char *log, const char **hint);

#endif
