/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/secret.h"

#include <stdint.h>
#include <string.h>

void krx_secret_free(krx_str *secret)
{
    if (secret->data)
        explicit_bzero(secret->data, secret->capacity ? secret->capacity : secret->length);
    krx_str_free(secret);
}

static char *encode(const void *data, size_t length, const char *digits)
{
    const unsigned char *p = data;
    if (length > SIZE_MAX / 2)
        return NULL;
    char *out = malloc((length + 2) / 3 * 4 + 1), *to = out;
    for (size_t i = 0; out && i < length; i += 3) {
        size_t left = length - i;
        unsigned v = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0u) |
                     (left > 2 ? (unsigned)p[i + 2] : 0u);
        *to++ = digits[v >> 18];
        *to++ = digits[v >> 12 & 63];
        *to++ = left > 1 ? digits[v >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[v & 63] : '=';
    }
    if (out)
        *to = '\0';
    return out;
}

#define DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

char *krx_base64_encode(const void *data, size_t length)
{
    return encode(data, length, DIGITS "+/");
}

char *krx_base64url_encode(const void *data, size_t length)
{
    return encode(data, length, DIGITS "-_");
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

char *krx_base64_decode(const char *text, size_t *length)
{
    size_t given = strlen(text);
    while (given && text[given - 1] == '=')
        given--;
    char *out = malloc(given / 4 * 3 + 4);
    unsigned bits = 0, have = 0;
    size_t used = 0;
    for (size_t i = 0; out && i < given; i++) {
        int v = digit_value(text[i]);
        if (v < 0 || given % 4 == 1) {
            explicit_bzero(out, used);
            free(out);
            return NULL;
        }
        bits = (bits << 6 | (unsigned)v) & 0xffffffu;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[used++] = (char)(unsigned char)(bits >> have & 0xffu);
        }
    }
    if (out)
        out[used] = '\0';
    *length = used;
    return out;
}
