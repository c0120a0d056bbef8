/* SPDX-License-Identifier: Apache-2.0 */
/* What deploy has to do, decided before anything is done. */
#ifndef KRX_DOCKER_PLAN_H
#define KRX_DOCKER_PLAN_H

#include <kranix/results.h>
#include <kranix/workload.h>

#include "modules/docker/backend/state.h"

/* Can limits and restart policy be changed in place? */
enum { KRX_DK_SAME = 0, KRX_DK_IN_PLACE, KRX_DK_ANEW };

/* From HostConfig of an inspected container. */
int krx_dk_compare_limits(const krx_workload *spec, const cJSON *host_config);

/* One container to deal with. */
typedef struct krx_dk_step {
    uint32_t action; /* KRX_CHANGE_* */
    int64_t replica;
    const char *name;            /* that it shall have */
    const krx_dk_container *old; /* that is there, or NULL */
    bool surplus;                /* REMOVE: a leftover, not scaled down */
    const char *new_id;          /* made by this deploy, or NULL */
} krx_dk_step;

/*
 * Steps for each wanted replica in order, then removals with the highest number first;
 * NULL-terminated, NULL when out of memory. `limits[i]` is what krx_dk_compare_limits() said of
 * containers[i]; `image_id` is the image that the reference stands for now, NULL when not known.
 */
krx_dk_step **krx_dk_plan(krx_arena *arena, const krx_workload *spec, const char *hash,
                          const char *image_id, const krx_dk_workload *workload, const int *limits);

/* True when one of the steps makes a container, which then carries the spec. */
bool krx_dk_plan_creates(krx_dk_step *const *steps);

#endif
