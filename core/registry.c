/* SPDX-License-Identifier: Apache-2.0 */
/* Backends by name: loaded and opened at the first use, then kept until the runtime goes. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/registry.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"

/* ----------------------------------------------------------------------------------- settings */

typedef struct collector {
    krx_call *call;
    krx_arena *arena;
    const krx_module *module;
    const krx_allow *allow;
    krx_ptrs list;
} collector;

static int32_t collect(collector *c, const krx_kv *const *checked)
{
    for (size_t i = 0; checked && checked[i]; i++)
        if (krx_ptrs_add(c->arena, &c->list, checked[i]) < 0)
            return krx_fail(c->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading settings");
    return 0;
}

static bool declares(const krx_module *module, const char *name)
{
    for (size_t i = 0; module->settings && module->settings[i]; i++)
        if (krx_streq(module->settings[i]->name, name))
            return true;
    return false;
}

static bool allow_sets(const krx_allow *allow, const char *name)
{
    for (size_t i = 0; allow->settings[i]; i++)
        if (krx_streq(allow->settings[i]->key, name))
            return true;
    return false;
}

static int32_t collect_value(collector *c, const char *name, const krx_config_entry *entry)
{
    const krx_kv *const *checked = NULL;
    krx_kv setting = {.struct_size = sizeof setting, .key = name, .value = entry->value};
    const krx_kv *const one[] = {&setting, NULL};
    int32_t code =
        krx_settings_check(c->call, c->arena, c->module, one, entry->origin, NULL, &checked);
    return code ? code : collect(c, checked);
}

/* One value of the configuration; the allow file, which is the administrator's, wins over it. */
static int32_t collect_config(void *ctx, const char *name, const krx_config_entry *entry)
{
    collector *c = ctx;
    if (allow_sets(c->allow, name))
        return 0;
    /* keys of the reference are good for every version of a module */
    if (entry->row && (!declares(c->module, name) || krx_blank(entry->value)))
        return 0;
    return collect_value(c, name, entry);
}

/* Rows outside the module's section that it asks for: "volumes.default_size". */
static int32_t collect_rows(collector *c, const krx_config *config)
{
    int32_t code = 0;
    for (size_t i = 0; c->module->settings && c->module->settings[i] && code == 0; i++) {
        const char *name = c->module->settings[i]->name;
        const krx_config_entry *entry = strchr(name, '.') ? krx_config_find(config, name) : NULL;
        if (entry && entry->row && !krx_blank(entry->value) && !allow_sets(c->allow, name))
            code = collect_value(c, name, entry);
    }
    return code;
}

int32_t krx_backend_settings(krx_call *call, krx_arena *arena, const krx_config *config,
                             const krx_module *module, const krx_allow *allow,
                             const krx_kv *const **out)
{
    collector c = {.call = call, .arena = arena, .module = module, .allow = allow};
    const krx_kv *const *checked = NULL;
    int32_t code = krx_config_settings(config, allow->name, collect_config, &c);
    if (code == 0)
        code = collect_rows(&c, config);
    if (code == 0)
        code = krx_settings_check(call, arena, module, allow->settings, allow->file,
                                  allow->settings_node, &checked);
    if (code == 0)
        code = collect(&c, checked);
    void **all = code == 0 ? krx_ptrs_end(arena, &c.list) : NULL;
    if (code == 0 && !all)
        code = krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading settings");
    *out = (const krx_kv *const *)all;
    return code;
}

/* ------------------------------------------------------------------------------------ opening */

typedef struct opening {
    krx_job job;
    krx_backend *backend;
    krx_arena *arena; /* of the allow-list */
    const krx_allow *allow;
} opening;

static void publish(krx_backend *backend, const krx_allow *allow, krx_loaded *loaded, void *handle)
{
    KRX_LOCK_SCOPE(&backend->runtime->lock);
    backend->loaded = loaded;
    backend->module = krx_loaded_module(loaded);
    backend->handle = handle;
    backend->timeout_ns = allow->timeout_ns;
    backend->log_calls = allow->log_calls != 0;
    backend->open = true;
}

static bool is_open(krx_backend *backend)
{
    KRX_LOCK_SCOPE(&backend->runtime->lock);
    return backend->open;
}

/* A module may answer anything; open() says 0 or why not. */
static int32_t checked_code(krx_call *call, const char *name, int32_t code)
{
    if (code == 0)
        return 0;
    if (code > 0 || code < KRX_E_LAST_)
        return krx_fail(call, KRX_E_INTERNAL,
                        "the %s module broke a rule: open answered %d, which is no error code",
                        name, code);
    if (call->error->message[0] == '\0')
        return krx_fail(call, code, "the %s module failed in open and gave no reason (%s)", name,
                        krx_error_name(code));
    call->error->code = code;
    return krx_wrap(call, "opening backend '%s'", name);
}

static int32_t open_backend(krx_job *job)
{
    opening *o = (opening *)(void *)job;
    krx_backend *backend = o->backend;
    krx_runtime *runtime = backend->runtime;
    krx_call *call = &job->call;
    krx_loaded *loaded = NULL;
    void *handle = NULL;
    krx_open_req req = {.struct_size = sizeof req, .instance = backend->name};
    if (is_open(backend))
        return 0;
    int32_t code = krx_loader_load(call, &backend->services.host, runtime->places.module_dir,
                                   o->allow, &loaded);
    if (code)
        return code;
    const krx_module *module = krx_loaded_module(loaded);
    code = krx_backend_settings(call, o->arena, runtime->config, module, o->allow, &req.settings);
    if (code == 0 && module->open)
        code = checked_code(call, backend->name, module->open(call, &req, &handle));
    if (code) {
        krx_loader_unload(loaded);
        return code;
    }
    publish(backend, o->allow, loaded, handle);
    return 0;
}

static void dispose_opening(krx_job *job)
{
    opening *o = (opening *)(void *)job;
    krx_backend *backend = o->backend;
    krx_arena_free(o->arena);
    free(o);
    krx_backend_unref(backend);
}

static int32_t given_up(krx_call *call, const krx_job *job, const char *name)
{
    if (job->ended_by == KRX_E_CANCELLED)
        return krx_fail(call, KRX_E_CANCELLED,
                        "opening backend '%s' was given up: the call was cancelled", name);
    krx_fail(call, KRX_E_DEADLINE_EXCEEDED,
             "opening backend '%s' was given up: the module did not answer in time", name);
    return krx_hint(call, "check that the backend responds, or allow more time with --timeout");
}

/* Runs load and open like an op: a module that hangs in them costs this call only. */
static int32_t start_opening(krx_call *call, krx_backend *backend, krx_arena **arena,
                             const krx_allow *allow)
{
    opening *o = calloc(1, sizeof *o);
    if (!o)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory opening backend '%s'",
                        backend->name);
    o->job.run = open_backend;
    o->job.dispose = dispose_opening;
    o->job.jobs = &backend->runtime->jobs;
    o->job.turn = &backend->opening;
    o->job.what = "open";
    (void)snprintf(o->job.prefix, sizeof o->job.prefix, "%s/open", backend->name);
    int32_t code = krx_job_init(&o->job, call, &backend->services.host, call->deadline_ns);
    if (code) {
        free(o);
        return code;
    }
    o->backend = backend;
    o->arena = krx_move_ptr(*arena);
    o->allow = allow;
    krx_backend_ref(backend);
    krx_job_run(&o->job, call);
    code = o->job.result;
    if (o->job.abandoned ||
        (code == KRX_E_CANCELLED && o->job.ended_by == KRX_E_DEADLINE_EXCEEDED)) {
        code = given_up(call, &o->job, backend->name); /* it was we who cancelled */
    } else if (code) {
        uint32_t size = call->error->struct_size;
        *call->error = o->job.error;
        call->error->struct_size = size;
    }
    krx_job_unref(&o->job);
    return code;
}

