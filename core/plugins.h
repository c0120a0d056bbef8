/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin administration of <core/kranix.h> on folders of one's own choice. */
#ifndef KRX_CORE_PLUGINS_H
#define KRX_CORE_PLUGINS_H

#include "core/kranix.h"

typedef struct krx_plugin_dirs {
    const char *module_dir;
    const char *vendor_dir;
    const char *admin_dir;
    /* Where the configuration denies a module, or NULL when it does not; may be missing. */
    const char *(*denied)(const void *ctx, const char *name);
    const void *ctx;
} krx_plugin_dirs;

typedef int32_t (*krx_plugin_fn)(void *ctx, const krx_plugin_info *info);

int32_t krx_plugins_each_in(krx_call *call, const krx_plugin_dirs *dirs, krx_plugin_fn fn,
                            void *ctx);
int32_t krx_plugin_show_in(krx_call *call, const krx_plugin_dirs *dirs, const char *name,
                           krx_plugin_fn fn, void *ctx);
int32_t krx_plugin_check_in(krx_call *call, const krx_plugin_dirs *dirs, const char *name);
int32_t krx_plugin_enable_in(krx_call *call, const krx_plugin_dirs *dirs, const char *name,
                             int32_t enabled);
int32_t krx_plugin_pin_in(krx_call *call, const krx_plugin_dirs *dirs, const char *name);

#endif
