/* SPDX-License-Identifier: Apache-2.0 */
/* Results as JSON in the documented form (camelCase, RFC 3339), and deep copies of them. */
#ifndef KRX_MODEL_RESULTS_H
#define KRX_MODEL_RESULTS_H

#include <cjson/cJSON.h>

#include <kranix/results.h>

#include "lib/base/arena.h"

/* NULL when out of memory. The caller deletes it. */
cJSON *krx_status_to_json(const krx_status *status);
cJSON *krx_instance_to_json(const krx_instance *instance);
cJSON *krx_stats_to_json(const krx_stats *stats);
cJSON *krx_capability_to_json(const krx_capability *capability);
cJSON *krx_backend_info_to_json(const krx_backend_info *info);
cJSON *krx_change_to_json(const krx_change *change);
cJSON *krx_image_to_json(const krx_image *image);
cJSON *krx_event_to_json(const krx_event *event);
cJSON *krx_drain_result_to_json(const krx_drain_result *result);
cJSON *krx_checkpoint_to_json(const krx_checkpoint *checkpoint);
cJSON *krx_volume_result_to_json(const krx_volume_result *volume);
cJSON *krx_revision_to_json(const krx_revision *revision);
/* backend: its name, which these do not carry (or need not). */
cJSON *krx_node_health_to_json(const krx_node_health *node, const char *backend);
cJSON *krx_backend_health_to_json(const krx_backend_health *health, const char *backend);

/* Copies into the arena; NULL when out of memory. Members beyond the source's size are zero. */
krx_status *krx_status_copy(krx_arena *arena, const krx_status *status);
krx_instance *krx_instance_copy(krx_arena *arena, const krx_instance *instance);

/* Names of enumerations of the boundary, for people and JSON. */
const char *krx_change_name(uint32_t action);    /* unchanged create update replace remove pull */
const char *krx_capability_name(uint32_t level); /* native emulated unsupported */

#endif
