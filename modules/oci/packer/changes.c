/* SPDX-License-Identifier: Apache-2.0 */
/* An overlay's upper folder as the tar of a layer: whiteouts become .wh. files. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/str.h"
#include "modules/oci/packer/archive.h"
#include "modules/oci/packer/owned.h"

#define BLOCK ((size_t)256 * 1024)

KRX_DEFINE_CLEANUP(links, struct archive_entry_linkresolver, archive_entry_linkresolver_free)
#define auto_links KRX_CLEANUP(krx_cleanup_links_)

typedef struct changes {
    krx_call *call;
    struct archive *in;
    struct archive *out;
    struct archive_entry_linkresolver *links;
    const char *tree;
    const char *file;
    char *block;
    int64_t entries;
} changes;

static int32_t read_failed(changes *c)
{
    const char *text = archive_error_string(c->in);
    return krx_fail(c->call, KRX_E_DATA_LOSS, "can't read %s: %s", c->tree,
                    text ? text : "no reason given");
}

static int32_t write_failed(changes *c)
{
    const char *text = archive_error_string(c->out);
    return krx_fail(c->call, KRX_E_RESOURCE_EXHAUSTED, "can't write %s: %s", c->file,
                    text ? text : "no reason given");
}

/* An empty file that says something about another one. */
static int32_t add_mark(changes *c, const char *path, size_t folder, const char *name)
{
    auto_entry struct archive_entry *entry = archive_entry_new();
    krx_autofree char *full = krx_format("%.*s%s", (int)folder, path, name);
    if (!entry || !full)
        return krx_fail(c->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    archive_entry_set_pathname(entry, full);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, 0);
    c->entries++;
    return archive_write_header(c->out, entry) >= ARCHIVE_WARN ? 0 : write_failed(c);
}

/* The overlay's own attributes are not the container's: taken off. True for an opaque folder;
 * *foreign is set for one that means that the data lies elsewhere. */
static bool take_attributes(struct archive_entry *entry, bool *foreign)
{
    struct {
        char *name;
        void *value;
        size_t size;
    } kept[64];
    const char *name;
    const void *value;
    size_t size, count = 0;
    bool opaque = false;
    *foreign = false;
    archive_entry_xattr_reset(entry);
    while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
        const char *own = krx_has_prefix(name, "trusted.overlay.") ? name + 16
                          : krx_has_prefix(name, "user.overlay.")  ? name + 13
                                                                   : NULL;
        if (own) {
            opaque |= strcmp(own, "opaque") == 0 && size == 1 && *(const char *)value == 'y';
            *foreign |= strcmp(own, "redirect") == 0 || strcmp(own, "metacopy") == 0;
        } else if (count < KRX_COUNT(kept)) {
            kept[count].name = strdup(name);
            kept[count].value = malloc(size ? size : 1);
            kept[count].size = size;
            if (kept[count].value && size)
                memcpy(kept[count].value, value, size);
            count++;
        }
    }
    archive_entry_xattr_clear(entry);
    for (size_t i = 0; i < count; i++) {
        if (kept[i].name && kept[i].value)
            archive_entry_xattr_add_entry(entry, kept[i].name, kept[i].value, kept[i].size);
        free(kept[i].name);
        free(kept[i].value);
    }
    return opaque;
}

static int32_t add_data(changes *c, const char *path)
{
    for (;;) {
        int32_t code = krx_check(c->call);
        if (code < 0)
            return code;
        la_ssize_t n = archive_read_data(c->in, c->block, BLOCK);
        if (n < 0)
            return read_failed(c);
        if (n == 0)
            return 0;
        if (archive_write_data(c->out, c->block, (size_t)n) < 0)
            return krx_wrap(c->call, "%s", (write_failed(c), path));
    }
}

