/* SPDX-License-Identifier: Apache-2.0 */
/* Looking for an image and getting it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/sha256.h"
#include "lib/base/str.h"
#include "modules/oci/image/here.h"
#include "modules/oci/image/layers.h"
#include "modules/oci/image/layout.h"
#include "modules/oci/image/skopeo.h"
#include "modules/oci/store/lock.h"

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

static int32_t not_here(krx_call *call, const krx_oci_source *source)
{
    return krx_fail(call, KRX_E_NOT_FOUND, "there is no image '%s'",
                    krx_oci_familiar(source->reference));
}

/* ------------------------------------------------------------------------------------- looking */

static int32_t look_folder(krx_call *call, krx_arena *arena, const krx_oci_source *source,
                           const krx_oci_platform *platform, krx_oci_image *out)
{
    char real[PATH_MAX];
    struct stat st;
    if (!realpath(source->path, real) || stat(real, &st) < 0)
        return krx_fail(call, errno == ENOENT ? KRX_E_NOT_FOUND : KRX_E_PERMISSION_DENIED,
                        "image %s: %s", source->reference, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "image %s is no folder", source->reference);
    if (krx_streq(real, "/"))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "image %s is the root folder of this machine",
                        source->reference);
    *out = (krx_oci_image){.rootfs = krx_arena_strdup(arena, real),
                           .os = platform->os,
                           .architecture = platform->architecture,
                           .variant = platform->variant,
                           .size_bytes = KRX_UNSET,
                           .created_ns = KRX_UNSET};
    return out->rootfs ? 0 : no_memory(call);
}

/* The one that was named, or the only one. */
static int32_t choose(krx_call *call, const krx_oci_source *source,
                      const krx_oci_image_manifest *index, const krx_oci_blob **out)
{
    if (source->inside) {
        *out = krx_oci_index_find(index, source->inside);
        return *out ? 0
                    : krx_fail(call, KRX_E_NOT_FOUND, "%s has no image '%.200s'", source->path,
                               source->inside);
    }
    if (index->count == 0)
        return krx_fail(call, KRX_E_NOT_FOUND, "%s has no image", source->path);
    *out = index->blobs[0];
    if (index->count == 1)
        return 0;
    (void)krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s has %zu images; which one is meant?",
                   source->path, index->count);
    return krx_hint(call, "name it behind the path, such as oci:%.300s:%.100s", source->path,
                    index->blobs[0]->name ? index->blobs[0]->name : "TAG");
}

static int32_t look_layout(krx_call *call, krx_arena *arena, const krx_oci_source *source,
                           const krx_oci_platform *platform, krx_oci_image *out)
{
    krx_oci_image_manifest index;
    const krx_oci_blob *top = NULL;
    int32_t code = krx_oci_layout_index(call, arena, source->path, false, &index);
    if (code == KRX_E_NOT_FOUND)
        return krx_fail(call, code, "image %s: no OCI layout is there", source->reference);
    if (code == 0)
        code = choose(call, source, &index, &top);
    return code < 0 ? code
                    : krx_oci_layout_image(call, arena, source->path, top, platform,
                                           source->reference, out);
}

static int32_t look_here(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                         const krx_oci_source *source, const krx_oci_platform *platform,
                         krx_oci_image *out)
{
    krx_oci_image_manifest index;
    const char *stamp = NULL;
    int32_t code = source->path ? krx_oci_source_stamp(call, arena, source, &stamp) : 0;
    if (code == 0)
        code = krx_oci_index_read(call, arena, images, &index);
    if (code < 0)
        return code;
    const krx_oci_blob *top = krx_oci_index_find(&index, source->reference);
    if (!top || (stamp && !krx_streq(stamp, top->source)))
        return not_here(call, source);
    return krx_oci_layout_image(call, arena, krx_oci_images_folder(arena, images), top, platform,
                                krx_oci_familiar(source->reference), out);
}

static int32_t look(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                    const krx_oci_source *source, const krx_oci_platform *platform,
                    krx_oci_image *out)
{
    int32_t code;
    if (source->from == KRX_OCI_FROM_FOLDER)
        code = look_folder(call, arena, source, platform, out);
    else if (source->from == KRX_OCI_FROM_LAYOUT)
        code = look_layout(call, arena, source, platform, out);
    else
        code = look_here(call, arena, images, source, platform, out);
    out->from = source->from;
    out->reference = source->reference;
    return code;
}

int32_t krx_oci_image_look(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           const char *reference, const char *platform, krx_oci_image *out)
{
    krx_oci_source source;
    krx_oci_platform wanted;
    *out = (krx_oci_image){0};
    int32_t code = krx_oci_source_read(call, arena, reference, &source);
    if (code == 0)
        code = krx_oci_platform_read(call, arena, platform, &wanted);
    return code < 0 ? code : look(call, arena, images, &source, &wanted, out);
}

