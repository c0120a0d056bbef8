/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a new volume begins with. The file `new` beside its folder says that this was not done yet;
 * the copy is made beside it and takes its place whole, so that half of one never counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "modules/oci/keeper/rootfs.h"
#include "modules/oci/store/lock.h"
#include "modules/oci/store/tree.h"

typedef struct seed {
    krx_oci_job *job;
    const char *name;  /* of the volume */
    const char *place; /* where the container sees it */
    char *data, *half, *mark, *lock;
} seed;

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

/* Links lead where they would inside of the container, never out of it. -1 with errno. */
static int open_place(const char *rootfs, const char *place)
{
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    krx_autoclose int root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd;
    if (root < 0)
        return -1;
    do
        fd = (int)syscall(SYS_openat2, root, place, &how, sizeof how);
    while (fd < 0 && (errno == EAGAIN || errno == EINTR));
    return fd;
}

static bool is_empty(const char *path)
{
    krx_autodir DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return false;
    return dir != NULL;
}

static int32_t copy_place(const seed *s)
{
    krx_call *call = s->job->call;
    const char *rootfs = krx_oci_job_path(s->job, "bundle/rootfs");
    if (!rootfs)
        return no_memory(call);
    krx_autoclose int from = open_place(rootfs, s->place);
    if (from < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return 0; /* the image has no folder there */
    if (from < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "folder %s of the image: %s", s->place,
                        strerror(errno));
    int32_t code = krx_oci_copy_folder(call, from, s->half);
    if (code == 0 && rename(s->half, s->data) < 0)
        code = krx_fail(call, KRX_E_UNKNOWN, "renaming %s: %s", s->half, strerror(errno));
    return code;
}

static int32_t fill(const seed *s)
{
    krx_call *call = s->job->call;
    const char *what = krx_arena_printf(s->job->arena, "volume '%s'", s->name);
    if (!what)
        return no_memory(call);
    krx_autoclose int lock = krx_oci_lock(call, s->lock, what);
    if (lock < 0)
        return lock;
    if (access(s->mark, F_OK) < 0)
        return 0; /* somebody else has done it meanwhile */
    int32_t code = krx_oci_tree_remove(call, AT_FDCWD, s->half, s->half);
    if (code == 0 && is_empty(s->data))
        code = copy_place(s);
    if (code == 0 && unlink(s->mark) < 0)
        code = krx_fail(call, KRX_E_PERMISSION_DENIED, "removing %s: %s", s->mark, strerror(errno));
    return code < 0 ? krx_wrap(call, "filling %s from the image", what) : 0;
}

static char *path_of(const seed *s, const char *file)
{
    return krx_oci_path(s->job->arena, &s->job->store, "volumes", s->name, file);
}

int32_t krx_oci_volumes_fill(krx_oci_job *job)
{
    int32_t code = 0;
    for (const char *const *v = job->launch.volumes; code == 0 && v && *v; v++) {
        const char *colon = strchr(*v, ':');
        seed s = {.job = job};
        if (!colon)
            continue;
        s.name = krx_arena_strndup(job->arena, *v, (size_t)(colon - *v));
        s.place = colon + 1;
        if (!s.name || !krx_oci_id_valid(s.name))
            continue;
        s.mark = path_of(&s, KRX_OCI_VOLUME_NEW);
        if (s.mark && access(s.mark, F_OK) < 0)
            continue;
        s.data = path_of(&s, "data");
        s.half = path_of(&s, "half");
        s.lock = path_of(&s, "lock");
        code = s.mark && s.data && s.half && s.lock ? fill(&s) : no_memory(job->call);
    }
    return code;
}
