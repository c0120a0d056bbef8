/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a deploy do for each other. */
#ifndef KRX_REPLICAS_INTERNAL_H
#define KRX_REPLICAS_INTERNAL_H

#include "lib/replicas/deploy.h"

/* A CHANGE for the image to be fetched, each volume to be made and each step, with the first field
 * of the spec that is its cause. Writes nothing. */
int32_t krx_replicas_announce(const krx_replica_deploy *deploy);
/* Carries the steps out. Takes nothing back. */
int32_t krx_replicas_execute(krx_replica_deploy *deploy);
/* Removes what was made and starts again what was stopped. Never fails loudly. */
void krx_replicas_take_back(krx_replica_deploy *deploy);

/* False: what is made is not started. */
static inline bool krx_replicas_start(const krx_replica_deploy *deploy)
{
    return !(deploy->req->flags & KRX_DEPLOY_NO_START);
}
/* One that a deploy which was cut off has left under another name gets its own. */
int32_t krx_replica_restore_name(krx_replica_deploy *deploy, const krx_replica_step *step);

/* Replaces the containers of all REPLACE steps together. */
int32_t krx_replicas_replace(krx_replica_deploy *deploy);
int32_t krx_replica_replace(krx_replica_deploy *deploy, krx_replica_step *step);

#endif
