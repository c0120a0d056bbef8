/* SPDX-License-Identifier: Apache-2.0 */
/* One entry of a layer's archive becomes a file, a folder, a link or a whiteout. */
#include "modules/oci/packer/unpack_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/str.h"
#include "modules/oci/store/tree.h"

#define MODE_BITS 07777u
#define DAMAGED "is cut short or damaged"

typedef struct item {
    struct archive_entry *entry;
    const char *path; /* clean */
    const char *name; /* its last part */
    int parent;
} item;

/* --------------------------------------------------------------------------------- what is known
 */

static int32_t refuse(krx_oci_unpacker *u, const item *i, const char *why)
{
    return krx_oci_unpack_refuse(u, i->path, why);
}

static int32_t fail(krx_oci_unpacker *u, const item *i, const char *doing)
{
    return krx_oci_unpack_fail(u, i->path, doing);
}

static struct timespec modified(struct archive_entry *entry)
{
    if (!archive_entry_mtime_is_set(entry))
        return (struct timespec){0};
    return (struct timespec){.tv_sec = archive_entry_mtime(entry),
                             .tv_nsec = archive_entry_mtime_nsec(entry)};
}

/* Attributes that a layer may bring; those of overlayfs would change what it means. */
static bool attribute_kept(const char *name)
{
    static const char *const kept[] = {"security.capability", "system.posix_acl_access",
                                       "system.posix_acl_default"};
    for (size_t i = 0; i < KRX_COUNT(kept); i++)
        if (krx_streq(name, kept[i]))
            return true;
    return krx_has_prefix(name, "user.") && !krx_has_prefix(name, "user.overlay.") &&
           !krx_has_prefix(name, "user.fuseoverlayfs.");
}

/* ------------------------------------------------------------------------------ owners and modes
 */

static int32_t fail_owner(krx_oci_unpacker *u, const item *i)
{
    int64_t uid = archive_entry_uid(i->entry), gid = archive_entry_gid(i->entry);
    if (errno != EINVAL && errno != EPERM)
        return fail(u, i, "giving to its owner");
    (void)krx_fail(u->call, KRX_E_FAILED_PRECONDITION,
                   "'%.200s' of the layer belongs to %lld:%lld, which can't be had here", i->path,
                   (long long)uid, (long long)gid);
    return krx_hint(u->call, "give this user more ids in /etc/subuid and /etc/subgid");
}

static int32_t put_attributes(krx_oci_unpacker *u, const item *i, int fd)
{
    const char *name;
    const void *value;
    size_t size;
    (void)archive_entry_xattr_reset(i->entry);
    while (archive_entry_xattr_next(i->entry, &name, &value, &size) == ARCHIVE_OK)
        if (name && attribute_kept(name) && fsetxattr(fd, name, value, size, 0) < 0 &&
            errno != ENOTSUP)
            return fail(u, i, "setting an attribute of");
    return 0;
}

/* The order matters: a new owner takes setuid and capabilities away. */
static int32_t put_metadata(krx_oci_unpacker *u, const item *i, int fd)
{
    const struct timespec times[2] = {modified(i->entry), modified(i->entry)};
    mode_t mode = (mode_t)archive_entry_perm(i->entry) & MODE_BITS;
    int64_t uid = archive_entry_uid(i->entry), gid = archive_entry_gid(i->entry);
    if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
        return refuse(u, i, "has an owner that can't be");
    if (fchown(fd, (uid_t)uid, (gid_t)gid) < 0)
        return fail_owner(u, i);
    if (fchmod(fd, mode) < 0)
        return fail(u, i, "setting the mode of");
    int32_t code = put_attributes(u, i, fd);
    if (code == 0 && futimens(fd, times) < 0)
        return fail(u, i, "setting the time of");
    return code;
}

/* Of what can't be opened: links and pipes. */
static int32_t put_owner(krx_oci_unpacker *u, const item *i)
{
    const struct timespec times[2] = {modified(i->entry), modified(i->entry)};
    int64_t uid = archive_entry_uid(i->entry), gid = archive_entry_gid(i->entry);
    if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
        return refuse(u, i, "has an owner that can't be");
    if (fchownat(i->parent, i->name, (uid_t)uid, (gid_t)gid, AT_SYMLINK_NOFOLLOW) < 0)
        return fail_owner(u, i);
    if (utimensat(i->parent, i->name, times, AT_SYMLINK_NOFOLLOW) < 0)
        return fail(u, i, "setting the time of");
    return 0;
}

