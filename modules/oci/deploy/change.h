/* SPDX-License-Identifier: Apache-2.0 */
/* A deploy under way: what its parts share and do for each other. */
#ifndef KRX_OCI_CHANGE_H
#define KRX_OCI_CHANGE_H

#include "lib/base/sha256.h"
#include "lib/replicas/plan.h"
#include "modules/oci/backend/backend.h"
#include "modules/oci/image/image.h"

#define KRX_OCI_HASH_MAX 17

/* All that one container is made of, but for its number. */
typedef struct krx_oci_making {
    krx_oci_backend *backend;
    const krx_workload *spec;
    const char *spec_json;
    const char *namespace_;
    const char *base; /* "shop.web" */
    const char *network;
    int64_t generation;
    krx_oci_runtime runtime;
    krx_oci_image image;
    const char *const *layers;
    const char *conmon;
    char hash[KRX_OCI_HASH_MAX];
} krx_oci_making;

typedef struct krx_oci_deploy {
    krx_call *call;
    krx_arena *arena;
    const krx_deploy_req *req;
    krx_oci_making making;
    krx_oci_images images;
    bool image_here;
    bool pull;
    krx_replica_group *group; /* NULL: there is none */
    krx_replica_step **steps;
    krx_ptrs new_volumes; /* const krx_volume */
    krx_ptrs stopped;     /* const krx_replica: to be started again when it fails */
    krx_ptrs kept;        /* ids made by this call that stay even if it fails */
} krx_oci_deploy;

/* Fills all but image and layers: what the spec and the backend say. */
int32_t krx_oci_making_init(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                            const krx_workload *spec, const char *spec_json, int64_t generation,
                            krx_oci_making *out);
const char *krx_oci_platform(krx_arena *arena, const krx_workload *spec);

/* Makes one container complete on disk; *id lives in the arena. On failure nothing is left. */
int32_t krx_oci_make(krx_call *call, krx_arena *arena, const krx_oci_making *making,
                     int64_t replica, const char **id);
/* Writes config.json of a container from the spec, with the launch that it has. */
int32_t krx_oci_write_bundle(krx_call *call, krx_arena *arena, const krx_oci_making *making,
                             const krx_oci_container *container, const krx_oci_launch *launch);
/* What a deploy may change of a container that stays. */
void krx_oci_fill_policy(const krx_oci_making *making, krx_oci_container *container);
/* What the keeper needs to start it. NULL members: out of memory. */
int32_t krx_oci_fill_launch(krx_call *call, krx_arena *arena, const krx_oci_making *making,
                            const krx_oci_container *container, krx_oci_launch *out);

/* Of all in a spec that only a new container can have; "" when out of memory. */
void krx_oci_spec_hash(const krx_workload *spec, char out[KRX_OCI_HASH_MAX]);
/* Figures that a running group may have to be told. As one that loses its last figure is made
 * anew, a container that stays has none of its own when the spec gives none. */
bool krx_oci_limits_given(const krx_workload *spec);
/* networkBandwidth in bits per second, KRX_UNSET: no limit. */
void krx_oci_rates(const krx_workload *spec, int64_t *egress, int64_t *ingress);
/* KRX_REPLICA_SAME, ... for limits and policies, from the spec that a container was made of. */
int krx_oci_compare(const krx_workload *was, const krx_workload *spec);

/* Finds image, volumes, containers and ports, and plans. Writes nothing. */
int32_t krx_oci_look(krx_oci_deploy *deploy);
/* The steps for an image; NULL: not known yet. */
int32_t krx_oci_plan(krx_oci_deploy *deploy, const char *image_id);
/* Carries the steps out. Takes nothing back. */
int32_t krx_oci_execute(krx_oci_deploy *deploy);
int32_t krx_oci_update_step(krx_oci_deploy *deploy, krx_replica_step *step);
int32_t krx_oci_replace_all(krx_oci_deploy *deploy);
int32_t krx_oci_replace_one(krx_oci_deploy *deploy, krx_replica_step *step);
/* Removes what this call made and starts again what it stopped. Never fails loudly. */
void krx_oci_take_back(krx_oci_deploy *deploy);

/* Does it run, or will it again by itself? */
bool krx_oci_replica_up(const krx_replica *replica);

#endif
