/* SPDX-License-Identifier: Apache-2.0 */
/* enable, disable and pin: the administrator's allow file gets one line changed. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/allow_edit.h"
#include "core/loader.h"
#include "core/plugins.h"
#include "core/trust.h"
#include "lib/base/fd.h"

typedef struct change {
    krx_call *call;
    krx_arena *arena;
    const krx_plugin_dirs *dirs;
    const char *name;
    const char *file; /* of the administrator */
    const char *key;
    const char *value;
    const char *after; /* the line to stand behind when there is none yet */
    const char *verb;  /* the command that asked */
} change;

static int32_t out_of_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory changing the allow-list");
}

/* *found is false when there is no such file. */
static int32_t read_if_there(krx_call *call, const char *path, krx_str *out, bool *found)
{
    krx_error error = {.struct_size = sizeof error};
    krx_call sub = *call;
    sub.error = &error;
    int32_t rc = krx_allow_read(&sub, path, out);
    *found = rc == 0;
    if (rc < 0 && rc != KRX_E_NOT_FOUND)
        *call->error = error;
    return rc == KRX_E_NOT_FOUND ? 0 : rc;
}

/* The administrator's file, else the vendor's to start from, else the least that is valid. */
static int32_t read_start(const change *c, krx_str *out)
{
    bool found = false;
    int32_t rc = read_if_there(c->call, c->file, out, &found);
    if (rc < 0 || found)
        return rc;
    const char *vendor = krx_arena_printf(c->arena, "%s/%s.yaml", c->dirs->vendor_dir, c->name);
    if (!vendor)
        return out_of_memory(c->call);
    rc = read_if_there(c->call, vendor, out, &found);
    if (rc == 0 && !found)
        krx_str_addf(out, "name: %s\nenabled: false\n", c->name);
    return rc;
}

static bool is_as_wanted(const change *c, const krx_allow *entry)
{
    return strcmp(c->key, "enabled") == 0 ? (entry->enabled != 0) == (strcmp(c->value, "true") == 0)
                                          : krx_streq(entry->sha256, c->value);
}

/* What is written must read back as the same file with the one change. */
static int32_t verify(const change *c, const krx_str *text)
{
    krx_allow entry;
    if (krx_str_failed(text))
        return out_of_memory(c->call);
    int32_t rc = krx_allow_parse(c->call, c->arena, c->name, c->file, krx_str_get(text),
                                 text->length, &entry);
    if (rc < 0)
        return rc;
    if (entry.error_code) {
        krx_fail(c->call, entry.error_code, "%s was not changed, it has mistakes: %s", c->file,
                 entry.message);
        return krx_hint(c->call, "correct it with an editor");
    }
    if (is_as_wanted(c, &entry))
        return 0;
    krx_fail(c->call, KRX_E_FAILED_PRECONDITION,
             "%s was not changed: its `%s` has no line of its own", c->file, c->key);
    return krx_hint(c->call, "set `%s: %s` there with an editor", c->key, c->value);
}

/* Owner of the deepest folder of the path that exists. */
static uid_t owner_of(krx_arena *arena, const char *path)
{
    struct stat st;
    char *copy = krx_arena_strdup(arena, path);
    for (char *slash; copy && (slash = strrchr(copy, '/')) && slash != copy; *slash = '\0')
        if (stat(copy, &st) == 0)
            return st.st_uid;
    return 0;
}

/* Rights that are missing are a refusal, with the user named who has them. */
static int32_t explain(const change *c)
{
    krx_error *error = c->call->error;
    int cause = error->sys_errno;
    uid_t owner = owner_of(c->arena, c->dirs->admin_dir);
    if (cause != EACCES && cause != EPERM && cause != EROFS)
        return error->code;
    krx_fail(c->call, KRX_E_PERMISSION_DENIED, "%s can't be written: %s", c->file, strerror(cause));
    if (cause == EROFS)
        return krx_hint(c->call, "the file system of %s is mounted read-only", c->dirs->admin_dir);
    if (owner != 0)
        return krx_hint(c->call, "run `kranix plugins %s %s` as the user with uid %u", c->verb,
                        c->name, (unsigned)owner);
    return krx_hint(c->call, "run it as root: sudo kranix plugins %s %s", c->verb, c->name);
}

