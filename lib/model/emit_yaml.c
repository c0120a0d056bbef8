/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/emit.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/model/kinds.h"

/* A text that every YAML reader takes for a text without quotes. */
static bool plain(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n"};
    if (!isalpha((unsigned char)*text) && *text != '/' && *text != '_')
        return false;
    for (size_t i = 0; i < KRX_COUNT(words); i++)
        if (strcasecmp(text, words[i]) == 0)
            return false;
    for (const char *p = text; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("_./@=+-", *p) &&
            !(*p == ':' && p[1] && p[1] != ' '))
            return false;
    return strlen(text) < 120;
}

static void text_value(const char *text, krx_str *out)
{
    if (plain(text))
        krx_str_add(out, text);
    else
        krx_emit_quoted(text, out);
}

static void indent(krx_str *out, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        krx_str_add(out, "  ");
}

static void emit_struct(krx_str *out, const krx_struct_info *type, const void *object,
                        unsigned depth, bool in_line);

static void emit_strings(krx_str *out, const char *const *list, unsigned depth)
{
    krx_str_addc(out, '\n');
    for (; *list; list++) {
        indent(out, depth);
        krx_str_add(out, "- ");
        text_value(*list, out);
        krx_str_addc(out, '\n');
    }
}

/* A key longer than 128 characters needs YAML's explicit form. */
static void emit_pairs(krx_str *out, const krx_kv *const *list, unsigned depth)
{
    krx_str_addc(out, '\n');
    for (; *list; list++) {
        bool simple = strlen((*list)->key) <= 128;
        indent(out, depth);
        krx_str_add(out, simple ? "" : "? ");
        text_value((*list)->key, out);
        if (!simple) {
            krx_str_addc(out, '\n');
            indent(out, depth);
        }
        krx_str_add(out, ": ");
        text_value((*list)->value, out);
        krx_str_addc(out, '\n');
    }
}

static void emit_objects(krx_str *out, const krx_struct_info *type, const void *const *list,
                         unsigned depth)
{
    krx_str_addc(out, '\n');
    for (; *list; list++) {
        indent(out, depth);
        krx_str_add(out, "- ");
        emit_struct(out, type, *list, depth + 1, true);
    }
}

static void emit_scalar(krx_str *out, const krx_field_info *field, const void *object)
{
    krx_auto_str krx_str text = {0};
    krx_scalar_text(field, object, &text);
    krx_str_addc(out, ' ');
    if (field->kind == KRX_KIND_STR || field->kind == KRX_KIND_ENUM)
        text_value(krx_str_get(&text), out);
    else
        krx_str_add(out, krx_str_get(&text));
    krx_str_addc(out, '\n');
    out->failed = out->failed || text.failed;
}

static void emit_value(krx_str *out, const krx_field_info *field, const void *object,
                       unsigned depth)
{
    if (krx_kind_scalar(field->kind)) {
        emit_scalar(out, field, object);
    } else if (krx_kind_strings(field->kind)) {
        emit_strings(out, krx_member_ptr(field, object), depth);
    } else if (krx_kind_pairs(field->kind)) {
        emit_pairs(out, krx_member_ptr(field, object), depth);
    } else if (field->kind == KRX_KIND_OBJS) {
        emit_objects(out, field->type, krx_member_ptr(field, object), depth);
    } else {
        emit_struct(out, field->type, krx_member_ptr(field, object), depth, false);
    }
}

/* in_line: the first field follows what stands in the line already ("- ") */
static void emit_struct(krx_str *out, const krx_struct_info *type, const void *object,
                        unsigned depth, bool in_line)
{
    bool empty = true;
    for (size_t i = 0; i < type->count; i++) {
        const krx_field_info *field = &type->fields[i];
        if (krx_member_absent(field, object) || krx_member_default(field, object))
            continue;
        if (empty && !in_line && depth)
            krx_str_addc(out, '\n');
        if (!empty || !in_line)
            indent(out, depth);
        krx_str_addf(out, "%s:", field->key);
        emit_value(out, field, object, depth + 1);
        empty = false;
    }
    if (empty)
        krx_str_add(out, in_line || !depth ? "{}\n" : " {}\n");
}

void krx_workload_yaml(const krx_workload *workload, krx_str *out)
{
    emit_struct(out, krx_schema_workload(), workload, 0, false);
}
