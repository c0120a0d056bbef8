/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/doc.h"

#include <string.h>

#include "lib/base/str.h"
#include "lib/model/doc_build.h"

const krx_node *krx_node_get(const krx_node *map, const char *key)
{
    if (!map || map->type != KRX_NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->items[i];
    return NULL;
}

static bool looks_like_json(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && strchr(" \t\r\n", text[i]))
        i++;
    return i < length && (text[i] == '{' || text[i] == '[');
}

/* Complaints kept so far, to take back those of a reader that was the wrong one. */
typedef struct mark {
    size_t count;
    size_t more;
} mark;

static void start(krx_doc_builder *b, const mark *kept)
{
    krx_doc_builder fresh = {
        .arena = b->arena, .diags = b->diags, .file = b->file, .arena_start = b->arena_start};
    b->diags->count = kept->count;
    b->diags->more = kept->more;
    *b = fresh;
}

/* A text that starts with { or [ is JSON, or else YAML in flow style. */
static void read_text(krx_doc_builder *b, const char *text, size_t length)
{
    mark kept = {b->diags->count, b->diags->more};
    krx_doc_syntax error = {0}, second = {0};
    bool json = looks_like_json(text, length);
    bool fine = json ? krx_doc_read_json(b, text, length, &error)
                     : krx_doc_read_yaml(b, text, length, &error);
    if (!fine && json) {
        start(b, &kept);
        fine = krx_doc_read_yaml(b, text, length, &second);
        if (!fine)
            start(b, &kept);
    }
    if (!fine)
        krx_doc_complain(b, error.at, error.hint, "%s", error.message);
}

static bool acceptable(krx_doc_builder *b, const char *text, size_t length)
{
    size_t bad = 0;
    if (length > KRX_DOC_BYTES_MAX)
        krx_doc_complain(b, (krx_doc_place){0, 0}, "split it", "larger than %u MiB",
                         KRX_DOC_BYTES_MAX >> 20);
    else if (krx_utf8_valid(text, length, &bad))
        return true;
    else if (text[bad])
        krx_doc_complain(b, krx_doc_place_of(text, bad), "save the file as UTF-8",
                         "not valid UTF-8 (byte 0x%02x)", (unsigned char)text[bad]);
    else
        krx_doc_complain(b, krx_doc_place_of(text, bad), NULL, "a NUL character in the text");
    return false;
}

/* Documents that hold something. */
static krx_node **kept_roots(krx_doc_builder *b)
{
    krx_ptrs roots = {0};
    for (size_t i = 0; i < b->roots.count; i++) {
        const krx_node *root = b->roots.items[i];
        if (root->type != KRX_NODE_NULL && krx_ptrs_add(b->arena, &roots, root) < 0)
            return NULL;
    }
    return (krx_node **)krx_ptrs_end(b->arena, &roots);
}

int32_t krx_doc_parse(krx_call *call, krx_arena *arena, const char *file, const char *text,
                      size_t length, krx_node ***roots, krx_diags *diags)
{
    size_t before = diags->count + diags->more;
    krx_autofree krx_doc_builder *b = calloc(1, sizeof *b);
    *roots = NULL;
    if (!b)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading %s", file);
    b->arena = arena;
    b->arena_start = krx_arena_used(arena);
    b->diags = diags;
    b->file = file;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        length -= 3;
    }
    if (acceptable(b, text, length))
        read_text(b, text, length);
    *roots = kept_roots(b);
    if (b->no_memory || !*roots)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading %s", file);
    return diags->count + diags->more > before ? krx_diags_fail(call, diags, file) : 0;
}
