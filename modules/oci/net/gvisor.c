/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runsc refuses to take over the interfaces of the machine's own network namespace, which its older
 * builds know by /proc/sys/net/core/rmem_default: newer kernels show that file in every namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "modules/oci/net/net.h"
#include "modules/oci/net/netns.h"

#define FOLDER "/proc/sys/net/core"
#define TELLTALE "rmem_default"
#define FILES_MAX 128u
#define VALUE_MAX 256u

typedef struct value {
    char name[64];
    char text[VALUE_MAX];
} value;

typedef struct view {
    value values[FILES_MAX];
    size_t count;
} view;

static void read_values(view *v)
{
    krx_autodir DIR *dir = opendir(FOLDER);
    for (struct dirent *e; dir && v->count < FILES_MAX && (e = readdir(dir));) {
        value *now = &v->values[v->count];
        size_t length = strlen(e->d_name);
        if (*e->d_name == '.' || strcmp(e->d_name, TELLTALE) == 0 || length >= sizeof now->name)
            continue;
        krx_autoclose int fd =
            openat(dirfd(dir), e->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        ssize_t n = fd < 0 ? -1 : read(fd, now->text, sizeof now->text - 1);
        if (n < 0)
            continue;
        now->text[n] = '\0';
        memcpy(now->name, e->d_name, length + 1);
        v->count++;
    }
}

/* A copy without the telltale, over what this network namespace sees there. */
static int cover(void *ctx, int out)
{
    view *v = ctx;
    (void)out;
    if (access(FOLDER "/" TELLTALE, F_OK) < 0)
        return 0;
    read_values(v);
    if (mount("kranix", FOLDER, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=256k") <
        0)
        return errno;
    krx_autoclose int dir = open(FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; dir >= 0 && i < v->count; i++) {
        krx_autoclose int fd = openat(dir, v->values[i].name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0 || krx_write_all(fd, v->values[i].text, strlen(v->values[i].text)) < 0)
            return errno;
    }
    return dir < 0 ? errno : 0;
}

int32_t krx_oci_net_gvisor_view(krx_call *call, const char *netns)
{
    view *v = calloc(1, sizeof *v);
    if (!v)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code =
        krx_oci_netns_run(call, netns, "preparing " FOLDER " for runsc", cover, v, NULL, 0);
    free(v);
    return code;
}
