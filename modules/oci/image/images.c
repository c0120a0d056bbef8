/* SPDX-License-Identifier: Apache-2.0 */
/* The image table. */
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/image/here.h"
#include "modules/oci/image/layout.h"

void krx_oci_images_of(const krx_oci_backend *backend, krx_oci_images *out)
{
    *out = (krx_oci_images){.store = &backend->store,
                            .keeper =
                                backend->choice.keeper ? backend->choice.keeper : backend->keeper,
                            .skopeo = backend->skopeo_path,
                            .authfile = backend->authfile,
                            .rootless = backend->rootless};
}

/* What every op begins with. */
typedef struct job {
    krx_arena *arena;
    krx_oci_images images;
} job;

static int32_t begin(krx_call *call, const krx_oci_backend *backend, job *out)
{
    if (!out->arena)
        return krx_no_memory(call);
    krx_oci_images_of(backend, &out->images);
    return krx_oci_store_ready(call, &backend->store);
}

static void end(job *j)
{
    krx_arena_free(j->arena);
}
#define JOB KRX_CLEANUP(end) job

/* ------------------------------------------------------------------------------------------ list
 */

/* As docker's filter "reference": with or without the tag, patterns too. */
static bool matches(const krx_oci_local *local, const char *pattern)
{
    char bare[600];
    if (krx_blank(pattern))
        return true;
    for (size_t i = 0; i < local->blobs.count; i++) {
        const krx_oci_blob *blob = local->blobs.items[i];
        const char *full = blob->name;
        if (!full)
            continue;
        const char *short_ = krx_oci_familiar(full);
        (void)snprintf(bare, sizeof bare, "%s", short_);
        char *last = strrchr(bare, '/'), *colon = strpbrk(last ? last : bare, ":@");
        if (colon)
            *colon = '\0';
        if (fnmatch(pattern, short_, FNM_PATHNAME) == 0 ||
            fnmatch(pattern, full, FNM_PATHNAME) == 0 || fnmatch(pattern, bare, FNM_PATHNAME) == 0)
            return true;
    }
    return false;
}

static bool has_no_name(const krx_oci_local *local)
{
    const krx_oci_blob *first = local->blobs.items[0];
    return !first->name;
}

static int32_t list(krx_call *call, void *opened, const krx_image_req *req, krx_sink *image)
{
    JOB j = {.arena = krx_arena_new()};
    krx_oci_local **locals;
    int32_t code = begin(call, opened, &j);
    if (code == 0)
        code = krx_oci_locals(call, j.arena, &j.images, &locals);
    for (size_t i = 0; code == 0 && locals[i]; i++)
        if (matches(locals[i], req->image) && (req->all || !has_no_name(locals[i])))
            code = krx_oci_emit_local(call, j.arena, locals[i], image);
    return code;
}

/* ----------------------------------------------------------------------------------- pull, inspect
 */

static int32_t emit_file_image(krx_call *call, const krx_oci_image *image, krx_sink *out)
{
    krx_image item = {.struct_size = sizeof item,
                      .in_use = -1,
                      .id = image->id ? image->id : image->reference,
                      .size_bytes = image->size_bytes,
                      .created_ns = image->created_ns,
                      .architecture = image->architecture,
                      .os = image->os};
    (void)call;
    return krx_emit(out, KRX_ITEM_IMAGE, &item);
}

static int32_t pull(krx_call *call, void *opened, const krx_image_req *req, krx_sink *image)
{
    JOB j = {.arena = krx_arena_new()};
    krx_oci_image got;
    krx_oci_local *local;
    const char *name, *const *layers;
    int32_t code = begin(call, opened, &j);
    if (code < 0)
        return code;
    /* until it is unpacked nobody may tidy its layers up */
    krx_autoclose int hold = krx_oci_images_hold(call, &j.images);
    if (hold < 0)
        return hold;
    code = krx_oci_image_fetch(call, j.arena, &j.images, req->image, req->platform, &got);
    if (code == 0)
        code = krx_oci_image_layers(call, j.arena, &j.images, &got, &layers);
    if (code < 0)
        return code;
    if (got.from == KRX_OCI_FROM_FOLDER || got.from == KRX_OCI_FROM_LAYOUT)
        return emit_file_image(call, &got, image);
    code = krx_oci_local_find(call, j.arena, &j.images, req->image, &local, &name);
    return code < 0 ? code : krx_oci_emit_local(call, j.arena, local, image);
}

