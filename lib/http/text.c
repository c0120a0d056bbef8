/* SPDX-License-Identifier: Apache-2.0 */
/* What a server said, as one line that may be shown. */
#include <string.h>

#include "lib/http/http.h"

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
