/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/image/manifest.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/json/json.h"

#define NAME_KEY "org.opencontainers.image.ref.name"
#define SOURCE_KEY "io.kranix.source"
#define DIGEST_PREFIX "sha256:"

bool krx_oci_digest_valid(const char *digest)
{
    size_t prefix = strlen(DIGEST_PREFIX);
    return digest && krx_has_prefix(digest, DIGEST_PREFIX) && strlen(digest) == prefix + 64 &&
           strspn(digest + prefix, "0123456789abcdef") == 64;
}

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

static int32_t fail_document(krx_call *call, const char *what, const char *why)
{
    return krx_fail(call, KRX_E_DATA_LOSS, "%s is damaged: %s", what, why);
}

static int32_t parse(krx_call *call, const char *what, const char *text, size_t length, cJSON **out)
{
    if (length > KRX_OCI_DOCUMENT_MAX)
        return fail_document(call, what, "it is larger than 4 MiB");
    int32_t code = krx_json_parse(call, what, text, length, out);
    if (code < 0)
        return code;
    return cJSON_IsObject(*out) ? 0 : fail_document(call, what, "it is no JSON object");
}

/* NULL for absent and "". */
static const char *text_of(krx_arena *arena, const cJSON *object, const char *key)
{
    const char *text = krx_json_text(object, key);
    return *text ? krx_arena_strdup(arena, text) : NULL;
}

/* ----------------------------------------------------------------------------- manifest and index
 */

static int32_t read_blob(krx_call *call, krx_arena *arena, const char *what, const cJSON *json,
                         krx_oci_blob *out)
{
    const cJSON *platform = krx_json_object(json, "platform");
    const cJSON *notes = krx_json_object(json, "annotations");
    const char *digest = krx_json_text(json, "digest");
    if (!krx_oci_digest_valid(digest))
        return fail_document(call, what, "a digest is not sha256: and 64 hexadecimal digits");
    *out = (krx_oci_blob){.media = krx_arena_strdup(arena, krx_json_text(json, "mediaType")),
                          .digest = krx_arena_strdup(arena, digest),
                          .size = krx_json_int(json, "size", KRX_UNSET),
                          .os = text_of(arena, platform, "os"),
                          .architecture = text_of(arena, platform, "architecture"),
                          .variant = text_of(arena, platform, "variant"),
                          .name = text_of(arena, notes, NAME_KEY),
                          .source = text_of(arena, notes, SOURCE_KEY)};
    if (out->size != KRX_UNSET && out->size < 0)
        return fail_document(call, what, "a size is negative");
    return krx_arena_failed(arena) ? no_memory(call) : 0;
}

static int32_t read_blobs(krx_call *call, krx_arena *arena, const char *what, const cJSON *list,
                          size_t most, krx_oci_image_manifest *out)
{
    krx_ptrs blobs = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, list) {
        krx_oci_blob *blob = krx_arena_new_of(arena, krx_oci_blob);
        if (blobs.count == most)
            return fail_document(call, what, "it names too many blobs");
        if (!blob || krx_ptrs_add(arena, &blobs, blob) < 0)
            return no_memory(call);
        int32_t code = read_blob(call, arena, what, item, blob);
        if (code < 0)
            return code;
    }
    out->blobs = (krx_oci_blob **)krx_ptrs_end(arena, &blobs);
    out->count = blobs.count;
    return out->blobs ? 0 : no_memory(call);
}

int32_t krx_oci_image_manifest_read(krx_call *call, krx_arena *arena, const char *what,
                                    const char *text, size_t length, krx_oci_image_manifest *out)
{
    krx_auto_json cJSON *json = NULL;
    *out = (krx_oci_image_manifest){0};
    int32_t code = parse(call, what, text, length, &json);
    if (code < 0)
        return code;
    const cJSON *manifests = krx_json_array(json, "manifests");
    const cJSON *layers = krx_json_array(json, "layers");
    const cJSON *config = krx_json_object(json, "config");
    if (krx_json_int(json, "schemaVersion", 0) != 2)
        return fail_document(call, what, "it is no manifest of version 2");
    if ((manifests != NULL) == (layers != NULL))
        return fail_document(call, what, "it has neither layers nor manifests, or both");
    out->is_index = manifests != NULL;
    if (manifests)
        return read_blobs(call, arena, what, manifests, KRX_OCI_MANIFESTS_MAX, out);
    code = config ? read_blob(call, arena, what, config, &out->config)
                  : fail_document(call, what, "it names no configuration");
    return code < 0 ? code : read_blobs(call, arena, what, layers, KRX_OCI_LAYERS_MAX, out);
}

