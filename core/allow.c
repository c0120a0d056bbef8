/* SPDX-License-Identifier: Apache-2.0 */
#include "core/allow.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/trust.h"
#include "lib/base/str.h"

#define SUFFIX ".yaml"

bool krx_module_name_valid(const char *name)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return *name && strchr(first, *name) && !name[length] && length <= 63;
}

/* One folder's worth of work. Complaints of single files go to `error` through `sub`. */
typedef struct scan {
    krx_call *call;
    krx_call sub;
    krx_error error;
    krx_arena *arena;
    const char *dir;
    bool admin;
    krx_ptrs *list;
} scan;

static int32_t out_of_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading the allow-list");
}

static void scan_init(scan *s, krx_call *call, krx_arena *arena, krx_ptrs *list)
{
    *s = (scan){.call = call, .sub = *call, .arena = arena, .list = list};
    s->error.struct_size = sizeof s->error;
}

/* Keeps the sub-call's complaint in the entry; fails only when there is no memory for it. */
static int32_t keep_error(krx_call *call, krx_arena *arena, const krx_error *error,
                          krx_allow *entry)
{
    static const krx_kv *const none[] = {NULL};
    if (error->code == KRX_E_RESOURCE_EXHAUSTED) {
        krx_fail(call, error->code, "%s", error->message);
        return krx_hint(call, "%s", error->hint);
    }
    entry->isolation = "none";
    entry->timeout_ns = KRX_UNSET;
    entry->settings = none;
    entry->error_code = error->code;
    entry->message = krx_arena_strdup(arena, error->message);
    entry->hint = error->hint[0] ? krx_arena_strdup(arena, error->hint) : NULL;
    return entry->message && (entry->hint || !error->hint[0]) ? 0 : out_of_memory(call);
}

int32_t krx_allow_read(krx_call *call, const char *path, krx_str *out)
{
    char chunk[4096];
    krx_autoclose int fd = -1;
    int32_t rc = krx_trust_open_file(call, path, &fd);
    while (rc == 0) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return krx_fail(call, KRX_E_UNAVAILABLE, "reading %s: %s", path, strerror(errno));
        if (out->length + (size_t)n > KRX_ALLOW_BYTES_MAX)
            return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s is larger than %u KiB", path,
                            KRX_ALLOW_BYTES_MAX / 1024);
        krx_str_addn(out, chunk, (size_t)n);
        if (krx_str_failed(out))
            return out_of_memory(call);
    }
    return rc;
}

static int32_t read_entry(scan *s, krx_allow *entry)
{
    krx_auto_str krx_str text = {0};
    s->sub.error = &s->error;
    if (krx_allow_read(&s->sub, entry->file, &text) < 0)
        return keep_error(s->call, s->arena, &s->error, entry);
    bool admin = entry->admin;
    int32_t rc = krx_allow_parse(s->call, s->arena, entry->name, entry->file, krx_str_get(&text),
                                 text.length, entry);
    entry->admin = admin;
    return rc;
}

static int32_t report_bad_name(scan *s, const char *file, krx_allow *entry)
{
    s->sub.error = &s->error;
    krx_fail(&s->sub, KRX_E_INVALID_ARGUMENT, "%s is ignored: '%s' is no name of an allow file",
             entry->file, file);
    krx_hint(&s->sub, "an allow file is called <module>.yaml, with a-z, 0-9 and - in the module's "
                      "name; remove or rename this one");
    entry->name = krx_arena_strdup(s->arena, file);
    return entry->name ? keep_error(s->call, s->arena, &s->error, entry) : out_of_memory(s->call);
}

static bool is_listed(const krx_ptrs *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(((const krx_allow *)list->items[i])->name, name) == 0)
            return true;
    return false;
}

static int32_t add_file(scan *s, const char *file)
{
    size_t length = strlen(file), suffix = strlen(SUFFIX);
    bool is_yaml = length > suffix && strcmp(file + length - suffix, SUFFIX) == 0;
    char *name = krx_arena_strndup(s->arena, file, is_yaml ? length - suffix : length);
    krx_allow *entry = krx_arena_new_of(s->arena, krx_allow);
    if (!name || !entry)
        return out_of_memory(s->call);
    bool valid = is_yaml && krx_module_name_valid(name);
    if (is_listed(s->list, valid ? name : file))
        return 0;
    entry->name = name;
    entry->admin = s->admin;
    entry->file = krx_arena_printf(s->arena, "%s/%s", s->dir, file);
    if (!entry->file || krx_ptrs_add(s->arena, s->list, entry) < 0)
        return out_of_memory(s->call);
    return valid ? read_entry(s, entry) : report_bad_name(s, file, entry);
}

