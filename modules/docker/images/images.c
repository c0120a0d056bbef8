/* SPDX-License-Identifier: Apache-2.0 */
/* The image table. */
#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "modules/docker/backend/jsonw.h"
#include "modules/docker/images/image.h"

static int32_t need_image(krx_call *call, const krx_image_req *req)
{
    return krx_blank(req->image) ? krx_fail(call, KRX_E_INVALID_ARGUMENT, "no image was named") : 0;
}

/* ------------------------------------------------------------------------------------- results */

/* Tags without the engine's "<none>:<none>". */
static const char *const *texts_of(krx_arena *arena, const cJSON *list)
{
    krx_ptrs texts = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, list) {
        if (cJSON_IsString(item) && !strstr(item->valuestring, "<none>") &&
            krx_ptrs_add(arena, &texts, item->valuestring) < 0)
            return NULL;
    }
    return (const char *const *)krx_ptrs_end(arena, &texts);
}

/* The list tells time in seconds, an inspection as text. */
static int64_t created_of(const cJSON *json)
{
    int64_t time;
    if (krx_time_parse(krx_json_text(json, "Created"), &time))
        return time;
    time = krx_json_int(json, "Created", 0);
    return time > 0 && time < INT64_MAX / KRX_NS_PER_S ? time * KRX_NS_PER_S : KRX_UNSET;
}

static int32_t emit_image(krx_call *call, const cJSON *json, krx_sink *out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    int64_t users = krx_json_int(json, "Containers", -1);
    krx_image item = {.struct_size = sizeof item,
                      .in_use = users < 0 ? -1 : users > 0,
                      .id = krx_json_text(json, "Id"),
                      .size_bytes = krx_json_int(json, "Size", KRX_UNSET),
                      .created_ns = created_of(json),
                      .architecture = krx_json_text(json, "Architecture"),
                      .os = krx_json_text(json, "Os")};
    if (!arena)
        return krx_no_memory(call);
    item.tags = texts_of(arena, krx_json_array(json, "RepoTags"));
    item.digests = texts_of(arena, krx_json_array(json, "RepoDigests"));
    if (!item.tags || !item.digests)
        return krx_no_memory(call);
    return *item.id ? krx_emit(out, KRX_ITEM_IMAGE, &item) : 0;
}

static int32_t inspect_json(krx_call *call, krx_dk_backend *backend, const char *image,
                            cJSON **json)
{
    KRX_DK_PATH(path, "/images", image, "/json");
    krx_auto_str krx_str what = {0};
    krx_str_addf(&what, "inspecting image %s", image);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(call);
    int32_t code =
        krx_engine_get(call, backend->engine, krx_str_get(&path), krx_str_get(&what), json);
    if (code == KRX_E_NOT_FOUND)
        return krx_fail(call, KRX_E_NOT_FOUND, "there is no image '%s'", image);
    return code;
}

int32_t krx_dk_image_emit(krx_call *call, krx_dk_backend *backend, const char *reference,
                          krx_sink *image)
{
    krx_auto_json cJSON *json = NULL;
    int32_t code = inspect_json(call, backend, reference, &json);
    return code ? code : emit_image(call, json, image);
}

/* ------------------------------------------------------------------------------------ list, pull
 */

static int32_t list(krx_call *call, void *opened, const krx_image_req *req, krx_sink *image)
{
    krx_dk_backend *backend = opened;
    krx_auto_json cJSON *json = NULL;
    krx_auto_dk_json krx_dk_json filter = {0};
    krx_auto_str krx_str path = {0};
    const cJSON *item;
    krx_dk_json_open(&filter, NULL, '{');
    krx_dk_json_texts(&filter, "reference", (const char *const[]){req->image, NULL});
    krx_dk_json_close(&filter, '}');
    krx_str_add(&path, "/images/json");
    if (!krx_blank(req->image))
        krx_url_query(&path, "filters", krx_str_get(&filter.text));
    if (krx_str_failed(&filter.text) || krx_str_failed(&path))
        return krx_no_memory(call);
    int32_t code =
        krx_engine_get(call, backend->engine, krx_str_get(&path), "listing images", &json);
    if (!code && !cJSON_IsArray(json))
        return krx_fail(call, KRX_E_DATA_LOSS, "the engine's list of images is no list");
    cJSON_ArrayForEach (item, json) {
        const cJSON *tags = krx_json_array(item, "RepoTags");
        const cJSON *first = cJSON_GetArrayItem(tags, 0);
        bool untagged = !first || (cJSON_IsString(first) && strstr(first->valuestring, "<none>"));
        if (!code && (req->all || !untagged))
            code = emit_image(call, item, image);
    }
    return code;
}