static void add_names(krx_json_maker *m, cJSON *json, const krx_oci_local *local)
{
    cJSON *tags = krx_json_add_array(m, json, "RepoTags");
    cJSON *digests = krx_json_add_array(m, json, "RepoDigests");
    for (size_t i = 0; i < local->blobs.count; i++) {
        const krx_oci_blob *blob = local->blobs.items[i];
        if (blob->name)
            krx_json_add_text(m, strchr(blob->name, '@') ? digests : tags, NULL,
                              krx_oci_familiar(blob->name));
    }
}

/* The shape of docker image inspect; the configuration as the image has it. */
static int32_t print_image(krx_call *call, krx_arena *arena, const krx_oci_image *image,
                           const krx_oci_local *local, char **out)
{
    const krx_oci_blob config = {.digest = image->id, .size = KRX_UNSET};
    char time[KRX_TIME_TEXT_MAX];
    krx_json_maker m = {0};
    krx_auto_json cJSON *read = NULL, *json = cJSON_CreateObject();
    const char *text = "{}";
    size_t length = 2;
    int32_t code = image->id ? krx_oci_layout_document(call, arena, image->layout, &config, "image",
                                                       &text, &length)
                             : 0;
    if (code < 0)
        return code;
    read = cJSON_ParseWithLength(text, length);
    krx_json_add_text(&m, json, "Id", image->id ? image->id : image->reference);
    if (local)
        add_names(&m, json, local);
    krx_json_add_text(&m, json, "Manifest", image->manifest);
    if (image->created_ns != KRX_UNSET)
        krx_json_add_text(&m, json, "Created", krx_time_text(image->created_ns, time));
    krx_json_add_text(&m, json, "Architecture", image->architecture);
    krx_json_add_text(&m, json, "Variant", image->variant);
    krx_json_add_text(&m, json, "Os", image->os);
    krx_json_add_int(&m, json, "Size", image->size_bytes);
    if (krx_json_object(read, "config"))
        krx_json_add_item(&m, json, "Config",
                          cJSON_DetachItemFromObjectCaseSensitive(read, "config"));
    cJSON *rootfs = krx_json_add_object(&m, json, "RootFS");
    krx_json_add_text(&m, rootfs, "Type", image->rootfs ? "folder" : "layers");
    krx_json_add_text(&m, rootfs, "Folder", image->rootfs);
    krx_json_add_texts(&m, rootfs, "Layers", image->diff_ids);
    *out = m.failed || !json ? NULL : cJSON_PrintUnformatted(json);
    return *out ? 0 : krx_no_memory(call);
}

static int32_t inspect(krx_call *call, void *opened, const krx_image_req *req, krx_sink *text)
{
    JOB j = {.arena = krx_arena_new()};
    krx_oci_source source = {0};
    krx_oci_image image = {0};
    krx_oci_local *local = NULL;
    krx_autofree char *printed = NULL;
    const char *name;
    krx_image_form form;
    bool files = req->image && !krx_image_form_read(req->image, &form) &&
                 (form.kind == KRX_IMAGE_FOLDER || form.kind == KRX_IMAGE_LAYOUT);
    (void)source;
    int32_t code = begin(call, opened, &j);
    if (code == 0 && files)
        code = krx_oci_image_look(call, j.arena, &j.images, req->image, req->platform, &image);
    else if (code == 0)
        code = krx_oci_local_find(call, j.arena, &j.images, req->image, &local, &name);
    if (code == 0)
        code = print_image(call, j.arena, local ? &local->image : &image, local, &printed);
    if (code < 0)
        return code;
    krx_text item = {.struct_size = sizeof item, .type = "application/json", .text = printed};
    return krx_emit(text, KRX_ITEM_TEXT, &item);
}

/* ------------------------------------------------------------------------------------------- tag
 */

static int32_t tag(krx_call *call, void *opened, const krx_image_req *req, krx_sink *none)
{
    JOB j = {.arena = krx_arena_new()};
    krx_oci_source target;
    krx_oci_local *local;
    const char *name;
    (void)none;
    int32_t code = begin(call, opened, &j);
    if (code == 0 && krx_blank(req->target))
        code = krx_fail(call, KRX_E_INVALID_ARGUMENT, "tagging image '%s' needs a new name",
                        req->image ? req->image : "");
    if (code == 0)
        code = krx_oci_source_read(call, j.arena, req->target, &target);
    if (code == 0 && (target.from != KRX_OCI_FROM_REGISTRY || target.digest))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%.300s' is no name with a tag",
                        req->target);
    if (code == 0)
        code = krx_oci_local_find(call, j.arena, &j.images, req->image, &local, &name);
    if (code < 0)
        return code;
    krx_oci_blob blob = *(const krx_oci_blob *)local->blobs.items[0];
    blob.name = target.reference;
    blob.source = NULL;
    return krx_oci_index_put(call, j.arena, &j.images, &blob);
}

