/* SPDX-License-Identifier: Apache-2.0 */
/* Where an entry of a layer goes: always below the layer's folder. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/str.h"
#include "modules/oci/packer/unpack_entry.h"

#define NAME_LENGTH_MAX 255

bool krx_oci_clean_path(const char *text, char out[KRX_OCI_PATH_MAX])
{
    size_t used = 0;
    if (*text == '/')
        return false;
    while (*text) {
        size_t n = strcspn(text, "/");
        bool dot = n == 1 && *text == '.';
        if ((n == 2 && strncmp(text, "..", 2) == 0) || n > NAME_LENGTH_MAX)
            return false;
        if (n && !dot) {
            if (used + n + 2 > KRX_OCI_PATH_MAX)
                return false;
            if (used)
                out[used++] = '/';
            memcpy(out + used, text, n);
            used += n;
        }
        text += n + (text[n] == '/');
    }
    out[used] = '\0';
    return true;
}

int krx_oci_open_beneath(const krx_oci_unpacker *u, const char *path, int flags)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
    int fd;
    do
        fd = (int)syscall(SYS_openat2, u->unpack->folder, *path ? path : ".", &how, sizeof how);
    while (fd < 0 && (errno == EINTR || errno == EAGAIN));
    return fd;
}

void krx_oci_unpack_forget(krx_oci_unpacker *u)
{
    if (u->parent >= 0)
        close(krx_move_fd(&u->parent));
}

static int fail_parent(krx_oci_unpacker *u, const char *path)
{
    if (errno == EXDEV || errno == ELOOP)
        (void)krx_oci_unpack_refuse(u, path, "is reached by a symbolic link that leads out");
    else if (errno == ENOTDIR)
        (void)krx_oci_unpack_refuse(u, path, "lies in something that is no folder");
    else
        (void)krx_oci_unpack_fail(u, path, "opening the folder");
    return -1;
}

/* One part of a path that is not there, or only as whiteout of what lower layers have. */
static int make_part(krx_oci_unpacker *u, int above, const char *name, const char *path)
{
    bool hides = krx_oci_is_whiteout(above, name);
    if (hides && unlinkat(above, name, 0) < 0)
        return -1;
    if (mkdirat(above, name, 0755) < 0)
        return -1;
    int fd = krx_oci_open_beneath(u, path, O_RDONLY | O_DIRECTORY);
    if (fd >= 0 && hides && krx_oci_make_opaque(u, fd, path) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int walk(krx_oci_unpacker *u, const char *path)
{
    char part[KRX_OCI_PATH_MAX];
    krx_autoclose int above = krx_oci_open_beneath(u, "", O_RDONLY | O_DIRECTORY);
    for (const char *p = path; above >= 0;) {
        size_t n = strcspn(p, "/");
        size_t begin = (size_t)(p - path);
        memcpy(part, path, begin + n);
        part[begin + n] = '\0';
        int fd = krx_oci_open_beneath(u, part, O_RDONLY | O_DIRECTORY);
        if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
            fd = make_part(u, above, part + begin, part);
        if (fd < 0 && errno == EEXIST)
            errno = ENOTDIR;
        if (fd < 0)
            return -1;
        close(above);
        above = fd;
        if (!p[n])
            break;
        p += n + 1;
    }
    return krx_move_fd(&above);
}

int krx_oci_unpack_parent(krx_oci_unpacker *u, const char *path)
{
    if (u->parent >= 0 && krx_streq(u->parent_path, path))
        return u->parent;
    krx_oci_unpack_forget(u);
    int fd = krx_oci_open_beneath(u, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        fd = walk(u, path);
    if (fd < 0)
        return fail_parent(u, path);
    (void)snprintf(u->parent_path, sizeof u->parent_path, "%s", path);
    return u->parent = fd;
}
