/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>

#include "lib/http/http.h"

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void add_encoded(krx_str *url, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (is_unreserved(*p)) {
            krx_str_addc(url, (char)*p);
        } else {
            const char code[3] = {'%', hex[*p >> 4], hex[*p & 15]};
            krx_str_addn(url, code, sizeof code);
        }
    }
}

void krx_url_segment(krx_str *url, const char *text)
{
    krx_str_addc(url, '/');
    /* "." and ".." would be folded away on the other side even when encoded */
    if (krx_streq(text, ".") || krx_streq(text, ".."))
        url->failed = true;
    else
        add_encoded(url, text);
}

void krx_url_query(krx_str *url, const char *key, const char *value)
{
    if (!value)
        return;
    krx_str_addc(url, strchr(krx_str_get(url), '?') ? '&' : '?');
    add_encoded(url, key);
    krx_str_addc(url, '=');
    add_encoded(url, value);
}

void krx_url_queryf(krx_str *url, const char *key, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text)
        url->failed = true;
    else
        krx_url_query(url, key, text);
}
