/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Schema (draft 2020-12) of the table, for editors and other programs. */
#include <ctype.h>
#include <string.h>

#include "lib/model/emit.h"
#include "lib/model/kinds.h"
#include "lib/model/rules.h"

typedef struct writer {
    krx_str *out;
    unsigned depth;
} writer;

static void line(writer *w, bool first)
{
    krx_str_add(w->out, first ? "\n" : ",\n");
    for (unsigned i = 0; i < w->depth; i++)
        krx_str_add(w->out, "  ");
}

static void text_member(writer *w, const char *key, const char *text)
{
    krx_str_addf(w->out, "\"%s\": ", key);
    krx_emit_quoted(text, w->out);
}

/* Every spelling of the enumeration. */
static void spellings(writer *w, const char *allowed)
{
    bool first = true;
    krx_str_add(w->out, "[");
    for (const char *p = allowed; p && *p;) {
        size_t length = strcspn(p, "|"), word = strcspn(p, "|=");
        krx_str_addf(w->out, "%s\"%.*s\"", first ? "" : ", ", (int)word, p);
        first = false;
        p += length + (p[length] == '|');
    }
    krx_str_add(w->out, "]");
}

static void string_type(writer *w, const krx_field_info *field)
{
    const char *pattern =
        krx_allowed_rule(field->allowed) ? krx_rule_pattern(field->allowed) : NULL;
    if (pattern) {
        krx_str_add(w->out, "\"type\": \"string\", ");
        text_member(w, "pattern", pattern);
    } else if (field->allowed && !krx_allowed_rule(field->allowed)) {
        krx_str_add(w->out, "\"enum\": ");
        spellings(w, field->allowed);
    } else {
        krx_str_add(w->out, "\"type\": [\"string\", \"number\", \"boolean\"]");
    }
}

static void number_type(writer *w, const krx_field_info *field, const char *type)
{
    const char *dots = field->allowed ? strstr(field->allowed, "..") : NULL;
    krx_str_addf(w->out, "\"type\": \"%s\"", type);
    if (dots)
        krx_str_addf(w->out, ", \"minimum\": %.*s, \"maximum\": %s", (int)(dots - field->allowed),
                     field->allowed, dots + 2);
}

/* [nN][oO]: patterns of JSON Schema have no switch for case. */
static void any_case(writer *w, const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (isalpha((unsigned char)word[i]))
            krx_str_addf(w->out, "[%c%c]", tolower(word[i]), toupper(word[i]));
        else
            krx_str_addc(w->out, word[i]);
}

/* The usual spellings are offered, all others accepted. */
static void enum_type(writer *w, const krx_field_info *field)
{
    if (!(field->flags & KRX_F_NOCASE)) {
        krx_str_add(w->out, "\"enum\": ");
        spellings(w, field->allowed);
        return;
    }
    krx_str_add(w->out, "\"anyOf\": [{\"enum\": ");
    spellings(w, field->allowed);
    krx_str_add(w->out, "}, {\"type\": \"string\", \"pattern\": \"^(");
    for (const char *p = field->allowed; *p;) {
        any_case(w, p, strcspn(p, "|="));
        p += strcspn(p, "|");
        if (*p == '|') {
            krx_str_addc(w->out, '|');
            p++;
        }
    }
    krx_str_add(w->out, ")$\"}]");
}

static void strings_type(writer *w, const krx_field_info *field)
{
    bool words = field->kind == KRX_KIND_WORDS;
    krx_str_add(w->out, words ? "\"anyOf\": [{" : "\"type\": \"array\", \"items\": {");
    string_type(w, field);
    if (words) {
        krx_str_add(w->out, "}, {\"type\": \"array\", \"items\": {");
        string_type(w, field);
        krx_str_add(w->out, "}}]");
    } else {
        krx_str_add(w->out, "}");
    }
}

static void value_type(writer *w, const krx_field_info *field)
{
    switch (field->kind) {
    case KRX_KIND_STR:
        string_type(w, field);
        break;
    case KRX_KIND_ENUM:
        enum_type(w, field);
        break;
    case KRX_KIND_BOOL:
        krx_str_add(w->out, "\"type\": \"boolean\"");
        break;
    case KRX_KIND_INT:
        number_type(w, field, "integer");
        break;
    case KRX_KIND_NUM:
        number_type(w, field, "number");
        break;
    case KRX_KIND_STRS:
    case KRX_KIND_WORDS:
        strings_type(w, field);
        break;
    case KRX_KIND_MAP:
        krx_str_add(w->out, "\"$ref\": \"#/$defs/map\"");
        break;
    case KRX_KIND_ENV:
        krx_str_add(w->out, "\"$ref\": \"#/$defs/env\"");
        break;
    case KRX_KIND_OBJ:
        krx_str_addf(w->out, "\"$ref\": \"#/$defs/%s\"", field->type->name);
        break;
    case KRX_KIND_OBJS:
        krx_str_addf(w->out, "\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/%s\"}",
                     field->type->name);
        break;
    default:
        krx_str_add(w->out, "\"$ref\": \"#/$defs/quantity\"");
    }
}

