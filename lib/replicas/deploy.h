/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A deploy: what is looked at, in which order things are done, and what is taken back when one of
 * them fails. How each single thing is done is a deed of the backend.
 */
#ifndef KRX_REPLICAS_DEPLOY_H
#define KRX_REPLICAS_DEPLOY_H

#include <kranix/ops.h>

#include "lib/base/arena.h"
#include "lib/replicas/plan.h"

typedef struct krx_replica_deeds krx_replica_deeds;

typedef struct krx_replica_deploy {
    krx_call *call;
    krx_arena *arena; /* what the deeds answer lives here */
    const krx_deploy_req *req;
    const krx_workload *spec;
    const char *namespace_; /* never blank */
    const char *hash;       /* of all in the spec that only a new container can have */
    const krx_replica_deeds *deeds;
    void *own; /* the backend's. Deeds that are done side by side only read it */

    /* from the deeds */
    krx_replica_group *group; /* NULL: there is none */
    const char *image_id;     /* that the reference stands for now; NULL: not known yet */
    bool pull;

    /* kept here */
    krx_replica_step **steps;
    krx_ptrs new_volumes; /* const krx_volume, of the spec */
    krx_ptrs stopped;     /* const krx_replica: to be started again when it fails */
    krx_ptrs kept;        /* ids made by this call that stay even if it fails */
} krx_replica_deploy;

/* How a container does that was just started. */
typedef struct krx_replica_fate {
    int phase;          /* KRX_REPLICA_* */
    int64_t restarts;   /* KRX_UNSET: not known */
    int64_t exit_code;  /* KRX_UNSET while it runs */
    const char *health; /* NULL: nobody asks for it */
    const char *error;  /* the backend's words for why it does not run, or NULL */
    int64_t decided_ns; /* by then, after its start, its health is decided */
} krx_replica_fate;

/*
 * All of them answer 0 or what failed. `name` is the one to call the container by in texts.
 * KRX_E_ABORTED: somebody else works on the same workload.
 */
struct krx_replica_deeds {
    /* Before anything is written. */
    int32_t (*find)(krx_replica_deploy *d);  /* sets group */
    int32_t (*image)(krx_replica_deploy *d); /* sets image_id and pull */
    int32_t (*volume_look)(krx_replica_deploy *d, const krx_volume *volume, bool *exists);
    /* KRX_REPLICA_SAME, ... for a container that is made of the same otherwise */
    int32_t (*compare)(krx_replica_deploy *d, const krx_replica *replica, int *limits);
    int32_t (*check)(krx_replica_deploy *d); /* what stands in the way of the steps */

    /* Before the first container. */
    int32_t (*fetch)(krx_replica_deploy *d); /* sets image_id */
    int32_t (*prepare)(krx_replica_deploy *d);
    int32_t (*volume_make)(krx_replica_deploy *d, const krx_volume *volume);

    /* Doing what is already so is no error. */
    int32_t (*make)(krx_replica_deploy *d, const char *name, int64_t replica, const char **id);
    int32_t (*start)(krx_replica_deploy *d, const char *id, const char *name);
    int32_t (*stop)(krx_replica_deploy *d, const char *id, const char *name);
    int32_t (*unpause)(krx_replica_deploy *d, const char *id, const char *name);
    int32_t (*remove)(krx_replica_deploy *d, const char *id, const char *name); /* by force */
    int32_t (*update)(krx_replica_deploy *d, krx_replica_step *step); /* limits and policies */
    int32_t (*fate)(krx_replica_deploy *d, const char *id, const char *name, krx_replica_fate *out);
    /* NULL where the names of containers need not differ; then one is replaced by another of the
     * same name, else by "NAME.next", which takes the name over. */
    int32_t (*take_name)(krx_replica_deploy *d, const char *id, const char *from, const char *name);
    int32_t (*record)(krx_replica_deploy *d); /* the last one: keeps the spec */

    /* Taking back. */
    int32_t (*made)(krx_replica_deploy *d, krx_ptrs *ids); /* what bears this deploy's mark */
    void (*forget_volumes)(krx_replica_deploy *d);         /* those of them that do */

    const char *kept_hint; /* for a replacement that did not serve */
};

/* With the members up to `own` filled. Tells the changes, and makes it so unless that is a dry run;
 * when it fails, what was made is removed and what was stopped started again. */
int32_t krx_replicas_deploy(krx_replica_deploy *deploy);

#endif
