/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/emit.h"

#include "lib/model/kinds.h"

/* Characters that YAML does not take as they are, though JSON would. */
static bool must_escape(unsigned c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
           c == 0xfffe || c == 0xffff;
}

/* Decodes one character of valid UTF-8. */
static unsigned decode(const char *text, size_t *length)
{
    const unsigned char *p = (const unsigned char *)text;
    if (p[0] < 0x80) {
        *length = 1;
        return p[0];
    }
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    unsigned c = p[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            *length = 1;
            return 0xfffd;
        }
        c = c << 6 | (p[i] & 0x3fu);
    }
    *length = n;
    return c;
}

static void add_escape(krx_str *out, unsigned c)
{
    switch (c) {
    case '\n':
        krx_str_add(out, "\\n");
        break;
    case '\t':
        krx_str_add(out, "\\t");
        break;
    case '\r':
        krx_str_add(out, "\\r");
        break;
    default:
        krx_str_addf(out, "\\u%04x", c);
    }
}

void krx_emit_quoted(const char *text, krx_str *out)
{
    const char *start = text;
    krx_str_addc(out, '"');
    while (*text) {
        size_t length;
        unsigned c = decode(text, &length);
        bool special = c == '"' || c == '\\';
        if (special || must_escape(c)) {
            krx_str_addn(out, start, (size_t)(text - start));
            if (special) {
                krx_str_addc(out, '\\');
                krx_str_addc(out, (char)c);
            } else {
                add_escape(out, c);
            }
            start = text + length;
        }
        text += length;
    }
    krx_str_addn(out, start, (size_t)(text - start));
    krx_str_addc(out, '"');
}

typedef struct emitter {
    krx_str *out;
    uint32_t flags;
    unsigned depth;
} emitter;

static void newline(emitter *e)
{
    if (!(e->flags & KRX_JSON_PRETTY))
        return;
    krx_str_addc(e->out, '\n');
    for (unsigned i = 0; i < e->depth; i++)
        krx_str_add(e->out, "  ");
}

static void open_with(emitter *e, char c)
{
    krx_str_addc(e->out, c);
    e->depth++;
}

static void next(emitter *e, bool *first)
{
    if (!*first)
        krx_str_addc(e->out, ',');
    *first = false;
    newline(e);
}

static void close_with(emitter *e, char c, bool empty)
{
    e->depth--;
    if (!empty)
        newline(e);
    krx_str_addc(e->out, c);
}

static void key(emitter *e, const char *text)
{
    krx_emit_quoted(text, e->out);
    krx_str_add(e->out, e->flags & KRX_JSON_PRETTY ? ": " : ":");
}

static void emit_struct(emitter *e, const krx_struct_info *type, const void *object);

static void emit_scalar(emitter *e, const krx_field_info *field, const void *object)
{
    krx_auto_str krx_str text = {0};
    krx_scalar_text(field, object, &text);
    if (field->kind == KRX_KIND_BOOL || field->kind == KRX_KIND_INT || field->kind == KRX_KIND_NUM)
        krx_str_add(e->out, krx_str_get(&text));
    else
        krx_emit_quoted(krx_str_get(&text), e->out);
    e->out->failed = e->out->failed || text.failed;
}

static void emit_strings(emitter *e, const char *const *list)
{
    bool first = true;
    open_with(e, '[');
    for (; list && *list; list++) {
        next(e, &first);
        krx_emit_quoted(*list, e->out);
    }
    close_with(e, ']', first);
}

static void emit_pairs(emitter *e, const krx_kv *const *list)
{
    bool first = true;
    open_with(e, '{');
    for (; list && *list; list++) {
        next(e, &first);
        key(e, (*list)->key);
        krx_emit_quoted((*list)->value, e->out);
    }
    close_with(e, '}', first);
}

static void emit_objects(emitter *e, const krx_struct_info *type, const void *const *list)
{
    bool first = true;
    open_with(e, '[');
    for (; list && *list; list++) {
        next(e, &first);
        emit_struct(e, type, *list);
    }
    close_with(e, ']', first);
}

static void emit_value(emitter *e, const krx_field_info *field, const void *object)
{
    if (krx_kind_scalar(field->kind))
        emit_scalar(e, field, object);
    else if (krx_kind_strings(field->kind))
        emit_strings(e, krx_member_ptr(field, object));
    else if (krx_kind_pairs(field->kind))
        emit_pairs(e, krx_member_ptr(field, object));
    else if (field->kind == KRX_KIND_OBJ)
        emit_struct(e, field->type, krx_member_ptr(field, object));
    else
        emit_objects(e, field->type, krx_member_ptr(field, object));
}

static void emit_struct(emitter *e, const krx_struct_info *type, const void *object)
{
    bool first = true;
    open_with(e, '{');
    for (size_t i = 0; i < type->count; i++) {
        const krx_field_info *field = &type->fields[i];
        if (krx_member_absent(field, object) ||
            (!(e->flags & KRX_JSON_DEFAULTS) && krx_member_default(field, object)))
            continue;
        next(e, &first);
        key(e, field->key);
        emit_value(e, field, object);
    }
    close_with(e, '}', first);
}

void krx_workload_json(const krx_workload *workload, uint32_t flags, krx_str *out)
{
    emitter e = {.out = out, .flags = flags};
    emit_struct(&e, krx_schema_workload(), workload);
}
