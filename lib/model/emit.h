/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the model: shared by the emitters. */
#ifndef KRX_MODEL_EMIT_H
#define KRX_MODEL_EMIT_H

#include "lib/model/model.h"

/* A text in double quotes with escapes that JSON and YAML read alike. */
void krx_emit_quoted(const char *text, krx_str *out);

/* Every struct reachable from the workload, which is the first; answers the number of them. */
#define KRX_SCHEMA_TYPES_MAX 128u
size_t krx_schema_types(const krx_struct_info **types, size_t max);

#endif
