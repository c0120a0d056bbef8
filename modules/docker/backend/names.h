/* SPDX-License-Identifier: Apache-2.0 */
/* Names that only an engine needs; the others are those of lib/replicas. */
#ifndef KRX_DOCKER_NAMES_H
#define KRX_DOCKER_NAMES_H

#include "lib/replicas/names.h"

/* All answer NULL when out of memory. */
/* While it waits for its turn to replace the one that has the name. */
char *krx_dk_next_name(krx_arena *arena, const char *container_name);
/* The container that carries the spec when no running one does. */
char *krx_dk_record_name(krx_arena *arena, const char *namespace_, const char *workload);

/* A filter for list calls: {"label":["managed-by=kranix",...]}; NULL members are left out. */
char *krx_dk_label_filter(krx_arena *arena, const char *const *labels);

#endif
