/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend can do, as a table of what is not as the spec says it. */
#ifndef KRX_MODEL_CAPABILITIES_H
#define KRX_MODEL_CAPABILITIES_H

#include <stddef.h>
#include <stdint.h>

#include <kranix/results.h>
#include <kranix/sink.h>

typedef struct krx_capability_row {
    const char *name; /* "a.b": that field; "a.b.*": all below it */
    uint32_t level;   /* KRX_CAP_* */
    const char *reason;
} krx_capability_row;

typedef struct krx_capability_table {
    const krx_capability_row *fields; /* the longest name that fits decides; else native */
    size_t field_count;
    const krx_capability_row *ops; /* every op, by its full name */
    size_t op_count;
} krx_capability_table;

/* *reason gets NULL when there is nothing to say. */
uint32_t krx_field_level(const krx_capability_table *table, const char *path, const char **reason);

/* One CAPABILITY for each field of the schema and each op. */
int32_t krx_capabilities_emit(const krx_capability_table *table, krx_sink *out);

#endif
