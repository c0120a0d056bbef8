/* SPDX-License-Identifier: Apache-2.0 */
/* What is there and in which state. Nothing of a module is executed here. */
#include "core/plugins.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/allow.h"
#include "core/loader.h"
#include "lib/base/str.h"

#define MODULE_PREFIX "kranix-module-"
#define MODULE_SUFFIX ".so"
#define MODULE_FILES_MAX 1024u

/* One name, from the allow-list, the module folder or both. */
typedef struct plugin {
    const char *name;
    const char *path;
    const krx_allow *allow; /* or NULL */
    bool installed;
    bool bad_file; /* a module file whose name can't be a module's */
} plugin;

typedef struct inventory {
    krx_call *call;
    krx_arena *arena;
    const krx_plugin_dirs *dirs;
    krx_allow **allowed;
    krx_error list_error; /* why the allow-list as a whole can't be used */
    krx_ptrs plugins;
} inventory;

static int32_t out_of_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory looking at the plugins");
}

/* A call whose complaints go somewhere else. */
static krx_call sub_call(const krx_call *call, krx_error *error)
{
    krx_call sub = *call;
    *error = (krx_error){.struct_size = sizeof *error};
    sub.error = error;
    return sub;
}

static plugin *find(const inventory *inv, const char *name)
{
    for (size_t i = 0; i < inv->plugins.count; i++) {
        plugin *p = inv->plugins.items[i];
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

static plugin *add(inventory *inv, const char *name)
{
    plugin *p = krx_arena_new_of(inv->arena, plugin);
    if (!p || krx_ptrs_add(inv->arena, &inv->plugins, p) < 0)
        return NULL;
    p->name = krx_arena_strdup(inv->arena, name);
    p->path = krx_module_path(inv->arena, inv->dirs->module_dir, name);
    return p->name && p->path ? p : NULL;
}

static int32_t add_allowed(inventory *inv)
{
    krx_call sub = sub_call(inv->call, &inv->list_error);
    int32_t rc = krx_allow_load(&sub, inv->arena, inv->dirs->vendor_dir, inv->dirs->admin_dir,
                                &inv->allowed);
    for (size_t i = 0; rc == 0 && inv->allowed[i]; i++) {
        plugin *p = add(inv, inv->allowed[i]->name);
        if (!p)
            return out_of_memory(inv->call);
        p->allow = inv->allowed[i];
    }
    return rc == KRX_E_RESOURCE_EXHAUSTED ? out_of_memory(inv->call) : 0;
}

static int32_t add_module(inventory *inv, const char *file)
{
    size_t length = strlen(file), prefix = strlen(MODULE_PREFIX), suffix = strlen(MODULE_SUFFIX);
    if (length <= prefix + suffix || !krx_has_prefix(file, MODULE_PREFIX) ||
        strcmp(file + length - suffix, MODULE_SUFFIX) != 0)
        return 0;
    krx_autofree char *name = krx_format("%.*s", (int)(length - prefix - suffix), file + prefix);
    if (!name)
        return out_of_memory(inv->call);
    bool valid = krx_module_name_valid(name);
    plugin *p = find(inv, valid ? name : file);
    if (!p)
        p = add(inv, valid ? name : file);
    if (!p)
        return out_of_memory(inv->call);
    p->installed = true;
    if (!valid) {
        p->bad_file = true;
        p->path = krx_arena_printf(inv->arena, "%s/%s", inv->dirs->module_dir, file);
    }
    return p->path ? 0 : out_of_memory(inv->call);
}

static int32_t add_installed(inventory *inv)
{
    krx_autodir DIR *stream = opendir(inv->dirs->module_dir);
    const struct dirent *file;
    int32_t rc = 0;
    for (size_t i = 0; rc == 0 && stream && (file = readdir(stream)); i++)
        rc = i < MODULE_FILES_MAX
                 ? add_module(inv, file->d_name)
                 : krx_fail(inv->call, KRX_E_RESOURCE_EXHAUSTED,
                            "%s has more than %u entries; only modules belong there",
                            inv->dirs->module_dir, MODULE_FILES_MAX);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(plugin *const *)a)->name, (*(plugin *const *)b)->name);
}

static int32_t take_inventory(inventory *inv, krx_call *call, krx_arena *arena,
                              const krx_plugin_dirs *dirs)
{
    *inv = (inventory){.call = call, .arena = arena, .dirs = dirs};
    if (!arena)
        return out_of_memory(call);
    int32_t rc = add_allowed(inv);
    if (rc == 0)
        rc = add_installed(inv);
    if (rc == 0 && inv->plugins.count)
        qsort(inv->plugins.items, inv->plugins.count, sizeof *inv->plugins.items, by_name);
    return rc;
}

/* ------------------------------------------------------------------------------------ one entry */

/* Puts the reason and what to do into the entry. */
static const char *because(inventory *inv, krx_plugin_info *info, const krx_error *error)
{
    info->error_code = error->code;
    info->message = error->hint[0]
                        ? krx_arena_printf(inv->arena, "%s; %s", error->message, error->hint)
                        : krx_arena_strdup(inv->arena, error->message);
    return info->message;
}

static int32_t refuse_bad_file(krx_call *call, const plugin *p)
{
    krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s is ignored: its name is none of a module", p->path);
    return krx_hint(call, "a module is called kranix-module-<name>.so, with a-z, 0-9 and - in the "
                          "name; remove or rename this one");
}

/* Where the configuration denies it, or NULL. */
static const char *denial(const inventory *inv, const plugin *p)
{
    return inv->dirs->denied ? inv->dirs->denied(inv->dirs->ctx, p->name) : NULL;
}

