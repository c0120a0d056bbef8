/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/doc_build.h"

#include <string.h>

#include "lib/base/str.h"

void krx_doc_complain(krx_doc_builder *b, krx_doc_place at, const char *hint, const char *format,
                      ...)
{
    char text[256];
    krx_node node = {.line = at.line, .column = at.column};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    krx_diags_add(b->diags, b->file, &node, "", hint, "%s", text);
}

static bool stop(krx_doc_builder *b)
{
    b->over = true;
    return false;
}

static bool out_of_memory(krx_doc_builder *b)
{
    b->no_memory = true;
    return stop(b);
}

static bool bound(krx_doc_builder *b, krx_doc_place at, const krx_doc_weight *weight)
{
    b->nodes += weight->nodes;
    b->bytes += weight->bytes;
    if (b->nodes > KRX_DOC_NODES_MAX)
        krx_doc_complain(b, at, "split it, or use fewer aliases", "more than %u values",
                         KRX_DOC_NODES_MAX);
    else if (b->bytes > KRX_DOC_EXPANDED_MAX)
        krx_doc_complain(b, at, "use fewer aliases", "its values hold more than %u MiB of text",
                         KRX_DOC_EXPANDED_MAX >> 20);
    else if (krx_arena_used(b->arena) - b->arena_start > KRX_DOC_MEMORY_MAX)
        krx_doc_complain(b, at, "split it", "reading it takes more than %u MiB of memory",
                         KRX_DOC_MEMORY_MAX >> 20);
    else if (b->depth + weight->height > KRX_DOC_DEPTH_MAX)
        krx_doc_complain(b, at, NULL, "nested deeper than %u levels", KRX_DOC_DEPTH_MAX);
    else
        return true;
    return stop(b);
}

static bool add_key(krx_doc_builder *b, krx_doc_frame *frame, krx_node *node)
{
    krx_doc_place at = {node->line, node->column};
    if (node->type == KRX_NODE_LIST || node->type == KRX_NODE_MAP) {
        krx_doc_complain(b, at, NULL, "a key must be a text, not a %s",
                         node->type == KRX_NODE_LIST ? "list" : "map");
        return stop(b);
    }
    if (node->type == KRX_NODE_NULL) {
        krx_doc_complain(b, at, NULL, "a key is missing here");
        node->type = KRX_NODE_SCALAR;
    } else if (!node->quoted && krx_streq(node->text, "<<")) {
        krx_doc_complain(b, at, "write the fields out, or use an alias for a whole value",
                         "merge keys (<<) are not supported");
    }
    frame->key = node;
    return true;
}

static bool attach(krx_doc_builder *b, krx_node *node, const krx_doc_weight *weight)
{
    if (b->depth == 0)
        return krx_ptrs_add(b->arena, &b->roots, node) == 0 || out_of_memory(b);
    krx_doc_frame *frame = &b->frames[b->depth - 1];
    frame->weight.nodes += weight->nodes;
    frame->weight.bytes += weight->bytes;
    if (weight->height + 1 > frame->weight.height)
        frame->weight.height = weight->height + 1;
    if (frame->node->type == KRX_NODE_MAP && !frame->key)
        return add_key(b, frame, node);
    if (frame->key && krx_ptrs_add(b->arena, &frame->keys, frame->key) < 0)
        return out_of_memory(b);
    frame->key = NULL;
    return krx_ptrs_add(b->arena, &frame->items, node) == 0 || out_of_memory(b);
}

static bool remember(krx_doc_builder *b, const char *name, krx_node *node,
                     const krx_doc_weight *weight)
{
    if (!name)
        return true;
    krx_doc_place at = {node->line, node->column};
    if (b->anchors.count >= KRX_DOC_ANCHORS_MAX) {
        krx_doc_complain(b, at, NULL, "more than %u anchors", KRX_DOC_ANCHORS_MAX);
        return stop(b);
    }
    krx_doc_anchor *anchor = krx_arena_new_of(b->arena, krx_doc_anchor);
    if (!anchor || krx_ptrs_add(b->arena, &b->anchors, anchor) < 0)
        return out_of_memory(b);
    *anchor = (krx_doc_anchor){krx_arena_strdup(b->arena, name), node, *weight};
    return anchor->name || out_of_memory(b);
}

static krx_node *new_node(krx_doc_builder *b, int type, krx_doc_place at)
{
    krx_node *node = krx_arena_new_of(b->arena, krx_node);
    if (!node) {
        out_of_memory(b);
        return NULL;
    }
    node->type = type;
    node->line = at.line;
    node->column = at.column;
    node->text = "";
    return node;
}

