/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/json/keep.h"

#include <stdlib.h>
#include <string.h>

#define NODES_MAX 4096u

static bool is_key(const krx_keep_node *node, const char *key, size_t length)
{
    return node->length == length && memcmp(node->key, key, length) == 0;
}

static bool set_key(krx_keep_node *node, const char *key, size_t length)
{
    node->key = strndup(key, length);
    node->length = length;
    return node->key != NULL;
}

/* The child of that key, made when there is none; 0 when out of memory. */
static uint16_t step(krx_keep *keep, uint16_t parent, const char *key, size_t length)
{
    for (uint16_t i = keep->nodes[parent].child; i; i = keep->nodes[i].next)
        if (is_key(&keep->nodes[i], key, length))
            return i;
    krx_keep_node *more =
        keep->count < NODES_MAX ? realloc(keep->nodes, (keep->count + 1) * sizeof *more) : NULL;
    if (!more)
        return 0;
    keep->nodes = more;
    uint16_t made = (uint16_t)keep->count;
    more[made] = (krx_keep_node){.next = more[parent].child};
    if (!set_key(&more[made], key, length))
        return 0;
    keep->count++;
    more[parent].child = made;
    return made;
}

static bool add_path(krx_keep *keep, const char *path)
{
    uint16_t at = 0;
    while (*path) {
        size_t length = strcspn(path, "/");
        if (!(at = step(keep, at, path, length)))
            return false;
        path += length + (path[length] == '/');
    }
    keep->nodes[at].all = true;
    return true;
}

static bool init_skip(krx_keep *keep, const char *const *skip)
{
    size_t count = 0;
    while (skip && skip[count])
        count++;
    if (!count)
        return true;
    keep->skip = calloc(count, sizeof *keep->skip);
    for (; keep->skip && keep->skip_count < count; keep->skip_count++)
        if (!set_key(&keep->skip[keep->skip_count], skip[keep->skip_count],
                     strlen(skip[keep->skip_count])))
            return false;
    return keep->skip != NULL;
}

bool krx_keep_init(krx_keep *keep, const char *const *paths, const char *const *skip)
{
    *keep = (krx_keep){0};
    if (!init_skip(keep, skip))
        return false;
    if (!paths)
        return true;
    keep->nodes = calloc(1, sizeof *keep->nodes);
    if (!keep->nodes)
        return false;
    keep->count = 1;
    for (size_t i = 0; paths[i]; i++)
        if (!add_path(keep, paths[i]))
            return false;
    return true;
}

void krx_keep_free(krx_keep *keep)
{
    for (size_t i = 0; i < keep->count; i++)
        free(keep->nodes[i].key);
    for (size_t i = 0; i < keep->skip_count; i++)
        free(keep->skip[i].key);
    free(keep->nodes);
    free(keep->skip);
    *keep = (krx_keep){0};
}

uint16_t krx_keep_root(const krx_keep *keep)
{
    return keep->nodes && !keep->nodes[0].all ? 0 : KRX_KEEP_ALL;
}

uint16_t krx_keep_member(const krx_keep *keep, uint16_t node, const char *key, size_t length)
{
    for (size_t i = 0; i < keep->skip_count; i++)
        if (is_key(&keep->skip[i], key, length))
            return KRX_KEEP_NONE;
    if (node == KRX_KEEP_ALL)
        return KRX_KEEP_ALL;
    for (uint16_t i = keep->nodes[node].child; i; i = keep->nodes[i].next)
        if (is_key(&keep->nodes[i], key, length))
            return keep->nodes[i].all ? KRX_KEEP_ALL : i;
    return KRX_KEEP_NONE;
}