static int32_t write_file(const change *c, const krx_str *text)
{
    krx_autoclose int fd = -1;
    int32_t rc = krx_make_dirs(c->call, c->dirs->admin_dir, 0755);
    if (rc < 0)
        return explain(c);
    rc = krx_trust_open_dir(c->call, c->dirs->admin_dir, &fd);
    if (rc < 0)
        return rc;
    rc = krx_replace_file(c->call, c->file, krx_str_get(text), text->length, 0644);
    return rc < 0 ? explain(c) : 0;
}

static int32_t apply(change *c)
{
    krx_auto_str krx_str before = {0}, after = {0};
    c->file = krx_arena_printf(c->arena, "%s/%s.yaml", c->dirs->admin_dir, c->name);
    if (!c->file)
        return out_of_memory(c->call);
    int32_t rc = read_start(c, &before);
    if (rc == 0 && krx_str_failed(&before))
        rc = out_of_memory(c->call);
    if (rc < 0)
        return rc;
    krx_allow_edit(krx_str_get(&before), before.length, c->key, c->value, c->after, &after);
    rc = verify(c, &after);
    return rc == 0 ? write_file(c, &after) : rc;
}

static int32_t check_name(krx_call *call, const char *name)
{
    if (krx_module_name_valid(name))
        return 0;
    return krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%s' is no name of a module: a-z, 0-9 and -",
                    name);
}

/* KRX_E_NOT_FOUND unless a module or an allow file of that name is there. */
static int32_t check_exists(krx_call *call, const krx_plugin_dirs *dirs, krx_arena *arena,
                            const char *name)
{
    const char *const paths[] = {
        krx_module_path(arena, dirs->module_dir, name),
        krx_arena_printf(arena, "%s/%s.yaml", dirs->admin_dir, name),
        krx_arena_printf(arena, "%s/%s.yaml", dirs->vendor_dir, name),
    };
    struct stat st;
    for (size_t i = 0; i < KRX_COUNT(paths); i++) {
        if (!paths[i])
            return out_of_memory(call);
        if (lstat(paths[i], &st) == 0)
            return 0;
    }
    krx_fail(call, KRX_E_NOT_FOUND, "there is no plugin '%s': neither %s nor an allow file for it",
             name, paths[0]);
    return krx_hint(call, "`kranix plugins list` shows what there is");
}

int32_t krx_plugin_enable_in(krx_call *call, const krx_plugin_dirs *dirs, const char *name,
                             int32_t enabled)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    change c = {.call = call,
                .arena = arena,
                .dirs = dirs,
                .name = name,
                .key = "enabled",
                .value = enabled ? "true" : "false",
                .after = "name",
                .verb = enabled ? "enable" : "disable"};
    if (!arena)
        return out_of_memory(call);
    int32_t rc = check_name(call, name);
    if (rc == 0)
        rc = check_exists(call, dirs, arena, name);
    return rc == 0 ? apply(&c) : rc;
}

int32_t krx_plugin_pin_in(krx_call *call, const krx_plugin_dirs *dirs, const char *name)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_noted noted;
    change c = {.call = call,
                .arena = arena,
                .dirs = dirs,
                .name = name,
                .key = "sha256",
                .value = noted.sha256,
                .after = "enabled",
                .verb = "pin"};
    if (!arena)
        return out_of_memory(call);
    int32_t rc = check_name(call, name);
    if (rc == 0)
        rc = krx_loader_note(call, dirs->module_dir, name, true, &noted);
    return rc == 0 ? apply(&c) : rc;
}
