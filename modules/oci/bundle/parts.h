/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: a config.json that is being made, and its parts. */
#ifndef KRX_OCI_BUNDLE_PARTS_H
#define KRX_OCI_BUNDLE_PARTS_H

#include "lib/json/json.h"
#include "modules/oci/bundle/bundle.h"
#include "modules/oci/bundle/caps.h"
#include "modules/oci/bundle/cdi.h"

typedef struct krx_oci_config {
    krx_call *call;
    krx_arena *arena;
    const krx_oci_bundle *bundle;
    const krx_workload *spec;
    krx_json_maker maker;
    cJSON *config;
    cJSON *linux_;
    krx_oci_caps caps;
    krx_oci_user user;
    krx_oci_edits edits;  /* devices by CDI */
    const char *hostname; /* never NULL */
    bool sandbox;         /* runsc */
    bool rootless;
    bool grouped; /* control groups can be used */
    int cgroup_mode;
} krx_oci_config;

#define KRX_OCI_ANNOTATION_DIND "kranix.io/docker-in-docker"
#define KRX_OCI_ANNOTATION_PIDS "kranix.io/pids-limit"
#define KRX_OCI_ANNOTATION_ULIMIT "kranix.io/ulimit."
#define KRX_OCI_ANNOTATION_CDI "cdi.k8s.io/"

/* Value of an annotation of the spec, or NULL. */
const char *krx_oci_annotation(const krx_workload *spec, const char *key);

/* Each adds its members; 0 or an error in the call's slot. Out of memory sticks to maker and
 * arena. */
int32_t krx_oci_put_process(krx_oci_config *m);
int32_t krx_oci_put_mounts(krx_oci_config *m);
int32_t krx_oci_put_rlimits(krx_oci_config *m, cJSON *process);
void krx_oci_put_resources(krx_oci_config *m);
void krx_oci_put_devices(krx_oci_config *m);
/* The default profile, adapted to the capabilities of the container. */
void krx_oci_put_seccomp(krx_json_maker *maker, cJSON *linux_, const krx_oci_caps *caps,
                         const char *machine);
void krx_oci_put_caps(krx_json_maker *maker, cJSON *process, const krx_oci_caps *caps, bool root);

/* "limits" members of linux.resources; 0: none. `whole` also writes that there is none. */
void krx_oci_put_limits(krx_json_maker *maker, cJSON *resources, const krx_resources *limits,
                        bool whole);

/* Environment: sets KEY=VALUE, instead of an older one of that name. */
void krx_oci_env_set(krx_arena *arena, krx_ptrs *env, const char *pair);
/* Value of a variable, or NULL. */
const char *krx_oci_env_get(const krx_ptrs *env, const char *name);

#endif
