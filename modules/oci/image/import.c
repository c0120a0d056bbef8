/* SPDX-License-Identifier: Apache-2.0 */
/* Images from a file, told by its content: docker's archive, OCI's, or a root file system. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/side_call.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/image/compose.h"
#include "modules/oci/image/here.h"
#include "modules/oci/image/layout.h"
#include "modules/oci/image/skopeo.h"

#define BYTES_MAX "68719476736"

typedef struct import {
    krx_arena *arena;
    krx_oci_images images;
    const char *name; /* full reference for what has none, or NULL */
    const char *scratch;
    const char *input; /* link to the file, whose own name may have anything in it */
    krx_ptrs ids;      /* of what came */
} import;

static int32_t adopt(krx_call *call, import *im, const char *from, const char *name)
{
    krx_oci_blob *blob = NULL;
    krx_oci_adoption adoption = {
        .from = from,
        .into = krx_arena_printf(im->arena, "%s/%zu", im->scratch, im->ids.count),
        .name = name,
        .phase = "import"};
    if (!adoption.into || !from)
        return krx_no_memory(call);
    int32_t code = krx_oci_adopt(call, im->arena, &im->images, &adoption, &blob);
    if (code == 0 && krx_ptrs_add(im->arena, &im->ids, blob->digest) < 0)
        return krx_no_memory(call);
    return code;
}

/* Full form of a name in an archive; NULL when it is none. */
static const char *full_name(krx_call *call, krx_arena *arena, const char *text)
{
    krx_side_call side;
    krx_oci_source source;
    if (krx_blank(text) || !strpbrk(text, "/:") ||
        krx_oci_source_read(krx_side_call_init(&side, call), arena, text, &source) < 0)
        return NULL;
    return source.from == KRX_OCI_FROM_REGISTRY ? source.reference : NULL;
}

/* ------------------------------------------------------------------------------ docker's archive
 */

static int32_t import_tags(krx_call *call, import *im, const cJSON *tags)
{
    const cJSON *item;
    int32_t code = 0;
    cJSON_ArrayForEach (item, tags) {
        if (code < 0 || !cJSON_IsString(item))
            continue;
        const char *name = full_name(call, im->arena, item->valuestring);
        if (name)
            code =
                adopt(call, im,
                      krx_arena_printf(im->arena, "docker-archive:%s:%s", im->input, name), name);
    }
    if (code == 0 && !im->ids.count)
        code =
            adopt(call, im, krx_arena_printf(im->arena, "docker-archive:%s", im->input), im->name);
    return code;
}

/* *is: it is one. */
static int32_t try_docker(krx_call *call, import *im, bool *is)
{
    krx_auto_str krx_str answer = {0};
    krx_auto_json cJSON *json = NULL;
    const char *const args[] = {"list-tags",
                                krx_arena_printf(im->arena, "docker-archive:%s", im->input), NULL};
    int32_t status;
    *is = false;
    if (!args[1])
        return krx_no_memory(call);
    int32_t code = krx_oci_skopeo_ask(call, im->arena, &im->images, args, &answer, &status);
    if (code < 0 || status != 0)
        return code;
    *is = true;
    json = cJSON_ParseWithLength(krx_str_get(&answer), answer.length);
    return import_tags(call, im, krx_json_array(json, "Tags"));
}

/* -------------------------------------------------------------------------------- OCI's archive */

static int32_t import_layout(krx_call *call, import *im, const char *layout)
{
    krx_oci_image_manifest index;
    int32_t code = krx_oci_layout_index(call, im->arena, layout, false, &index);
    for (size_t i = 0; code == 0 && i < index.count; i++) {
        const char *inside = index.blobs[i]->name;
        const char *name = full_name(call, im->arena, inside);
        if (!inside && index.count > 1)
            return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                            "the archive has several images, some without a name");
        code = adopt(call, im,
                     krx_arena_printf(im->arena, "oci:%s%s%s", layout, inside ? ":" : "",
                                      inside ? inside : ""),
                     name               ? name
                     : index.count == 1 ? im->name
                                        : NULL);
    }
    return code;
}

static int32_t unpack(krx_call *call, import *im, const char *folder, const char **diff_id)
{
    krx_auto_json cJSON *answer = NULL;
    const char *const args[] = {
        folder, "any", BYTES_MAX, "2000000", im->images.rootless ? "--rootless" : NULL, NULL};
    if (mkdir(folder, 0755) < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "creating %s: %s", folder, strerror(errno));
    krx_autoclose int fd = open(im->input, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "opening it: %s", strerror(errno));
    const krx_oci_keeper_job job = {
        .keeper = im->images.keeper, .verb = "unpack", .args = args, .stdin_fd = fd};
    int32_t code = krx_oci_keeper_run(call, im->arena, &job, &answer);
    *diff_id = krx_arena_strdup(im->arena, krx_json_text(answer, "diff_id"));
    return code;
}

static bool holds(const import *im, const char *folder, const char *name)
{
    const char *path = krx_arena_printf(im->arena, "%s/%s", folder, name);
    return path && access(path, F_OK) == 0;
}

