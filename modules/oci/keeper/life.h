/* SPDX-License-Identifier: Apache-2.0 */
/* A run of a container: how it begins, how it ends. All under the container's lock. */
#ifndef KRX_OCI_LIFE_H
#define KRX_OCI_LIFE_H

#include "modules/oci/keeper/conmon.h"
#include "modules/oci/keeper/job.h"

/* Of what the last run left: nothing is, and container.json says so (phase EXITED, CREATED stays).
 * Not written yet. `reason` is for the event of one whose end nobody noted. */
int32_t krx_oci_life_settle(krx_oci_job *job, const char *reason);

/* Network attached, processes settled: conmon, create, start, RUNNING, written, event. On failure
 * no process is left, and nothing is written. */
int32_t krx_oci_life_begin(krx_oci_job *job, const krx_oci_restore *restore);

/* What comes after a run, with the lock: another one that was asked for, its turns by the restart
 * policy, or the end for good. */
typedef struct krx_oci_turns {
    bool again;      /* false: the policy is not asked */
    bool uncounted;  /* the first turn is no restart: that of a start that was cut off */
    int told;        /* closed as soon as it is written that we wait; -1 */
    int64_t left_ns; /* of the first pause, KRX_UNSET: a new one */
} krx_oci_turns;
/* Settles; a start that was cut off and never ran is done over without being counted. */
int32_t krx_oci_life_settle_for(krx_oci_job *job, const char *reason, krx_oci_turns *turns);
int32_t krx_oci_life_go_on(krx_oci_job *job, krx_oci_turns *turns);
/* A run that somebody asked for, with the lock: settles, begins; on failure container.json has the
 * reason and all else is as before. `restore` may be all 0. */
int32_t krx_oci_life_start(krx_oci_job *job, const krx_oci_restore *restore);
/* Nobody has begun another run of it since `who`, or settled this one, or removed it. */
bool krx_oci_life_is_ours(const krx_oci_job *job, const krx_oci_process *who);

/* Network and whatever else a container holds that does not run. */
int32_t krx_oci_life_release(krx_oci_job *job, krx_call *call);

#endif
