/* SPDX-License-Identifier: Apache-2.0 */
/* How the objects of a workload are called and which labels they carry. */
#ifndef KRX_REPLICAS_NAMES_H
#define KRX_REPLICAS_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include <kranix/workload.h>

#include "lib/base/arena.h"

#define KRX_LABEL_MANAGED_BY "managed-by"
#define KRX_LABEL_KRANIX "kranix"
#define KRX_LABEL_WORKLOAD "kranix.io/workload"
#define KRX_LABEL_NAMESPACE "kranix.io/namespace"
#define KRX_LABEL_REPLICA "kranix.io/replica"
#define KRX_LABEL_SPEC "kranix.io/spec"
#define KRX_LABEL_SPEC_HASH "kranix.io/spec-hash"
#define KRX_LABEL_GENERATION "kranix.io/generation" /* the deploy that made the object, unix ns */
#define KRX_LABEL_RECORD "kranix.io/record"         /* "true": never runs, carries the spec */
#define KRX_LABEL_VOLUME "kranix.io/volume"
#define KRX_LABEL_AUTO_CLEANUP "kranix.io/auto-cleanup"
#define KRX_LABEL_ANNOTATION "kranix.io/annotation."
#define KRX_LABEL_BANDWIDTH "kranix.io/bandwidth-managed"
#define KRX_LABEL_EGRESS "kranix.io/egress-bandwidth"
#define KRX_LABEL_INGRESS "kranix.io/ingress-bandwidth"
#define KRX_LABEL_TEAM "kranix.io/team"
#define KRX_LABEL_ENVIRONMENT "kranix.io/environment"
#define KRX_LABEL_COST_CENTER "kranix.io/cost-center"

/* All answer NULL when out of memory. A NULL or empty namespace is "default". */
/* "web" in default, "shop.web" in namespace shop: also the workload's id. */
char *krx_replica_base_name(krx_arena *arena, const char *namespace_, const char *workload);
/* "shop.web-1" */
char *krx_replica_name(krx_arena *arena, const char *namespace_, const char *workload,
                       int64_t replica);
/* "shop.web-data" */
char *krx_replica_volume_name(krx_arena *arena, const char *namespace_, const char *workload,
                              const char *volume);

/* True for labels that only we may set. */
bool krx_label_reserved(const char *key);
/* What the user says of a workload, as labels of its containers: labels, annotations, tags and
 * bandwidth, each key once. */
const krx_kv *const *krx_replica_labels(krx_arena *arena, const krx_workload *spec);

#endif
