/* SPDX-License-Identifier: Apache-2.0 */
/* What fields of a spec ask for, wherever it runs. */
#ifndef KRX_MODEL_WANTED_H
#define KRX_MODEL_WANTED_H

#include <stdbool.h>

#include <kranix/workload.h>

#include "lib/base/arena.h"

/* A schedule that is neither blank nor suspended. */
bool krx_cron_active(const krx_workload *spec);

/* scheduling.architecture as images and nodes spell it ("arm64"); NULL when none is asked for, or
 * out of memory. */
const char *krx_architecture_wanted(krx_arena *arena, const krx_workload *spec);
/* The architecture that the name of an image tells of, or NULL. */
const char *krx_architecture_in(const char *image);

/* Where a volume appears: mountPath, else /data/<name>. NULL when out of memory. */
const char *krx_volume_path(krx_arena *arena, const krx_volume *volume);

#endif
