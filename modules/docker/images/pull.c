/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/images/image.h"

int32_t krx_dk_image_look(krx_call *call, krx_dk_backend *backend, krx_arena *arena,
                          const char *reference, krx_dk_image *out)
{
    KRX_DK_PATH(path, "/images", reference, "/json");
    krx_auto_json cJSON *json = NULL;
    *out = (krx_dk_image){0};
    int32_t code = krx_dk_look(call, backend, krx_str_get(&path), "image", reference, &json);
    if (code || !json)
        return code;
    out->present = true;
    out->id = krx_arena_strdup(arena, krx_json_text(json, "Id"));
    out->architecture = krx_arena_strdup(arena, krx_json_text(json, "Architecture"));
    return out->id && out->architecture ? 0 : krx_no_memory(call);
}

typedef struct pull_watch {
    krx_call *call;
} pull_watch;

static bool layer_done(const char *status)
{
    return krx_streq(status, "Pull complete") || krx_streq(status, "Already exists") ||
           krx_streq(status, "Pushed") || krx_streq(status, "Layer already exists");
}

static int32_t show_layer(void *ctx, const cJSON *message)
{
    pull_watch *watch = ctx;
    const cJSON *detail = krx_json_object(message, "progressDetail");
    const char *id = krx_json_text(message, "id");
    const char *status = krx_json_text(message, "status");
    krx_progress item = {.struct_size = sizeof item,
                         .done = layer_done(status),
                         .phase = "pull",
                         .id = *id ? id : NULL,
                         .text = status,
                         .current = krx_json_int(detail, "current", KRX_UNSET),
                         .total = krx_json_int(detail, "total", KRX_UNSET),
                         .unit = "bytes"};
    return watch->call->progress ? krx_emit(watch->call->progress, KRX_ITEM_PROGRESS, &item) : 0;
}

static int32_t fetch(krx_call *call, krx_dk_backend *backend, const krx_image_ref *ref,
                     const char *reference, const char *platform)
{
    krx_auto_secret krx_str auth = {0};
    krx_auto_str krx_str path = {0}, what = {0};
    pull_watch watch = {call};
    int32_t code = krx_engine_registry_auth(call, backend->engine, ref, &auth);
    if (code)
        return code;
    krx_str_add(&path, "/images/create");
    krx_url_query(&path, "fromImage", ref->name);
    krx_url_query(&path, "tag", ref->digest ? ref->digest : ref->tag);
    krx_url_query(&path, "platform", platform);
    krx_str_addf(&what, "pulling image %s", reference);
    if (krx_str_failed(&path) || krx_str_failed(&what) || krx_str_failed(&auth))
        return krx_no_memory(call);
    const char *headers[] = {auth.length ? krx_str_get(&auth) : NULL, NULL};
    krx_engine_request request = {.method = "POST",
                                  .path = krx_str_get(&path),
                                  .what = krx_str_get(&what),
                                  .headers = headers};
    return krx_engine_transfer(call, backend->engine, &request, show_layer, &watch);
}

int32_t krx_dk_image_fetch(krx_call *call, krx_dk_backend *backend, const char *reference,
                           const char *platform)
{
    krx_auto_image_ref krx_image_ref ref = {0};
    int32_t code = krx_image_ref_parse(call, reference, &ref);
    if (code)
        return code;
    krx_tell_progress(call, "pull", NULL, reference);
    code = fetch(call, backend, &ref, reference, platform);
    if (code == KRX_E_NOT_FOUND && !*call->error->hint)
        return krx_hint(call, "check the name and tag, and whether the registry asks for a login");
    return code;
}
