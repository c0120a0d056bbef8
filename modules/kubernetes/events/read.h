/* SPDX-License-Identifier: Apache-2.0 */
/* What Event objects and pods tell, as events of ours. Pure. */
#ifndef KRX_KUBERNETES_EVENT_READ_H
#define KRX_KUBERNETES_EVENT_READ_H

#include "modules/kubernetes/backend/backend.h"

/* When it happened last; KRX_UNSET when it does not say. */
int64_t krx_k8s_event_time(const cJSON *event);
/* "start", "kill", ... or the reason itself. */
const char *krx_k8s_event_type(const cJSON *event);
/*
 * Name of the workload that the object of an event would belong to, by how controllers name what
 * they make: "web" of Deployment web, ReplicaSet web-6d4b9c, Pod web-6d4b9c-x2x9k, Job
 * web-28123. NULL when it can be of none, or out of memory.
 */
const char *krx_k8s_event_workload(krx_arena *arena, const cJSON *event);
/* The pod it is about, else NULL. */
const char *krx_k8s_event_pod(const cJSON *event);

/* One end of a container. */
typedef struct krx_k8s_ending {
    const char *container;
    const char *key; /* tells this end from any other of the pod, in the arena */
    const char *message;
    int64_t time_ns;
    int64_t exit_code;
    bool oom;
} krx_k8s_ending;
/* The ends that a pod tells of: of each container the present and the last. NULL-terminated; NULL
 * when out of memory. */
const krx_k8s_ending *const *krx_k8s_endings(krx_arena *arena, const cJSON *pod);

/* A set of texts. Zero-initialise with an arena; what can't be kept is not. */
typedef struct krx_k8s_names {
    krx_arena *arena;
    struct krx_k8s_name_entry **buckets;
    size_t count;
} krx_k8s_names;
bool krx_k8s_names_has(const krx_k8s_names *names, const char *scope, const char *name);
/* True when it is new. */
bool krx_k8s_names_add(krx_k8s_names *names, const char *scope, const char *name);

#endif