static int32_t pull(krx_call *call, void *opened, const krx_image_req *req, krx_sink *image)
{
    int32_t code = need_image(call, req);
    if (!code)
        code = krx_dk_image_fetch(call, opened, req->image, req->platform);
    return code ? code : krx_dk_image_emit(call, opened, req->image, image);
}

static int32_t inspect(krx_call *call, void *opened, const krx_image_req *req, krx_sink *text)
{
    krx_auto_json cJSON *json = NULL;
    int32_t code = need_image(call, req);
    if (!code)
        code = inspect_json(call, opened, req->image, &json);
    if (code)
        return code;
    krx_autofree char *printed = cJSON_PrintUnformatted(json);
    krx_text item = {.struct_size = sizeof item, .type = "application/json", .text = printed};
    return printed ? krx_emit(text, KRX_ITEM_TEXT, &item) : krx_no_memory(call);
}

/* ------------------------------------------------------------------------------------- tag, push
 */

static int32_t tag(krx_call *call, void *opened, const krx_image_req *req, krx_sink *none)
{
    krx_auto_image_ref krx_image_ref ref = {0};
    krx_auto_str krx_str what = {0};
    int32_t code = need_image(call, req);
    (void)none;
    if (!code && krx_blank(req->target))
        code = krx_fail(call, KRX_E_INVALID_ARGUMENT, "tagging image '%s' needs a new name",
                        req->image);
    if (!code)
        code = krx_image_ref_parse(call, req->target, &ref);
    if (code)
        return code;
    KRX_DK_PATH(path, "/images", req->image, "/tag");
    krx_url_query(&path, "repo", ref.name);
    krx_url_query(&path, "tag", ref.tag);
    krx_str_addf(&what, "tagging image %s as %s", req->image, req->target);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(call);
    return krx_dk_post(call, opened, krx_str_get(&path), krx_str_get(&what), NULL, NULL);
}

static int32_t show_push(void *ctx, const cJSON *message)
{
    krx_call *call = ctx;
    const cJSON *detail = krx_json_object(message, "progressDetail");
    const char *id = krx_json_text(message, "id");
    krx_progress item = {.struct_size = sizeof item,
                         .phase = "push",
                         .id = *id ? id : NULL,
                         .text = krx_json_text(message, "status"),
                         .current = krx_json_int(detail, "current", KRX_UNSET),
                         .total = krx_json_int(detail, "total", KRX_UNSET),
                         .unit = "bytes"};
    return call->progress ? krx_emit(call->progress, KRX_ITEM_PROGRESS, &item) : 0;
}

static int32_t push(krx_call *call, void *opened, const krx_image_req *req, krx_sink *none)
{
    krx_dk_backend *backend = opened;
    krx_auto_image_ref krx_image_ref ref = {0};
    krx_auto_secret krx_str auth = {0};
    krx_auto_str krx_str what = {0};
    int32_t code = need_image(call, req);
    (void)none;
    if (!code)
        code = krx_image_ref_parse(call, req->image, &ref);
    if (!code)
        code = krx_engine_registry_auth(call, backend->engine, &ref, &auth);
    if (code)
        return code;
    KRX_DK_PATH(path, "/images", ref.name, "/push");
    krx_url_query(&path, "tag", ref.tag);
    krx_str_addf(&what, "pushing image %s", req->image);
    if (krx_str_failed(&path) || krx_str_failed(&what) || krx_str_failed(&auth))
        return krx_no_memory(call);
    /* the engine wants the header even when there is nothing to tell */
    const char *headers[] = {auth.length ? krx_str_get(&auth) : "X-Registry-Auth: e30=", NULL};
    krx_engine_request request = {.method = "POST",
                                  .path = krx_str_get(&path),
                                  .what = krx_str_get(&what),
                                  .headers = headers};
    return krx_engine_transfer(call, backend->engine, &request, show_push, call);
}

