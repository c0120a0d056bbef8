/* SPDX-License-Identifier: Apache-2.0 */
/* A container as the engine lists or inspects it. */
#ifndef KRX_DOCKER_CONTAINER_H
#define KRX_DOCKER_CONTAINER_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include <kranix/results.h>

#include "lib/base/arena.h"

enum {
    KRX_DK_CREATED = 1,
    KRX_DK_RUNNING,
    KRX_DK_PAUSED,
    KRX_DK_RESTARTING,
    KRX_DK_REMOVING,
    KRX_DK_EXITED,
    KRX_DK_DEAD,
    KRX_DK_OTHER
};

/* Texts are borrowed from the JSON or live in the arena. */
typedef struct krx_dk_container {
    const char *id;
    const char *name; /* without slash */
    const char *image;
    const char *image_id;
    const char *status;   /* the engine's words */
    const char *health;   /* NULL, "starting", "healthy", "unhealthy" */
    const char *workload; /* NULL unless it is ours */
    const char *namespace_;
    const char *spec_json;
    const char *hash;
    const char *ip;
    int phase; /* KRX_DK_* */
    bool ours;
    bool record; /* carries the spec only */
    bool oom_killed;
    int64_t replica;
    int64_t generation;
    int64_t created_ns;
    int64_t started_ns;
    int64_t restarts;  /* KRX_UNSET from a list */
    int64_t exit_code; /* KRX_UNSET while it runs */
    const cJSON *labels;
    const cJSON *ports; /* of a list */
} krx_dk_container;

/* From an element of /containers/json. False when it is none, or out of memory. */
bool krx_dk_container_listed(krx_arena *arena, const cJSON *item, krx_dk_container *out);
/* From /containers/{id}/json. */
bool krx_dk_container_inspected(krx_arena *arena, const cJSON *object, krx_dk_container *out);

/* All of a list, NULL-terminated, in the list's order; NULL when out of memory. */
krx_dk_container **krx_dk_containers_listed(krx_arena *arena, const cJSON *list);

/* Labels as the user gave them: without those that only we need. NULL when out of memory. */
const krx_kv *const *krx_dk_labels_of(krx_arena *arena, const krx_dk_container *container);

/* Fills the result; `policy` is the restart policy, which says whether an end was meant. */
krx_instance *krx_dk_instance(krx_arena *arena, const krx_dk_container *container,
                              const char *policy);
/* State of one container, a text of KRX_STATE_TABLE. */
const char *krx_dk_container_state(const krx_dk_container *container, const char *policy);

#endif