/* All that can be known without running it: 0, or why it can't be used. */
static int32_t judge(krx_call *call, const inventory *inv, const plugin *p, bool digest,
                     krx_noted *noted)
{
    const krx_allow *allow = NULL;
    if (p->bad_file)
        return refuse_bad_file(call, p);
    if (inv->list_error.code) {
        krx_fail(call, inv->list_error.code, "%s", inv->list_error.message);
        return krx_hint(call, "%s", inv->list_error.hint);
    }
    int32_t rc = p->installed || (p->allow && p->allow->error_code)
                     ? 0
                     : krx_loader_note(call, inv->dirs->module_dir, p->name, digest, noted);
    if (rc < 0)
        return rc;
    rc = krx_allow_get(call, inv->allowed, p->name, inv->dirs->admin_dir, &allow);
    if (rc == 0 && denial(inv, p))
        return krx_fail(call, KRX_E_PERMISSION_DENIED,
                        "module '%s' is denied by the configuration (%s)", p->name, denial(inv, p));
    return rc == 0 ? krx_loader_check(call, inv->dirs->module_dir, allow, digest, noted) : rc;
}

static const char *state_of(const inventory *inv, const plugin *p, int32_t rc)
{
    krx_module_state state = krx_loader_state(p->path, NULL, 0);
    bool sane = !p->bad_file && !inv->list_error.code && !(p->allow && p->allow->error_code);
    return !sane                                  ? "refused"
           : !p->installed                        ? "not-installed"
           : !p->allow                            ? "not-allowed"
           : !p->allow->enabled || denial(inv, p) ? "disabled"
           : rc < 0                               ? "refused"
           : state == KRX_MODULE_LOADED           ? "loaded"
           : state == KRX_MODULE_FAILED           ? "failed"
                                                  : "ready";
}

static void fill_allow(krx_plugin_info *info, const krx_allow *allow)
{
    info->isolation = "none";
    if (!allow)
        return;
    info->enabled = allow->enabled;
    info->critical = allow->critical;
    info->description = allow->description;
    info->allow_file = allow->file;
    info->pinned = allow->sha256;
    info->isolation = allow->isolation;
}

static int32_t fill_noted(inventory *inv, krx_plugin_info *info, const krx_noted *noted)
{
    if (noted->note.name[0]) {
        info->version = krx_arena_strdup(inv->arena, noted->note.version);
        info->abi =
            krx_arena_printf(inv->arena, "%u.%u", noted->note.abi_major, noted->note.abi_minor);
        if (!info->version || !info->abi)
            return out_of_memory(inv->call);
    }
    if (noted->sha256[0] && !(info->sha256 = krx_arena_strdup(inv->arena, noted->sha256)))
        return out_of_memory(inv->call);
    return 0;
}

static int32_t describe(inventory *inv, const plugin *p, bool digest, krx_plugin_info *info)
{
    krx_error error, ignored;
    krx_noted noted = {0};
    krx_call sub = sub_call(inv->call, &error), silent = sub_call(inv->call, &ignored);
    int32_t rc = judge(&sub, inv, p, digest, &noted);
    if (!noted.note.name[0] && p->installed && !p->bad_file)
        (void)krx_loader_note(&silent, inv->dirs->module_dir, p->name, digest, &noted);
    *info = (krx_plugin_info){.struct_size = sizeof *info, .name = p->name, .path = p->path};
    fill_allow(info, p->allow);
    info->state = state_of(inv, p, rc);
    if (rc == 0 && strcmp(info->state, "failed") == 0) {
        error.code = KRX_E_FAILED_PRECONDITION;
        (void)krx_loader_state(p->path, error.message, sizeof error.message);
        rc = error.code;
    }
    if (rc < 0 && !because(inv, info, &error))
        return out_of_memory(inv->call);
    return fill_noted(inv, info, &noted);
}

/* ------------------------------------------------------------------------------------------ api */

int32_t krx_plugins_each_in(krx_call *call, const krx_plugin_dirs *dirs, krx_plugin_fn fn,
                            void *ctx)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    inventory inv;
    int32_t rc = take_inventory(&inv, call, arena, dirs);
    for (size_t i = 0; rc == 0 && i < inv.plugins.count; i++) {
        krx_plugin_info info;
        rc = describe(&inv, inv.plugins.items[i], false, &info);
        if (rc == 0)
            rc = fn(ctx, &info);
    }
    return rc;
}

static int32_t find_plugin(inventory *inv, const char *name, const plugin **out)
{
    *out = find(inv, name);
    if (*out)
        return 0;
    krx_fail(inv->call, KRX_E_NOT_FOUND,
             "there is no plugin '%s': neither a module in %s nor an allow file for it", name,
             inv->dirs->module_dir);
    return krx_hint(inv->call, "`kranix plugins list` shows what there is");
}

int32_t krx_plugin_show_in(krx_call *call, const krx_plugin_dirs *dirs, const char *name,
                           krx_plugin_fn fn, void *ctx)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    inventory inv;
    krx_plugin_info info;
    const plugin *found = NULL;
    int32_t rc = take_inventory(&inv, call, arena, dirs);
    if (rc == 0)
        rc = find_plugin(&inv, name, &found);
    if (rc == 0)
        rc = describe(&inv, found, true, &info);
    return rc == 0 ? fn(ctx, &info) : rc;
}

int32_t krx_plugin_check_in(krx_call *call, const krx_plugin_dirs *dirs, const char *name)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    inventory inv;
    krx_noted noted;
    const plugin *found = NULL;
    int32_t rc = take_inventory(&inv, call, arena, dirs);
    if (rc == 0)
        rc = find_plugin(&inv, name, &found);
    return rc == 0 ? judge(call, &inv, found, true, &noted) : rc;
}
