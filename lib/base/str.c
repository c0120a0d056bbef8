/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/str.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool reserve(krx_str *s, size_t more)
{
    if (s->failed)
        return false;
    if (more > SIZE_MAX / 4 || (s->limit && s->length + more > s->limit)) {
        s->failed = true;
        return false;
    }
    size_t need = s->length + more + 1;
    if (need <= s->capacity)
        return true;
    size_t capacity = s->capacity ? s->capacity * 2 : 64;
    if (capacity < need)
        capacity = need;
    char *data = realloc(s->data, capacity);
    if (!data) {
        s->failed = true;
        return false;
    }
    s->data = data;
    s->capacity = capacity;
    return true;
}

void krx_str_addn(krx_str *s, const void *data, size_t length)
{
    if (!reserve(s, length))
        return;
    if (length)
        memcpy(s->data + s->length, data, length);
    s->length += length;
    s->data[s->length] = '\0';
}

void krx_str_add(krx_str *s, const char *text)
{
    krx_str_addn(s, text, strlen(text));
}

void krx_str_addc(krx_str *s, char c)
{
    krx_str_addn(s, &c, 1);
}

void krx_str_addf(krx_str *s, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        s->failed = true;
    else if (reserve(s, (size_t)length)) {
        (void)vsnprintf(s->data + s->length, (size_t)length + 1, format, again);
        s->length += (size_t)length;
    }
    va_end(again);
}

bool krx_str_failed(const krx_str *s)
{
    return s->failed;
}

const char *krx_str_get(const krx_str *s)
{
    return s->data && s->length ? s->data : "";
}

char *krx_str_take(krx_str *s)
{
    char *data = NULL;
    if (!s->failed && reserve(s, 0)) {
        data = krx_move_ptr(s->data);
        data[s->length] = '\0';
    }
    krx_str_free(s);
    return data;
}

void krx_str_reset(krx_str *s)
{
    s->length = 0;
    s->failed = false;
    if (s->data)
        s->data[0] = '\0';
}

void krx_str_free(krx_str *s)
{
    size_t limit = s->limit;
    free(s->data);
    *s = (krx_str){.limit = limit};
}

bool krx_streq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool krx_strcaseeq(const char *a, const char *b)
{
    return a == b || (a && b && strcasecmp(a, b) == 0);
}

bool krx_has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool krx_blank(const char *text)
{
    return !text || !*text;
}

char *krx_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    return text;
}

/* Length of the well-formed sequence at p, 0 for none. Ranges are those of Unicode table 3-7. */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char first, last, low, high;
        unsigned char length;
    } rows[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        size_t n = rows[i].length;
        if (p[0] < rows[i].first || p[0] > rows[i].last)
            continue;
        if (n > left || (n > 1 && (p[1] < rows[i].low || p[1] > rows[i].high)))
            return 0;
        for (size_t k = 2; k < n; k++)
            if (p[k] < 0x80 || p[k] > 0xbf)
                return 0;
        return n;
    }
    return 0;
}

bool krx_utf8_valid(const char *text, size_t length, size_t *bad)
{
    for (size_t i = 0; i < length;) {
        size_t n = utf8_sequence((const unsigned char *)text + i, length - i);
        if (n == 0) {
            if (bad)
                *bad = i;
            return false;
        }
        i += n;
    }
    return true;
}

/* Edit distance with transposition, case ignored; words over 63 bytes count as far away. */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][64];
    size_t n = strlen(a), m = strlen(b);
    if (n > 63 || m > 63)
        return 64;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            bool same = strncasecmp(a + i - 1, b + j - 1, 1) == 0;
            unsigned best = up[j - 1] + !same;
            if (up[j] + 1 < best)
                best = up[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && strncasecmp(a + i - 1, b + j - 2, 1) == 0 &&
                strncasecmp(a + i - 2, b + j - 1, 1) == 0 && up2[j - 2] + 1 < best)
                best = up2[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[n % 3][m];
}

const char *krx_closest(const char *word, const char *const *candidates, size_t count)
{
    const char *found = NULL;
    size_t length = strlen(word);
    unsigned best = (unsigned)length / 3 + 1;
    if (length == 0 || length > 63)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        unsigned d = distance(word, candidates[i]);
        if (d < best || (d == best && !found)) {
            best = d;
            found = candidates[i];
        }
    }
    return found;
}
