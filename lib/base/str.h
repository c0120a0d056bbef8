/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer that is always NUL-terminated, and small text helpers. Failure is sticky:
 * add as often as you like, check krx_str_failed() (or a NULL from take) once at the end.
 */
#ifndef KRX_BASE_STR_H
#define KRX_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include <kranix/abi.h>

#include "lib/base/cleanup.h"

typedef struct krx_str {
    char *data; /* NULL until something was added */
    size_t length;
    size_t capacity;
    size_t limit; /* 0: none. Growing past it is a failure. */
    bool failed;
} krx_str;

void krx_str_add(krx_str *s, const char *text);
void krx_str_addn(krx_str *s, const void *data, size_t length);
void krx_str_addc(krx_str *s, char c);
KRX_PRINTF(2, 3) void krx_str_addf(krx_str *s, const char *format, ...);
bool krx_str_failed(const krx_str *s);
/* The text, "" when nothing was added. Valid until the next change. */
const char *krx_str_get(const krx_str *s);
/* Hands the text over (to be freed) and empties s; NULL after a failure. */
char *krx_str_take(krx_str *s);
/* Keeps the memory for reuse. */
void krx_str_reset(krx_str *s);
void krx_str_free(krx_str *s);
#define krx_auto_str KRX_CLEANUP(krx_str_free)

bool krx_streq(const char *a, const char *b); /* NULL equals NULL only */
bool krx_strcaseeq(const char *a, const char *b);
bool krx_has_prefix(const char *text, const char *prefix);
/* True for absent: NULL or "". */
bool krx_blank(const char *text);
/* malloc'd; NULL when out of memory. */
KRX_PRINTF(1, 2) char *krx_format(const char *format, ...);
/* True when the bytes are valid UTF-8 without NUL. *bad gets the offset of the first bad byte. */
bool krx_utf8_valid(const char *text, size_t length, size_t *bad);
/* The candidate closest to `word`, for "did you mean"; NULL when none is close. */
const char *krx_closest(const char *word, const char *const *candidates, size_t count);

#endif
