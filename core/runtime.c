/* SPDX-License-Identifier: Apache-2.0 */
#include "core/runtime.h"

#include <config.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/local_host.h"

/* How long krx_runtime_free() waits for callers, after it cancelled them, and then for modules that
 * were abandoned before: those had their grace already. */
#define CALLERS_NS (3 * KRX_JOB_GRACE_NS)
#define ABANDONED_NS (KRX_JOB_GRACE_NS / 4)

const char *krx_version(void)
{
    return PACKAGE_VERSION;
}

/* -------------------------------------------------------------------------------- bookkeeping */

bool krx_runtime_enter(krx_runtime *runtime)
{
    KRX_LOCK_SCOPE(&runtime->lock);
    if (runtime->closing)
        return false;
    runtime->inside++;
    return true;
}

void krx_runtime_leave(krx_runtime *runtime)
{
    KRX_LOCK_SCOPE(&runtime->lock);
    runtime->inside--;
    pthread_cond_broadcast(&runtime->changed);
}

bool krx_runtime_link(krx_runtime *runtime, krx_job *job)
{
    KRX_LOCK_SCOPE(&runtime->lock);
    if (runtime->closing)
        return false;
    job->next = runtime->jobs;
    job->previous = NULL;
    if (job->next)
        job->next->previous = job;
    runtime->jobs = job;
    return true;
}

void krx_runtime_unlink(krx_runtime *runtime, krx_job *job)
{
    KRX_LOCK_SCOPE(&runtime->lock);
    if (job->next)
        job->next->previous = job->previous;
    if (job->previous)
        job->previous->next = job->next;
    else
        runtime->jobs = job->next;
    pthread_cond_broadcast(&runtime->changed);
}

static void destroy(krx_runtime *runtime)
{
    pthread_cond_destroy(&runtime->changed);
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

/* ----------------------------------------------------------------------------------- life */

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

static int init_sync(krx_runtime *runtime)
{
    if (pthread_mutex_init(&runtime->lock, NULL))
        return -1;
    if (krx_cond_init(&runtime->changed) == 0)
        return 0;
    pthread_mutex_destroy(&runtime->lock);
    return -1;
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
    krx_runtime *runtime = calloc(1, sizeof *runtime);
    if (!dir || !runtime || init_sync(runtime) < 0) {
        free(runtime);
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory starting the runtime");
    }
    runtime->refs = 1;
    int32_t code = read_config(call, runtime, given.config_file);
    if (code == 0 && !(runtime->store = krx_store_new(dir)))
        code = krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory starting the runtime");
    if (code) {
        destroy(runtime);
        return code;
    }
    set_log(runtime, &given);
    set_places(runtime);
    krx_host_fill_program(&runtime->host, runtime);
    *out = runtime;
    return 0;
}

/* Cancels what runs and waits a little. False: callers are still inside. */
static bool shut_down(krx_runtime *runtime)
{
    int64_t limit = krx_now_monotonic() + CALLERS_NS;
    KRX_LOCK_SCOPE(&runtime->lock);
    runtime->closing = true;
    for (krx_job *job = runtime->jobs; job; job = job->next)
        krx_job_close(job);
    while (runtime->inside)
        if (!krx_cond_wait_until(&runtime->changed, &runtime->lock, limit))
            break;
    limit = krx_now_monotonic() + ABANDONED_NS;
    while (runtime->jobs)
        if (!krx_cond_wait_until(&runtime->changed, &runtime->lock, limit))
            break;
    return runtime->inside == 0;
}

void krx_runtime_free(krx_runtime *runtime)
{
    /* a caller that is still inside, because its own sink never returns, keeps all of it */
    if (!runtime || !shut_down(runtime))
        return;
    for (krx_backend *backend = runtime->backends, *next; backend; backend = next) {
        next = backend->next;
        krx_backend_unref(backend);
    }
    krx_runtime_unref(runtime);
}

void krx_host_call_init(krx_runtime *runtime, krx_call *call, krx_error *error, int64_t timeout_ns,
                        int32_t cancel_fd)
{
    krx_call_init(call, error);
    if (runtime)
        call->host = &runtime->host;
    call->cancel_fd = cancel_fd;
    int64_t now = krx_now_monotonic();
    if (timeout_ns >= 0 && timeout_ns < KRX_NO_DEADLINE - now)
        call->deadline_ns = now + timeout_ns;
}

/* ------------------------------------------------------------------------------ configuration */

const char *krx_runtime_denied(const krx_runtime *runtime, const char *name)
{
    const krx_config_entry *enabled = krx_config_find(runtime->config, "plugins.enabled");
    if (strcmp(enabled->value, "false") == 0)
        return enabled->origin;
    for (size_t i = 0; runtime->config->plugins[i]; i++) {
        const krx_config_plugin *plugin = runtime->config->plugins[i];
        if (!plugin->enabled && strcmp(plugin->name, name) == 0)
            return plugin->origin;
    }
    return NULL;
}

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
