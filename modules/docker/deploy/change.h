/* SPDX-License-Identifier: Apache-2.0 */
/* A deploy under way: what its parts share and do for each other. */
#ifndef KRX_DOCKER_CHANGE_H
#define KRX_DOCKER_CHANGE_H

#include "modules/docker/backend/backend.h"
#include "modules/docker/mapping/limits.h"
#include "modules/docker/mapping/mapping.h"

typedef struct krx_dk_deploy {
    krx_call *call;
    krx_dk_backend *backend;
    const krx_deploy_req *req;
    const krx_workload *spec;
    const char *namespace_;
    krx_arena *arena;
    krx_dk_found found;
    krx_replica_step **steps;
    const char *create_path; /* of POST, without the name */
    char hash[KRX_DK_HASH_MAX];
    char generation[24];
    const char *image_id; /* NULL: not known yet */
    const char *pull_platform;
    bool pull;
    krx_ptrs new_volumes; /* const krx_volume */
    krx_ptrs stopped;     /* const krx_replica: to be started again when it fails */
    krx_ptrs kept;        /* ids made by this call that stay even if it fails */
    size_t changed;       /* containers done with */
} krx_dk_deploy;

/* Carries the steps out. Takes nothing back. KRX_E_ABORTED: somebody else works on the same. */
int32_t krx_dk_execute(krx_dk_deploy *deploy);

/*
 * Creates a container; *id lives in the arena. It is the one that another deploy of the same spec
 * made, when that was faster.
 */
int32_t krx_dk_create(krx_dk_deploy *deploy, const char *name, int64_t replica, bool record,
                      const char **id);

/* Starts what was created. KRX_E_ABORTED when somebody else has removed it meanwhile. */
int32_t krx_dk_start_made(krx_dk_deploy *deploy, const char *id, const char *name);

/* Replaces the containers of all REPLACE steps, one at a time or, for recreate, together. */
int32_t krx_dk_replace_all(krx_dk_deploy *deploy);
int32_t krx_dk_replace_one(krx_dk_deploy *deploy, krx_replica_step *step);
/* Gives the container its name. */
int32_t krx_dk_take_name(krx_dk_deploy *deploy, const char *id, const char *from, const char *name);

/* Removes what this call made and starts again what it stopped. Never fails loudly. */
void krx_dk_take_back(krx_dk_deploy *deploy);

/* A container that vanished under our hands means that somebody else is at work. */
int32_t krx_dk_moved(krx_dk_deploy *deploy, int32_t code, const char *name);

#endif
