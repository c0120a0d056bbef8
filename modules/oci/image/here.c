/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/image/here.h"

#include <string.h>

#include "lib/base/side_call.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/image/layout.h"

#define ID_PREFIX "sha256:"
#define ID_LEAST 4

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

/* ---------------------------------------------------------------------------------- who uses them
 */

typedef struct users {
    krx_oci_container **containers;
    krx_oci_record **records;
    const char **references; /* full, of the records' images; NULL where it is none */
} users;

static const char *reference_of(krx_call *call, krx_arena *arena, const char *spec_json)
{
    krx_side_call side;
    krx_oci_source source;
    krx_auto_json cJSON *spec = cJSON_Parse(spec_json);
    const char *image = krx_json_text(spec, "image");
    if (krx_oci_source_read(krx_side_call_init(&side, call), arena, image, &source) < 0)
        return NULL;
    return source.reference;
}

static int32_t read_users(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                          users *out)
{
    size_t count = 0;
    int32_t code = krx_oci_containers_read(call, arena, images->store, &out->containers);
    if (code == 0)
        code = krx_oci_records_read(call, arena, images->store, &out->records);
    if (code < 0)
        return code;
    while (out->records[count])
        count++;
    out->references = krx_arena_alloc(arena, (count + 1) * sizeof *out->references);
    for (size_t i = 0; out->references && i < count; i++)
        if (out->records[i]->spec_json)
            out->references[i] = reference_of(call, arena, out->records[i]->spec_json);
    return krx_arena_failed(arena) ? no_memory(call) : 0;
}

static const char *user_of(krx_arena *arena, const users *all, const krx_oci_local *local)
{
    for (size_t i = 0; all->containers[i]; i++)
        if (krx_streq(all->containers[i]->image_id, local->id))
            return krx_arena_printf(arena, "container %s", all->containers[i]->name);
    for (size_t i = 0; all->records[i]; i++)
        for (size_t b = 0; b < local->blobs.count && all->references[i]; b++) {
            const krx_oci_blob *blob = local->blobs.items[b];
            if (krx_streq(blob->name, all->references[i]))
                return krx_arena_printf(arena, "workload '%s'", all->records[i]->name);
        }
    return NULL;
}

/* ------------------------------------------------------------------------------------- all images
 */

static krx_oci_local *of_id(const krx_ptrs *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++) {
        krx_oci_local *local = list->items[i];
        if (krx_streq(local->id, id))
            return local;
    }
    return NULL;
}

static int32_t add_blob(krx_call *call, krx_arena *arena, const char *folder,
                        const krx_oci_blob *blob, krx_ptrs *list)
{
    static const krx_oci_platform any;
    krx_side_call side;
    krx_oci_image image = {0};
    krx_call *quiet = krx_side_call_init(&side, call);
    if (krx_oci_layout_image(quiet, arena, folder, blob, &any, "image", &image) < 0)
        image = (krx_oci_image){.size_bytes = KRX_UNSET, .created_ns = KRX_UNSET};
    const char *id = image.id ? image.id : blob->digest;
    krx_oci_local *local = of_id(list, id);
    if (!local) {
        local = krx_arena_new_of(arena, krx_oci_local);
        if (!local || krx_ptrs_add(arena, list, local) < 0)
            return no_memory(call);
        local->id = id;
        local->image = image;
    }
    return krx_ptrs_add(arena, &local->blobs, blob) < 0 ? no_memory(call) : krx_check(call);
}

int32_t krx_oci_locals(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                       krx_oci_local ***out)
{
    krx_oci_image_manifest index;
    krx_ptrs list = {0};
    users all = {0};
    char *folder = krx_oci_images_folder(arena, images);
    if (!folder)
        return no_memory(call);
    int32_t code = krx_oci_index_read(call, arena, images, &index);
    for (size_t i = 0; code == 0 && i < index.count; i++)
        code = add_blob(call, arena, folder, index.blobs[i], &list);
    if (code == 0)
        code = read_users(call, arena, images, &all);
    for (size_t i = 0; code == 0 && i < list.count; i++) {
        krx_oci_local *local = list.items[i];
        local->user = user_of(arena, &all, local);
    }
    *out = (krx_oci_local **)(void *)krx_ptrs_end(arena, &list);
    return code == 0 && krx_arena_failed(arena) ? no_memory(call) : code;
}

/* ----------------------------------------------------------------------------------------- one */

static bool has_name(const krx_oci_local *local, const char *name)
{
    for (size_t i = 0; i < local->blobs.count; i++) {
        const krx_oci_blob *blob = local->blobs.items[i];
        if (krx_streq(blob->name, name))
            return true;
    }
    return false;
}

static int32_t find_id(krx_call *call, const char *text, krx_oci_local **locals,
                       krx_oci_local **out)
{
    const char *digits = krx_has_prefix(text, ID_PREFIX) ? text + strlen(ID_PREFIX) : text;
    size_t length = strlen(digits);
    *out = NULL;
    if (length < ID_LEAST || length > 64 || strspn(digits, "0123456789abcdef") != length)
        return 0;
    for (size_t i = 0; locals[i]; i++) {
        if (strncmp(locals[i]->id + strlen(ID_PREFIX), digits, length) != 0)
            continue;
        if (*out)
            return krx_fail(call, KRX_E_INVALID_ARGUMENT, "the ids of several images begin with %s",
                            digits);
        *out = locals[i];
    }
    return 0;
}

int32_t krx_oci_local_find(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           const char *text, krx_oci_local **out, const char **name)
{
    krx_side_call side;
    krx_oci_source source;
    krx_oci_local **locals;
    *out = NULL;
    *name = NULL;
    if (krx_blank(text))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "no image was named");
    int32_t code = krx_oci_locals(call, arena, images, &locals);
    if (code < 0)
        return code;
    if (krx_oci_source_read(krx_side_call_init(&side, call), arena, text, &source) == 0) {
        *name = source.reference;
        for (size_t i = 0; locals[i] && !*out; i++)
            *out = has_name(locals[i], *name) ? locals[i] : NULL;
    }
    if (*out)
        return 0;
    *name = NULL;
    code = find_id(call, text, locals, out);
    if (code == 0 && !*out)
        return krx_fail(call, KRX_E_NOT_FOUND, "there is no image '%.300s'", text);
    return code;
}

/* --------------------------------------------------------------------------------------- emitting
 */

int32_t krx_oci_emit_local(krx_call *call, krx_arena *arena, const krx_oci_local *local,
                           krx_sink *image)
{
    krx_ptrs tags = {0}, digests = {0};
    for (size_t i = 0; i < local->blobs.count; i++) {
        const krx_oci_blob *blob = local->blobs.items[i];
        if (blob->name)
            (void)krx_ptrs_add(arena, strchr(blob->name, '@') ? &digests : &tags,
                               krx_oci_familiar(blob->name));
    }
    krx_image item = {.struct_size = sizeof item,
                      .in_use = local->user != NULL,
                      .id = local->id,
                      .tags = (const char *const *)krx_ptrs_end(arena, &tags),
                      .digests = (const char *const *)krx_ptrs_end(arena, &digests),
                      .size_bytes = local->image.size_bytes,
                      .created_ns = local->image.created_ns,
                      .architecture = local->image.architecture,
                      .os = local->image.os};
    if (krx_arena_failed(arena))
        return no_memory(call);
    return krx_emit(image, KRX_ITEM_IMAGE, &item);
}
