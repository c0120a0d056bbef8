/* SPDX-License-Identifier: Apache-2.0 */
/* conmon: the one process that stays with a container. */
#ifndef KRX_OCI_CONMON_H
#define KRX_OCI_CONMON_H

#include "modules/oci/keeper/job.h"

/* A checkpoint to go on from; images NULL: none. */
typedef struct krx_oci_restore {
    const char *images;
    const char *const *options; /* of the runtime's restore; NULL-terminated or NULL */
} krx_oci_restore;

/* A process that becomes conmon at our word, and nothing without it. */
typedef struct krx_oci_conmon {
    int go;      /* a byte lets it begin, closing it ends it */
    int answer;  /* its sync pipe */
    int errors;  /* its standard error until it is a daemon */
    int64_t pid; /* a child of ours */
} krx_oci_conmon;

/* Does its --help name --log-rotate and --log-max-files? Asked once for each binary; the answer is
 * kept in run_root/conmon.options. */
bool krx_oci_conmon_rotates(krx_oci_job *job);

/* NULL when out of memory. */
const char *const *krx_oci_conmon_argv(krx_oci_job *job, const krx_oci_restore *restore);
const char *const *krx_oci_conmon_env(krx_arena *arena, const krx_oci_launch *launch);

/* In a session of its own, with nothing of ours but the pipes. */
int32_t krx_oci_conmon_spawn(krx_oci_job *job, const krx_oci_restore *restore,
                             krx_oci_conmon *conmon);
/* Lets it make the container; *init is the pid that the runtime names. */
int32_t krx_oci_conmon_create(krx_oci_job *job, krx_oci_conmon *conmon, int64_t *init);
void krx_oci_conmon_close(krx_oci_conmon *conmon);

#endif
