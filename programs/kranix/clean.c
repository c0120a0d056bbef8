/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kranix/clean.h"

#include <string.h>

char *krx_cli_clean(const char *text)
{
    if (!text)
        return NULL;
    char *copy = strdup(text);
    for (char *p = copy; p && *p; p++) {
        if (*p == '\t' || *p == '\n')
            *p = ' ';
        else if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
        else if ((unsigned char)*p == 0xc2 && (unsigned char)p[1] >= 0x80 &&
                 (unsigned char)p[1] < 0xa0)
            p[0] = p[1] = '?';
    }
    return copy;
}