bool krx_doc_scalar_add(krx_doc_builder *b, const krx_doc_scalar *scalar)
{
    krx_doc_weight weight = {.nodes = 1, .bytes = scalar->length};
    if (!bound(b, scalar->at, &weight))
        return false;
    krx_node *node = new_node(b, scalar->null ? KRX_NODE_NULL : KRX_NODE_SCALAR, scalar->at);
    if (!node)
        return false;
    node->quoted = scalar->quoted;
    node->text = krx_arena_strndup(b->arena, scalar->text, scalar->length);
    if (!node->text)
        return out_of_memory(b);
    if (memchr(scalar->text, '\0', scalar->length))
        krx_doc_complain(b, scalar->at, NULL, "a text must not contain the character U+0000");
    return remember(b, scalar->anchor, node, &weight) && attach(b, node, &weight);
}

bool krx_doc_open(krx_doc_builder *b, int type, krx_doc_place at, const char *anchor)
{
    krx_doc_weight weight = {.nodes = 1, .height = 1};
    if (!bound(b, at, &weight))
        return false;
    krx_doc_frame *frame = &b->frames[b->depth];
    *frame = (krx_doc_frame){.weight = weight};
    frame->node = new_node(b, type, at);
    if (!frame->node)
        return false;
    frame->anchor = krx_arena_strdup(b->arena, anchor);
    if (anchor && !frame->anchor)
        return out_of_memory(b);
    b->depth++;
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const krx_node *x = *(const krx_node *const *)a, *y = *(const krx_node *const *)b;
    int order = strcmp(x->text, y->text);
    if (order)
        return order;
    return x->line != y->line ? (x->line < y->line ? -1 : 1)
                              : (x->column > y->column) - (x->column < y->column);
}

static bool refuse_duplicates(krx_doc_builder *b, const krx_node *map)
{
    if (map->count < 2)
        return true;
    krx_autofree krx_node **sorted = malloc(map->count * sizeof *sorted);
    if (!sorted)
        return out_of_memory(b);
    memcpy(sorted, map->keys, map->count * sizeof *sorted);
    qsort(sorted, map->count, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < map->count; i++)
        if (strcmp(sorted[i - 1]->text, sorted[i]->text) == 0)
            krx_doc_complain(b, (krx_doc_place){sorted[i]->line, sorted[i]->column}, NULL,
                             "the key '%.80s' stands here twice, first in line %u", sorted[i]->text,
                             sorted[i - 1]->line);
    return true;
}

bool krx_doc_close(krx_doc_builder *b)
{
    krx_doc_frame *frame = &b->frames[--b->depth];
    krx_node *node = frame->node;
    node->count = frame->items.count;
    node->items = (krx_node **)krx_ptrs_end(b->arena, &frame->items);
    if (!node->items)
        return out_of_memory(b);
    if (node->type == KRX_NODE_MAP) {
        node->keys = (krx_node **)krx_ptrs_end(b->arena, &frame->keys);
        if (!node->keys)
            return out_of_memory(b);
        if (!refuse_duplicates(b, node))
            return false;
    }
    return remember(b, frame->anchor, node, &frame->weight) && attach(b, node, &frame->weight);
}

bool krx_doc_alias(krx_doc_builder *b, krx_doc_place at, const char *name)
{
    const krx_doc_anchor *found = NULL;
    for (size_t i = b->anchors.count; i-- > 0 && !found;) {
        const krx_doc_anchor *anchor = b->anchors.items[i];
        if (strcmp(anchor->name, name) == 0)
            found = anchor;
    }
    if (!found) {
        krx_doc_complain(b, at, NULL, "the alias '*%.80s' has no anchor before it", name);
        return stop(b);
    }
    const krx_doc_frame *frame = b->depth ? &b->frames[b->depth - 1] : NULL;
    if (frame && frame->node->type == KRX_NODE_MAP && !frame->key) {
        krx_doc_complain(b, at, NULL, "an alias can't be a key");
        return stop(b);
    }
    return bound(b, at, &found->weight) && attach(b, found->node, &found->weight);
}

krx_doc_place krx_doc_place_of(const char *text, size_t offset)
{
    krx_doc_place at = {1, 1};
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n')
            at = (krx_doc_place){at.line + 1, 1};
        else if (((unsigned char)text[i] & 0xc0) != 0x80)
            at.column++;
    }
    return at;
}
