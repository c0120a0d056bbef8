/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modules/docker/images/image.h"

#define TAR_BLOCK 512
#define TAR_ENTRIES_MAX 4096
#define TAR_MAGIC_AT 257

typedef struct upload {
    krx_call *call;
    int fd;
    const char *file;
    char loaded[512]; /* reference or id that the engine names */
} upload;

/* -------------------------------------------------------------------------- what kind of tar it is
 */

static off_t entry_size(const char *header)
{
    char octal[13] = {0};
    memcpy(octal, header + 124, 12);
    return (off_t)strtoll(octal, NULL, 8);
}

/* An archive of images has its index at the top; a compressed one is taken for such unless a name
 * for a root file system was given. */
static bool holds_images(int fd, bool named)
{
    char header[TAR_BLOCK];
    off_t at = 0;
    for (int i = 0; i < TAR_ENTRIES_MAX; i++) {
        if (pread(fd, header, sizeof header, at) != (ssize_t)sizeof header || !header[0])
            return false;
        if (memcmp(header + TAR_MAGIC_AT, "ustar", 5) != 0)
            return i == 0 && !named;
        header[99] = '\0';
        const char *name = header[0] == '.' && header[1] == '/' ? header + 2 : header;
        if (krx_streq(name, "manifest.json") || krx_streq(name, "oci-layout"))
            return true;
        at += TAR_BLOCK + (entry_size(header) + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    }
    return false;
}

/* ----------------------------------------------------------------------------------- sending it */

static int32_t read_tar(void *ctx, char *buffer, size_t room, size_t *got)
{
    const upload *u = ctx;
    ssize_t done;
    do
        done = read(u->fd, buffer, room);
    while (done < 0 && errno == EINTR);
    if (done < 0)
        return krx_fail(u->call, KRX_E_INVALID_ARGUMENT, "reading %s: %s", u->file,
                        strerror(errno));
    *got = (size_t)done;
    return 0;
}

/* "Loaded image: busybox:test", "Loaded image ID: sha256:...", or the id as status of an import */
static int32_t note_loaded(void *ctx, const cJSON *message)
{
    upload *u = ctx;
    const char *text = krx_json_text(message, "stream");
    const char *status = krx_json_text(message, "status");
    if (krx_has_prefix(text, "Loaded image")) {
        const char *name = strchr(text, ':');
        name = name ? name + 1 + strspn(name + 1, " ") : NULL;
        if (name)
            (void)snprintf(u->loaded, sizeof u->loaded, "%.*s", (int)strcspn(name, "\r\n"), name);
    } else if (krx_has_prefix(status, "sha256:")) {
        (void)snprintf(u->loaded, sizeof u->loaded, "%s", status);
    }
    return 0;
}

static int32_t make_path(krx_call *call, const krx_image_req *req, bool images, krx_str *path)
{
    krx_auto_image_ref krx_image_ref ref = {0};
    if (images) {
        krx_str_add(path, "/images/load?quiet=1");
        return 0;
    }
    krx_str_add(path, "/images/create?fromSrc=-");
    if (krx_blank(req->image))
        return 0;
    int32_t code = krx_image_ref_parse(call, req->image, &ref);
    krx_url_query(path, "repo", ref.name);
    krx_url_query(path, "tag", ref.tag);
    return code;
}

static int32_t open_tar(krx_call *call, const char *file, int *fd)
{
    struct stat info;
    if (krx_blank(file))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "importing an image needs a tar file");
    *fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*fd < 0)
        return krx_fail(call, errno == ENOENT ? KRX_E_NOT_FOUND : KRX_E_INVALID_ARGUMENT,
                        "opening %s: %s", file, strerror(errno));
    if (fstat(*fd, &info) < 0 || !S_ISREG(info.st_mode))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s is not a regular file", file);
    return 0;
}

int32_t krx_dk_image_import(krx_call *call, void *opened, const krx_image_req *req, krx_sink *image)
{
    krx_dk_backend *backend = opened;
    krx_autoclose int fd = -1;
    krx_auto_str krx_str path = {0}, what = {0};
    int32_t code = open_tar(call, req->file, &fd);
    if (!code)
        code = make_path(call, req, holds_images(fd, !krx_blank(req->image)), &path);
    if (code)
        return code;
    upload u = {.call = call, .fd = fd, .file = req->file};
    krx_str_addf(&what, "importing %s", req->file);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(call);
    krx_tell_progress(call, "import", NULL, req->file);
    krx_engine_request request = {.method = "POST",
                                  .path = krx_str_get(&path),
                                  .what = krx_str_get(&what),
                                  .read_body = read_tar,
                                  .read_ctx = &u,
                                  .content_type = "application/x-tar"};
    code = krx_engine_transfer(call, backend->engine, &request, note_loaded, &u);
    if (code || !u.loaded[0])
        return code;
    return krx_dk_image_emit(call, backend, u.loaded, image);
}