static int32_t add_plain(changes *c, struct archive_entry *entry, const char *path)
{
    struct archive_entry *spare = NULL;
    bool foreign = false;
    bool opaque = take_attributes(entry, &foreign);
    if (foreign)
        return krx_fail(c->call, KRX_E_FAILED_PRECONDITION,
                        "%s of the container can't be kept: the overlay refers elsewhere", path);
    archive_entry_linkify(c->links, &entry, &spare);
    if (archive_write_header(c->out, entry) < ARCHIVE_WARN)
        return write_failed(c);
    c->entries++;
    if (opaque) {
        krx_autofree char *folder = krx_format("%s/", path);
        return folder ? add_mark(c, folder, strlen(folder), ".wh..wh..opq")
                      : krx_fail(c->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    }
    return archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry)
               ? add_data(c, path)
               : 0;
}

static int32_t add_entry(changes *c, struct archive_entry *entry)
{
    const char *full = archive_entry_pathname(entry);
    size_t root = strlen(c->tree);
    if (!full || strncmp(full, c->tree, root) != 0)
        return krx_fail(c->call, KRX_E_INTERNAL, "%s is not below %s", full ? full : "", c->tree);
    krx_autofree char *path = krx_format("%s", full + root + strspn(full + root, "/"));
    if (!path)
        return krx_fail(c->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (!*path)
        return 0;
    archive_entry_set_pathname(entry, path);
    const char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
    case AE_IFDIR:
    case AE_IFLNK:
    case AE_IFIFO:
        return add_plain(c, entry, path);
    case AE_IFCHR:
        if (archive_entry_rdev(entry) == 0) {
            krx_autofree char *mark = krx_format(".wh.%s", path + folder);
            return mark ? add_mark(c, path, folder, mark)
                        : krx_fail(c->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        }
        break;
    default:
        break;
    }
    krx_log(c->call, KRX_LOG_WARN, "/%s is left out: sockets and devices can't be kept", path);
    return 0;
}

static int32_t add_all(changes *c)
{
    for (;;) {
        auto_entry struct archive_entry *entry = archive_entry_new();
        if (!entry)
            return krx_fail(c->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        int code = archive_read_next_header2(c->in, entry);
        if (code == ARCHIVE_EOF)
            return 0;
        if (code < ARCHIVE_WARN)
            return read_failed(c);
        (void)archive_read_disk_descend(c->in);
        int32_t added = add_entry(c, entry);
        if (added < 0)
            return added;
    }
}

static bool open_both(changes *c, int fd)
{
    archive_entry_linkresolver_set_strategy(c->links, ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE);
    return archive_read_disk_set_symlink_physical(c->in) == ARCHIVE_OK &&
           archive_read_disk_set_behavior(c->in, ARCHIVE_READDISK_NO_TRAVERSE_MOUNTS |
                                                     ARCHIVE_READDISK_NO_FFLAGS) == ARCHIVE_OK &&
           archive_write_set_format_pax(c->out) == ARCHIVE_OK &&
           archive_write_set_bytes_in_last_block(c->out, 1) == ARCHIVE_OK &&
           archive_write_open_fd(c->out, fd) == ARCHIVE_OK;
}

int32_t krx_oci_changes_write(krx_call *call, const char *tree, const char *file,
                              krx_oci_changed *out)
{
    auto_reader struct archive *in = archive_read_disk_new();
    auto_writer struct archive *to = archive_write_new();
    auto_links struct archive_entry_linkresolver *links = archive_entry_linkresolver_new();
    krx_autofree char *block = malloc(BLOCK);
    changes c = {.call = call,
                 .in = in,
                 .out = to,
                 .links = links,
                 .tree = tree,
                 .file = file,
                 .block = block};
    struct stat st;
    *out = (krx_oci_changed){0};
    if (!in || !to || !links || !block)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    krx_autoclose int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "can't write %s: %s", file,
                        strerror(errno));
    int32_t code = !open_both(&c, fd)                               ? write_failed(&c)
                   : archive_read_disk_open(in, tree) != ARCHIVE_OK ? read_failed(&c)
                                                                    : add_all(&c);
    if (code == 0 && archive_write_close(to) != ARCHIVE_OK)
        code = write_failed(&c);
    if (code == 0 && fstat(fd, &st) == 0)
        *out = (krx_oci_changed){.entries = c.entries, .bytes = st.st_size};
    if (code < 0)
        (void)unlink(file);
    return code;
}