/* ------------------------------------------------------------------------------------- fetching */

/* One at a time fetches an image of that name; the second finds its blobs here. */
static int32_t lock_name(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                         const krx_oci_source *source)
{
    char digest[KRX_SHA256_TEXT];
    krx_sha256 hash;
    krx_sha256_init(&hash);
    krx_sha256_add(&hash, source->reference, strlen(source->reference));
    krx_sha256_text(&hash, digest);
    char *name = krx_arena_printf(arena, "%.16s.lock", digest);
    char *path = krx_oci_path(arena, images->store, "images", name, NULL);
    char *what = krx_arena_printf(arena, "image '%.200s'", source->reference);
    return path && what ? krx_oci_lock(call, path, what) : no_memory(call);
}

char *krx_oci_scratch(krx_call *call, krx_arena *arena, const krx_oci_images *images)
{
    char *path = krx_oci_path(arena, images->store, "images", "tmp-XXXXXX", NULL);
    if (path && mkdtemp(path))
        return path;
    (void)krx_fail(call, path ? KRX_E_PERMISSION_DENIED : KRX_E_RESOURCE_EXHAUSTED,
                   "creating a folder in images: %s", strerror(errno));
    return NULL;
}

void krx_oci_scratch_remove(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                            const char *path)
{
    krx_side_call side;
    krx_call *undo = krx_undo_call(&side, call);
    if (krx_oci_discard(undo, arena, images, path) < 0)
        krx_log(call, KRX_LOG_WARN, "%s", undo->error->message);
}

int32_t krx_oci_adopt(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                      const krx_oci_adoption *a, krx_oci_blob **out)
{
    krx_oci_image_manifest index;
    const char *shown = a->name ? krx_oci_familiar(a->name) : a->from;
    krx_oci_copy copy = {.images = images,
                         .from = a->from,
                         .to = krx_arena_printf(arena, "oci:%s", a->into),
                         .scratch = a->into,
                         .what = krx_arena_printf(arena, "%sing image %.300s", a->phase, shown),
                         .shown = shown,
                         .phase = a->phase,
                         .registry = a->registry,
                         .platform = a->platform};
    if (krx_arena_failed(arena))
        return no_memory(call);
    if (mkdir(a->into, 0700) < 0 && errno != EEXIST)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "creating %s: %s", a->into, strerror(errno));
    int32_t code = krx_oci_blobs_lend(call, arena, images, a->into);
    if (code == 0)
        code = krx_oci_copy_run(call, arena, &copy);
    if (code == 0)
        code = krx_oci_layout_index(call, arena, a->into, false, &index);
    if (code == 0 && index.count != 1)
        code = krx_fail(call, KRX_E_DATA_LOSS, "skopeo has copied %zu images instead of one",
                        index.count);
    if (code < 0)
        return code;
    krx_oci_blob *blob = index.blobs[0];
    blob->name = a->name;
    blob->source = a->stamp;
    if (out)
        *out = blob;
    code = krx_oci_blobs_take(call, arena, images, a->into);
    return code < 0 ? code : krx_oci_index_put(call, arena, images, blob);
}

static int32_t fetch(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                     const krx_oci_source *source, const krx_oci_platform *platform)
{
    const char *stamp = NULL;
    int32_t code = source->path ? krx_oci_source_stamp(call, arena, source, &stamp) : 0;
    if (code < 0)
        return code;
    krx_autoclose int hold = krx_oci_images_hold(call, images);
    if (hold < 0)
        return hold;
    krx_autoclose int lock = lock_name(call, arena, images, source);
    if (lock < 0)
        return lock;
    const krx_oci_adoption adoption = {
        .from = source->path ? source->reference
                             : krx_arena_printf(arena, "docker://%s", source->reference),
        .into = krx_oci_scratch(call, arena, images),
        .name = source->reference,
        .stamp = stamp,
        .registry = source->registry,
        .platform = platform,
        .phase = source->path ? "import" : "pull"};
    if (!adoption.into)
        return call->error->code;
    code = krx_oci_adopt(call, arena, images, &adoption, NULL);
    krx_oci_scratch_remove(call, arena, images, adoption.into);
    return code;
}

int32_t krx_oci_image_fetch(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                            const char *reference, const char *platform, krx_oci_image *out)
{
    krx_oci_source source;
    krx_oci_platform wanted;
    *out = (krx_oci_image){0};
    int32_t code = krx_oci_source_read(call, arena, reference, &source);
    if (code == 0)
        code = krx_oci_platform_read(call, arena, platform, &wanted);
    if (code == 0 && (source.from == KRX_OCI_FROM_REGISTRY || source.from == KRX_OCI_FROM_ARCHIVE))
        code = fetch(call, arena, images, &source, &wanted);
    return code < 0 ? code : look(call, arena, images, &source, &wanted, out);
}
