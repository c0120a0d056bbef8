/* SPDX-License-Identifier: Apache-2.0 */
/* Names that only an engine needs; the others are those of lib/replicas. */
#ifndef KRX_DOCKER_NAMES_H
#define KRX_DOCKER_NAMES_H

#include "lib/replicas/names.h"

/* All answer NULL when out of memory. */
/* The container that carries the spec when no running one does. */
char *krx_dk_record_name(krx_arena *arena, const char *namespace_, const char *workload);

/* A filter for list calls: {"label":["managed-by=kranix",...]}; NULL members are left out. */
char *krx_dk_label_filter(krx_arena *arena, const char *const *labels);

#endif
