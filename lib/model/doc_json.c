/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8259 into the tree. libyaml reads most of JSON but not tabs, \/ and surrogate pairs. */
#include <string.h>

#include "lib/base/str.h"
#include "lib/model/doc_build.h"

typedef struct json {
    krx_doc_builder *b;
    const char *p;
    const char *end;
    const char *counted; /* up to here `at` is right */
    krx_doc_place at;
    krx_doc_syntax *error;
    krx_str text;
} json;

static krx_doc_place here(json *j)
{
    for (; j->counted < j->p; j->counted++) {
        if (*j->counted == '\n')
            j->at = (krx_doc_place){j->at.line + 1, 1};
        else if (((unsigned char)*j->counted & 0xc0) != 0x80)
            j->at.column++;
    }
    return j->at;
}

KRX_PRINTF(2, 3) static bool wrong(json *j, const char *format, ...)
{
    char what[150];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    j->error->at = here(j);
    (void)snprintf(j->error->message, sizeof j->error->message, "not valid JSON: %s", what);
    return false;
}

static bool skip_blanks(json *j)
{
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r'))
        j->p++;
    return j->p < j->end;
}

static bool take(json *j, char c)
{
    if (!skip_blanks(j) || *j->p != c)
        return false;
    j->p++;
    return true;
}

static bool hex4(json *j, unsigned *value)
{
    *value = 0;
    if (j->end - j->p < 4)
        return wrong(j, "\\u needs four hexadecimal digits");
    for (int i = 0; i < 4; i++, j->p++) {
        char c = *j->p;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16;
        if (digit > 15)
            return wrong(j, "\\u needs four hexadecimal digits");
        *value = *value * 16 + digit;
    }
    return true;
}

static void add_utf8(krx_str *s, unsigned c)
{
    if (c < 0x80) {
        krx_str_addc(s, (char)c);
    } else if (c < 0x800) {
        krx_str_addc(s, (char)(0xc0 | c >> 6));
        krx_str_addc(s, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        krx_str_addc(s, (char)(0xe0 | c >> 12));
        krx_str_addc(s, (char)(0x80 | (c >> 6 & 0x3f)));
        krx_str_addc(s, (char)(0x80 | (c & 0x3f)));
    } else {
        krx_str_addc(s, (char)(0xf0 | c >> 18));
        krx_str_addc(s, (char)(0x80 | (c >> 12 & 0x3f)));
        krx_str_addc(s, (char)(0x80 | (c >> 6 & 0x3f)));
        krx_str_addc(s, (char)(0x80 | (c & 0x3f)));
    }
}

static bool unicode_escape(json *j)
{
    unsigned high, low;
    if (!hex4(j, &high))
        return false;
    if (high >= 0xdc00 && high <= 0xdfff)
        return wrong(j, "\\u%04x is half of a surrogate pair", high);
    if (high >= 0xd800 && high <= 0xdbff) {
        if (j->end - j->p < 2 || j->p[0] != '\\' || j->p[1] != 'u')
            return wrong(j, "\\u%04x is half of a surrogate pair", high);
        j->p += 2;
        if (!hex4(j, &low))
            return false;
        if (low < 0xdc00 || low > 0xdfff)
            return wrong(j, "\\u%04x does not complete a surrogate pair", low);
        high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    }
    add_utf8(&j->text, high);
    return true;
}

static bool escape(json *j)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found = j->p < j->end && *j->p ? strchr(from, *j->p) : NULL;
    if (found) {
        krx_str_addc(&j->text, to[found - from]);
        j->p++;
        return true;
    }
    if (j->p >= j->end || *j->p != 'u')
        return wrong(j, "unknown escape after \\");
    j->p++;
    return unicode_escape(j);
}

