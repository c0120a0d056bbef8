/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_KUBERNETES_PRIORITY_H
#define KRX_KUBERNETES_PRIORITY_H

#include <stdbool.h>

#include "lib/json/json.h"

/* PriorityClass number i of those that `kranix backends setup kubernetes` makes. NULL beyond the
 * last (*end true), or when out of memory. */
cJSON *krx_k8s_priority_class(size_t i, bool *end);

#endif
