/* SPDX-License-Identifier: Apache-2.0 */
/* Folders copied: layers merged into one where no overlay can be had, and what a volume begins
 * with. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "modules/oci/keeper/rootfs.h"
#include "modules/oci/store/tree.h"

#define DEPTH_MAX 200
#define XATTR_NAMES_MAX 8192u
#define XATTR_VALUE_MAX 65536u

typedef struct copier {
    krx_call *call;
    const char *target;
} copier;

static int32_t fail_copy(const copier *c, const char *name)
{
    return krx_fail(c->call,
                    errno == ENOSPC || errno == EDQUOT ? KRX_E_RESOURCE_EXHAUSTED
                                                       : KRX_E_PERMISSION_DENIED,
                    "copying '%.200s' into %s: %s", name, c->target, strerror(errno));
}

static bool is_overlays_own(const char *name)
{
    return krx_has_prefix(name, "trusted.overlay.") || krx_has_prefix(name, "user.overlay.") ||
           krx_has_prefix(name, "user.fuseoverlayfs.");
}

/* What can't be set here (security.* in a user namespace) is left out. */
static void copy_attributes(int from, int to)
{
    char names[XATTR_NAMES_MAX];
    ssize_t length = flistxattr(from, names, sizeof names);
    krx_autofree char *value = length > 0 ? malloc(XATTR_VALUE_MAX) : NULL;
    for (ssize_t i = 0; value && i < length; i += (ssize_t)strlen(names + i) + 1) {
        if (is_overlays_own(names + i))
            continue;
        ssize_t size = fgetxattr(from, names + i, value, XATTR_VALUE_MAX);
        if (size >= 0)
            (void)fsetxattr(to, names + i, value, (size_t)size, 0);
    }
}

static bool is_opaque(int folder)
{
    static const char *const names[] = {"trusted.overlay.opaque", "user.overlay.opaque",
                                        "user.fuseoverlayfs.opaque"};
    char value = 0;
    for (size_t i = 0; i < KRX_COUNT(names); i++)
        if (fgetxattr(folder, names[i], &value, 1) == 1 && value == 'y')
            return true;
    return false;
}

static int copy_data(int from, int to)
{
    char chunk[65536];
    ssize_t n;
    if (ioctl(to, FICLONE, from) == 0)
        return 0;
    do
        n = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0);
    while (n > 0);
    if (n == 0)
        return 0;
    while ((n = read(from, chunk, sizeof chunk)) != 0)
        if (n < 0 || krx_write_all(to, chunk, (size_t)n) < 0)
            return -1;
    return 0;
}

static int32_t copy_file(const copier *c, int from, int to, const char *name, const struct stat *st)
{
    krx_autoclose int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    krx_autoclose int out =
        in < 0 ? -1 : openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0 || copy_data(in, out) < 0 || fchown(out, st->st_uid, st->st_gid) < 0 ||
        fchmod(out, st->st_mode & 07777) < 0)
        return fail_copy(c, name);
    copy_attributes(in, out);
    return futimens(out, (const struct timespec[2]){st->st_atim, st->st_mtim}) < 0
               ? fail_copy(c, name)
               : 0;
}

static int32_t copy_link(const copier *c, int from, int to, const char *name, const struct stat *st)
{
    char text[4097];
    ssize_t n = readlinkat(from, name, text, sizeof text - 1);
    if (n < 0)
        return fail_copy(c, name);
    text[n] = '\0';
    return symlinkat(text, to, name) < 0 ||
                   fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0
               ? fail_copy(c, name)
               : 0;
}

static int32_t copy_special(const copier *c, int to, const char *name, const struct stat *st)
{
    if (mknodat(to, name, st->st_mode & (S_IFMT | 07777), st->st_rdev) < 0)
        return fail_copy(c, name);
    return fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? fail_copy(c, name)
                                                                               : 0;
}

static int32_t copy_folder(const copier *c, int from, int to, int depth);

/* When all is in it. */
static int32_t finish_folder(const copier *c, int from, int to, const char *name,
                             const struct stat *st)
{
    if (fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 07777) < 0)
        return fail_copy(c, name);
    copy_attributes(from, to);
    return futimens(to, (const struct timespec[2]){st->st_atim, st->st_mtim}) < 0
               ? fail_copy(c, name)
               : 0;
}

/* A folder stays when a lower layer has one and this one does not hide it. */
static int32_t enter_folder(const copier *c, int from, int to, const char *name,
                            const struct stat *st, int depth)
{
    krx_autoclose int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat there;
    if (in < 0)
        return fail_copy(c, name);
    bool exists = fstatat(to, name, &there, AT_SYMLINK_NOFOLLOW) == 0;
    if (exists && (!S_ISDIR(there.st_mode) || is_opaque(in))) {
        int32_t code = krx_oci_tree_remove(c->call, to, name, c->target);
        if (code < 0)
            return code;
        exists = false;
    }
    if (!exists && mkdirat(to, name, 0700) < 0)
        return fail_copy(c, name);
    krx_autoclose int out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (out < 0)
        return fail_copy(c, name);
    int32_t code = copy_folder(c, in, out, depth + 1);
    return code < 0 ? code : finish_folder(c, in, out, name, st);
}

static int32_t copy_item(const copier *c, int from, int to, const char *name, int depth)
{
    struct stat st;
    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return fail_copy(c, name);
    if (S_ISDIR(st.st_mode))
        return enter_folder(c, from, to, name, &st, depth);
    int32_t code = krx_oci_tree_remove(c->call, to, name, c->target);
    if (code < 0 || (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0))) /* a whiteout */
        return code;
    if (S_ISREG(st.st_mode))
        return copy_file(c, from, to, name, &st);
    if (S_ISLNK(st.st_mode))
        return copy_link(c, from, to, name, &st);
    return copy_special(c, to, name, &st);
}

static int32_t copy_folder(const copier *c, int from, int to, int depth)
{
    struct dirent *entry;
    if (depth > DEPTH_MAX)
        return krx_fail(c->call, KRX_E_OUT_OF_RANGE, "copying into %s: folders are too deep",
                        c->target);
    int fd = fcntl(from, F_DUPFD_CLOEXEC, 0);
    krx_autodir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir)
        return fail_copy(c, "a folder");
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int32_t code = krx_check(c->call);
        if (code == 0)
            code = copy_item(c, from, to, entry->d_name, depth);
        if (code < 0)
            return code;
    }
    return 0;
}

int32_t krx_oci_copy_layers(krx_call *call, const char *const *layers, size_t count,
                            const char *target)
{
    copier c = {.call = call, .target = target};
    krx_autoclose int to = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (to < 0)
        return fail_copy(&c, target);
    for (size_t i = 0; i < count; i++) {
        struct stat st;
        krx_autoclose int from = open(layers[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (from < 0 || fstat(from, &st) < 0)
            return fail_copy(&c, layers[i]);
        int32_t code = copy_folder(&c, from, to, 0);
        if (code == 0)
            code = finish_folder(&c, from, to, layers[i], &st);
        if (code < 0)
            return code;
    }
    return 0;
}

int32_t krx_oci_copy_folder(krx_call *call, int from, const char *target)
{
    copier c = {.call = call, .target = target};
    struct stat st;
    if (mkdir(target, 0700) < 0 || fstat(from, &st) < 0)
        return fail_copy(&c, "a folder");
    krx_autoclose int to = open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (to < 0)
        return fail_copy(&c, "a folder");
    int32_t code = copy_folder(&c, from, to, 0);
    return code < 0 ? code : finish_folder(&c, from, to, "a folder", &st);
}