/* Hidden files and the folder's own explanation are nobody's mistake. */
static bool is_silent(const char *file)
{
    return file[0] == '.' || krx_has_prefix(file, "README");
}

static int32_t read_folder(scan *s, const char *dir, bool admin)
{
    krx_autoclose int fd = -1;
    s->dir = dir;
    s->admin = admin;
    s->sub.error = &s->error;
    int32_t rc = krx_trust_open_dir(&s->sub, dir, &fd);
    if (rc == KRX_E_NOT_FOUND)
        return 0;
    if (rc < 0) {
        krx_fail(s->call, rc, "the allow-list can't be used: %s", s->error.message);
        return krx_hint(s->call, "%s", s->error.hint);
    }
    krx_autodir DIR *stream = fdopendir(fd);
    if (!stream)
        return krx_fail(s->call, KRX_E_UNAVAILABLE, "reading %s: %s", dir, strerror(errno));
    (void)krx_move_fd(&fd);
    for (size_t seen = 0; rc == 0; seen++) {
        errno = 0;
        const struct dirent *file = readdir(stream);
        if (!file && errno)
            return krx_fail(s->call, KRX_E_UNAVAILABLE, "reading %s: %s", dir, strerror(errno));
        if (!file)
            break;
        if (seen > KRX_ALLOW_FILES_MAX)
            return krx_fail(s->call, KRX_E_RESOURCE_EXHAUSTED, "%s holds more than %u files", dir,
                            KRX_ALLOW_FILES_MAX);
        if (!is_silent(file->d_name))
            rc = add_file(s, file->d_name);
    }
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(krx_allow *const *)a)->name, (*(krx_allow *const *)b)->name);
}

int32_t krx_allow_load(krx_call *call, krx_arena *arena, const char *vendor_dir,
                       const char *admin_dir, krx_allow ***out)
{
    krx_ptrs list = {0};
    scan s;
    scan_init(&s, call, arena, &list);
    int32_t rc = read_folder(&s, admin_dir, true);
    if (rc == 0)
        rc = read_folder(&s, vendor_dir, false);
    if (rc < 0)
        return rc;
    if (!krx_ptrs_end(arena, &list))
        return out_of_memory(call);
    qsort(list.items, list.count, sizeof *list.items, by_name);
    *out = (krx_allow **)list.items;
    return 0;
}

const krx_allow *krx_allow_find(krx_allow *const *list, const char *name)
{
    for (; *list; list++)
        if (strcmp((*list)->name, name) == 0)
            return *list;
    return NULL;
}

int32_t krx_allow_get(krx_call *call, krx_allow *const *list, const char *name,
                      const char *admin_dir, const krx_allow **out)
{
    const krx_allow *found = krx_allow_find(list, name);
    if (!found) {
        krx_fail(call, KRX_E_PERMISSION_DENIED,
                 "module '%s' is not allowed: there is no %s/%s" SUFFIX, name, admin_dir, name);
        return krx_hint(call, "an administrator allows it with: kranix plugins enable %s", name);
    }
    *out = found;
    return krx_allow_check(call, found);
}

int32_t krx_allow_check(krx_call *call, const krx_allow *allow)
{
    if (allow->error_code) {
        krx_fail(call, KRX_E_PERMISSION_DENIED, "module '%s' is refused: %s", allow->name,
                 allow->message);
        return allow->hint ? krx_hint(call, "%s", allow->hint) : KRX_E_PERMISSION_DENIED;
    }
    if (!allow->enabled) {
        krx_fail(call, KRX_E_PERMISSION_DENIED, "module '%s' is disabled: %s says enabled: false",
                 allow->name, allow->file);
        return krx_hint(call, "an administrator allows it with: kranix plugins enable %s",
                        allow->name);
    }
    return 0;
}
