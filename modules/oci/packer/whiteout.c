/* SPDX-License-Identifier: Apache-2.0 */
/* How overlayfs says that something of a lower layer is gone. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/str.h"
#include "modules/oci/packer/unpack_entry.h"

#define PREFIX ".wh."

bool krx_oci_is_whiteout_name(const char *name)
{
    return krx_has_prefix(name, PREFIX);
}

bool krx_oci_is_whiteout(int parent, const char *name)
{
    struct stat st;
    return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(st.st_mode) &&
           st.st_rdev == makedev(0, 0);
}

int32_t krx_oci_make_opaque(krx_oci_unpacker *u, int folder, const char *path)
{
    /* the second is fuse-overlayfs's own */
    static const char *const names[2][2] = {
        {"trusted.overlay.opaque", NULL},
        {"user.overlay.opaque", "user.fuseoverlayfs.opaque"},
    };
    const char *const *row = names[u->unpack->user_attributes];
    for (size_t i = 0; i < 2 && row[i]; i++)
        if (fsetxattr(folder, row[i], "y", 1, 0) < 0)
            return krx_oci_unpack_fail(u, path, "marking the folder");
    return 0;
}

/* The folder `name` of this very layer hides what lower layers have under that name. */
static int32_t hide_below(krx_oci_unpacker *u, int parent, const char *name, const char *path)
{
    krx_autoclose int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? krx_oci_unpack_fail(u, path, "opening the folder")
                  : krx_oci_make_opaque(u, fd, path);
}

int32_t krx_oci_whiteout(krx_oci_unpacker *u, int parent, const char *name, const char *path)
{
    struct stat st;
    if (krx_streq(name, PREFIX PREFIX ".opq"))
        return krx_oci_make_opaque(u, parent, path);
    if (krx_has_prefix(name, PREFIX PREFIX))
        return 0; /* what aufs notes for itself */
    name += strlen(PREFIX);
    if (!*name || krx_streq(name, ".") || krx_streq(name, ".."))
        return krx_oci_unpack_refuse(u, path, "removes a folder as a whole");
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return S_ISDIR(st.st_mode) ? hide_below(u, parent, name, path) : 0;
    if (mknodat(parent, name, S_IFCHR, makedev(0, 0)) < 0)
        return krx_oci_unpack_fail(u, path, "making the whiteout");
    return 0;
}
