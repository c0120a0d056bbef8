/* SPDX-License-Identifier: Apache-2.0 */
/* A container as the engine lists or inspects it. */
#ifndef KRX_DOCKER_CONTAINER_H
#define KRX_DOCKER_CONTAINER_H

#include "lib/replicas/replica.h"

/* From an element of /containers/json; its texts are borrowed from it. False when it is none, or
 * out of memory. */
bool krx_dk_container_listed(krx_arena *arena, const cJSON *item, krx_replica *out);
/* From /containers/{id}/json: without ports. */
bool krx_dk_container_inspected(krx_arena *arena, const cJSON *object, krx_replica *out);

/* All of a list, NULL-terminated, in the list's order; NULL when out of memory. */
krx_replica **krx_dk_containers_listed(krx_arena *arena, const cJSON *list);

#endif
