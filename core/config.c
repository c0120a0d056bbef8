/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_table.h"
#include "core/config_value.h"
#include "core/kranix.h"
#include "lib/base/fd.h"

#define PATH_TEXT_MAX 256
#define CONFIG_FILES_MAX 1024u
#define CANDIDATES_MAX 32

#define SECTION_ROW(name) name,
static const char *const module_sections[] = {KRX_CONFIG_MODULE_SECTIONS(SECTION_ROW)};

/* What only a module knows may be a secret by its name. */
bool krx_config_secret(const krx_config_entry *entry)
{
    static const char *const words[] = {"token", "secret", "passw", "credential", "private"};
    if (entry->row)
        return entry->row->secret;
    for (size_t i = 0; i < KRX_COUNT(words); i++)
        if (strcasestr(entry->key, words[i]))
            return true;
    return false;
}

krx_config *krx_config_new(void)
{
    static krx_config_entry *no_settings[] = {NULL};
    static krx_config_plugin *no_plugins[] = {NULL};
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_config *config = arena ? krx_arena_new_of(arena, krx_config) : NULL;
    if (!config)
        return NULL;
    config->rows = krx_arena_alloc(arena, sizeof(krx_config_entry) * krx_config_row_count);
    if (!config->rows)
        return NULL;
    for (size_t i = 0; i < krx_config_row_count; i++)
        config->rows[i] = (krx_config_entry){.key = krx_config_rows[i].key,
                                             .value = krx_config_rows[i].def,
                                             .origin = "default",
                                             .row = &krx_config_rows[i]};
    config->settings = no_settings;
    config->plugins = no_plugins;
    config->arena = krx_move_ptr(arena);
    return config;
}

void krx_config_free(krx_config *config)
{
    if (config)
        krx_arena_free(config->arena);
}

const krx_config_entry *krx_config_find(const krx_config *config, const char *key)
{
    for (size_t i = 0; i < krx_config_row_count; i++)
        if (krx_streq(config->rows[i].key, key))
            return &config->rows[i];
    for (size_t i = 0; config->settings[i]; i++)
        if (krx_streq(config->settings[i]->key, key))
            return config->settings[i];
    return NULL;
}

/* ------------------------------------------------------------------------------- one document */

typedef struct reader {
    krx_config *config;
    const char *file;
    krx_diags *diags;
    bool oom;
} reader;

static bool is_module_section(const char *name, size_t length)
{
    for (size_t i = 0; i < KRX_COUNT(module_sections); i++)
        if (strlen(module_sections[i]) == length && strncmp(module_sections[i], name, length) == 0)
            return true;
    return false;
}

static krx_config_entry *find_row(const reader *r, const char *path)
{
    for (size_t i = 0; i < krx_config_row_count; i++)
        if (strcmp(krx_config_rows[i].key, path) == 0)
            return &r->config->rows[i];
    return NULL;
}

/* "node_ops.drain" is a section for "node_ops.drain.enabled". */
static bool is_section(const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < krx_config_row_count; i++)
        if (strncmp(krx_config_rows[i].key, path, length) == 0 &&
            krx_config_rows[i].key[length] == '.')
            return true;
    return is_module_section(path, length);
}

/* Names that may stand right below `parent` ("" for the top), each once. */
static size_t known_below(krx_arena *arena, const char *parent, const char **names)
{
    size_t count = 0, length = strlen(parent);
    for (size_t i = 0; i < krx_config_row_count && count < CANDIDATES_MAX; i++) {
        const char *key = krx_config_rows[i].key;
        if (length && (strncmp(key, parent, length) != 0 || key[length] != '.'))
            continue;
        const char *rest = length ? key + length + 1 : key;
        size_t n = strcspn(rest, ".");
        if (count && strlen(names[count - 1]) == n && strncmp(names[count - 1], rest, n) == 0)
            continue;
        names[count] = krx_arena_strndup(arena, rest, n);
        count += names[count] != NULL;
    }
    for (size_t i = 0; length == 0 && i < KRX_COUNT(module_sections) && count < CANDIDATES_MAX; i++)
        names[count++] = module_sections[i];
    return count;
}

static void unknown_key(reader *r, const krx_node *key, const char *parent, const char *path)
{
    const char *names[CANDIDATES_MAX];
    size_t count = known_below(r->diags->arena, parent, names);
    krx_diags_add(r->diags, r->file, key, path,
                  krx_config_suggest(r->diags->arena, key->text, names, count),
                  "unknown key '%s'%s%s", key->text, *parent ? " in " : "", parent);
}

