/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/text.h"

#include <string.h>

#include "lib/base/str.h"

/* Length of "user:password@" at text, 0 when there is none before the host ends. */
static size_t credentials_length(const char *text)
{
    size_t end = strcspn(text, "/ \t\r\n\"'<>?#");
    for (size_t i = end; i > 0; i--)
        if (text[i - 1] == '@')
            return i;
    return 0;
}

void krx_url_redact(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        if (strncmp(from, "://", 3) == 0) {
            memmove(to, from, 3);
            to += 3;
            from += 3;
            from += credentials_length(from);
            continue;
        }
        unsigned char c = (unsigned char)*from++;
        *to++ = c < 0x20 || c == 0x7f ? ' ' : (char)c;
    }
    while (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

void krx_text_clean(char *out, size_t room, const char *text, size_t length)
{
    size_t n = length < room - 1 ? length : room - 1, bad = 0;
    memcpy(out, text, n);
    out[n] = '\0';
    for (size_t i = 0; i < n; i++)
        if (!out[i])
            out[i] = ' ';
    /* a character cut in two at the end goes, damaged ones elsewhere become '?' */
    while (n && !krx_utf8_valid(out, n, &bad)) {
        if (n - bad < 4 && length >= room)
            out[n = bad] = '\0';
        else
            out[bad] = '?';
    }
    krx_url_redact(out);
    n = strlen(out);
    while (n && (out[n - 1] == '.' || out[n - 1] == ' '))
        out[--n] = '\0';
}
