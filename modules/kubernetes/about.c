/* SPDX-License-Identifier: Apache-2.0 */
/* ping, and what the backend is. */
#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "modules/kubernetes/backend/backend.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/capabilities.h"

#define OLDEST_SERVER 1016

int32_t krx_k8s_ping_op(krx_call *call, void *opened, const krx_ping_req *req, krx_sink *latency)
{
    krx_kube *kube;
    krx_latency item = {.struct_size = sizeof item};
    krx_kube_request request = {.path = "/version", .retries = 1};
    (void)req;
    int32_t code = krx_k8s_kube(call, opened, &kube);
    int64_t begin = krx_now_monotonic();
    if (!code)
        code = krx_kube_call(call, kube, &request, NULL);
    if (code)
        return code;
    item.latency_ns = krx_now_monotonic() - begin;
    return krx_emit(latency, KRX_ITEM_LATENCY, &item);
}

/* "linux/amd64" */
static void split_platform(krx_arena *arena, const char *platform, krx_backend_info *info)
{
    const char *slash = platform ? strchr(platform, '/') : NULL;
    if (!slash)
        return;
    info->os = krx_arena_strndup(arena, platform, (size_t)(slash - platform));
    info->architecture = slash + 1;
}

static int32_t describe(krx_call *call, krx_kube *kube, krx_arena *arena, krx_backend_info *info,
                        krx_ptrs *warnings, cJSON **version)
{
    const char *text, *batch = NULL;
    int32_t number;
    krx_kube_request request = {.path = "/version", .retries = 1};
    int32_t code = krx_kube_call(call, kube, &request, version);
    if (!code)
        code = krx_kube_server_version(call, kube, &number, &text);
    if (code)
        return code;
    info->version = krx_arena_strdup(arena, text);
    split_platform(arena, krx_arena_strdup(arena, krx_json_text(*version, "platform")), info);
    if (number < OLDEST_SERVER &&
        krx_ptrs_add(arena, warnings, "this server is older than 1.16: some calls will fail") < 0)
        return krx_no_memory(call);
    code = krx_kube_api_version(call, kube, KRX_KUBE_CRON_JOB, &batch);
    info->api_version = code ? "apps/v1" : krx_arena_printf(arena, "apps/v1, %s", batch);
    return code;
}

static bool add_config(krx_arena *arena, const krx_kube *kube, krx_backend_info *info,
                       krx_ptrs *warnings)
{
    const krx_kube_config *config = krx_kube_config_of(kube);
    info->endpoint = config->server;
    for (size_t i = 0; config->warnings && config->warnings[i]; i++)
        if (krx_ptrs_add(arena, warnings, config->warnings[i]) < 0)
            return false;
    return true;
}

/* A cluster that is away, or none at all, is described as far as it goes: the failure is a
 * warning. */
int32_t krx_k8s_backend_op(krx_call *call, void *opened, const krx_backend_req *req, krx_sink *sink)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *version = NULL;
    krx_backend_info info = {.struct_size = sizeof info, .name = "kubernetes"};
    krx_ptrs warnings = {0};
    krx_side_call side;
    krx_kube *kube;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = req->capabilities ? krx_k8s_emit_capabilities(req->capabilities) : 0;
    if (code)
        return code;
    krx_side_call_init(&side, call);
    code = krx_k8s_kube(&side.call, opened, &kube);
    if (!code && !add_config(arena, kube, &info, &warnings))
        return krx_no_memory(call);
    if (!code)
        code = describe(&side.call, kube, arena, &info, &warnings, &version);
    if (code && krx_check(call) < 0)
        return call->error->code;
    if (code && krx_ptrs_add(arena, &warnings, side.error.message) < 0)
        return krx_no_memory(call);
    info.warnings = (const char *const *)krx_ptrs_end(arena, &warnings);
    return info.warnings ? krx_emit(sink, KRX_ITEM_BACKEND, &info) : krx_no_memory(call);
}
