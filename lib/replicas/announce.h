/* SPDX-License-Identifier: Apache-2.0 */
/* Tells what a deploy will do. */
#ifndef KRX_REPLICAS_ANNOUNCE_H
#define KRX_REPLICAS_ANNOUNCE_H

#include "lib/replicas/plan.h"

typedef struct krx_replica_news {
    krx_call *call;
    krx_arena *arena;
    krx_sink *changes; /* NULL: nobody listens */
    const krx_workload *spec;
    const krx_replica_group *group; /* what is there; NULL: nothing */
    krx_replica_step *const *steps;
    const char *image_id; /* that the reference stands for now; NULL: not known */
    bool pull;
    const krx_ptrs *new_volumes; /* const krx_volume, of the spec */
} krx_replica_news;

/* A CHANGE for the image to be fetched, each volume to be made and each step, with the first field
 * of the spec that is its cause. Writes nothing. */
int32_t krx_replica_announce(const krx_replica_news *news);

#endif
