/* SPDX-License-Identifier: Apache-2.0 */
/* Layers unpacked: each once, whatever images have it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/parallel.h"
#include "lib/base/side_call.h"
#include "lib/base/str.h"
#include "modules/oci/image/layers.h"
#include "modules/oci/image/layout.h"
#include "modules/oci/store/lock.h"
#include "modules/oci/store/tree.h"

#define BYTES_MAX (INT64_C(16) << 30)
#define ENTRIES_MAX "2000000"
#define NAME_DIGITS 16

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

char *krx_oci_layer_name(krx_arena *arena, const char *diff_id)
{
    return krx_arena_printf(arena, "%.*s", NAME_DIGITS, diff_id + strlen("sha256:"));
}

int32_t krx_oci_discard(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                        const char *path)
{
    struct stat st;
    if (lstat(path, &st) < 0 && errno == ENOENT)
        return 0;
    if (!images->rootless)
        return krx_oci_tree_remove(call, AT_FDCWD, path, path);
    const char *const args[] = {path, NULL};
    krx_oci_keeper_job job = {
        .keeper = images->keeper, .verb = "discard", .args = args, .stdin_fd = -1};
    int32_t code = krx_blank(job.keeper) ? krx_oci_keeper_find(call, arena, NULL, &job.keeper) : 0;
    return code < 0 ? code : krx_oci_keeper_run(call, arena, &job, NULL);
}

/* True when it is whole; DATA_LOSS in the slot when another layer has its name. */
static bool is_complete(krx_call *call, const char *folder, const char *diff_id, int32_t *code)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    krx_autofree char *path = krx_format("%s/complete", folder);
    krx_call *quiet = krx_side_call_init(&side, call);
    *code = path ? 0 : no_memory(call);
    if (!path || krx_read_file(quiet, path, 256, &text) < 0)
        return false;
    if (krx_streq(krx_str_get(&text), diff_id))
        return true;
    *code = krx_fail(call, KRX_E_DATA_LOSS, "%s holds another layer than %s", folder, diff_id);
    return false;
}

/* ------------------------------------------------------------------------------------- unpacking
 */

typedef struct layer {
    const krx_oci_images *images;
    const krx_oci_image *image;
    const char *digest, *diff_id;
    const char *name;   /* 16 digits */
    const char *folder; /* layers/<name> */
} layer;

static int32_t run_keeper(krx_call *call, krx_arena *arena, const layer *l, const char *folder)
{
    int64_t most = l->images->unpacked_max > 0 ? l->images->unpacked_max : BYTES_MAX;
    char *path = krx_oci_layout_blob(arena, l->image->layout, l->digest);
    char *limit = krx_arena_printf(arena, "%" PRId64, most);
    const char *const args[] = {
        folder, l->diff_id, limit, ENTRIES_MAX, l->images->rootless ? "--rootless" : NULL, NULL};
    if (!path || !limit)
        return no_memory(call);
    krx_autoclose int blob = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (blob < 0)
        return krx_fail(call, errno == ENOENT ? KRX_E_DATA_LOSS : KRX_E_PERMISSION_DENIED,
                        "layer %.19s of %s: %s", l->digest, l->image->reference, strerror(errno));
    const krx_oci_keeper_job job = {
        .keeper = l->images->keeper, .verb = "unpack", .args = args, .stdin_fd = blob};
    int32_t code = krx_oci_keeper_run(call, arena, &job, NULL);
    if (code < 0)
        krx_wrap(call, "unpacking layer %.19s of %s", l->digest,
                 krx_oci_familiar(l->image->reference));
    if (code == KRX_E_DATA_LOSS && l->image->from == KRX_OCI_FROM_REGISTRY)
        return krx_hint(call, "if it was damaged here: remove the image and pull it again");
    return code;
}

static int32_t fill(krx_call *call, krx_arena *arena, const layer *l, const char *temp)
{
    char *files = krx_arena_printf(arena, "%s/fs", temp);
    char *mark = krx_arena_printf(arena, "%s/complete", temp);
    if (!files || !mark)
        return no_memory(call);
    if (mkdir(temp, 0755) < 0 || mkdir(files, 0755) < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "creating %s: %s", temp, strerror(errno));
    int32_t code = run_keeper(call, arena, l, files);
    if (code == 0)
        code = krx_replace_file(call, mark, l->diff_id, strlen(l->diff_id), 0600);
    if (code == 0 && rename(temp, l->folder) < 0)
        return krx_fail(call, KRX_E_UNKNOWN, "renaming %s: %s", temp, strerror(errno));
    return code;
}

