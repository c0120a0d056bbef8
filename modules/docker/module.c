/* SPDX-License-Identifier: Apache-2.0 */
/* The module's descriptor, its settings and the ops that fit nowhere else. */
#include <string.h>

#include "lib/base/clock.h"
#include "modules/docker/backend/backend.h"
#include "modules/docker/capabilities.h"
#include "modules/docker/containers/events.h"
#include "modules/docker/containers/exec.h"
#include "modules/docker/containers/lifecycle.h"
#include "modules/docker/containers/stats.h"
#include "modules/docker/containers/status.h"
#include "modules/docker/deploy/deploy.h"
#include "modules/docker/deploy/destroy.h"
#include "modules/docker/deploy/volumes.h"
#include "modules/docker/images/image.h"
#include "modules/docker/logs/logs.h"

/* -------------------------------------------------------------------------------------- settings
 */

#define SETTING(id, type_, name_, def_, help_)                                                     \
    static const krx_setting id = {                                                                \
        .struct_size = sizeof id, .type = type_, .name = name_, .def = def_, .help = help_}

SETTING(set_host, KRX_SETTING_STRING, "host", "unix:///var/run/docker.sock",
        "Address of the engine: unix:///path, tcp://host:port; else DOCKER_HOST, else the context");
SETTING(set_context, KRX_SETTING_STRING, "context", NULL,
        "Docker context to take the address from");
SETTING(set_tls, KRX_SETTING_BOOL, "tls_verify", NULL,
        "Use TLS and check the engine's certificate");
SETTING(set_certs, KRX_SETTING_PATH, "cert_path", NULL, "Folder with ca.pem, cert.pem and key.pem");
SETTING(set_api, KRX_SETTING_STRING, "api_version", NULL,
        "Version of the Engine API to speak, and no other; empty: the newest that both know");

static const krx_setting *const settings[] = {&set_host,  &set_context, &set_tls,
                                              &set_certs, &set_api,     NULL};

/* ------------------------------------------------------------------------------------- lifecycle
 */

static char *in_folder(krx_arena *arena, const char *folder, const char *file)
{
    return krx_blank(folder) ? NULL : krx_arena_printf(arena, "%s/%s", folder, file);
}

static int32_t docker_open(krx_call *call, const krx_open_req *req, void **out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_dk_backend *backend = calloc(1, sizeof *backend);
    const char *certs = krx_setting_get(req, "cert_path");
    if (!arena || !backend) {
        free(backend);
        return krx_no_memory(call);
    }
    krx_engine_options options = {.product = "Docker engine",
                                  .host = krx_setting_get(req, "host"),
                                  .context = krx_setting_get(req, "context"),
                                  .tls_ca = in_folder(arena, certs, "ca.pem"),
                                  .tls_cert = in_folder(arena, certs, "cert.pem"),
                                  .tls_key = in_folder(arena, certs, "key.pem"),
                                  .tls_verify = krx_setting_get(req, "tls_verify"),
                                  .api_version = krx_setting_get(req, "api_version")};
    int32_t code = krx_engine_open(call, &options, &backend->engine);
    if (code)
        free(backend);
    else
        *out = backend;
    return code;
}

static void docker_close(void *opened)
{
    krx_dk_backend *backend = opened;
    krx_engine_close(backend->engine);
    free(backend);
}

/* ------------------------------------------------------------------------------- ping, backend */

static int32_t ping(krx_call *call, void *opened, const krx_ping_req *req, krx_sink *latency)
{
    krx_dk_backend *backend = opened;
    krx_latency item = {.struct_size = sizeof item};
    krx_engine_request request = {
        .path = "/_ping", .what = "asking for a sign of life", .flags = KRX_ENGINE_NO_VERSION};
    int64_t begin = krx_now_monotonic();
    (void)req;
    int32_t code = krx_engine_call(call, backend->engine, &request, NULL);
    if (code)
        return code;
    item.latency_ns = krx_now_monotonic() - begin;
    return krx_emit(latency, KRX_ITEM_LATENCY, &item);
}