static int32_t import_other(krx_call *call, import *im)
{
    const char *diff_id = NULL;
    krx_oci_blob *blob = NULL;
    char *folder = krx_arena_printf(im->arena, "%s/content", im->scratch);
    if (!folder)
        return krx_no_memory(call);
    int32_t code = unpack(call, im, folder, &diff_id);
    if (code < 0)
        return code;
    if (holds(im, folder, "oci-layout"))
        return import_layout(call, im, folder);
    if (!im->name) {
        (void)krx_fail(call, KRX_E_INVALID_ARGUMENT, "it is no archive of images");
        return krx_hint(call, "a root file system needs a name for the image that it becomes");
    }
    code = krx_oci_compose(call, im->arena, &im->images, im->input, diff_id, im->name, &blob);
    if (code == 0 && krx_ptrs_add(im->arena, &im->ids, blob->digest) < 0)
        return krx_no_memory(call);
    return code;
}

/* ------------------------------------------------------------------------------------ the whole */

static int32_t check_file(krx_call *call, import *im, const char *file)
{
    char real[PATH_MAX];
    struct stat st;
    if (krx_blank(file))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "importing an image needs a tar file");
    if (!realpath(file, real) || stat(real, &st) < 0 || access(real, R_OK) < 0)
        return krx_fail(call, errno == ENOENT ? KRX_E_NOT_FOUND : KRX_E_INVALID_ARGUMENT,
                        "opening %s: %s", file, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s is not a regular file", file);
    im->scratch = krx_oci_scratch(call, im->arena, &im->images);
    if (!im->scratch)
        return call->error->code;
    im->input = krx_arena_printf(im->arena, "%s/input", im->scratch);
    if (!im->input || symlink(real, im->input) < 0)
        return krx_fail(call, KRX_E_UNKNOWN, "linking to %s: %s", file, strerror(errno));
    return 0;
}

static bool is_packed(const char *file)
{
    static const unsigned char gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
    unsigned char head[4] = {0};
    krx_autoclose int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return fd >= 0 && read(fd, head, sizeof head) == (ssize_t)sizeof head &&
           (memcmp(head, gzip, sizeof gzip) == 0 || memcmp(head, zstd, sizeof zstd) == 0);
}

/* skopeo wants it plain. */
static int32_t make_plain(krx_call *call, import *im)
{
    const char *plain = krx_arena_printf(im->arena, "%s/plain.tar", im->scratch);
    const char *const args[] = {plain, BYTES_MAX, NULL};
    krx_autoclose int fd = open(im->input, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const krx_oci_keeper_job job = {
        .keeper = im->images.keeper, .verb = "plain", .args = args, .stdin_fd = fd};
    im->input = plain;
    if (!plain || fd < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "opening it: %s", strerror(errno));
    return krx_oci_keeper_run(call, im->arena, &job, NULL);
}

static int32_t import_file(krx_call *call, import *im)
{
    bool docker = false;
    int32_t code = is_packed(im->input) ? make_plain(call, im) : 0;
    if (code == 0)
        code = try_docker(call, im, &docker);
    return code < 0 || docker ? code : import_other(call, im);
}

static int32_t emit_all(krx_call *call, const import *im, krx_sink *image)
{
    krx_oci_local **locals;
    int32_t code = krx_oci_locals(call, im->arena, &im->images, &locals);
    for (size_t i = 0; code == 0 && locals[i]; i++) {
        bool came = false;
        for (size_t b = 0; b < locals[i]->blobs.count; b++) {
            const krx_oci_blob *blob = locals[i]->blobs.items[b];
            for (size_t n = 0; n < im->ids.count; n++)
                came = came || krx_streq(im->ids.items[n], blob->digest);
        }
        if (came)
            code = krx_oci_emit_local(call, im->arena, locals[i], image);
    }
    return code;
}

int32_t krx_oci_import_op(krx_call *call, void *opened, const krx_image_req *req, krx_sink *image)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_backend *backend = opened;
    krx_oci_source source = {0};
import im = {.arena = arena };
    if (!arena)
        return krx_no_memory(call);
    krx_oci_images_of(backend, &im.images);
    int32_t code = krx_oci_store_ready(call, &backend->store);
    if (code == 0 && krx_blank(im.images.keeper))
        code = krx_oci_keeper_find(call, arena, NULL, &im.images.keeper);
    if (code == 0 && !krx_blank(req->image))
        code = krx_oci_source_read(call, arena, req->image, &source);
    if (code < 0)
        return code;
    im.name = source.from == KRX_OCI_FROM_REGISTRY && !source.digest ? source.reference : NULL;
    krx_autoclose int hold = krx_oci_images_hold(call, &im.images);
    code = hold < 0 ? hold : check_file(call, &im, req->file);
    if (code == 0)
        code = import_file(call, &im);
    if (im.scratch)
        krx_oci_scratch_remove(call, arena, &im.images, im.scratch);
    if (code < 0)
        return krx_wrap(call, "importing %s", req->file ? req->file : "an image");
    return emit_all(call, &im, image);
}
