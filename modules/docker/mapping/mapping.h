/* SPDX-License-Identifier: Apache-2.0 */
/* A spec as the Engine API wants it: the body of POST /containers/create and of update. */
#ifndef KRX_DOCKER_MAPPING_H
#define KRX_DOCKER_MAPPING_H

#include <kranix/workload.h>

#include "lib/base/arena.h"
#include "modules/docker/backend/jsonw.h"

/* What a container is besides its spec. */
typedef struct krx_dk_identity {
    int64_t replica; /* from 1; 0 for the record */
    const char *spec_json;
    const char *hash;
    const char *generation;
    bool record;
} krx_dk_identity;

#define KRX_DK_HASH_MAX 17

/* A hash over all that can only be changed by making the container anew. "" when out of memory. */
void krx_dk_spec_hash(const krx_workload *spec, char out[KRX_DK_HASH_MAX]);

/* Body of POST /containers/create; NULL when out of memory. */
char *krx_dk_create_body(krx_arena *arena, const krx_workload *spec, const krx_dk_identity *who);
/* Body of POST /containers/{id}/update: what can change while the container runs. */
char *krx_dk_update_body(krx_arena *arena, const krx_workload *spec);

/* The parts. Each writes members of the object that is open. */
void krx_dk_put_exposed_ports(krx_dk_json *json, const krx_workload *spec);
void krx_dk_put_port_bindings(krx_dk_json *json, const krx_workload *spec);
void krx_dk_put_healthcheck(krx_dk_json *json, const krx_probes *probes);
void krx_dk_put_restart_policy(krx_dk_json *json, const krx_workload *spec);
void krx_dk_put_limits(krx_dk_json *json, const krx_resources *resources);
void krx_dk_put_devices(krx_dk_json *json, const krx_resources *resources);
void krx_dk_put_mounts(krx_dk_json *json, const krx_workload *spec);
void krx_dk_put_labels(krx_dk_json *json, const krx_workload *spec, const krx_dk_identity *who);

/* The figures behind the limits, 0 for none. */
int64_t krx_dk_cpu_shares(const krx_resources *resources);
int64_t krx_dk_nano_cpus(const krx_resources *resources);
int64_t krx_dk_memory(const krx_resources *resources);
int64_t krx_dk_memory_reservation(const krx_resources *resources);

/* os/arch[/variant] for pull and create, NULL for the engine's own. `for_pull` also takes hints
 * from the image's name. */
const char *krx_dk_platform(krx_arena *arena, const krx_workload *spec, bool for_pull);

#endif