/* Warnings of the engine about itself; those that can't be read are none. */
static int32_t add_warnings(krx_call *call, krx_dk_backend *backend, krx_arena *arena,
                            krx_ptrs *warnings, cJSON **json)
{
    const cJSON *warning;
    int32_t code =
        krx_engine_get(call, backend->engine, "/info", "asking the engine about itself", json);
    const cJSON *list = code ? NULL : krx_json_array(*json, "Warnings");
    cJSON_ArrayForEach (warning, list) {
        if (cJSON_IsString(warning) && krx_ptrs_add(arena, warnings, warning->valuestring) < 0)
            return krx_no_memory(call);
    }
    return code;
}

static int32_t describe(krx_call *call, krx_dk_backend *backend, krx_arena *arena,
                        krx_backend_info *info, krx_ptrs *warnings, cJSON **version, cJSON **self)
{
    int32_t api;
    int32_t code = krx_engine_api(call, backend->engine, &api);
    if (!code)
        code = krx_engine_get(call, backend->engine, "/version", "asking for the engine's version",
                              version);
    if (!code) {
        info->version = krx_json_text(*version, "Version");
        info->os = krx_json_text(*version, "Os");
        info->architecture = krx_json_text(*version, "Arch");
        info->api_version = krx_arena_printf(arena, "%d.%d", api / 1000, api % 1000);
        code = add_warnings(call, backend, arena, warnings, self);
    }
    return code;
}

/* An engine that is away is described as far as it goes: the failure is a warning. */
static int32_t backend_op(krx_call *call, void *opened, const krx_backend_req *req, krx_sink *sink)
{
    krx_dk_backend *backend = opened;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *version = NULL, *self = NULL;
    krx_ptrs warnings = {0};
    krx_side_call scratch;
    krx_backend_info info = {.struct_size = sizeof info, .name = "docker"};
    info.endpoint = krx_engine_address(backend->engine);
    if (!arena)
        return krx_no_memory(call);
    if (req->capabilities) {
        int32_t code = krx_dk_emit_capabilities(req->capabilities);
        if (code)
            return code;
    }
    krx_side_call_init(&scratch, call);
    if (describe(&scratch.call, backend, arena, &info, &warnings, &version, &self)) {
        if (krx_check(call) < 0)
            return call->error->code;
        if (krx_ptrs_add(arena, &warnings, scratch.error.message) < 0)
            return krx_no_memory(call);
    }
    info.warnings = (const char *const *)krx_ptrs_end(arena, &warnings);
    return info.warnings ? krx_emit(sink, KRX_ITEM_BACKEND, &info) : krx_no_memory(call);
}

/* ---------------------------------------------------------------------------------------- tables
 */

static const krx_driver_ops driver = {.struct_size = sizeof driver,
                                      .deploy = krx_dk_deploy_op,
                                      .destroy = krx_dk_destroy_op,
                                      .restart = krx_dk_restart_op,
                                      .get_status = krx_dk_status_op,
                                      .list_workloads = krx_dk_list_op,
                                      .stream_logs = krx_dk_logs_op,
                                      .ping = ping,
                                      .backend = backend_op};

static const krx_container_ops container = {.struct_size = sizeof container,
                                            .list = krx_dk_instances_op,
                                            .start = krx_dk_start_op,
                                            .stop = krx_dk_stop_op,
                                            .pause = krx_dk_pause_op,
                                            .unpause = krx_dk_unpause_op,
                                            .kill = krx_dk_kill_op,
                                            .exec = krx_dk_exec_op,
                                            .attach = krx_dk_attach_op,
                                            .stats = krx_dk_stats_op,
                                            .inspect = krx_dk_inspect_op,
                                            .events = krx_dk_events_op};

KRX_MODULE(docker, "docker", "0.1.0", 0, .thread_model = KRX_THREADS_PARALLEL,
           .description = "Workloads as containers of a Docker engine", .license = "Apache-2.0",
           .settings = settings, .open = docker_open, .close = docker_close, .driver = &driver,
           .extended = &krx_dk_extended_ops, .container = &container, .image = &krx_dk_image_ops);