static krx_backend *find_or_make(krx_runtime *runtime, const char *name, bool make)
{
    KRX_LOCK_SCOPE(&runtime->lock);
    for (krx_backend *b = runtime->backends; b; b = b->next)
        if (strcmp(b->name, name) == 0)
            return b;
    return make ? krx_backend_new(runtime, name) : NULL;
}

static int32_t not_allowed(krx_call *call, const krx_runtime *runtime, const char *name)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const char *path = arena ? krx_module_path(arena, runtime->places.module_dir, name) : NULL;
    if (!path || access(path, F_OK) != 0) {
        krx_fail(call, KRX_E_NOT_FOUND, "there is no backend '%s': %s does not exist", name,
                 path ? path : "its module");
        return krx_hint(call, "'kranix plugins list' shows what is installed");
    }
    krx_fail(call, KRX_E_PERMISSION_DENIED,
             "module '%s' is not allowed: neither %s nor %s has a file %s.yaml", name,
             runtime->places.admin_allow_dir, runtime->places.vendor_allow_dir, name);
    return krx_hint(call, "an administrator allows it with: kranix plugins enable %s", name);
}

int32_t krx_registry_admit(krx_call *call, const krx_runtime *runtime, const char *name,
                           krx_allow *const *list, const krx_allow **allow)
{
    *allow = krx_allow_find(list, name);
    const char *denied = krx_config_denies(runtime->config, name);
    if (!krx_module_name_valid(name))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%s' is no name of a backend", name);
    if (!*allow)
        return not_allowed(call, runtime, name);
    if (denied)
        return krx_fail(call, KRX_E_PERMISSION_DENIED,
                        "module '%s' is denied by the configuration (%s)", name, denied);
    return krx_allow_check(call, *allow);
}

int32_t krx_registry_open(krx_call *call, krx_runtime *runtime, const char *name, krx_backend **out)
{
    krx_backend *backend = find_or_make(runtime, name, false);
    if (backend && is_open(backend)) {
        *out = backend;
        return 0;
    }
    /* read anew for each attempt: what the administrator changed since counts */
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_allow **list = NULL;
    const krx_allow *allow = NULL;
    if (!arena)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory opening '%s'", name);
    int32_t code = krx_allow_load(call, arena, runtime->places.vendor_allow_dir,
                                  runtime->places.admin_allow_dir, &list);
    if (code == 0)
        code = krx_registry_admit(call, runtime, name, list, &allow);
    if (code)
        return code;
    backend = find_or_make(runtime, name, true);
    if (!backend)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory opening '%s'", name);
    code = start_opening(call, backend, &arena, allow);
    if (code == 0)
        *out = backend;
    return code;
}
