/* SPDX-License-Identifier: Apache-2.0 */
/* What every part of the parser works with: the path, complaints, lists and pairs. */
#include <stdarg.h>
#include <stdio.h>

#include "lib/model/kinds.h"
#include "lib/model/parse.h"

void krx_parse_complain(krx_parser *p, const krx_node *at, const char *hint, const char *format,
                        ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    krx_diags_add(p->diags, p->file, at, krx_str_get(&p->path), hint, "%s", text);
}

size_t krx_parse_enter_key(krx_parser *p, const char *key)
{
    size_t before = p->path.length;
    krx_str_addf(&p->path, "%s%.100s", before ? "." : "", key);
    return before;
}

size_t krx_parse_enter_index(krx_parser *p, size_t index)
{
    size_t before = p->path.length;
    krx_str_addf(&p->path, "[%zu]", index);
    return before;
}

void krx_parse_leave(krx_parser *p, size_t before)
{
    if (krx_str_failed(&p->path))
        p->no_memory = true;
    else if (p->path.data) {
        p->path.length = before;
        p->path.data[before] = '\0';
    }
}

const char *krx_parse_type_name(const krx_node *node)
{
    switch (node->type) {
    case KRX_NODE_LIST:
        return "a list";
    case KRX_NODE_MAP:
        return "a map";
    case KRX_NODE_NULL:
        return "nothing";
    default:
        return node->quoted ? "a text" : "a single value";
    }
}

void krx_parse_wrong_type(krx_parser *p, const krx_node *node, const char *wanted)
{
    krx_parse_complain(p, node, NULL, "must be %s, not %s", wanted, krx_parse_type_name(node));
}

void krx_parse_append(krx_parser *p, krx_ptrs *list, const void *item)
{
    if (!item || krx_ptrs_add(p->arena, list, item) < 0)
        p->no_memory = true;
}

void krx_parse_store_list(krx_parser *p, krx_ptrs *list, const krx_field_info *field, void *object)
{
    void **items = list->count ? krx_ptrs_end(p->arena, list) : NULL;
    if (list->count && !items)
        p->no_memory = true;
    krx_member_set_ptr(field, object, items);
}

krx_kv *krx_new_kv(krx_arena *arena, const char *key, size_t key_length, const char *value)
{
    krx_kv *kv = krx_arena_new_of(arena, krx_kv);
    if (!kv)
        return NULL;
    kv->struct_size = sizeof *kv;
    kv->key = krx_arena_strndup(arena, key, key_length);
    kv->value = krx_arena_strdup(arena, value);
    return kv->key && kv->value ? kv : NULL;
}
