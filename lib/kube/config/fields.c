/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the fields of a kubeconfig's maps. Texts are copied, complaints never show a value that
 * may be secret. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "lib/base/secret.h"
#include "lib/kube/config/read.h"

int32_t krx_kube_config_no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading the kubeconfig");
}

void krx_kube_complain(const krx_kube_map *map, const krx_node *at, const char *key,
                       const char *format, ...)
{
    char text[512], path[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)snprintf(path, sizeof path, "%s.%s", map->path, key);
    krx_diags_add(&map->reader->diags, map->file->name, at ? at : map->node, path, NULL, "%s",
                  text);
}

void krx_kube_warn(krx_kube_reader *reader, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    krx_arena *arena = reader->config->arena;
    const char *kept = krx_arena_strdup(arena, text);
    if (kept)
        (void)krx_ptrs_add(arena, &reader->warnings, kept);
}

/* The node under a key when it is of that type; something else than null is complained about. */
static const krx_node *typed(const krx_kube_map *map, const char *key, int type, const char *wanted)
{
    const krx_node *node = krx_node_get(map->node, key);
    if (!node || node->type == KRX_NODE_NULL)
        return NULL;
    if (node->type == type)
        return node;
    krx_kube_complain(map, node, key, "must be %s", wanted);
    return NULL;
}

static const krx_node *text_node(const krx_kube_map *map, const char *key)
{
    const krx_node *node = typed(map, key, KRX_NODE_SCALAR, "a text");
    return node && *node->text ? node : NULL;
}

const char *krx_kube_text(const krx_kube_map *map, const char *key)
{
    const krx_node *node = text_node(map, key);
    return node ? krx_arena_strdup(map->reader->config->arena, node->text) : NULL;
}

const char *krx_kube_file_name(const krx_kube_map *map, const char *key)
{
    const krx_node *node = text_node(map, key);
    if (!node)
        return NULL;
    const char *name = krx_has_prefix(node->text, "./") ? node->text + 2 : node->text;
    return krx_arena_printf(map->reader->config->arena, "%s%s",
                            *name == '/' ? "" : map->file->folder, name);
}

const char *krx_kube_readable(const krx_kube_map *map, const char *key)
{
    const char *name = krx_kube_file_name(map, key);
    if (name && access(name, R_OK) < 0)
        krx_kube_complain(map, krx_node_get(map->node, key), key, "%s cannot be read: %s", name,
                          strerror(errno));
    return name;
}

/* Base64 may be folded over several lines. */
static char *without_blanks(krx_arena *arena, const char *text)
{
    char *copy = krx_arena_alloc(arena, strlen(text) + 1), *to = copy;
    for (const char *p = text; copy && *p; p++)
        if (!strchr(" \t\r\n", *p))
            *to++ = *p;
    return copy;
}

const char *krx_kube_pem(const krx_kube_map *map, const char *key)
{
    const krx_node *node = text_node(map, key);
    krx_auto_secret krx_str plain = {0};
    size_t length = 0;
    if (!node)
        return NULL;
    const char *packed = without_blanks(map->reader->trees, node->text);
    plain.data = packed ? krx_base64_decode(packed, &length) : NULL;
    plain.length = plain.capacity = length;
    if (!packed)
        return NULL;
    if (!plain.data)
        krx_kube_complain(map, node, key, "is not base64");
    else if (memchr(plain.data, '\0', length) || !strstr(plain.data, "-----BEGIN "))
        krx_kube_complain(map, node, key, "does not hold a PEM text once its base64 is decoded");
    else
        return krx_arena_strndup(map->reader->config->arena, plain.data, length);
    return NULL;
}

bool krx_kube_flag(const krx_kube_map *map, const char *key)
{
    const krx_node *node = text_node(map, key);
    if (!node || (!node->quoted && krx_strcaseeq(node->text, "false")))
        return false;
    if (!node->quoted && krx_strcaseeq(node->text, "true"))
        return true;
    krx_kube_complain(map, node, key, "must be true or false");
    return false;
}

const krx_node *krx_kube_list_node(const krx_kube_map *map, const char *key)
{
    return typed(map, key, KRX_NODE_LIST, "a list");
}

const char *const *krx_kube_texts(const krx_kube_map *map, const char *key)
{
    const krx_node *list = krx_kube_list_node(map, key);
    krx_arena *arena = map->reader->config->arena;
    krx_ptrs texts = {0};
    for (size_t i = 0; list && i < list->count; i++) {
        const krx_node *item = list->items[i];
        if (item->type != KRX_NODE_SCALAR) {
            krx_kube_complain(map, item, key, "must be a list of texts");
            break;
        }
        const char *text = krx_arena_strdup(arena, item->text);
        if (text)
            (void)krx_ptrs_add(arena, &texts, text);
    }
    return (const char *const *)krx_ptrs_end(arena, &texts);
}

bool krx_kube_inner(const krx_kube_map *map, const char *key, krx_kube_map *out)
{
    const krx_node *node = typed(map, key, KRX_NODE_MAP, "a map");
    if (!node)
        return false;
    const char *path = krx_arena_printf(map->reader->trees, "%s.%s", map->path, key);
    *out = (krx_kube_map){
        .reader = map->reader, .file = map->file, .node = node, .path = path ? path : key};
    return true;
}
