/* SPDX-License-Identifier: Apache-2.0 */
/* What a deploy of lib/replicas is made of here. */
#ifndef KRX_DOCKER_CHANGE_H
#define KRX_DOCKER_CHANGE_H

#include "lib/replicas/deploy.h"
#include "modules/docker/backend/backend.h"
#include "modules/docker/mapping/limits.h"
#include "modules/docker/mapping/mapping.h"

/* The `own` of a deploy. */
typedef struct krx_dk_deploy {
    krx_dk_backend *backend;
    krx_dk_found found;
    char hash[KRX_DK_HASH_MAX];
    char generation[24];
} krx_dk_deploy;

static inline krx_dk_deploy *krx_dk_own(const krx_replica_deploy *d)
{
    return d->own;
}

/* Before anything is written. */
int32_t krx_dk_look_find(krx_replica_deploy *d);
int32_t krx_dk_look_image(krx_replica_deploy *d);
int32_t krx_dk_look_volume(krx_replica_deploy *d, const krx_volume *volume, bool *exists);
int32_t krx_dk_look_limits(krx_replica_deploy *d, const krx_replica *replica, int *limits);
int32_t krx_dk_look_names(krx_replica_deploy *d);

/*
 * Creates a container; *id lives in the arena. It is the one that another deploy of the same spec
 * made, when that was faster.
 */
int32_t krx_dk_create(krx_replica_deploy *d, const char *name, int64_t replica, bool record,
                      const char **id);

/* A container that vanished under our hands means that somebody else is at work. */
int32_t krx_dk_moved(krx_replica_deploy *d, int32_t code, const char *name);

extern const krx_replica_deeds krx_dk_deeds;

#endif
