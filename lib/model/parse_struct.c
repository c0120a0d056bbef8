/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of a document as structs of the table. */
#include <string.h>

#include "lib/model/kinds.h"
#include "lib/model/parse.h"
#include "lib/model/rules.h"

/* "" or a hint for a value that is not allowed. */
static const char *value_hint(krx_parser *p, const krx_field_info *field, const krx_node *node)
{
    if (field->kind == KRX_KIND_BOOL && !node->quoted)
        return "YAML's other spellings, such as yes and on, are not understood";
    if (!field->allowed || krx_allowed_rule(field->allowed) ||
        (field->kind != KRX_KIND_ENUM && !krx_kind_strings(field->kind)))
        return NULL;
    const char *near = krx_allowed_closest(p->arena, field->allowed, node->text);
    return near ? krx_arena_printf(p->arena, "did you mean '%s'?", near) : NULL;
}

static const char *wanted_name(int kind)
{
    switch (kind) {
    case KRX_KIND_BOOL:
        return "true or false";
    case KRX_KIND_INT:
        return "a whole number";
    case KRX_KIND_NUM:
        return "a number";
    case KRX_KIND_ENUM:
        return "a word";
    default:
        return "a text";
    }
}

static void parse_scalar(krx_parser *p, const krx_node *node, const krx_field_info *field,
                         void *object)
{
    bool literal =
        field->kind == KRX_KIND_BOOL || field->kind == KRX_KIND_INT || field->kind == KRX_KIND_NUM;
    if (node->type != KRX_NODE_SCALAR) {
        krx_parse_wrong_type(p, node, wanted_name(field->kind));
        return;
    }
    if (literal && node->quoted) {
        krx_parse_complain(p, node, "take the quotes away", "must be %s, not a text in quotes",
                           wanted_name(field->kind));
        return;
    }
    const char *allowed = krx_scalar_read(p->arena, field, node->text, object);
    if (allowed)
        krx_parse_complain(p, node, value_hint(p, field, node), "must be %s, not '%.80s'", allowed,
                           node->text);
}

/* The text of one item, checked against what the field allows; NULL after a complaint. */
static const char *parse_item(krx_parser *p, const krx_node *node, const krx_field_info *field)
{
    const char *value = NULL, *wrong = NULL;
    if (node->type != KRX_NODE_SCALAR) {
        krx_parse_wrong_type(p, node, "a text");
        return NULL;
    }
    if (krx_allowed_rule(field->allowed)) {
        wrong = krx_rule_check(p->arena, field->allowed, node->text, &value);
    } else if (field->allowed) {
        krx_auto_str krx_str list = {0};
        value = krx_allowed_find(p->arena, field->allowed, field->flags & KRX_F_NOCASE, node->text);
        krx_allowed_list(field->allowed, &list);
        if (!value)
            wrong = krx_arena_strdup(p->arena, krx_str_get(&list));
    }
    if (wrong) {
        krx_parse_complain(p, node, value_hint(p, field, node), "must be %s, not '%.80s'", wrong,
                           node->text);
        return NULL;
    }
    return value ? value : krx_arena_strdup(p->arena, node->text);
}

static void parse_strings(krx_parser *p, const krx_node *node, const krx_field_info *field,
                          void *object)
{
    krx_ptrs list = {0};
    if (node->type == KRX_NODE_SCALAR && field->kind == KRX_KIND_WORDS) {
        const char *item = krx_blank(node->text) ? NULL : parse_item(p, node, field);
        if (item)
            krx_parse_append(p, &list, item);
    } else if (node->type == KRX_NODE_LIST) {
        for (size_t i = 0; i < node->count; i++) {
            size_t before = krx_parse_enter_index(p, i);
            const char *item = parse_item(p, node->items[i], field);
            if (item)
                krx_parse_append(p, &list, item);
            krx_parse_leave(p, before);
        }
    } else {
        krx_parse_wrong_type(p, node,
                             field->kind == KRX_KIND_WORDS ? "a text or a list of texts"
                                                           : "a list of texts");
    }
    krx_parse_store_list(p, &list, field, object);
}

