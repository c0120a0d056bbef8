/* SPDX-License-Identifier: Apache-2.0 */
#include "core/allow_edit.h"

#include <string.h>

typedef struct line {
    const char *start;
    size_t length; /* without the newline */
    size_t whole;  /* with it */
} line;

static bool next_line(const char **p, const char *end, line *out)
{
    if (*p == end)
        return false;
    const char *newline = memchr(*p, '\n', (size_t)(end - *p));
    out->start = *p;
    out->whole = newline ? (size_t)(newline - *p) + 1 : (size_t)(end - *p);
    out->length = newline ? out->whole - 1 : out->whole;
    *p += out->whole;
    return true;
}

/* Offset of what follows "key:", or 0. */
static size_t after_key(const line *l, const char *key)
{
    size_t at = strlen(key);
    if (l->length <= at || strncmp(l->start, key, at) != 0)
        return 0;
    while (at < l->length && l->start[at] == ' ')
        at++;
    if (at >= l->length || l->start[at] != ':')
        return 0;
    at++;
    return at == l->length || strchr(" \t\r", l->start[at]) ? at : 0;
}

static void write_line(krx_str *out, const char *key, const char *value)
{
    krx_str_addf(out, "%s: %s\n", key, value);
}

static void replace_line(krx_str *out, const line *l, size_t value_at, const char *value)
{
    size_t comment = value_at;
    while (comment < l->length &&
           !(l->start[comment] == '#' && strchr(" \t", l->start[comment - 1])))
        comment++;
    while (comment < l->length && comment > value_at && strchr(" \t", l->start[comment - 1]))
        comment--;
    krx_str_addn(out, l->start, value_at);
    krx_str_addf(out, " %s", value);
    krx_str_addn(out, l->start + comment, l->length - comment);
    krx_str_addc(out, '\n');
}

static bool has_key(const char *text, const char *end, const char *key)
{
    line l;
    while (next_line(&text, end, &l))
        if (after_key(&l, key))
            return true;
    return false;
}

void krx_allow_edit(const char *text, size_t length, const char *key, const char *value,
                    const char *after, krx_str *out)
{
    const char *end = text + length;
    bool insert = !has_key(text, end, key);
    line l;
    for (const char *p = text; next_line(&p, end, &l);) {
        size_t value_at = after_key(&l, key);
        if (value_at && !insert) {
            replace_line(out, &l, value_at, value);
            continue;
        }
        krx_str_addn(out, l.start, l.whole);
        if (insert && after_key(&l, after)) {
            if (l.whole == l.length)
                krx_str_addc(out, '\n');
            write_line(out, key, value);
            insert = false;
        }
    }
    if (insert && has_key(text, end, "name")) {
        if (length && end[-1] != '\n')
            krx_str_addc(out, '\n');
        write_line(out, key, value);
    }
}
