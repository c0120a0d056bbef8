/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/str.h"
#include "modules/oci/image/here.h"
#include "modules/oci/image/skopeo.h"

/* A layout of that one image beside our blobs. */
static int32_t write_layout(krx_call *call, krx_arena *arena, const char *folder,
                            const krx_oci_blob *blob)
{
    static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
    char *index = krx_arena_printf(arena,
                                   "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\","
                                   "\"digest\":\"%s\",\"size\":%lld}]}",
                                   blob->media, blob->digest, (long long)blob->size);
    char *index_path = krx_arena_printf(arena, "%s/index.json", folder);
    char *layout_path = krx_arena_printf(arena, "%s/oci-layout", folder);
    if (krx_arena_failed(arena))
        return krx_no_memory(call);
    if (strpbrk(blob->media, "\"\\"))
        return krx_fail(call, KRX_E_DATA_LOSS, "the list of images is damaged");
    int32_t code = krx_replace_file(call, layout_path, layout, strlen(layout), 0600);
    return code < 0 ? code : krx_replace_file(call, index_path, index, strlen(index), 0600);
}

static int32_t push(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                    const krx_oci_source *source, const krx_oci_blob *blob)
{
    char *scratch = krx_oci_scratch(call, arena, images);
    if (!scratch)
        return call->error->code;
    krx_oci_copy copy = {
        .images = images,
        .from = krx_arena_printf(arena, "oci:%s", scratch),
        .to = krx_arena_printf(arena, "docker://%s", source->reference),
        .scratch = scratch,
        .what = krx_arena_printf(arena, "pushing image %s", krx_oci_familiar(source->reference)),
        .phase = "push",
        .registry = source->registry,
        .to_registry = true};
    int32_t code = write_layout(call, arena, scratch, blob);
    if (code == 0)
        code = krx_oci_copy_run(call, arena, &copy);
    krx_oci_scratch_remove(call, arena, images, scratch);
    return code;
}

int32_t krx_oci_push_op(krx_call *call, void *opened, const krx_image_req *req, krx_sink *none)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_backend *backend = opened;
    krx_oci_images images;
    krx_oci_image_manifest index;
    krx_oci_source source;
    (void)none;
    if (!arena)
        return krx_no_memory(call);
    krx_oci_images_of(backend, &images);
    int32_t code = krx_check(call);
    if (code == 0)
        code = krx_oci_store_ready(call, &backend->store);
    if (code == 0)
        code = krx_oci_source_read(call, arena, req->image, &source);
    if (code == 0 && (source.from != KRX_OCI_FROM_REGISTRY || source.digest)) {
        (void)krx_fail(call, KRX_E_INVALID_ARGUMENT, "pushing image %.300s: it has no tag",
                       req->image);
        return krx_hint(call, "give it a name in the registry first: kranix image tag");
    }
    if (code < 0)
        return code;
    krx_autoclose int hold = krx_oci_images_hold(call, &images);
    code = hold < 0 ? hold : krx_oci_index_read(call, arena, &images, &index);
    if (code < 0)
        return code;
    const krx_oci_blob *blob = krx_oci_index_find(&index, source.reference);
    if (!blob)
        return krx_fail(call, KRX_E_NOT_FOUND, "there is no image '%s'", req->image);
    return push(call, arena, &images, &source, blob);
}
