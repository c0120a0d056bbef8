/* SPDX-License-Identifier: Apache-2.0 */
/* How a runtime starts, and how it ends with all that uses it. */
#include <string.h>
#include <unistd.h>

#include "core/backend.h"

static void set_log(krx_runtime *runtime, const krx_runtime_options *options)
{
    const krx_config_entry *level = krx_config_find(runtime->config, "log.level");
    const krx_config_entry *format = krx_config_find(runtime->config, "log.format");
    runtime->log.fd = STDERR_FILENO;
    runtime->log.level = options->log_level ? options->log_level : krx_log_level_of(level->value);
    runtime->log.format =
        options->log_format == KRX_LOG_FORMAT_JSON || strcmp(format->value, "json") == 0
            ? KRX_LOG_FORMAT_JSON
            : KRX_LOG_FORMAT_TEXT;
}

static int32_t read_config(krx_call *call, krx_runtime *runtime, const char *own)
{
    krx_config_files files = krx_config_files_get(own);
    krx_diags diags;
    krx_diags_init(&diags);
    int32_t code = krx_config_load(call, &files, &runtime->config, &diags);
    krx_diags_free(&diags);
    return code;
}

static void set_places(krx_runtime *runtime)
{
    const krx_paths *paths = krx_paths_get();
    runtime->places = (krx_places){.module_dir = paths->module_dir,
                                   .vendor_allow_dir = paths->vendor_allow_dir,
                                   .admin_allow_dir = paths->admin_allow_dir};
}

int32_t krx_runtime_new(krx_call *call, const krx_runtime_options *options, krx_runtime **out)
{
    static const krx_runtime_options none = {.struct_size = sizeof none};
    krx_runtime_options given = none;
    if (options)
        memcpy(&given, options,
               options->struct_size < sizeof given ? options->struct_size : sizeof given);
    krx_autofree char *dir = krx_state_dir(given.state_dir);
    krx_runtime *runtime = dir ? krx_runtime_alloc() : NULL;
    if (!runtime)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory starting the runtime");
    int32_t code = read_config(call, runtime, given.config_file);
    if (code == 0 && !(runtime->store = krx_store_new(dir)))
        code = krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory starting the runtime");
    if (code) {
        krx_runtime_unref(runtime);
        return code;
    }
    set_log(runtime, &given);
    set_places(runtime);
    krx_host_table_fill(&runtime->services, &runtime->log, runtime->store, NULL);
    *out = runtime;
    return 0;
}

void krx_runtime_free(krx_runtime *runtime)
{
    /* a caller that is still inside, because its own sink never returns, keeps all of it */
    if (!runtime || !krx_jobs_close(&runtime->jobs))
        return;
    for (krx_backend *backend = runtime->backends, *next; backend; backend = next) {
        next = backend->next;
        krx_backend_unref(backend);
    }
    krx_runtime_unref(runtime);
}