static void parse_objects(krx_parser *p, const krx_node *node, const krx_field_info *field,
                          void *object)
{
    krx_ptrs list = {0};
    if (node->type != KRX_NODE_LIST) {
        krx_parse_wrong_type(p, node, "a list of maps");
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        size_t before = krx_parse_enter_index(p, i);
        krx_parse_append(p, &list, krx_parse_struct(p, node->items[i], field->type));
        krx_parse_leave(p, before);
    }
    krx_parse_store_list(p, &list, field, object);
}

/* Nothing and an empty text mean absent. */
static bool blank_node(const krx_node *node, const krx_field_info *field)
{
    return node->type == KRX_NODE_NULL || (node->type == KRX_NODE_SCALAR && !*node->text &&
                                           (krx_kind_scalar(field->kind) || node->quoted));
}

static void parse_value(krx_parser *p, const krx_node *node, const krx_field_info *field,
                        void *object)
{
    if (blank_node(node, field))
        return;
    if (krx_kind_scalar(field->kind))
        parse_scalar(p, node, field, object);
    else if (krx_kind_strings(field->kind))
        parse_strings(p, node, field, object);
    else if (krx_kind_pairs(field->kind))
        krx_parse_pairs(p, node, field, object);
    else if (field->kind == KRX_KIND_OBJS)
        parse_objects(p, node, field, object);
    else
        krx_member_set_ptr(field, object, krx_parse_struct(p, node, field->type));
}

static const krx_field_info *find_field(const krx_struct_info *type, const char *key)
{
    for (size_t i = 0; i < type->count; i++)
        if (strcmp(type->fields[i].key, key) == 0)
            return &type->fields[i];
    return NULL;
}

static void parse_known(krx_parser *p, const krx_node *node, const krx_struct_info *type,
                        void *object)
{
    for (size_t i = 0; i < node->count; i++) {
        const krx_field_info *field = find_field(type, node->keys[i]->text);
        if (!field) {
            krx_parse_unknown(p, node->keys[i], type);
            continue;
        }
        size_t before = krx_parse_enter_key(p, field->key);
        parse_value(p, node->items[i], field, object);
        krx_parse_leave(p, before);
    }
}

static void fill_in(krx_parser *p, const krx_node *node, const krx_struct_info *type, void *object)
{
    for (size_t i = 0; i < type->count; i++) {
        const krx_field_info *field = &type->fields[i];
        if (!krx_member_absent(field, object))
            continue;
        const krx_node *given = krx_node_get(node, field->key);
        bool complained = given && !blank_node(given, field);
        if ((field->flags & KRX_F_REQUIRED) && !complained) {
            size_t before = krx_parse_enter_key(p, field->key);
            krx_parse_complain(p, given ? given : node, field->help, "is required");
            krx_parse_leave(p, before);
        }
        krx_member_set_default(field, object);
    }
}

/* Compose and docker write these as one text. */
static const char *short_form(const krx_struct_info *type)
{
    static const struct {
        const char *type, *hint;
    } forms[] = {
        {"port", "write {containerPort: 80, hostPort: 8080} for \"8080:80\""},
        {"volume", "write {name: data, mountPath: /data}; a host folder belongs in 'mounts'"},
        {"mount", "write {type: bind, source: /host/folder, target: /folder}"},
    };
    for (size_t i = 0; i < KRX_COUNT(forms); i++)
        if (strcmp(forms[i].type, type->name) == 0)
            return forms[i].hint;
    return NULL;
}

void *krx_parse_struct(krx_parser *p, const krx_node *node, const krx_struct_info *type)
{
    void *object = krx_arena_alloc(p->arena, type->size);
    if (!object) {
        p->no_memory = true;
        return NULL;
    }
    krx_struct_init(type, object, false);
    if (node->type != KRX_NODE_MAP) {
        krx_parse_complain(p, node, short_form(type), "must be a map, not %s",
                           krx_parse_type_name(node));
        return object;
    }
    parse_known(p, node, type, object);
    fill_in(p, node, type, object);
    return object;
}