static void property(writer *w, const krx_field_info *field)
{
    krx_str_addf(w->out, "\"%s\": {", field->key);
    text_member(w, "description", field->help);
    krx_str_add(w->out, ", ");
    value_type(w, field);
    if (field->def) {
        bool bare = field->kind == KRX_KIND_BOOL || field->kind == KRX_KIND_INT ||
                    field->kind == KRX_KIND_NUM;
        krx_str_addf(w->out, bare ? ", \"default\": %s" : ", \"default\": \"%s\"", field->def);
    }
    krx_str_add(w->out, "}");
}

static void required(writer *w, const krx_struct_info *type)
{
    bool first = true;
    for (size_t i = 0; i < type->count; i++) {
        if (!(type->fields[i].flags & KRX_F_REQUIRED))
            continue;
        if (first)
            line(w, false);
        krx_str_addf(w->out, "%s\"%s\"", first ? "\"required\": [" : ", ", type->fields[i].key);
        first = false;
    }
    krx_str_add(w->out, first ? "" : "]");
}

static void members(writer *w, const krx_struct_info *type, bool first)
{
    line(w, first);
    text_member(w, "description", type->help);
    line(w, false);
    krx_str_add(w->out, "\"type\": \"object\"");
    line(w, false);
    krx_str_add(w->out, "\"additionalProperties\": false");
    required(w, type);
    line(w, false);
    krx_str_add(w->out, "\"properties\": {");
    w->depth++;
    for (size_t i = 0; i < type->count; i++) {
        line(w, i == 0);
        property(w, &type->fields[i]);
    }
    w->depth--;
    line(w, true);
    krx_str_add(w->out, "}");
}

static const krx_struct_info *next_type(const krx_struct_info *const *seen, size_t count,
                                        const krx_struct_info *type)
{
    for (size_t i = 0; i < type->count; i++) {
        const krx_struct_info *below = type->fields[i].type;
        bool known = !below;
        for (size_t k = 0; k < count && !known; k++)
            known = seen[k] == below;
        if (!known)
            return below;
    }
    return NULL;
}

size_t krx_schema_types(const krx_struct_info **types, size_t max)
{
    size_t count = 1;
    types[0] = krx_schema_workload();
    for (size_t at = 0; at < count;) {
        const krx_struct_info *found = count < max ? next_type(types, count, types[at]) : NULL;
        if (found)
            types[count++] = found;
        else
            at++;
    }
    return count;
}

static void shared_types(writer *w)
{
    static const char scalar[] = "{\"type\": [\"string\", \"number\", \"boolean\", \"null\"]}";
    line(w, true);
    krx_str_add(w->out, "\"quantity\": {\"type\": [\"string\", \"number\"]}");
    line(w, false);
    krx_str_addf(w->out, "\"map\": {\"type\": \"object\", \"additionalProperties\": %s}", scalar);
    line(w, false);
    krx_str_addf(w->out,
                 "\"env\": {\"anyOf\": [{\"$ref\": \"#/$defs/map\"}, {\"type\": \"array\", "
                 "\"items\": {\"type\": \"string\", \"pattern\": \"^[^=]+=\"}}, {\"type\": "
                 "\"array\", \"items\": {\"type\": \"object\", \"required\": [\"name\"], "
                 "\"additionalProperties\": false, \"properties\": {\"name\": {\"type\": "
                 "\"string\"}, \"value\": %s}}}]}",
                 scalar);
}

void krx_schema_json(krx_str *out)
{
    const krx_struct_info *types[KRX_SCHEMA_TYPES_MAX];
    size_t count = krx_schema_types(types, KRX_SCHEMA_TYPES_MAX);
    writer w = {.out = out, .depth = 1};
    krx_str_add(out, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                     "  \"title\": \"kranix workload\"");
    members(&w, types[0], false);
    line(&w, false);
    krx_str_add(out, "\"$defs\": {");
    w.depth++;
    shared_types(&w);
    for (size_t i = 1; i < count; i++) {
        line(&w, false);
        krx_str_addf(out, "\"%s\": {", types[i]->name);
        w.depth++;
        members(&w, types[i], true);
        w.depth--;
        line(&w, true);
        krx_str_add(out, "}");
    }
    krx_str_add(out, "\n  }\n}\n");
}