static const char *origin_of(reader *r, const krx_node *node)
{
    const char *origin = krx_arena_printf(r->config->arena, "%s:%u", r->file, node->line);
    r->oom = r->oom || !origin;
    return origin ? origin : "";
}

static void read_row(reader *r, krx_config_entry *entry, const krx_node *key, const krx_node *value)
{
    krx_config_place place = {.file = r->file, .path = entry->key, .diags = r->diags};
    krx_arena *arena = r->config->arena;
    if (value->type == KRX_NODE_NULL)
        return;
    const char *text =
        entry->row->type == KRX_CONFIG_PLUGINS
            ? krx_config_plugins_read(arena, &place, value, &r->config->plugins, &r->oom)
            : krx_config_value_read(arena, &place, entry->row, value, &r->oom);
    if (!text)
        return;
    entry->value = text;
    entry->origin = origin_of(r, key);
}

/* A setting that the table does not know, in the section of a module. */
static void read_setting(reader *r, const char *path, const krx_node *key, const krx_node *value)
{
    krx_arena *arena = r->config->arena;
    krx_ptrs list = {0};
    if (value->type == KRX_NODE_NULL)
        return;
    if (value->type != KRX_NODE_SCALAR) {
        krx_diags_add(r->diags, r->file, value, path, NULL,
                      "a list or map, where settings of modules are single values");
        return;
    }
    krx_config_entry *entry = krx_arena_new_of(arena, krx_config_entry);
    if (entry) {
        entry->key = krx_arena_strdup(arena, path);
        entry->value = krx_arena_strdup(arena, value->text);
        entry->origin = origin_of(r, key);
    }
    for (size_t i = 0; r->config->settings[i]; i++)
        if (!krx_streq(r->config->settings[i]->key, path))
            r->oom = krx_ptrs_add(arena, &list, r->config->settings[i]) < 0 || r->oom;
    if (!entry || !entry->key || !entry->value || krx_ptrs_add(arena, &list, entry) < 0)
        r->oom = true;
    else
        r->config->settings = (krx_config_entry **)list.items;
}

static void read_map(reader *r, const krx_node *map, const char *parent)
{
    char path[PATH_TEXT_MAX];
    for (size_t i = 0; i < map->count && !r->oom; i++) {
        const krx_node *key = map->keys[i], *value = map->items[i];
        (void)snprintf(path, sizeof path, "%s%s%s", parent, *parent ? "." : "", key->text);
        krx_config_entry *row = find_row(r, path);
        if (row)
            read_row(r, row, key, value);
        else if (is_section(path) && value->type == KRX_NODE_MAP)
            read_map(r, value, path);
        else if (is_section(path) && value->type != KRX_NODE_NULL)
            krx_diags_add(r->diags, r->file, value, path, NULL,
                          "is a section: a map of keys is expected here");
        else if (!is_section(path) && is_module_section(parent, strlen(parent)))
            read_setting(r, path, key, value);
        else if (!is_section(path))
            unknown_key(r, key, parent, path);
    }
}

int32_t krx_config_parse(krx_call *call, krx_config *config, const char *file, const char *text,
                         size_t length, krx_diags *diags)
{
    reader r = {.config = config, .file = file, .diags = diags};
    krx_auto_arena krx_arena *arena = krx_arena_new_limited(KRX_DOC_MEMORY_MAX);
    krx_node **roots = NULL;
    if (!arena)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading %s", file);
    int32_t code = krx_doc_parse(call, arena, file, text, length, &roots, diags);
    if (code)
        return code == KRX_E_INVALID_ARGUMENT ? 0 : code;
    for (size_t i = 0; roots && roots[i]; i++) {
        if (i)
            krx_diags_add(diags, file, roots[i], "", NULL, "a second document; one is allowed");
        else if (roots[i]->type == KRX_NODE_MAP)
            read_map(&r, roots[i], "");
        else if (roots[i]->type != KRX_NODE_NULL)
            krx_diags_add(diags, file, roots[i], "", NULL, "a map of sections is expected");
    }
    return r.oom ? krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading %s", file) : 0;
}

/* ------------------------------------------------------------------------------------- files */

