/* SPDX-License-Identifier: Apache-2.0 */
/* One value of the configuration: from a node of the file to its canonical text. */
#ifndef KRX_CORE_CONFIG_VALUE_H
#define KRX_CORE_CONFIG_VALUE_H

#include "core/config_rows.h"
#include "lib/base/arena.h"
#include "lib/model/doc.h"

typedef struct krx_config_place {
    const char *file;
    const char *path; /* of the value, for complaints */
    krx_diags *diags;
} krx_config_place;

/* One of plugins.allow. */
typedef struct krx_config_plugin {
    const char *name;
    bool enabled;
    const char *origin;
} krx_config_plugin;

/* The value's text in the arena, or NULL after a complaint (or out of memory: *oom). */
const char *krx_config_value_read(krx_arena *arena, const krx_config_place *place,
                                  const krx_config_row *row, const krx_node *node, bool *oom);
/* Reads plugins.allow; NULL after a complaint. */
const char *krx_config_plugins_read(krx_arena *arena, const krx_config_place *place,
                                    const krx_node *node, krx_config_plugin ***plugins, bool *oom);

/* "did you mean 'x'?" in the arena, or NULL. */
const char *krx_config_suggest(krx_arena *arena, const char *word, const char *const *known,
                               size_t count);

#endif
