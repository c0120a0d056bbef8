/* SPDX-License-Identifier: Apache-2.0 */
/* What a deploy of lib/replicas is made of here. */
#ifndef KRX_OCI_CHANGE_H
#define KRX_OCI_CHANGE_H

#include "lib/base/sha256.h"
#include "lib/replicas/deploy.h"
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

/* The `own` of a deploy. */
typedef struct krx_oci_deploy {
    krx_oci_making making;
    krx_oci_images images;
} krx_oci_deploy;

static inline krx_oci_making *krx_oci_own(const krx_replica_deploy *d)
{
    return &((krx_oci_deploy *)d->own)->making;
}

static inline krx_oci_images *krx_oci_own_images(const krx_replica_deploy *d)
{
    return &((krx_oci_deploy *)d->own)->images;
}

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

/* Before anything is written. */
int32_t krx_oci_look_find(krx_replica_deploy *d);
int32_t krx_oci_look_image(krx_replica_deploy *d);
int32_t krx_oci_look_volume(krx_replica_deploy *d, const krx_volume *volume, bool *exists);
int32_t krx_oci_look_limits(krx_replica_deploy *d, const krx_replica *replica, int *limits);
int32_t krx_oci_look_ports(krx_replica_deploy *d);

int32_t krx_oci_update_step(krx_replica_deploy *d, krx_replica_step *step);
/* Keeps the spec, with those before it. */
int32_t krx_oci_keep_record(krx_replica_deploy *d);

extern const krx_replica_deeds krx_oci_deeds;

#endif
