/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/programs.h"

#include <string.h>
#include <unistd.h>

static const char *find_in(krx_arena *arena, const char *folders, const char *name)
{
    while (folders && *folders) {
        size_t length = strcspn(folders, ":");
        const char *path = krx_arena_printf(arena, "%.*s/%s", (int)length, folders, name);
        if (length && path && access(path, X_OK) == 0)
            return path;
        folders += length + (folders[length] == ':');
    }
    return NULL;
}

const char *krx_oci_program_find(krx_arena *arena, const char *name)
{
    const char *path = find_in(arena, getenv("PATH"), name);
    return path ? path
                : find_in(arena, "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin", name);
}
