/* SPDX-License-Identifier: Apache-2.0 */
/* What no image and no container needs goes: blobs, layers, leftovers of the killed. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/side_call.h"
#include "lib/base/str.h"
#include "modules/oci/image/here.h"
#include "modules/oci/image/layers.h"
#include "modules/oci/image/layout.h"
#include "modules/oci/store/launch.h"
#include "modules/oci/store/tree.h"

/* Names that stay, sorted by use: few enough for a plain list. */
typedef struct needed {
    krx_call *call;
    krx_arena *arena;
    const krx_oci_images *images;
    krx_ptrs blobs;  /* 64 digits */
    krx_ptrs layers; /* 16 digits */
} needed;

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

static bool has(const krx_ptrs *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (krx_streq(list->items[i], name))
            return true;
    return false;
}

/* -------------------------------------------------------------------------------- what is needed
 */

static int32_t need_blob(void *ctx, const char *digest)
{
    needed *n = ctx;
    const char *digits = krx_arena_strdup(n->arena, strchr(digest, ':') + 1);
    return digits && krx_ptrs_add(n->arena, &n->blobs, digits) == 0 ? 0 : no_memory(n->call);
}

static int32_t need_images(needed *n)
{
    krx_oci_local **locals;
    const char *folder = krx_oci_images_folder(n->arena, n->images);
    int32_t code = krx_oci_locals(n->call, n->arena, n->images, &locals);
    for (size_t i = 0; code == 0 && locals[i]; i++) {
        const char *const *diffs = locals[i]->image.diff_ids;
        for (size_t d = 0; diffs && diffs[d]; d++)
            (void)krx_ptrs_add(n->arena, &n->layers, krx_oci_layer_name(n->arena, diffs[d]));
        for (size_t b = 0; code == 0 && b < locals[i]->blobs.count; b++)
            code = krx_oci_layout_walk(n->call, n->arena, folder, locals[i]->blobs.items[b],
                                       need_blob, n);
    }
    return code;
}

/* ".../layers/<name>/fs" */
static void need_layer(needed *n, const char *path)
{
    char *copy = krx_arena_strdup(n->arena, path);
    char *end = copy ? strrchr(copy, '/') : NULL;
    if (end && krx_streq(end, "/fs"))
        *end = '\0';
    char *name = copy ? strrchr(copy, '/') : NULL;
    if (name)
        (void)krx_ptrs_add(n->arena, &n->layers, name + 1);
}

/* One that has no launch.json is half made or half removed, and has nothing mounted. */
static int32_t need_container(needed *n, const char *id)
{
    krx_oci_launch launch;
    krx_oci_store store = *n->images->store;
    int32_t code = krx_oci_launch_read(n->call, n->arena, &store, id, &launch);
    if (code == KRX_E_NOT_FOUND)
        return 0;
    for (size_t i = 0; code == 0 && launch.layers && launch.layers[i]; i++)
        need_layer(n, launch.layers[i]);
    return code;
}

static int32_t need_containers(needed *n)
{
    krx_autofree char *path = krx_format("%s/containers", n->images->store->root);
    krx_autodir DIR *listing = path ? opendir(path) : NULL;
    const struct dirent *item;
    int32_t code = 0;
    if (!path)
        return no_memory(n->call);
    if (!listing)
        return errno == ENOENT ? 0
                               : krx_fail(n->call, KRX_E_PERMISSION_DENIED, "opening %s: %s", path,
                                          strerror(errno));
    while (code == 0 && (item = readdir(listing)))
        if (krx_oci_id_valid(item->d_name))
            code = need_container(n, item->d_name);
    return code;
}

/* ------------------------------------------------------------------------------------- what goes
 */

static int32_t sweep(needed *n, const char *folder, const char *below,
                     bool (*stays)(const needed *n, const char *name))
{
    char *path = krx_arena_printf(n->arena, "%s/%s%s", n->images->store->root, folder, below);
    krx_autodir DIR *listing = path ? opendir(path) : NULL;
    const struct dirent *item;
    int32_t code = 0;
    while (listing && code == 0 && (item = readdir(listing))) {
        if (krx_streq(item->d_name, ".") || krx_streq(item->d_name, "..") || stays(n, item->d_name))
            continue;
        char *full = krx_arena_printf(n->arena, "%s/%s", path, item->d_name);
        code = full ? krx_oci_discard(n->call, n->arena, n->images, full) : no_memory(n->call);
    }
    return code;
}

static bool image_stays(const needed *n, const char *name)
{
    static const char *const own[] = {"blobs", "index.json", "index.lock", "oci-layout",
                                      "use.lock"};
    (void)n;
    for (size_t i = 0; i < KRX_COUNT(own); i++)
        if (krx_streq(name, own[i]))
            return true;
    return krx_has_prefix(name, "index.json."); /* being written */
}

static bool blob_stays(const needed *n, const char *name)
{
    return has(&n->blobs, name);
}

static bool layer_stays(const needed *n, const char *name)
{
    return has(&n->layers, name);
}

int32_t krx_oci_tidy(krx_call *call, krx_arena *arena, const krx_oci_images *images)
{
    needed n = {.call = call, .arena = arena, .images = images};
    krx_autofree char *path = krx_format("%s/images/use.lock", images->store->root);
    krx_oci_images own = *images;
    if (!path)
        return no_memory(call);
    krx_autoclose int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "opening %s: %s", path, strerror(errno));
    if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
        krx_log(call, KRX_LOG_DEBUG, "images are in use: nothing is tidied up now");
        return 0;
    }
    int32_t code = 0;
    if (images->rootless && krx_blank(own.keeper))
        code = krx_oci_keeper_find(call, arena, NULL, &own.keeper);
    n.images = &own;
    if (code == 0)
        code = need_images(&n);
    if (code == 0)
        code = need_containers(&n);
    if (code == 0 && krx_arena_failed(arena))
        return no_memory(call);
    if (code == 0)
        code = sweep(&n, "images", "/blobs/sha256", blob_stays);
    if (code == 0)
        code = sweep(&n, "images", "", image_stays);
    return code < 0 ? code : sweep(&n, "layers", "", layer_stays);
}
