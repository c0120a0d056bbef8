/* SPDX-License-Identifier: Apache-2.0 */
/* index.json of our own layout: one entry for each name, and those that have lost theirs. */
#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/image/here.h"
#include "modules/oci/image/layout.h"
#include "modules/oci/image/source.h"
#include "modules/oci/store/lock.h"

#define INDEX_MEDIA "application/vnd.oci.image.index.v1+json"
#define LAYOUT_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

char *krx_oci_images_folder(krx_arena *arena, const krx_oci_images *images)
{
    return krx_oci_path(arena, images->store, "images", NULL, NULL);
}

int32_t krx_oci_index_read(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           krx_oci_image_manifest *out)
{
    char *folder = krx_oci_images_folder(arena, images);
    return folder ? krx_oci_layout_index(call, arena, folder, true, out) : no_memory(call);
}

const krx_oci_blob *krx_oci_index_find(const krx_oci_image_manifest *index, const char *reference)
{
    for (size_t i = 0; i < index->count; i++)
        if (krx_streq(index->blobs[i]->name, reference))
            return index->blobs[i];
    return NULL;
}

/* -------------------------------------------------------------------------------------- writing */

static void add_platform(krx_json_maker *m, cJSON *entry, const krx_oci_blob *blob)
{
    if (!blob->architecture)
        return;
    cJSON *platform = krx_json_add_object(m, entry, "platform");
    krx_json_add_text(m, platform, "os", blob->os);
    krx_json_add_text(m, platform, "architecture", blob->architecture);
    krx_json_add_text(m, platform, "variant", blob->variant);
}

static void add_notes(krx_json_maker *m, cJSON *entry, const krx_oci_blob *blob)
{
    if (!blob->name && !blob->source)
        return;
    cJSON *notes = krx_json_add_object(m, entry, "annotations");
    krx_json_add_text(m, notes, "org.opencontainers.image.ref.name", blob->name);
    krx_json_add_text(m, notes, "io.kranix.source", blob->source);
}

static char *print_index(const krx_ptrs *list)
{
    krx_json_maker m = {0};
    krx_auto_json cJSON *json = cJSON_CreateObject();
    krx_json_add_int(&m, json, "schemaVersion", 2);
    krx_json_add_text(&m, json, "mediaType", INDEX_MEDIA);
    cJSON *manifests = krx_json_add_array(&m, json, "manifests");
    for (size_t i = 0; i < list->count; i++) {
        const krx_oci_blob *blob = list->items[i];
        if (!blob)
            continue;
        cJSON *entry = krx_json_add_object(&m, manifests, NULL);
        krx_json_add_text(&m, entry, "mediaType", blob->media);
        krx_json_add_text(&m, entry, "digest", blob->digest);
        krx_json_add_int(&m, entry, "size", blob->size);
        add_platform(&m, entry, blob);
        add_notes(&m, entry, blob);
    }
    return json && !m.failed ? cJSON_PrintUnformatted(json) : NULL;
}

static int32_t write_index(krx_call *call, krx_arena *arena, const char *folder,
                           const krx_ptrs *list)
{
    char *path = krx_arena_printf(arena, "%s/index.json", folder);
    char *layout = krx_arena_printf(arena, "%s/oci-layout", folder);
    krx_autofree char *text = print_index(list);
    if (!path || !layout || !text)
        return no_memory(call);
    if (access(layout, F_OK) < 0) {
        int32_t code = krx_replace_file(call, layout, LAYOUT_TEXT, strlen(LAYOUT_TEXT), 0600);
        if (code < 0)
            return code;
    }
    return krx_replace_file(call, path, text, strlen(text), 0600);
}

int32_t krx_oci_index_edit(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           krx_oci_index_fn *fn, void *ctx)
{
    krx_oci_image_manifest index;
    krx_ptrs list = {0};
    char *folder = krx_oci_images_folder(arena, images);
    char *path = folder ? krx_arena_printf(arena, "%s/index.lock", folder) : NULL;
    if (!path)
        return no_memory(call);
    krx_autoclose int lock = krx_oci_lock(call, path, "the list of images");
    if (lock < 0)
        return lock;
    int32_t code = krx_oci_layout_index(call, arena, folder, true, &index);
    for (size_t i = 0; code == 0 && i < index.count; i++)
        if (krx_ptrs_add(arena, &list, index.blobs[i]) < 0)
            return no_memory(call);
    if (code == 0)
        code = fn(call, arena, ctx, &list);
    return code < 0 ? code : write_index(call, arena, folder, &list);
}

/* -------------------------------------------------------------------------------------- an entry
 */

static int32_t put(krx_call *call, krx_arena *arena, void *ctx, krx_ptrs *list)
{
    const krx_oci_blob *blob = ctx;
    for (size_t i = 0; i < list->count; i++) {
        krx_oci_blob *old = list->items[i];
        bool named = krx_streq(old->name, blob->name);
        if (krx_streq(old->digest, blob->digest) && (named || !old->name))
            list->items[i] = NULL;
        else if (named)
            old->name = old->source = NULL;
    }
    /* the same image may have another name besides */
    for (size_t i = 0; i < list->count; i++) {
        const krx_oci_blob *old = list->items[i];
        for (size_t other = 0; old && !old->name && other < list->count; other++) {
            const krx_oci_blob *twin = list->items[other];
            if (other != i && twin && krx_streq(twin->digest, old->digest)) {
                list->items[i] = NULL;
                break;
            }
        }
    }
    return krx_ptrs_add(arena, list, blob) < 0 ? no_memory(call) : 0;
}

int32_t krx_oci_index_put(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                          const krx_oci_blob *blob)
{
    krx_oci_blob copy = *blob;
    return krx_oci_index_edit(call, arena, images, put, &copy);
}

static int32_t drop(krx_call *call, krx_arena *arena, void *ctx, krx_ptrs *list)
{
    const krx_ptrs *blobs = ctx;
    (void)call;
    (void)arena;
    for (size_t b = 0; b < blobs->count; b++) {
        const krx_oci_blob *gone = blobs->items[b];
        for (size_t i = 0; i < list->count; i++) {
            const krx_oci_blob *blob = list->items[i];
            if (blob && krx_streq(blob->digest, gone->digest) && krx_streq(blob->name, gone->name))
                list->items[i] = NULL;
        }
    }
    return 0;
}

int32_t krx_oci_index_drop(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           const krx_ptrs *blobs)
{
    krx_ptrs copy = *blobs;
    return copy.count ? krx_oci_index_edit(call, arena, images, drop, &copy) : 0;
}
