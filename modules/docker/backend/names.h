/* SPDX-License-Identifier: Apache-2.0 */
/* How our objects are called and which labels they carry. */
#ifndef KRX_DOCKER_NAMES_H
#define KRX_DOCKER_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"

#define KRX_DK_MANAGED_BY "managed-by"
#define KRX_DK_KRANIX "kranix"
#define KRX_DK_WORKLOAD "kranix.io/workload"
#define KRX_DK_NAMESPACE "kranix.io/namespace"
#define KRX_DK_REPLICA "kranix.io/replica"
#define KRX_DK_SPEC "kranix.io/spec"
#define KRX_DK_SPEC_HASH "kranix.io/spec-hash"
#define KRX_DK_GENERATION "kranix.io/generation" /* the deploy that made the object, in unix ns */
#define KRX_DK_RECORD "kranix.io/record"         /* "true": never runs, carries the spec */
#define KRX_DK_VOLUME "kranix.io/volume"
#define KRX_DK_AUTO_CLEANUP "kranix.io/auto-cleanup"
#define KRX_DK_ANNOTATION "kranix.io/annotation."
#define KRX_DK_BANDWIDTH "kranix.io/bandwidth-managed"
#define KRX_DK_EGRESS "kranix.io/egress-bandwidth"
#define KRX_DK_INGRESS "kranix.io/ingress-bandwidth"
#define KRX_DK_TEAM "kranix.io/team"
#define KRX_DK_ENVIRONMENT "kranix.io/environment"
#define KRX_DK_COST_CENTER "kranix.io/cost-center"

/* All answer NULL when out of memory. */
/* "web" in default, "shop.web" in namespace shop: also the workload's id. */
char *krx_dk_base_name(krx_arena *arena, const char *namespace_, const char *workload);
char *krx_dk_container_name(krx_arena *arena, const char *namespace_, const char *workload,
                            int64_t replica);
/* While it waits for its turn to replace the one that has the name. */
char *krx_dk_next_name(krx_arena *arena, const char *container_name);
/* The container that carries the spec when no running one does. */
char *krx_dk_record_name(krx_arena *arena, const char *namespace_, const char *workload);
char *krx_dk_volume_name(krx_arena *arena, const char *namespace_, const char *workload,
                         const char *volume);

/* True for labels that only we may set. */
bool krx_dk_label_reserved(const char *key);

/* A filter for list calls: {"label":["managed-by=kranix",...]}; NULL members are left out. */
char *krx_dk_label_filter(krx_arena *arena, const char *const *labels);

#endif
