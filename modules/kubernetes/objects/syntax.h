/* SPDX-License-Identifier: Apache-2.0 */
/* What the API server takes as names, labels and quantities, and how quantities are written. */
#ifndef KRX_KUBERNETES_SYNTAX_H
#define KRX_KUBERNETES_SYNTAX_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"

/* Each answers NULL, or what would be allowed. */
const char *krx_k8s_bad_label_key(const char *text); /* also of annotations and taints */
const char *krx_k8s_bad_label_value(const char *text);
const char *krx_k8s_bad_subdomain(const char *text); /* most names of objects, host names */
const char *krx_k8s_bad_namespace(const char *text);
const char *krx_k8s_bad_env_name(const char *text);
const char *krx_k8s_bad_quantity(const char *text);

/* The canonical forms, which the server would write itself. NULL when out of memory. */
const char *krx_k8s_cpu(krx_arena *arena, int64_t milli);      /* 500m, 2 */
const char *krx_k8s_bytes(krx_arena *arena, int64_t bytes);    /* 256Mi, 1500k */
const char *krx_k8s_decimal(krx_arena *arena, int64_t number); /* 10M, 1500k */

#endif
