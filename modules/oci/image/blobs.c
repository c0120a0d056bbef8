/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs lent to skopeo and taken over from it. It writes manifests in place, so that it never gets
 * a folder that others read from. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/str.h"
#include "modules/oci/image/here.h"
#include "modules/oci/image/layout.h"

#define BLOBS "blobs/sha256"
/* Smaller ones are fetched again rather than lent: they might be manifests. */
#define LENT_LEAST (16 * 1024)

static bool is_blob(const char *name)
{
    return strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64;
}

static bool is_manifest(const krx_oci_image_manifest *index, const char *name)
{
    for (size_t i = 0; i < index->count; i++)
        if (krx_streq(strchr(index->blobs[i]->digest, ':') + 1, name))
            return true;
    return false;
}

static int open_blobs(krx_call *call, krx_arena *arena, const char *layout)
{
    char *path = krx_arena_printf(arena, "%s/" BLOBS, layout);
    if (!path) {
        (void)krx_no_memory(call);
        return -1;
    }
    if (krx_make_dirs(call, path, 0700) < 0)
        return -1;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        (void)krx_fail(call, KRX_E_PERMISSION_DENIED, "opening %s: %s", path, strerror(errno));
    return fd;
}

/* fn for each blob of a folder. */
typedef int32_t blob_fn(krx_call *call, const krx_oci_image_manifest *index, int from, int to,
                        const char *name);

static int32_t each(krx_call *call, const krx_oci_image_manifest *index, int from, int to,
                    blob_fn *fn)
{
    int listed = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    krx_autodir DIR *listing = listed >= 0 ? fdopendir(listed) : NULL;
    const struct dirent *item;
    int32_t code = 0;
    if (!listing) {
        if (listed >= 0)
            close(listed);
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "listing blobs: %s", strerror(errno));
    }
    while (code == 0 && (item = readdir(listing)))
        if (is_blob(item->d_name))
            code = fn(call, index, from, to, item->d_name);
    return code;
}

static int32_t lend(krx_call *call, const krx_oci_image_manifest *index, int from, int to,
                    const char *name)
{
    struct stat st;
    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
        st.st_size < LENT_LEAST || is_manifest(index, name))
        return 0;
    if (linkat(from, name, to, name, 0) < 0)
        krx_log(call, KRX_LOG_DEBUG, "blob %.12s is fetched again: %s", name, strerror(errno));
    return krx_check(call);
}

static int32_t take(krx_call *call, const krx_oci_image_manifest *index, int from, int to,
                    const char *name)
{
    struct stat theirs, ours;
    (void)index;
    krx_autoclose int fd = openat(from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &theirs) < 0 || !S_ISREG(theirs.st_mode))
        return krx_fail(call, KRX_E_DATA_LOSS, "a copied blob is no file: %s", name);
    if (fstatat(to, name, &ours, AT_SYMLINK_NOFOLLOW) == 0 && ours.st_ino == theirs.st_ino)
        return 0;
    if (fsync(fd) < 0 || renameat(from, name, to, name) < 0)
        return krx_fail(call, errno == ENOSPC ? KRX_E_RESOURCE_EXHAUSTED : KRX_E_UNKNOWN,
                        "keeping a blob: %s", strerror(errno));
    return 0;
}

static int32_t move(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                    const char *layout, bool back)
{
    krx_oci_image_manifest index;
    char *own = krx_oci_images_folder(arena, images);
    int32_t code = krx_oci_index_read(call, arena, images, &index);
    if (code < 0)
        return code;
    krx_autoclose int ours = own ? open_blobs(call, arena, own) : -1;
    krx_autoclose int theirs = ours >= 0 ? open_blobs(call, arena, layout) : -1;
    if (theirs < 0)
        return own ? call->error->code : krx_no_memory(call);
    return back ? each(call, &index, theirs, ours, take) : each(call, &index, ours, theirs, lend);
}

int32_t krx_oci_blobs_lend(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           const char *layout)
{
    return move(call, arena, images, layout, false);
}

int32_t krx_oci_blobs_take(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           const char *layout)
{
    return move(call, arena, images, layout, true);
}
