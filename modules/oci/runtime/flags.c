/* SPDX-License-Identifier: Apache-2.0 */
/* Reading --help texts. */
#include <ctype.h>
#include <string.h>

#include "modules/oci/runtime/table.h"

#define NAME_MAX_ 64u

static size_t flag_length(const char *text)
{
    size_t n = 0;
    while (isalnum((unsigned char)text[n]) || (n && (text[n] == '-' || text[n] == '_')))
        n++;
    return n;
}

/* "  --bundle value, -b value   path ...", "  -r, --resources=FILE   ...", "  -root string". What
 * stands behind two blanks is prose. */
static void parse_line(krx_arena *arena, const char *command, const char *line, size_t length,
                       krx_ptrs *flags)
{
    const char *end = line + length;
    while (line < end && isblank((unsigned char)*line))
        line++;
    if (line < end && *line != '-') /* runsc forgets a newline: "kill <container id>  -all" */
        line = memmem(line, (size_t)(end - line), "  -", 3);
    if (!line || line >= end)
        return;
    line += strspn(line, " ");
    for (bool start = true; line < end; line++) {
        if (start && *line == '-') {
            line += line + 1 < end && line[1] == '-' ? 2 : 1;
            size_t n = flag_length(line);
            if (n && n < NAME_MAX_ && line + n <= end)
                (void)krx_ptrs_add(arena, flags,
                                   krx_arena_printf(arena, "%s %.*s", command, (int)n, line));
            line += n;
        }
        if (line >= end || *line == '\t' || (line + 1 < end && line[0] == ' ' && line[1] == ' '))
            return;
        start = *line == ' ' || *line == ',';
    }
}

void krx_oci_flags_parse(krx_arena *arena, const char *command, const char *text, krx_ptrs *flags)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        parse_line(arena, command, text, length, flags);
        text += length + (text[length] == '\n');
    }
}

bool krx_oci_command_listed(const char *text, const char *command)
{
    size_t n = strlen(command);
    while (*text) {
        size_t length = strcspn(text, "\n"), blanks = strspn(text, " \t");
        if (blanks && blanks + n < length && memcmp(text + blanks, command, n) == 0 &&
            (isblank((unsigned char)text[blanks + n]) || text[blanks + n] == ','))
            return true;
        text += length + (text[length] == '\n');
    }
    return false;
}

bool krx_oci_runtime_knows(const krx_oci_runtime *runtime, const char *command, const char *flag)
{
    size_t n = strlen(command);
    for (size_t i = 0; runtime->flags && runtime->flags[i]; i++)
        if (strncmp(runtime->flags[i], command, n) == 0 && runtime->flags[i][n] == ' ' &&
            strcmp(runtime->flags[i] + n + 1, flag) == 0)
            return true;
    return false;
}
