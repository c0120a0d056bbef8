/* SPDX-License-Identifier: Apache-2.0 */
#include "core/runtime.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/local_host.h"

krx_runtime *krx_runtime_alloc(void)
{
    krx_runtime *runtime = calloc(1, sizeof *runtime);
    if (!runtime || pthread_mutex_init(&runtime->lock, NULL)) {
        free(runtime);
        return NULL;
    }
    if (krx_jobs_init(&runtime->jobs) < 0) {
        pthread_mutex_destroy(&runtime->lock);
        free(runtime);
        return NULL;
    }
    runtime->refs = 1;
    return runtime;
}

static void destroy(krx_runtime *runtime)
{
    krx_jobs_destroy(&runtime->jobs);
    pthread_mutex_destroy(&runtime->lock);
    krx_config_free(runtime->config);
    krx_store_free(runtime->store);
    krx_arena_free(runtime->names);
    free(runtime);
}

void krx_runtime_unref(krx_runtime *runtime)
{
    pthread_mutex_lock(&runtime->lock);
    size_t left = --runtime->refs;
    pthread_mutex_unlock(&runtime->lock);
    if (left == 0)
        destroy(runtime);
}

void krx_host_call_init(krx_runtime *runtime, krx_call *call, krx_error *error, int64_t timeout_ns,
                        int32_t cancel_fd)
{
    krx_call_init(call, error);
    if (runtime)
        call->host = &runtime->services.host;
    call->cancel_fd = cancel_fd;
    int64_t now = krx_now_monotonic();
    if (timeout_ns >= 0 && timeout_ns < KRX_NO_DEADLINE - now)
        call->deadline_ns = now + timeout_ns;
}

/* ------------------------------------------------------------------------------ configuration */

static const char *shown(const krx_config_entry *entry)
{
    return krx_config_secret(entry) && *entry->value ? "********" : entry->value;
}

static int32_t give_item(const krx_config_entry *entry,
                         int32_t (*item)(void *ctx, const krx_config_item *item), void *ctx)
{
    krx_config_item out = {
        .struct_size = sizeof out,
        .secret = krx_config_secret(entry),
        .key = entry->key,
        .value = shown(entry),
        .type = entry->row ? krx_config_type_name(entry->row->type) : "string",
        .help = entry->row ? entry->row->help : "Setting of the module",
        .origin = entry->origin,
    };
    return item(ctx, &out);
}

int32_t krx_config_each(krx_runtime *runtime,
                        int32_t (*item)(void *ctx, const krx_config_item *item), void *ctx)
{
    const krx_config *config = runtime->config;
    int32_t code = 0;
    for (size_t i = 0; i < krx_config_row_count && code == 0; i++)
        code = give_item(&config->rows[i], item, ctx);
    for (size_t i = 0; config->settings[i] && code == 0; i++)
        code = give_item(config->settings[i], item, ctx);
    return code;
}

const char *krx_config_value(krx_runtime *runtime, const char *key)
{
    const krx_config_entry *entry = krx_config_find(runtime->config, key);
    return entry ? entry->value : NULL;
}

int32_t krx_config_check(krx_call *call, const char *file,
                         void (*report)(void *ctx, const char *line), void *ctx)
{
    krx_config_files files = krx_config_files_get(file);
    krx_auto_config krx_config *config = NULL;
    krx_diags diags;
    krx_diags_init(&diags);
    int32_t code = krx_config_load(call, &files, &config, &diags);
    for (size_t i = 0; i < diags.count && report; i++) {
        krx_autofree char *line = krx_diag_text(&diags.items[i]);
        if (line)
            report(ctx, line);
    }
    krx_diags_free(&diags);
    return code;
}

/* -------------------------------------------------------------------------------------- store */

int32_t krx_store_get(krx_call *call, krx_runtime *runtime, const char *space, const char *key,
                      krx_sink *text)
{
    return krx_store_read(call, runtime->store, space, key, text);
}

int32_t krx_store_put(krx_call *call, krx_runtime *runtime, const char *space, const char *key,
                      const char *value)
{
    return krx_store_write(call, runtime->store, space, key, value);
}
