/* SPDX-License-Identifier: Apache-2.0 */
/* What deploy has to do, decided before anything is done. */
#ifndef KRX_REPLICAS_PLAN_H
#define KRX_REPLICAS_PLAN_H

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

/* True when one of the steps makes a container, which then carries the spec. */
bool krx_replica_plan_creates(krx_replica_step *const *steps);

#endif
