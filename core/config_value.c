/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config_value.h"

#include <errno.h>
#include <string.h>

#include "core/allow.h"
#include "lib/base/units.h"

const char *krx_config_suggest(krx_arena *arena, const char *word, const char *const *known,
                               size_t count)
{
    const char *near = krx_closest(word, known, count);
    return near ? krx_arena_printf(arena, "did you mean '%s'?", near) : NULL;
}

static const char *kind_of(const krx_node *node)
{
    return node->type == KRX_NODE_LIST ? "a list" : node->type == KRX_NODE_MAP ? "a map" : "text";
}

static bool wants_scalar(const krx_config_place *place, const krx_node *node, const char *what)
{
    if (node->type == KRX_NODE_SCALAR)
        return true;
    krx_diags_add(place->diags, place->file, node, place->path, NULL, "%s where %s is expected",
                  kind_of(node), what);
    return false;
}

#define WORDS_MAX 16

static bool one_of(krx_arena *arena, const krx_config_place *place, const char *allowed,
                   const krx_node *node)
{
    const char *words[WORDS_MAX];
    size_t count = 0;
    for (const char *p = allowed; *p && count < WORDS_MAX;) {
        size_t length = strcspn(p, "|");
        words[count] = krx_arena_strndup(arena, p, length);
        if (words[count] && strcmp(words[count], node->text) == 0)
            return true;
        count += words[count] != NULL;
        p += length + (p[length] == '|');
    }
    krx_diags_add(place->diags, place->file, node, place->path,
                  krx_config_suggest(arena, node->text, words, count), "'%s' is not one of %s",
                  node->text, allowed);
    return false;
}

static const char *read_int(krx_arena *arena, const krx_config_place *place, const char *allowed,
                            const krx_node *node)
{
    char *end;
    errno = 0;
    long long value = strtoll(node->text, &end, 10), low = 0, high = 0;
    (void)sscanf(allowed, "%lld..%lld", &low, &high);
    if (errno || end == node->text || *end || value < low || value > high) {
        krx_diags_add(place->diags, place->file, node, place->path, NULL,
                      "'%s' is not a number from %lld to %lld", node->text, low, high);
        return NULL;
    }
    return krx_arena_printf(arena, "%lld", value);
}

static const char *read_quantity(krx_arena *arena, const krx_config_place *place, int type,
                                 const krx_node *node)
{
    char text[KRX_UNIT_TEXT_MAX];
    int64_t value;
    const char *wanted = type == KRX_CONFIG_SIZE ? krx_parse_bytes(node->text, &value)
                                                 : krx_parse_duration(node->text, &value);
    if (wanted) {
        krx_diags_add(place->diags, place->file, node, place->path, NULL, "'%s' is not %s",
                      node->text, wanted);
        return NULL;
    }
    return krx_arena_strdup(arena, type == KRX_CONFIG_SIZE ? krx_bytes_text(value, text)
                                                           : krx_duration_text(value, text));
}

static const char *read_bool(const krx_config_place *place, const krx_node *node)
{
    if (strcmp(node->text, "true") == 0)
        return "true";
    if (strcmp(node->text, "false") == 0)
        return "false";
    krx_diags_add(place->diags, place->file, node, place->path, NULL, "'%s' is not true or false",
                  node->text);
    return NULL;
}

static void add_quoted(krx_str *out, const char *text)
{
    krx_str_addc(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            krx_str_addc(out, '\\');
        krx_str_addc(out, *p);
    }
    krx_str_addc(out, '"');
}

static const char *keep(krx_arena *arena, krx_str *text, bool *oom)
{
    const char *kept = krx_str_failed(text) ? NULL : krx_arena_strdup(arena, krx_str_get(text));
    *oom = *oom || !kept;
    return kept;
}

static const char *read_list(krx_arena *arena, const krx_config_place *place, const krx_node *node,
                             bool *oom)
{
    krx_auto_str krx_str text = {0};
    bool good = true;
    if (node->type != KRX_NODE_LIST) {
        krx_diags_add(place->diags, place->file, node, place->path, NULL,
                      "%s where a list is expected", kind_of(node));
        return NULL;
    }
    krx_str_addc(&text, '[');
    for (size_t i = 0; i < node->count; i++) {
        if (i)
            krx_str_add(&text, ", ");
        if (wants_scalar(place, node->items[i], "text in a list"))
            add_quoted(&text, node->items[i]->text);
        else
            good = false;
    }
    krx_str_addc(&text, ']');
    return good ? keep(arena, &text, oom) : NULL;
}

