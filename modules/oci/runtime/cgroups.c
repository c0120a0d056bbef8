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

/* "0::/user.slice/..." of this process; false when there is none. */
static bool own_group(char *out, size_t size)
{
    krx_autofile FILE *f = fopen("/proc/self/cgroup", "re");
    char line[4096];
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        if (!krx_has_prefix(line, "0::/"))
            continue;
        int n = snprintf(out, size, ROOT "%s", line + 3);
        return n > 0 && (size_t)n < size;
    }
    return false;
}

bool krx_oci_cgroup_usable(void)
{
    char group[4096 + 32];
    int mode = krx_oci_cgroup_mode();
    if (mode == KRX_OCI_CGROUP_NONE)
        return false;
    if (mode != KRX_OCI_CGROUP_V2)
        return geteuid() == 0 && access(ROOT "/memory", W_OK) == 0;
    if (!own_group(group, sizeof group))
        return false;
    return geteuid() == 0 ? access(ROOT, W_OK) == 0 : access(group, W_OK) == 0;
}