/* ---------------------------------------------------------------------------------- remove, prune
 */

static int32_t refuse_used(krx_call *call, const char *image, const krx_oci_local *local)
{
    (void)krx_fail(call, KRX_E_FAILED_PRECONDITION, "removing image %.300s: it is used by %s",
                   image, local->user);
    return krx_hint(call, "destroy what uses it first, or force it");
}

/* Of several names only the given one goes, as with docker. */
static int32_t choose_blobs(krx_call *call, krx_arena *arena, const krx_image_req *req,
                            const krx_oci_local *local, const char *name, krx_ptrs *out)
{
    bool one_of_many = name && local->blobs.count > 1;
    if (!one_of_many && local->user && !req->force)
        return refuse_used(call, req->image, local);
    if (!name && local->blobs.count > 1 && !req->force) {
        (void)krx_fail(call, KRX_E_FAILED_PRECONDITION, "image %.300s has %zu names", req->image,
                       local->blobs.count);
        return krx_hint(call, "remove it by its names, or force it");
    }
    for (size_t i = 0; i < local->blobs.count; i++) {
        const krx_oci_blob *blob = local->blobs.items[i];
        if ((!one_of_many || krx_streq(blob->name, name)) && krx_ptrs_add(arena, out, blob) < 0)
            return krx_no_memory(call);
    }
    return 0;
}

static int32_t emit_removed(krx_call *call, krx_arena *arena, const krx_oci_local *local,
                            const krx_ptrs *blobs, krx_sink *image)
{
    krx_oci_local removed = {.id = local->id, .blobs = *blobs};
    removed.image.size_bytes = removed.image.created_ns = KRX_UNSET;
    return krx_oci_emit_local(call, arena, &removed, image);
}

static int32_t remove_image(krx_call *call, void *opened, const krx_image_req *req, krx_sink *image)
{
    JOB j = {.arena = krx_arena_new()};
    krx_ptrs blobs = {0};
    krx_oci_local *local;
    const char *name;
    int32_t code = begin(call, opened, &j);
    if (code == 0)
        code = krx_oci_local_find(call, j.arena, &j.images, req->image, &local, &name);
    if (code == 0)
        code = choose_blobs(call, j.arena, req, local, name, &blobs);
    if (code == 0)
        code = krx_oci_index_drop(call, j.arena, &j.images, &blobs);
    if (code == 0)
        code = krx_oci_tidy(call, j.arena, &j.images);
    return code < 0 ? code : emit_removed(call, j.arena, local, &blobs, image);
}

static int32_t prune(krx_call *call, void *opened, const krx_image_req *req, krx_sink *image)
{
    JOB j = {.arena = krx_arena_new()};
    krx_oci_local **locals;
    krx_ptrs blobs = {0}, gone = {0};
    int32_t code = begin(call, opened, &j);
    if (code == 0)
        code = krx_oci_locals(call, j.arena, &j.images, &locals);
    for (size_t i = 0; code == 0 && locals[i]; i++) {
        if (locals[i]->user || (!req->all && !has_no_name(locals[i])))
            continue;
        (void)krx_ptrs_add(j.arena, &gone, locals[i]);
        for (size_t b = 0; b < locals[i]->blobs.count; b++)
            (void)krx_ptrs_add(j.arena, &blobs, locals[i]->blobs.items[b]);
    }
    if (code == 0 && krx_arena_failed(j.arena))
        return krx_no_memory(call);
    if (code == 0)
        code = krx_oci_index_drop(call, j.arena, &j.images, &blobs);
    if (code == 0)
        code = krx_oci_tidy(call, j.arena, &j.images);
    for (size_t i = 0; code == 0 && i < gone.count; i++) {
        const krx_oci_local *local = gone.items[i];
        code = emit_removed(call, j.arena, local, &local->blobs, image);
    }
    return code;
}

const krx_image_ops krx_oci_image_ops = {.struct_size = sizeof krx_oci_image_ops,
                                         .list = list,
                                         .pull = pull,
                                         .tag = tag,
                                         .push = krx_oci_push_op,
                                         .remove = remove_image,
                                         .prune = prune,
                                         .import = krx_oci_import_op,
                                         .inspect = inspect};
