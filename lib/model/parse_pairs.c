/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of texts, and the three forms of env. */
#include <string.h>

#include "lib/model/kinds.h"
#include "lib/model/parse.h"

static bool env_name(const char *key, size_t length)
{
    return length > 0 && !memchr(key, '=', length);
}

/* key: where a wrong key is complained about */
static void add_pair(krx_parser *p, krx_ptrs *list, const krx_field_info *field, const krx_node *at,
                     const char *key, size_t length, const char *value)
{
    if (length == 0)
        krx_parse_complain(p, at, NULL, "a key must not be empty");
    else if (field->kind == KRX_KIND_ENV && !env_name(key, length))
        krx_parse_complain(p, at, NULL, "the name of a variable must not contain '='");
    else
        krx_parse_append(p, list, krx_new_kv(p->arena, key, length, value));
}

static void parse_map(krx_parser *p, const krx_node *node, const krx_field_info *field,
                      krx_ptrs *list)
{
    for (size_t i = 0; i < node->count; i++) {
        const krx_node *key = node->keys[i], *value = node->items[i];
        size_t before = krx_parse_enter_key(p, key->text);
        if (value->type == KRX_NODE_LIST || value->type == KRX_NODE_MAP)
            krx_parse_wrong_type(p, value, "a text");
        else
            add_pair(p, list, field, key, key->text, strlen(key->text),
                     value->type == KRX_NODE_NULL ? "" : value->text);
        krx_parse_leave(p, before);
    }
}

static void parse_name_value(krx_parser *p, const krx_node *node, const krx_field_info *field,
                             krx_ptrs *list)
{
    const krx_node *name = krx_node_get(node, "name"), *value = krx_node_get(node, "value");
    if (krx_node_get(node, "valueFrom")) {
        krx_parse_complain(p, node, "give the value itself", "valueFrom is not supported");
    } else if (!name || name->type != KRX_NODE_SCALAR) {
        krx_parse_complain(p, node, NULL, "must have a name (and a value)");
    } else if (value && (value->type == KRX_NODE_LIST || value->type == KRX_NODE_MAP)) {
        krx_parse_wrong_type(p, value, "a text");
    } else {
        for (size_t i = 0; i < node->count; i++)
            if (node->items[i] != name && node->items[i] != value)
                krx_parse_complain(p, node->keys[i], NULL,
                                   "unknown field '%.80s': only name and value belong here",
                                   node->keys[i]->text);
        add_pair(p, list, field, name, name->text, strlen(name->text),
                 value && value->type == KRX_NODE_SCALAR ? value->text : "");
    }
}

static void parse_key_value(krx_parser *p, const krx_node *node, const krx_field_info *field,
                            krx_ptrs *list)
{
    const char *equals = strchr(node->text, '=');
    if (!equals)
        /* not shown: it may be a value without its key */
        krx_parse_complain(p, node, "write KEY= for an empty value", "must be KEY=VALUE");
    else
        add_pair(p, list, field, node, node->text, (size_t)(equals - node->text), equals + 1);
}

typedef struct seen_pair {
    const char *key;
    size_t index;
} seen_pair;

static int compare_pairs(const void *a, const void *b)
{
    const seen_pair *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* A map can't hold a key twice, a list of pairs can. */
static void refuse_repeated(krx_parser *p, const krx_node *node, const krx_ptrs *list)
{
    if (list->count < 2)
        return;
    krx_autofree seen_pair *pairs = malloc(list->count * sizeof *pairs);
    if (!pairs) {
        p->no_memory = true;
        return;
    }
    for (size_t i = 0; i < list->count; i++)
        pairs[i] = (seen_pair){((const krx_kv *)list->items[i])->key, i};
    qsort(pairs, list->count, sizeof *pairs, compare_pairs);
    for (size_t i = 1; i < list->count; i++)
        if (strcmp(pairs[i - 1].key, pairs[i].key) == 0) {
            const krx_node *at = list->count == node->count ? node->items[pairs[i].index] : node;
            krx_parse_complain(p, at, NULL, "the variable '%.80s' is given twice", pairs[i].key);
        }
}

void krx_parse_pairs(krx_parser *p, const krx_node *node, const krx_field_info *field, void *object)
{
    krx_ptrs list = {0};
    if (node->type == KRX_NODE_MAP) {
        parse_map(p, node, field, &list);
    } else if (node->type == KRX_NODE_LIST && field->kind == KRX_KIND_ENV) {
        for (size_t i = 0; i < node->count; i++) {
            const krx_node *item = node->items[i];
            size_t before = krx_parse_enter_index(p, i);
            if (item->type == KRX_NODE_MAP)
                parse_name_value(p, item, field, &list);
            else if (item->type == KRX_NODE_SCALAR)
                parse_key_value(p, item, field, &list);
            else
                krx_parse_wrong_type(p, item, "KEY=VALUE");
            krx_parse_leave(p, before);
        }
        refuse_repeated(p, node, &list);
    } else {
        krx_parse_wrong_type(p, node,
                             field->kind == KRX_KIND_ENV
                                 ? "a map of texts, a list of KEY=VALUE or a list of name and value"
                                 : "a map of texts");
    }
    krx_parse_store_list(p, &list, field, object);
}