/* --------------------------------------------------------------------------------- configuration
 */

/* Texts of a list; NULL for none. */
static const char *const *list_of(krx_arena *arena, const cJSON *object, const char *key)
{
    krx_ptrs texts = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_array(object, key)) {
        if (cJSON_IsString(item))
            (void)krx_ptrs_add(arena, &texts, krx_arena_strdup(arena, item->valuestring));
    }
    return texts.count ? (const char *const *)texts.items : NULL;
}

static const char *const *keys_of(krx_arena *arena, const cJSON *object, const char *key)
{
    krx_ptrs texts = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_object(object, key)) {
        if (item->string && *item->string)
            (void)krx_ptrs_add(arena, &texts, krx_arena_strdup(arena, item->string));
    }
    return texts.count ? (const char *const *)texts.items : NULL;
}

static const krx_kv *const *pairs_of(krx_arena *arena, const cJSON *object, const char *key)
{
    krx_ptrs pairs = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_object(object, key)) {
        krx_kv *pair = krx_arena_new_of(arena, krx_kv);
        if (!pair || !cJSON_IsString(item) || !item->string)
            continue;
        pair->key = krx_arena_strdup(arena, item->string);
        pair->value = krx_arena_strdup(arena, item->valuestring);
        (void)krx_ptrs_add(arena, &pairs, pair);
    }
    return pairs.count ? (const krx_kv *const *)pairs.items : NULL;
}

static int32_t read_layers(krx_call *call, krx_arena *arena, const char *what, const cJSON *json,
                           krx_oci_image *out)
{
    const cJSON *list = krx_json_array(krx_json_object(json, "rootfs"), "diff_ids");
    const cJSON *item;
    size_t count = 0;
    cJSON_ArrayForEach (item, list) {
        if (!cJSON_IsString(item) || !krx_oci_digest_valid(item->valuestring))
            return fail_document(call, what, "a digest is not sha256: and 64 hexadecimal digits");
        if (++count > KRX_OCI_LAYERS_MAX)
            return fail_document(call, what, "it has too many layers");
    }
    out->diff_ids = list_of(arena, krx_json_object(json, "rootfs"), "diff_ids");
    return 0;
}

int32_t krx_oci_config_read(krx_call *call, krx_arena *arena, const char *what, const char *text,
                            size_t length, krx_oci_image *out)
{
    krx_auto_json cJSON *json = NULL;
    int32_t code = parse(call, what, text, length, &json);
    if (code < 0)
        return code;
    const cJSON *config = krx_json_object(json, "config");
    out->os = text_of(arena, json, "os");
    out->architecture = text_of(arena, json, "architecture");
    out->variant = text_of(arena, json, "variant");
    out->env = list_of(arena, config, "Env");
    out->entrypoint = list_of(arena, config, "Entrypoint");
    out->command = list_of(arena, config, "Cmd");
    out->working_dir = text_of(arena, config, "WorkingDir");
    out->user = text_of(arena, config, "User");
    out->stop_signal = text_of(arena, config, "StopSignal");
    out->volumes = keys_of(arena, config, "Volumes");
    out->ports = keys_of(arena, config, "ExposedPorts");
    out->labels = pairs_of(arena, config, "Labels");
    if (!krx_time_parse(krx_json_text(json, "created"), &out->created_ns))
        out->created_ns = KRX_UNSET;
    code = read_layers(call, arena, what, json, out);
    return code == 0 && krx_arena_failed(arena) ? no_memory(call) : code;
}
