/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between a spec that was kept as JSON and a new one, as a list. */
#ifndef KRX_MODEL_DIFFERENCES_H
#define KRX_MODEL_DIFFERENCES_H

#include <kranix/call.h>
#include <kranix/results.h>
#include <kranix/sink.h>
#include <kranix/workload.h>

#include "lib/base/arena.h"

/* A field whose value changes; NULL for absent. */
typedef struct krx_difference {
    const char *path;
    const char *old_value;
    const char *new_value;
} krx_difference;

/*
 * Adds a krx_difference for each field to `out`. Nothing when old_json is blank or can't be read:
 * then it is not known what it was.
 */
int32_t krx_spec_differences(krx_call *call, krx_arena *arena, const char *old_json,
                             const krx_workload *now, krx_ptrs *out);

/* Emits a CHANGE; why (may be NULL) is the field that changes. */
int32_t krx_emit_change(krx_sink *changes, uint32_t action, const char *kind, const char *object,
                        const krx_difference *why);

#endif
