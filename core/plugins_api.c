/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions, on the folders that the program was configured with. */
#include "core/plugins.h"
#include "core/runtime.h"

static const char *denied(const void *ctx, const char *name)
{
    const krx_runtime *runtime = ctx;
    return krx_config_denies(runtime->config, name);
}

static krx_plugin_dirs configured(const krx_runtime *runtime)
{
    const krx_paths *paths = krx_paths_get();
    return (krx_plugin_dirs){.module_dir = paths->module_dir,
                             .vendor_dir = paths->vendor_allow_dir,
                             .admin_dir = paths->admin_allow_dir,
                             .denied = runtime ? denied : NULL,
                             .ctx = runtime};
}

int32_t krx_plugins_each(krx_call *call, krx_runtime *runtime,
                         int32_t (*plugin)(void *ctx, const krx_plugin_info *info), void *ctx)
{
    const krx_plugin_dirs dirs = configured(runtime);
    return krx_plugins_each_in(call, &dirs, plugin, ctx);
}

int32_t krx_plugin_show(krx_call *call, krx_runtime *runtime, const char *name,
                        int32_t (*plugin)(void *ctx, const krx_plugin_info *info), void *ctx)
{
    const krx_plugin_dirs dirs = configured(runtime);
    return krx_plugin_show_in(call, &dirs, name, plugin, ctx);
}

int32_t krx_plugin_check(krx_call *call, krx_runtime *runtime, const char *name)
{
    const krx_plugin_dirs dirs = configured(runtime);
    return krx_plugin_check_in(call, &dirs, name);
}

int32_t krx_plugin_enable(krx_call *call, krx_runtime *runtime, const char *name, int32_t enabled)
{
    const krx_plugin_dirs dirs = configured(runtime);
    return krx_plugin_enable_in(call, &dirs, name, enabled);
}

int32_t krx_plugin_pin(krx_call *call, krx_runtime *runtime, const char *name)
{
    const krx_plugin_dirs dirs = configured(runtime);
    return krx_plugin_pin_in(call, &dirs, name);
}
