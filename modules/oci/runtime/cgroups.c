/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "modules/oci/runtime/runtime.h"

#define ROOT "/sys/fs/cgroup"

static bool is_of(const char *path, unsigned long magic)
{
    struct statfs fs;
    return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == magic;
}

int krx_oci_cgroup_mode(void)
{
    if (is_of(ROOT, CGROUP2_SUPER_MAGIC))
        return KRX_OCI_CGROUP_V2;
    if (is_of(ROOT "/unified", CGROUP2_SUPER_MAGIC))
        return KRX_OCI_CGROUP_HYBRID;
    if (is_of(ROOT "/memory", CGROUP_SUPER_MAGIC) || is_of(ROOT "/pids", CGROUP_SUPER_MAGIC) ||
        is_of(ROOT "/cpu", CGROUP_SUPER_MAGIC))
        return KRX_OCI_CGROUP_V1;
    return KRX_OCI_CGROUP_NONE;
}

/* Of this process on v2, above which a user may make others when it was handed over to them:
 * "/user.slice/.../app.slice" of "0::/user.slice/.../app.slice/x.scope". */
static bool parent_group(char *out, size_t size)
{
    krx_autofile FILE *f = fopen("/proc/self/cgroup", "re");
    char line[4096];
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        if (!krx_has_prefix(line, "0::/"))
            continue;
        *strrchr(line, '/') = '\0';
        int n = snprintf(out, size, "%s", krx_has_prefix(line, "0::/") ? line + 3 : "");
        return n >= 0 && (size_t)n < size;
    }
    return false;
}

bool krx_oci_cgroup_usable(void)
{
    char group[4096], path[4096 + 32];
    int mode = krx_oci_cgroup_mode();
    if (mode == KRX_OCI_CGROUP_NONE)
        return false;
    if (mode != KRX_OCI_CGROUP_V2)
        return geteuid() == 0 && access(ROOT "/memory", W_OK) == 0;
    if (geteuid() == 0)
        return access(ROOT, W_OK) == 0;
    if (!parent_group(group, sizeof group))
        return false;
    (void)snprintf(path, sizeof path, ROOT "%s", group);
    return access(path, W_OK) == 0;
}

char *krx_oci_cgroup_path(krx_arena *arena, const char *wanted)
{
    char group[4096];
    if (geteuid() == 0 || !parent_group(group, sizeof group))
        return krx_arena_strdup(arena, wanted);
    return krx_arena_printf(arena, "%s%s%s", group, *wanted == '/' ? "" : "/", wanted);
}
