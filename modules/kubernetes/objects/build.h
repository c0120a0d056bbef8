/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the builders of objects. Each topic adds its part to the JSON that it is given. What
 * Kubernetes could not take is refused; the first refusal counts, building goes on and comes to
 * nothing.
 */
#ifndef KRX_KUBERNETES_BUILD_H
#define KRX_KUBERNETES_BUILD_H

#include "modules/kubernetes/objects/made.h"

typedef struct krx_k8s_build {
    krx_call *call;
    krx_arena *arena;
    const krx_k8s_scope *scope;
    const krx_workload *spec;
    const char *spec_json;
    bool cron;
    krx_json_maker maker;
    int32_t code; /* of the first refusal */
    krx_k8s_objects *out;
} krx_k8s_build;

/* `field` is the path in the spec; the text goes on after it: "must be ...". */
KRX_PRINTF(3, 4)
void krx_k8s_refuse(krx_k8s_build *b, const char *field, const char *format, ...);
/* As above with another code than INVALID_ARGUMENT. */
KRX_PRINTF(4, 5)
void krx_k8s_refuse_as(krx_k8s_build *b, int32_t code, const char *field, const char *format, ...);
/* What to try instead; only the hint of the refusal that counts is kept. */
KRX_PRINTF(2, 3) void krx_k8s_advise(krx_k8s_build *b, const char *format, ...);
/* In the arena; "" when out of memory, which is remembered. */
KRX_PRINTF(2, 3) const char *krx_k8s_text(krx_k8s_build *b, const char *format, ...);

/* A text without '$' that Kubernetes would take for the start of a variable. */
const char *krx_k8s_literal(krx_k8s_build *b, const char *text);

/* Adds to a map of texts, in place of what is there under that key. */
void krx_k8s_put(krx_k8s_build *b, cJSON *map, const char *key, const char *value);

/* ----------------------------------------------------------------------------------- metadata.c */

/* A further object with apiVersion, kind and metadata (name, namespace, our labels). */
cJSON *krx_k8s_object(krx_k8s_build *b, krx_kube_kind kind, const char *api, const char *kind_name,
                      const char *name);
/* Labels of everything that is ours, with those of spec and tags. */
void krx_k8s_put_labels(krx_k8s_build *b, cJSON *metadata);
/* Annotations of workload and pods. */
void krx_k8s_put_annotations(krx_k8s_build *b, cJSON *metadata);
/* The spec itself, as an annotation of the workload. */
void krx_k8s_put_spec(krx_k8s_build *b, cJSON *metadata);
/* What selectors match: the part of the labels that never changes. */
void krx_k8s_put_selector(krx_k8s_build *b, cJSON *parent, const char *key);

/* ------------------------------------------------------------------------------- pods' insides */

/* metadata and spec of a pod template. */
void krx_k8s_put_pod(krx_k8s_build *b, cJSON *pod_template);
void krx_k8s_put_container(krx_k8s_build *b, cJSON *containers);
void krx_k8s_put_ports(krx_k8s_build *b, cJSON *container);
void krx_k8s_put_resources(krx_k8s_build *b, cJSON *container);
void krx_k8s_put_security(krx_k8s_build *b, cJSON *container);
void krx_k8s_put_probes(krx_k8s_build *b, cJSON *container);
/* Volumes of the pod and where the container sees them. */
void krx_k8s_put_mounts(krx_k8s_build *b, cJSON *pod, cJSON *container);
/* nodeSelector, affinity, tolerations, priorityClassName. */
void krx_k8s_put_placement(krx_k8s_build *b, cJSON *pod);
void krx_k8s_put_affinity(krx_k8s_build *b, cJSON *pod, const char *architecture);
void krx_k8s_put_tolerations(krx_k8s_build *b, cJSON *pod);
/* The class that a spec asks for, or NULL. */
const char *krx_k8s_priority(krx_k8s_build *b);
/* Annotations that the bandwidth plugin of the network reads. */
void krx_k8s_put_bandwidth(krx_k8s_build *b, cJSON *metadata);
/* "10M"; 0 is NULL. */
const char *krx_k8s_bitrate(krx_arena *arena, int64_t bps);

/* How Kubernetes spells tcp, udp, sctp. */
const char *krx_k8s_protocol(const krx_port *port);

/* ------------------------------------------------------------------------------------- objects */

void krx_k8s_build_claims(krx_k8s_build *b);
void krx_k8s_build_policy(krx_k8s_build *b);
void krx_k8s_build_services(krx_k8s_build *b);
void krx_k8s_build_deployment(krx_k8s_build *b);
void krx_k8s_build_cron_job(krx_k8s_build *b);
void krx_k8s_build_autoscaler(krx_k8s_build *b);

#endif