/* Behind the opening quote; the text goes to j->text. */
static bool string_rest(json *j)
{
    krx_str_reset(&j->text);
    for (;;) {
        const char *start = j->p;
        while (j->p < j->end && *j->p != '"' && *j->p != '\\' && (unsigned char)*j->p >= 0x20)
            j->p++;
        krx_str_addn(&j->text, start, (size_t)(j->p - start));
        if (j->p >= j->end)
            return wrong(j, "a text is not closed");
        char c = *j->p;
        if (c != '"' && c != '\\')
            return wrong(j, "control characters in a text must be escaped");
        j->p++;
        if (c == '"')
            return true;
        if (!escape(j))
            return false;
    }
}

static bool add(json *j, krx_doc_scalar *scalar)
{
    if (krx_str_failed(&j->text)) {
        j->b->no_memory = j->b->over = true;
        return false;
    }
    return krx_doc_scalar_add(j->b, scalar);
}

static bool string(json *j)
{
    krx_doc_scalar scalar = {.at = here(j), .quoted = true};
    j->p++;
    if (!string_rest(j))
        return false;
    scalar.text = krx_str_get(&j->text);
    scalar.length = j->text.length;
    return add(j, &scalar);
}

static const char *digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* End of the number at p, NULL when it is none. */
static const char *number_end(const char *p, const char *end)
{
    if (p < end && *p == '-')
        p++;
    const char *after = digits(p, end);
    if (after == p || (*p == '0' && after - p > 1))
        return NULL;
    p = after;
    if (p < end && *p == '.') {
        after = digits(++p, end);
        if (after == p)
            return NULL;
        p = after;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        after = digits(p, end);
        if (after == p)
            return NULL;
        p = after;
    }
    return p;
}

static bool word(json *j)
{
    static const char *const words[] = {"true", "false", "null"};
    const char *after = number_end(j->p, j->end);
    krx_doc_scalar scalar = {.at = here(j), .text = j->p};
    for (size_t i = 0; i < KRX_COUNT(words) && !after; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(j->end - j->p) >= n && memcmp(j->p, words[i], n) == 0) {
            after = j->p + n;
            scalar.null = i == 2;
        }
    }
    if (!after || (after < j->end && !strchr(" \t\r\n,]}", *after)))
        return wrong(j, "expected a text in quotes, a number, true, false, null, { or [");
    scalar.length = (size_t)(after - j->p);
    j->p = after;
    return krx_doc_scalar_add(j->b, &scalar);
}

static bool value(json *j);

static bool member(json *j)
{
    if (!skip_blanks(j) || *j->p != '"')
        return wrong(j, "expected a key in quotes");
    if (!string(j))
        return false;
    if (!take(j, ':'))
        return wrong(j, "expected ':' after the key");
    return value(j);
}

/* Recursion is bounded by krx_doc_open, which counts the depth. */
static bool container(json *j, int type, char close)
{
    if (!krx_doc_open(j->b, type, here(j), NULL))
        return false;
    j->p++;
    if (!take(j, close)) {
        do {
            if (!(type == KRX_NODE_MAP ? member(j) : value(j)))
                return false;
        } while (take(j, ','));
        if (!take(j, close))
            return wrong(j, "expected ',' or '%c'", close);
    }
    return krx_doc_close(j->b);
}

static bool value(json *j)
{
    if (!skip_blanks(j))
        return wrong(j, "the text ends too early");
    if (*j->p == '{')
        return container(j, KRX_NODE_MAP, '}');
    if (*j->p == '[')
        return container(j, KRX_NODE_LIST, ']');
    return *j->p == '"' ? string(j) : word(j);
}

bool krx_doc_read_json(krx_doc_builder *b, const char *text, size_t length, krx_doc_syntax *error)
{
    json j = {.b = b, .p = text, .end = text + length, .counted = text, .at = {1, 1}};
    bool fine = true;
    j.error = error;
    /* one value after the other: JSON lines are several documents */
    while (fine && skip_blanks(&j))
        fine = value(&j);
    krx_str_free(&j.text);
    return fine || b->over;
}
