/* SPDX-License-Identifier: Apache-2.0 */
/* An image made of a root file system. */
#include "modules/oci/image/compose.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/sha256.h"
#include "lib/base/str.h"
#include "lib/json/json.h"

#define MANIFEST_MEDIA "application/vnd.oci.image.manifest.v1+json"
#define CONFIG_MEDIA "application/vnd.oci.image.config.v1+json"
#define LAYER_MEDIA "application/vnd.oci.image.layer.v1.tar"

typedef struct composition {
    krx_call *call;
    krx_arena *arena;
    char *blobs; /* images/blobs/sha256 */
} composition;

static int32_t take_name(composition *c, const char *temp, const char *digits)
{
    char *path = krx_arena_printf(c->arena, "%s/%s", c->blobs, digits);
    if (!path)
        return krx_no_memory(c->call);
    return rename(temp, path) < 0
               ? krx_fail(c->call, KRX_E_UNKNOWN, "renaming %s: %s", temp, strerror(errno))
               : 0;
}

static int32_t copy_all(composition *c, int from, int to, krx_sha256 *hash, int64_t *size)
{
    char piece[65536];
    for (;;) {
        int32_t code = krx_check(c->call);
        ssize_t n = code < 0 ? 0 : read(from, piece, sizeof piece);
        if (code < 0)
            return code;
        if (n == 0)
            return fsync(to) < 0
                       ? krx_fail(c->call, KRX_E_RESOURCE_EXHAUSTED, "writing: %s", strerror(errno))
                       : 0;
        if (n < 0 || krx_write_all(to, piece, (size_t)n) < 0)
            return krx_fail(c->call, KRX_E_RESOURCE_EXHAUSTED, "copying the layer: %s",
                            strerror(errno));
        krx_sha256_add(hash, piece, (size_t)n);
        *size += n;
    }
}

static int32_t add_file(composition *c, const char *file, krx_oci_blob *blob)
{
    char digits[KRX_SHA256_TEXT];
    krx_sha256 hash;
    char *temp = krx_arena_printf(c->arena, "%s/new-XXXXXX", c->blobs);
    krx_autoclose int from = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    krx_autoclose int to = temp ? mkostemp(temp, O_CLOEXEC) : -1;
    if (from < 0 || to < 0)
        return krx_fail(c->call, KRX_E_PERMISSION_DENIED, "copying the layer: %s", strerror(errno));
    krx_sha256_init(&hash);
    blob->size = 0;
    int32_t code = copy_all(c, from, to, &hash, &blob->size);
    krx_sha256_text(&hash, digits);
    blob->media = LAYER_MEDIA;
    blob->digest = krx_arena_printf(c->arena, "sha256:%s", digits);
    if (code == 0)
        code = take_name(c, temp, digits);
    if (code < 0)
        (void)unlink(temp);
    return code;
}

static int32_t add_json(composition *c, const cJSON *json, const char *media, krx_oci_blob *blob)
{
    char digits[KRX_SHA256_TEXT];
    krx_sha256 hash;
    krx_autofree char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    if (!text)
        return krx_no_memory(c->call);
    krx_sha256_init(&hash);
    krx_sha256_add(&hash, text, strlen(text));
    krx_sha256_text(&hash, digits);
    *blob = (krx_oci_blob){.media = media,
                           .digest = krx_arena_printf(c->arena, "sha256:%s", digits),
                           .size = (int64_t)strlen(text)};
    char *path = krx_arena_printf(c->arena, "%s/%s", c->blobs, digits);
    if (!path || !blob->digest)
        return krx_no_memory(c->call);
    return krx_replace_file(c->call, path, text, strlen(text), 0600);
}

static int32_t add_config(composition *c, const char *diff_id, krx_oci_blob *blob)
{
    char time[KRX_TIME_TEXT_MAX];
    krx_oci_platform platform;
    krx_json_maker m = {0};
    krx_auto_json cJSON *json = cJSON_CreateObject();
    int32_t code = krx_oci_platform_read(c->call, c->arena, NULL, &platform);
    krx_json_add_text(&m, json, "created", krx_time_text(krx_now_unix(), time));
    krx_json_add_text(&m, json, "architecture", platform.architecture);
    krx_json_add_text(&m, json, "os", platform.os);
    krx_json_add_object(&m, json, "config");
    cJSON *rootfs = krx_json_add_object(&m, json, "rootfs");
    krx_json_add_text(&m, rootfs, "type", "layers");
    krx_json_add_texts(&m, rootfs, "diff_ids", (const char *const[]){diff_id, NULL});
    if (m.failed)
        return krx_no_memory(c->call);
    return code < 0 ? code : add_json(c, json, CONFIG_MEDIA, blob);
}

static void add_descriptor(krx_json_maker *m, cJSON *parent, const char *key,
                           const krx_oci_blob *blob)
{
    cJSON *json = krx_json_add_object(m, parent, key);
    krx_json_add_text(m, json, "mediaType", blob->media);
    krx_json_add_text(m, json, "digest", blob->digest);
    krx_json_add_int(m, json, "size", blob->size);
}

int32_t krx_oci_compose(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                        const char *file, const char *diff_id, const char *name, krx_oci_blob **out)
{
    composition c = {call, arena, krx_oci_path(arena, images->store, "images", "blobs", "sha256")};
    krx_oci_blob layer = {0}, config = {0};
    krx_json_maker m = {0};
    krx_auto_json cJSON *json = cJSON_CreateObject();
    krx_oci_blob *manifest = krx_arena_new_of(arena, krx_oci_blob);
    if (!c.blobs || !json || !manifest)
        return krx_no_memory(call);
    int32_t code = krx_make_dirs(call, c.blobs, 0700);
    if (code == 0)
        code = add_file(&c, file, &layer);
    if (code == 0)
        code = add_config(&c, diff_id, &config);
    if (code < 0)
        return code;
    krx_json_add_int(&m, json, "schemaVersion", 2);
    krx_json_add_text(&m, json, "mediaType", MANIFEST_MEDIA);
    add_descriptor(&m, json, "config", &config);
    add_descriptor(&m, krx_json_add_array(&m, json, "layers"), NULL, &layer);
    code = m.failed ? krx_no_memory(call) : add_json(&c, json, MANIFEST_MEDIA, manifest);
    manifest->name = name;
    *out = manifest;
    return code < 0 ? code : krx_oci_index_put(call, arena, images, manifest);
}