/* Under the layer's lock: what is half there is of one that was killed. */
static int32_t unpack_layer(krx_call *call, krx_arena *arena, const layer *l)
{
    krx_side_call side;
    char *temp = krx_arena_printf(arena, "%s.new", l->folder);
    if (!temp)
        return no_memory(call);
    int32_t code = krx_oci_discard(call, arena, l->images, temp);
    if (code == 0)
        code = krx_oci_discard(call, arena, l->images, l->folder);
    if (code == 0)
        code = fill(call, arena, l, temp);
    if (code < 0) {
        krx_call *undo = krx_undo_call(&side, call);
        if (krx_oci_discard(undo, arena, l->images, temp) < 0)
            krx_log(call, KRX_LOG_WARN, "%s", undo->error->message);
    }
    return code;
}

static int32_t need_layer(krx_call *call, krx_arena *arena, const layer *l)
{
    int32_t code;
    if (is_complete(call, l->folder, l->diff_id, &code) || code < 0)
        return code;
    char *path = krx_arena_printf(arena, "%s.lock", l->folder);
    char *what = krx_arena_printf(arena, "layer %s", l->name);
    if (!path || !what)
        return no_memory(call);
    krx_autoclose int lock = krx_oci_lock(call, path, what);
    if (lock < 0)
        return lock;
    if (is_complete(call, l->folder, l->diff_id, &code) || code < 0)
        return code;
    return unpack_layer(call, arena, l);
}

/* -------------------------------------------------------------------------------- all of an image
 */

static int32_t unpack_job(krx_call *call, void *ctx, size_t index)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const layer *layers = ctx;
    return arena ? need_layer(call, arena, &layers[index]) : no_memory(call);
}

static size_t count_of(const char *const *list)
{
    size_t n = 0;
    while (list && list[n])
        n++;
    return n;
}

/* The lowest first, each once: the upper one of two hides the lower. */
static layer *make_list(krx_arena *arena, const krx_oci_images *images, const krx_oci_image *image,
                        size_t *count)
{
    size_t all = count_of(image->diff_ids);
    layer *list = krx_arena_alloc(arena, (all + 1) * sizeof *list);
    *count = 0;
    for (size_t i = 0; list && i < all; i++) {
        bool again = false;
        for (size_t later = i + 1; later < all; later++)
            again = again || krx_streq(image->diff_ids[i], image->diff_ids[later]);
        if (again)
            continue;
        layer *l = &list[(*count)++];
        *l = (layer){.images = images,
                     .image = image,
                     .digest = image->layer_digests[i],
                     .diff_id = image->diff_ids[i],
                     .name = krx_oci_layer_name(arena, image->diff_ids[i])};
        l->folder = l->name ? krx_oci_path(arena, images->store, "layers", l->name, NULL) : NULL;
    }
    return krx_arena_failed(arena) ? NULL : list;
}

static int32_t unpack_all(krx_call *call, const krx_oci_image *image, layer *list, size_t count)
{
    krx_progress item = {.struct_size = sizeof item,
                         .phase = "pull",
                         .text = "Unpacking",
                         .current = KRX_UNSET,
                         .total = KRX_UNSET};
    size_t missing = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t code;
        missing += !is_complete(call, list[i].folder, list[i].diff_id, &code);
        if (code < 0)
            return code;
    }
    if (!missing)
        return 0;
    if (call->progress)
        (void)krx_emit(call->progress, KRX_ITEM_PROGRESS, &item);
    (void)image;
    return krx_parallel(call, count, unpack_job, list);
}

int32_t krx_oci_image_layers(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                             const krx_oci_image *image, const char *const **layers)
{
    krx_oci_images own = *images;
    krx_ptrs folders = {0};
    size_t count = 0;
    *layers = NULL;
    if (image->rootfs)
        return 0;
    krx_autoclose int hold = krx_oci_images_hold(call, images);
    int32_t code = hold < 0 ? hold : 0;
    if (code == 0 && krx_blank(own.keeper))
        code = krx_oci_keeper_find(call, arena, NULL, &own.keeper);
    if (code < 0)
        return code;
    layer *list = make_list(arena, &own, image, &count);
    if (!list)
        return no_memory(call);
    code = unpack_all(call, image, list, count);
    for (size_t i = count; code == 0 && i-- > 0;)
        (void)krx_ptrs_add(arena, &folders, krx_arena_printf(arena, "%s/fs", list[i].folder));
    *layers = (const char *const *)krx_ptrs_end(arena, &folders);
    return code == 0 && krx_arena_failed(arena) ? no_memory(call) : code;
}
