/* SPDX-License-Identifier: Apache-2.0 */
/* All objects of a spec, in order, and what the builders share. */
#include "modules/kubernetes/objects/objects.h"

#include <string.h>

#include "lib/model/wanted.h"
#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

#define CRON_NAME_MAX 52 /* the controller appends to it */

static void refuse(krx_k8s_build *b, int32_t code, const char *field, const char *format,
                   va_list args)
{
    char text[500];
    if (b->code)
        return;
    (void)vsnprintf(text, sizeof text, format, args);
    b->code = krx_fail(b->call, code, "workload '%s' can't run on Kubernetes as it is: %s: %s",
                       b->spec->name, field, text);
}

void krx_k8s_refuse(krx_k8s_build *b, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(b, KRX_E_INVALID_ARGUMENT, field, format, args);
    va_end(args);
}

void krx_k8s_refuse_as(krx_k8s_build *b, int32_t code, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(b, code, field, format, args);
    va_end(args);
}

void krx_k8s_advise(krx_k8s_build *b, const char *format, ...)
{
    char text[300];
    va_list args;
    if (!b->code || b->call->error->hint[0])
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)krx_hint(b->call, "%s", text);
}

const char *krx_k8s_text(krx_k8s_build *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *out = length < 0 ? NULL : krx_arena_alloc(b->arena, (size_t)length + 1);
    if (out)
        (void)vsnprintf(out, (size_t)length + 1, format, again);
    else
        b->maker.failed = true;
    va_end(again);
    va_end(args);
    return out ? out : "";
}

void krx_k8s_put(krx_k8s_build *b, cJSON *map, const char *key, const char *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(map, key);
    krx_json_add_text(&b->maker, map, key, value);
}

cJSON *krx_k8s_object(krx_k8s_build *b, krx_kube_kind kind, const char *api, const char *kind_name,
                      const char *name)
{
    cJSON *object = cJSON_CreateObject();
    if (!object || b->out->count >= KRX_K8S_OBJECTS_MAX) {
        cJSON_Delete(object);
        b->maker.failed = true;
        return NULL;
    }
    b->out->items[b->out->count].kind = kind;
    b->out->items[b->out->count++].json = object;
    krx_json_add_text(&b->maker, object, "apiVersion", api);
    krx_json_add_text(&b->maker, object, "kind", kind_name);
    cJSON *metadata = krx_json_add_object(&b->maker, object, "metadata");
    krx_json_add_text(&b->maker, metadata, "name", name);
    krx_json_add_text(&b->maker, metadata, "namespace", b->scope->namespace_);
    krx_k8s_put_labels(b, metadata);
    return object;
}

bool krx_k8s_is_cron(const krx_workload *spec)
{
    return krx_cron_active(spec);
}

static void check_whole(krx_k8s_build *b)
{
    const char *bad = krx_k8s_bad_namespace(b->scope->namespace_);
    if (bad)
        krx_k8s_refuse(b, "namespace", "'%.80s' must be %s", b->scope->namespace_, bad);
    if (b->cron && strlen(b->spec->name) > CRON_NAME_MAX)
        krx_k8s_refuse(b, "name", "a scheduled workload's has at most %d characters",
                       CRON_NAME_MAX);
}

static void build_all(krx_k8s_build *b)
{
    check_whole(b);
    krx_k8s_build_claims(b);
    krx_k8s_build_policy(b);
    krx_k8s_build_services(b);
    if (b->cron)
        krx_k8s_build_cron_job(b);
    else
        krx_k8s_build_deployment(b);
    krx_k8s_build_autoscaler(b);
}

static int32_t build(krx_k8s_build *b, void (*parts)(krx_k8s_build *))
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    memset(b->out, 0, sizeof *b->out);
    b->arena = arena;
    if (arena)
        parts(b);
    bool failed = !arena || b->maker.failed || krx_arena_failed(arena);
    if (failed || b->code)
        krx_k8s_objects_free(b->out);
    if (failed && !b->code)
        return krx_fail(b->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return b->code;
}

int32_t krx_k8s_make_objects(krx_call *call, const krx_k8s_scope *scope, const krx_workload *spec,
                             const char *spec_json, krx_k8s_objects *out)
{
    krx_k8s_build b = {.call = call,
                       .scope = scope,
                       .spec = spec,
                       .spec_json = spec_json,
                       .cron = krx_k8s_is_cron(spec),
                       .out = out};
    return build(&b, build_all);
}

int32_t krx_k8s_make_claims(krx_call *call, const krx_k8s_scope *scope, const krx_workload *spec,
                            krx_k8s_objects *out)
{
    krx_k8s_build b = {.call = call, .scope = scope, .spec = spec, .out = out};
    return build(&b, krx_k8s_build_claims);
}

void krx_k8s_objects_free(krx_k8s_objects *objects)
{
    for (size_t i = 0; i < objects->count; i++)
        cJSON_Delete(objects->items[i].json);
    memset(objects, 0, sizeof *objects);
}