const char *krx_config_value_read(krx_arena *arena, const krx_config_place *place,
                                  const krx_config_row *row, const krx_node *node, bool *oom)
{
    const char *value;
    if (row->type == KRX_CONFIG_LIST)
        return read_list(arena, place, node, oom);
    if (!wants_scalar(place, node, krx_config_type_name(row->type)))
        return NULL;
    size_t complaints = place->diags->count + place->diags->more;
    switch (row->type) {
    case KRX_CONFIG_BOOL:
        return read_bool(place, node);
    case KRX_CONFIG_INT:
        value = read_int(arena, place, row->allowed, node);
        break;
    case KRX_CONFIG_DURATION:
    case KRX_CONFIG_SIZE:
        value = read_quantity(arena, place, row->type, node);
        break;
    default:
        if (row->allowed && !one_of(arena, place, row->allowed, node))
            return NULL;
        value = krx_arena_strdup(arena, node->text);
    }
    *oom = *oom || (!value && complaints == place->diags->count + place->diags->more);
    return value;
}

/* One entry {name, module, description, enabled}. */
static krx_config_plugin *read_plugin(krx_arena *arena, const krx_config_place *place,
                                      const krx_node *node)
{
    static const char *const known[] = {"name", "module", "description", "enabled"};
    krx_config_plugin *plugin = krx_arena_new_of(arena, krx_config_plugin);
    if (!plugin || node->type != KRX_NODE_MAP) {
        krx_diags_add(place->diags, place->file, node, place->path, NULL,
                      "%s where {name, module, description, enabled} is expected", kind_of(node));
        return NULL;
    }
    plugin->enabled = true;
    plugin->origin = krx_arena_printf(arena, "%s:%u", place->file, node->line);
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        const char *key = node->keys[i]->text;
        const krx_node *value = node->items[i];
        if (!krx_streq(key, "name") && !krx_streq(key, "module") &&
            !krx_streq(key, "description") && !krx_streq(key, "enabled")) {
            krx_diags_add(place->diags, place->file,
                          node->type == KRX_NODE_MAP ? node->keys[i] : node, place->path,
                          krx_config_suggest(arena, key, known, KRX_COUNT(known)),
                          "unknown key '%s'", key);
            good = false;
        } else if (!wants_scalar(place, value, "text")) {
            good = false;
        } else if (krx_streq(key, "name")) {
            plugin->name = krx_arena_strdup(arena, value->text);
        } else if (krx_streq(key, "enabled")) {
            const char *enabled = read_bool(place, value);
            good = good && enabled;
            plugin->enabled = krx_streq(enabled, "true");
        }
    }
    if (good && (!plugin->name || !krx_module_name_valid(plugin->name))) {
        krx_diags_add(place->diags, place->file, node, place->path, NULL,
                      plugin->name ? "'%s' is no name of a module" : "has no name%s",
                      plugin->name ? plugin->name : "");
        return NULL;
    }
    return good ? plugin : NULL;
}

const char *krx_config_plugins_read(krx_arena *arena, const krx_config_place *place,
                                    const krx_node *node, krx_config_plugin ***plugins, bool *oom)
{
    krx_auto_str krx_str text = {0};
    krx_ptrs list = {0};
    size_t good = 0;
    if (node->type != KRX_NODE_LIST) {
        krx_diags_add(place->diags, place->file, node, place->path, NULL,
                      "%s where a list is expected", kind_of(node));
        return NULL;
    }
    krx_str_addc(&text, '[');
    for (size_t i = 0; i < node->count; i++) {
        krx_config_place at = *place;
        at.path = krx_arena_printf(arena, "%s[%zu]", place->path, i);
        krx_config_plugin *plugin = read_plugin(arena, &at, node->items[i]);
        if (!plugin)
            continue;
        good++;
        *oom = *oom || krx_ptrs_add(arena, &list, plugin) < 0;
        krx_str_addf(&text, "%s{name: %s, enabled: %s}", i ? ", " : "", plugin->name,
                     plugin->enabled ? "true" : "false");
    }
    krx_str_addc(&text, ']');
    void **all = krx_ptrs_end(arena, &list);
    *oom = *oom || !all;
    if (good != node->count || *oom)
        return NULL;
    *plugins = (krx_config_plugin **)all;
    return keep(arena, &text, oom);
}