static int32_t read_one(krx_call *call, krx_config *config, const char *file, bool must,
                        krx_diags *diags)
{
    krx_auto_str krx_str text = {0};
    int32_t code = krx_read_file(call, file, KRX_DOC_BYTES_MAX, &text);
    if (code == KRX_E_NOT_FOUND && !must) {
        *call->error = (krx_error){.struct_size = call->error->struct_size};
        return 0;
    }
    if (code)
        return krx_wrap(call, "configuration");
    const char *kept = krx_arena_strdup(config->arena, file);
    if (!kept)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading %s", file);
    return krx_config_parse(call, config, kept, krx_str_get(&text), text.length, diags);
}

static bool is_config_name(const char *name)
{
    size_t length = strlen(name);
    return name[0] != '.' && length > 5 && strcmp(name + length - 5, ".yaml") == 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int32_t read_dir(krx_call *call, krx_config *config, const char *dir, krx_diags *diags)
{
    krx_autodir DIR *d = opendir(dir);
    krx_ptrs names = {0};
    if (!d && errno == ENOENT)
        return 0;
    if (!d)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "configuration: opening %s: %s", dir,
                        strerror(errno));
    for (const struct dirent *e; (e = readdir(d));)
        if (is_config_name(e->d_name)) {
            if (names.count == CONFIG_FILES_MAX)
                return krx_fail(
                    call, KRX_E_RESOURCE_EXHAUSTED,
                    "configuration: more than %u files in %s; put some of them together",
                    CONFIG_FILES_MAX, dir);
            const char *path = krx_arena_printf(config->arena, "%s/%s", dir, e->d_name);
            if (!path || krx_ptrs_add(config->arena, &names, path) < 0)
                return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading %s", dir);
        }
    if (names.count)
        qsort(names.items, names.count, sizeof *names.items, by_bytes);
    int32_t code = 0;
    for (size_t i = 0; i < names.count && code == 0; i++)
        code = read_one(call, config, names.items[i], false, diags);
    return code;
}

krx_config_files krx_config_files_get(const char *own)
{
    const krx_paths *paths = krx_paths_get();
    krx_config_files files = {
        .own = own, .system_file = paths->config_file, .system_dir = paths->config_dir};
    if (!files.own)
        files.own = secure_getenv("KRANIX_CONFIG");
    if (krx_blank(files.own))
        files.own = NULL;
    return files;
}

int32_t krx_config_load(krx_call *call, const krx_config_files *files, krx_config **out,
                        krx_diags *diags)
{
    krx_auto_config krx_config *config = krx_config_new();
    if (!config)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading the configuration");
    int32_t code = read_one(call, config, files->own ? files->own : files->system_file,
                            files->own != NULL, diags);
    if (code == 0 && !files->own)
        code = read_dir(call, config, files->system_dir, diags);
    if (code == 0)
        code = krx_diags_fail(call, diags, "the configuration");
    if (code)
        return code;
    *out = krx_move_ptr(config);
    return 0;
}

int32_t krx_config_settings(const krx_config *config, const char *module,
                            int32_t (*visit)(void *ctx, const char *name,
                                             const krx_config_entry *entry),
                            void *ctx)
{
    size_t length = strlen(module);
    int32_t code = 0;
    for (size_t i = 0; i < krx_config_row_count && code == 0; i++) {
        const krx_config_entry *e = &config->rows[i];
        if (strncmp(e->key, module, length) == 0 && e->key[length] == '.' &&
            strcmp(e->origin, "default") != 0)
            code = visit(ctx, e->key + length + 1, e);
    }
    for (size_t i = 0; config->settings[i] && code == 0; i++) {
        const krx_config_entry *e = config->settings[i];
        if (strncmp(e->key, module, length) == 0 && e->key[length] == '.')
            code = visit(ctx, e->key + length + 1, e);
    }
    return code;
}

const char *krx_config_denies(const krx_config *config, const char *name)
{
    const krx_config_entry *enabled = krx_config_find(config, "plugins.enabled");
    if (strcmp(enabled->value, "false") == 0)
        return enabled->origin;
    for (size_t i = 0; config->plugins[i]; i++) {
        const krx_config_plugin *plugin = config->plugins[i];
        if (!plugin->enabled && strcmp(plugin->name, name) == 0)
            return plugin->origin;
    }
    return NULL;
}
