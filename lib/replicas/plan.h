/* SPDX-License-Identifier: Apache-2.0 */
/* What deploy has to do, decided before anything is done. */
#ifndef KRX_REPLICAS_PLAN_H
#define KRX_REPLICAS_PLAN_H

#include <kranix/call.h>
#include <kranix/workload.h>

#include "lib/replicas/replica.h"

/* Can limits and restart policy be changed in place? */
enum { KRX_REPLICA_SAME = 0, KRX_REPLICA_IN_PLACE, KRX_REPLICA_ANEW };

/* One container to deal with. */
typedef struct krx_replica_step {
    uint32_t action; /* KRX_CHANGE_* */
    int64_t replica;
    const char *name;       /* that it shall have */
    const krx_replica *old; /* that is there, or NULL */
    bool surplus;           /* REMOVE: a leftover, not scaled down */
    const char *new_id;     /* made by this deploy, or NULL */
} krx_replica_step;

/*
 * Steps for each wanted replica in order, then removals with the highest number first;
 * NULL-terminated, NULL when out of memory. `limits[i]` is KRX_REPLICA_SAME, ... of
 * group->containers[i]; `image_id` is the image that the reference stands for now, NULL when not
 * known. `group` may be NULL.
 */
krx_replica_step **krx_replica_plan(krx_arena *arena, const krx_workload *spec, const char *hash,
                                    const char *image_id, const krx_replica_group *group,
                                    const int *limits);

/* INVALID_ARGUMENT when several replicas ask for one and the same port of the host, UNSUPPORTED for
 * a schedule. `backend` is its name in a sentence. */
int32_t krx_replica_check_spec(krx_call *call, const krx_workload *spec, const char *backend);
/* All old ones are stopped before the first new one starts. */
bool krx_replica_recreates(const krx_workload *spec);
/* Each old one is stopped before its new one starts: both at once would fight for a port of the
 * host or write to the same volume. */
bool krx_replica_old_first(const krx_workload *spec);

/* Does a volume go with the workload? So the spec in force says (may be NULL), or, when that does
 * not name it, what is kept with the volume. */
bool krx_replica_volume_goes(const cJSON *spec, const char *volume, bool kept);

/* "unless-stopped" when none is given. */
const char *krx_replica_restart_policy(const krx_workload *spec);
/* 0: no limit. */
int64_t krx_replica_restart_retries(const krx_workload *spec);

/* True when one of the steps makes a container, which then carries the spec. */
bool krx_replica_plan_creates(krx_replica_step *const *steps);

#endif
