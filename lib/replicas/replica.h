/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container that is one of the replicas of a workload, on any backend that has containers by
 * name: from what such a backend knows of each to the states of workloads.
 */
#ifndef KRX_REPLICAS_REPLICA_H
#define KRX_REPLICAS_REPLICA_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include <kranix/results.h>

#include "lib/base/arena.h"

enum {
    KRX_REPLICA_CREATED = 1,
    KRX_REPLICA_RUNNING,
    KRX_REPLICA_PAUSED,
    KRX_REPLICA_RESTARTING,
    KRX_REPLICA_REMOVING,
    KRX_REPLICA_EXITED,
    KRX_REPLICA_DEAD,
    KRX_REPLICA_OTHER
};

/* Texts are borrowed from the backend's answer or live in an arena. */
typedef struct krx_replica {
    const char *id;
    const char *name; /* without slash */
    const char *image;
    const char *image_id;
    const char *status;   /* the backend's words */
    const char *health;   /* NULL, "starting", "healthy", "unhealthy" */
    const char *workload; /* NULL unless it is ours */
    const char *namespace_;
    const char *spec_json;
    const char *hash;
    const char *ip;
    int phase; /* KRX_REPLICA_* */
    bool ours;
    bool record; /* carries the spec only */
    bool oom_killed;
    int64_t replica;
    int64_t generation;
    int64_t created_ns;
    int64_t started_ns;
    int64_t restarts;            /* KRX_UNSET: not known */
    int64_t exit_code;           /* KRX_UNSET while it runs */
    const krx_kv *const *labels; /* as the user gave them, never NULL */
    const char *const *ports;    /* "127.0.0.1:8080->80/tcp"; NULL: none known */
} krx_replica;

/* Fills the result; `policy` is the restart policy, which says whether an end was meant. NULL when
 * out of memory. */
krx_instance *krx_replica_instance(krx_arena *arena, const krx_replica *replica,
                                   const char *policy);
/* State of one, a text of KRX_STATE_TABLE. */
const char *krx_replica_state(const krx_replica *replica, const char *policy);
/* Does it run, or will it again by itself? */
bool krx_replica_up(const krx_replica *replica);

/* ---------------------------------------------------------------------------------- workloads */

typedef struct krx_replica_group {
    const char *name;
    const char *namespace_;
    krx_replica **containers; /* NULL-terminated, by replica, without the record */
    size_t count;
    const krx_replica *current; /* the one that carries the spec in force, never NULL */
    const krx_replica *record;
} krx_replica_group;

/* Groups what is ours by workload, NULL-terminated; NULL when out of memory. */
krx_replica_group **krx_replicas_group(krx_arena *arena, krx_replica *const *replicas);

/* The members of the spec that a state depends on. */
typedef struct krx_replica_intent {
    int64_t replicas;
    const char *image;  /* NULL when not known */
    const char *policy; /* restart policy, never NULL */
    cJSON *json;        /* owns the texts; may be NULL */
} krx_replica_intent;

void krx_replica_intent_read(const char *spec_json, krx_replica_intent *out);
void krx_replica_intent_free(krx_replica_intent *intent);
#define krx_auto_replica_intent KRX_CLEANUP(krx_replica_intent_free)

/* State of the workload; *ready gets how many replicas serve, *why the container that is to blame
 * for anything but Running, or NULL. */
const char *krx_replica_group_state(const krx_replica_group *group,
                                    const krx_replica_intent *intent, int64_t *ready,
                                    const krx_replica **why);

/* The result to emit; NULL when out of memory. Its texts live as long as the replicas and the
 * intent. */
krx_status *krx_replica_group_status(krx_arena *arena, const krx_replica_group *group,
                                     const krx_replica_intent *intent, bool with_instances);
/* The same for a container that is not ours. */
krx_status *krx_replica_foreign_status(krx_arena *arena, const krx_replica *replica,
                                       bool with_instances);

#endif
