/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/runtime/table.h"

#include <string.h>
#include <sys/stat.h>

const krx_oci_kind krx_oci_kinds[] = {
    {.name = "crun",
     .install = "apt-get install crun, dnf install crun or apk add crun",
     .owns_streams = true,
     .refuses_hybrid = true,
     .help = {"--help"}},
    {.name = "runc",
     .install = "apt-get install runc, dnf install runc or apk add runc",
     .help = {"--help"}},
    {.name = "runsc",
     .install = "apt-get install runsc, or gvisor.dev/docs/user_guide/install",
     .sandbox = true,
     .owns_streams = true,
     .help = {"help"},
     .flags = {"flags"},
     .help_first = true},
    {.name = NULL},
};

const krx_oci_kind *krx_oci_kind_of(const char *name)
{
    for (const krx_oci_kind *k = krx_oci_kinds; k->name; k++)
        if (krx_streq(k->name, name))
            return k;
    return NULL;
}

const char *krx_oci_runtime_name(size_t index)
{
    return index < KRX_COUNT(krx_oci_kinds) ? krx_oci_kinds[index].name : NULL;
}

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* PATH of a service or a user often lacks the folders of the system's programs. */
char *krx_oci_find_program(krx_arena *arena, const char *name)
{
    const char *path = getenv("PATH");
    krx_autofree char *all = krx_format(
        "%s:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", path ? path : "");
    if (strchr(name, '/'))
        return is_program(name) ? krx_arena_strdup(arena, name) : NULL;
    char *rest = all, *folder;
    while (rest && (folder = strsep(&rest, ":"))) {
        char *found = folder[0] == '/' ? krx_arena_printf(arena, "%s/%s", folder, name) : NULL;
        if (found && is_program(found))
            return found;
    }
    return NULL;
}