/* ------------------------------------------------------------------------------- kinds of things
 */

static int32_t write_piece(krx_oci_unpacker *u, const item *i, int fd, const char *data,
                           size_t length, int64_t offset)
{
    while (length) {
        ssize_t n = pwrite(fd, data, length, offset);
        if (n < 0 && errno != EINTR)
            return fail(u, i, "writing");
        data += n > 0 ? n : 0;
        offset += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int32_t write_file(krx_oci_unpacker *u, const item *i, int fd)
{
    int64_t size = archive_entry_size(i->entry);
    if (size < 0 || size > u->unpack->bytes_max)
        return krx_fail(u->call, KRX_E_RESOURCE_EXHAUSTED,
                        "the layer is refused: '%.200s' is larger than allowed", i->path);
    for (;;) {
        const void *data;
        size_t length;
        la_int64_t offset;
        int status = archive_read_data_block(u->tar, &data, &length, &offset);
        if (status == ARCHIVE_EOF)
            break;
        if (*u->given_up < 0)
            return *u->given_up;
        if (status < ARCHIVE_WARN || offset < 0 || offset > size || size - offset < (int64_t)length)
            return refuse(u, i, DAMAGED);
        int32_t code = write_piece(u, i, fd, data, length, offset);
        if (code < 0)
            return code;
    }
    return ftruncate(fd, size) < 0 ? fail(u, i, "writing") : 0;
}

static int32_t make_file(krx_oci_unpacker *u, const item *i)
{
    krx_autoclose int fd =
        openat(i->parent, i->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(u, i, "creating");
    int32_t code = write_file(u, i, fd);
    return code < 0 ? code : put_metadata(u, i, fd);
}

static int32_t note_folder(krx_oci_unpacker *u, const item *i)
{
    krx_oci_late_folder *late = krx_arena_new_of(u->arena, krx_oci_late_folder);
    if (late) {
        late->path = krx_arena_strdup(u->arena, i->path);
        late->modified = modified(i->entry);
    }
    if (!late || !late->path || krx_ptrs_add(u->arena, &u->folders, late) < 0)
        return krx_fail(u->call, KRX_E_RESOURCE_EXHAUSTED,
                        "the layer is refused: its folders have too many or too long names");
    return 0;
}

static int32_t make_folder(krx_oci_unpacker *u, const item *i, bool hides)
{
    if (mkdirat(i->parent, i->name, 0700) < 0 && errno != EEXIST)
        return fail(u, i, "creating");
    krx_autoclose int fd =
        openat(i->parent, i->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fail(u, i, "opening");
    int32_t code = put_metadata(u, i, fd);
    if (code == 0 && hides)
        code = krx_oci_make_opaque(u, fd, i->path);
    return code < 0 ? code : note_folder(u, i);
}

static int32_t make_symlink(krx_oci_unpacker *u, const item *i)
{
    const char *target = archive_entry_symlink(i->entry);
    if (!target)
        target = archive_entry_symlink_utf8(i->entry);
    if (krx_blank(target) || strlen(target) >= KRX_OCI_PATH_MAX)
        return refuse(u, i, "is a symbolic link without a target that can be");
    if (symlinkat(target, i->parent, i->name) < 0)
        return fail(u, i, "creating");
    return put_owner(u, i);
}

/* To a file that this layer has brought already, by a path that stays in it. */
static int32_t make_link(krx_oci_unpacker *u, const item *i, const char *target)
{
    char clean[KRX_OCI_PATH_MAX];
    if (!krx_oci_clean_path(target, clean) || !*clean)
        return refuse(u, i, "is a hard link that leads out");
    char *slash = strrchr(clean, '/');
    const char *name = slash ? slash + 1 : clean;
    if (slash)
        *slash = '\0';
    krx_autoclose int folder = krx_oci_open_beneath(u, slash ? clean : "", O_RDONLY | O_DIRECTORY);
    if (folder < 0)
        return refuse(u, i,
                      errno == EXDEV || errno == ELOOP
                          ? "is a hard link that leads out"
                          : "is a hard link to something that is not there");
    if (krx_oci_is_whiteout(folder, name))
        return refuse(u, i, "is a hard link to something that is not there");
    if (linkat(folder, name, i->parent, i->name, 0) == 0)
        return 0;
    if (errno == ENOENT || errno == EPERM)
        return refuse(u, i, "is a hard link to something that is no file in this layer");
    return fail(u, i, "linking");
}

static int32_t make_pipe(krx_oci_unpacker *u, const item *i)
{
    mode_t mode = (mode_t)archive_entry_perm(i->entry) & MODE_BITS;
    if (mkfifoat(i->parent, i->name, 0600) < 0)
        return fail(u, i, "creating");
    int32_t code = put_owner(u, i);
    if (code == 0 && fchmodat(i->parent, i->name, mode, 0) < 0)
        return fail(u, i, "setting the mode of");
    return code;
}

/* ------------------------------------------------------------------------------------ an entry */

/* Makes room for it. *hides: there was a whiteout of that name. */
static int32_t clear_place(krx_oci_unpacker *u, const item *i, bool *hides)
{
    struct stat st;
    *hides = krx_oci_is_whiteout(i->parent, i->name);
    if (fstatat(i->parent, i->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : fail(u, i, "looking at");
    if (S_ISDIR(st.st_mode) && archive_entry_filetype(i->entry) == AE_IFDIR &&
        !archive_entry_hardlink(i->entry))
        return 0;
    if (!S_ISDIR(st.st_mode))
        return unlinkat(i->parent, i->name, 0) < 0 ? fail(u, i, "replacing") : 0;
    return krx_oci_tree_remove(u->call, i->parent, i->name, "a folder of the layer");
}

static int32_t make_item(krx_oci_unpacker *u, const item *i)
{
    const char *target = archive_entry_hardlink(i->entry);
    bool hides = false;
    if (!target)
        target = archive_entry_hardlink_utf8(i->entry);
    int32_t code = clear_place(u, i, &hides);
    if (code < 0)
        return code;
    if (target)
        return make_link(u, i, target);
    switch (archive_entry_filetype(i->entry)) {
    case AE_IFREG:
        return make_file(u, i);
    case AE_IFDIR:
        return make_folder(u, i, hides);
    case AE_IFLNK:
        return make_symlink(u, i);
    case AE_IFIFO:
        return make_pipe(u, i);
    case AE_IFCHR:
    case AE_IFBLK:
        return refuse(u, i, "is a device");
    default:
        return refuse(u, i, "is no file, folder, link or pipe");
    }
}

/* The top itself: its mode and owner are those of the root folder. */
static int32_t put_top(krx_oci_unpacker *u, const item *i)
{
    if (archive_entry_filetype(i->entry) != AE_IFDIR || archive_entry_hardlink(i->entry))
        return refuse(u, i, "is no folder, but stands for the topmost one");
    int top = krx_oci_unpack_parent(u, "");
    if (top < 0)
        return u->call->error->code;
    int32_t code = put_metadata(u, i, top);
    return code < 0 ? code : note_folder(u, i);
}

int32_t krx_oci_unpack_entry(krx_oci_unpacker *u, struct archive_entry *entry)
{
    char path[KRX_OCI_PATH_MAX], above[KRX_OCI_PATH_MAX];
    const char *given = archive_entry_pathname(entry);
    if (!given)
        given = archive_entry_pathname_utf8(entry);
    if (krx_blank(given))
        return krx_oci_unpack_refuse(u, "", "is no name");
    if (!krx_oci_clean_path(given, path))
        return krx_oci_unpack_refuse(u, given, "is no path inside of the layer");
    item i = {.entry = entry, .path = path};
    if (!*path)
        return put_top(u, &i);
    (void)snprintf(above, sizeof above, "%s", path);
    char *slash = strrchr(above, '/');
    i.name = slash ? path + (slash - above) + 1 : path;
    *(slash ? slash : above) = '\0';
    i.parent = krx_oci_unpack_parent(u, above);
    if (i.parent < 0)
        return u->call->error->code;
    if (krx_oci_is_whiteout_name(i.name))
        return krx_oci_whiteout(u, i.parent, i.name, path);
    return make_item(u, &i);
}

int32_t krx_oci_unpack_folder_times(krx_oci_unpacker *u)
{
    for (size_t i = u->folders.count; i-- > 0;) {
        const krx_oci_late_folder *late = u->folders.items[i];
        const struct timespec times[2] = {late->modified, late->modified};
        krx_autoclose int fd =
            krx_oci_open_beneath(u, late->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        int32_t code = krx_check(u->call);
        if (code < 0)
            return code;
        if (fd >= 0 && futimens(fd, times) < 0)
            return krx_oci_unpack_fail(u, late->path, "setting the time of");
    }
    return 0;
}
