/* SPDX-License-Identifier: Apache-2.0 */
/* From containers to workloads and their states. */
#ifndef KRX_DOCKER_STATE_H
#define KRX_DOCKER_STATE_H

#include "modules/docker/backend/container.h"

typedef struct krx_dk_workload {
    const char *name;
    const char *namespace_;
    krx_dk_container **containers; /* NULL-terminated, by replica, without the record */
    size_t count;
    const krx_dk_container *current; /* the one that carries the spec in force, never NULL */
    const krx_dk_container *record;
} krx_dk_workload;

/* Groups what is ours by workload, NULL-terminated; NULL when out of memory. */
krx_dk_workload **krx_dk_group(krx_arena *arena, krx_dk_container *const *containers);

/* The members of the spec that a state depends on. */
typedef struct krx_dk_intent {
    int64_t replicas;
    const char *image;  /* NULL when not known */
    const char *policy; /* restart policy, never NULL */
    cJSON *json;        /* owns the texts; may be NULL */
} krx_dk_intent;

void krx_dk_intent_read(const char *spec_json, krx_dk_intent *out);
void krx_dk_intent_free(krx_dk_intent *intent);
#define krx_auto_dk_intent KRX_CLEANUP(krx_dk_intent_free)

/* State of the workload; *ready gets how many replicas serve, *why the container that is to blame
 * for anything but Running, or NULL. */
const char *krx_dk_workload_state(const krx_dk_workload *workload, const krx_dk_intent *intent,
                                  int64_t *ready, const krx_dk_container **why);

/* The result to emit; NULL when out of memory. Its texts live as long as the containers and the
 * intent. */
krx_status *krx_dk_status(krx_arena *arena, const krx_dk_workload *workload,
                          const krx_dk_intent *intent, bool with_instances);
/* The same for a container that is not ours. */
krx_status *krx_dk_foreign_status(krx_arena *arena, const krx_dk_container *container,
                                  bool with_instances);

#endif