/* ----------------------------------------------------------------------------------- remove, prune
 */

/* One image for each layer chain that is gone; tags that went without one belong to `id`. */
static int32_t emit_removed(krx_call *call, const cJSON *answer, const char *id, krx_sink *image)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_ptrs tags = {0};
    const cJSON *item;
    int32_t code = 0;
    if (!arena)
        return krx_no_memory(call);
    cJSON_ArrayForEach (item, answer) {
        const char *untagged = krx_json_text(item, "Untagged");
        if (*untagged && !strchr(untagged, '@') && krx_ptrs_add(arena, &tags, untagged) < 0)
            return krx_no_memory(call);
    }
    krx_image removed = {.struct_size = sizeof removed,
                         .in_use = 0,
                         .id = id,
                         .tags = (const char *const *)krx_ptrs_end(arena, &tags),
                         .size_bytes = KRX_UNSET,
                         .created_ns = KRX_UNSET};
    if (!removed.tags)
        return krx_no_memory(call);
    if (!krx_blank(id))
        return krx_emit(image, KRX_ITEM_IMAGE, &removed);
    cJSON_ArrayForEach (item, answer) {
        removed.id = krx_json_text(item, "Deleted");
        if (*removed.id && !code)
            code = krx_emit(image, KRX_ITEM_IMAGE, &removed);
    }
    return code;
}

static int32_t remove_image(krx_call *call, void *opened, const krx_image_req *req, krx_sink *image)
{
    krx_dk_backend *backend = opened;
    krx_auto_json cJSON *before = NULL, *answer = NULL;
    krx_auto_str krx_str what = {0};
    int32_t code = need_image(call, req);
    if (!code)
        code = inspect_json(call, backend, req->image, &before);
    if (code)
        return code;
    KRX_DK_PATH(path, "/images", req->image, req->force ? "?force=1" : NULL);
    krx_str_addf(&what, "removing image %s", req->image);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(call);
    krx_engine_request request = {
        .method = "DELETE", .path = krx_str_get(&path), .what = krx_str_get(&what)};
    code = krx_engine_call(call, backend->engine, &request, &answer);
    if (code == KRX_E_FAILED_PRECONDITION && !call->error->hint[0])
        return krx_hint(call, "destroy what uses it first, or force it");
    return code ? code : emit_removed(call, answer, krx_json_text(before, "Id"), image);
}

static int32_t prune(krx_call *call, void *opened, const krx_image_req *req, krx_sink *image)
{
    krx_auto_json cJSON *answer = NULL;
    krx_auto_str krx_str path = {0};
    krx_str_add(&path, "/images/prune");
    krx_url_query(&path, "filters",
                  req->all ? "{\"dangling\":[\"false\"]}" : "{\"dangling\":[\"true\"]}");
    if (krx_str_failed(&path))
        return krx_no_memory(call);
    int32_t code = krx_dk_post(call, opened, krx_str_get(&path), "pruning images", NULL, &answer);
    return code ? code : emit_removed(call, krx_json_array(answer, "ImagesDeleted"), NULL, image);
}

const krx_image_ops krx_dk_image_ops = {.struct_size = sizeof krx_dk_image_ops,
                                        .list = list,
                                        .pull = pull,
                                        .tag = tag,
                                        .push = push,
                                        .remove = remove_image,
                                        .prune = prune,
                                        .import = krx_dk_image_import,
                                        .inspect = inspect};
