/* SPDX-License-Identifier: Apache-2.0 */
/* All objects of a spec, in order. */
#include "modules/kubernetes/objects/objects.h"

#include <string.h>

#include "lib/model/wanted.h"
#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

#define CRON_NAME_MAX 52 /* the controller appends to it */

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
                       .cron = krx_cron_active(spec),
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
