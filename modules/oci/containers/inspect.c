/* SPDX-License-Identifier: Apache-2.0 */
/* All that is known of a container: its files, and what the runtime says of it. */
#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "lib/json/json.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/containers/status.h"

#define FILE_MAX ((size_t)4 << 20)

static const struct {
    const char *key, *file;
} parts[] = {
    {"container", "container.json"}, {"launch", "launch.json"},        {"network", "net.json"},
    {"spec", "spec.json"},           {"config", "bundle/config.json"},
};

/* A part that is not there, or can't be read now, is left out. */
static void add_part(krx_call *call, krx_json_maker *maker, cJSON *raw, const char *key,
                     const char *path)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    cJSON *json = NULL;
    krx_side_call_init(&side, call);
    if (path && !krx_read_file(&side.call, path, FILE_MAX, &text) &&
        !krx_json_parse(&side.call, key, krx_str_get(&text), text.length, &json) && json)
        krx_json_add_item(maker, raw, key, json);
}

static void add_state(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                      const krx_oci_container *c, krx_json_maker *maker, cJSON *raw)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    krx_oci_runtime runtime;
    cJSON *json = NULL;
    krx_oci_command command = {.keeper = backend->choice.keeper, .name = "state", .id = c->id};
    krx_side_call_init(&side, call);
    if (krx_oci_runtime_of(&side.call, arena, backend, c, &runtime))
        return;
    command.inside = runtime.rootless ? c->conmon.pid : 0;
    if (!krx_oci_runtime_run(&side.call, &runtime, &command, &text) &&
        !krx_json_parse(&side.call, "state", krx_str_get(&text), text.length, &json) && json)
        krx_json_add_item(maker, raw, "state", json);
}

static bool is_up(const krx_oci_container *c)
{
    int phase = krx_oci_container_phase(c);
    return phase == KRX_OCI_RUNNING || phase == KRX_OCI_PAUSED;
}

static int32_t inspect_one(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                           const krx_oci_container *c, krx_sink *out)
{
    krx_json_maker maker = {0};
    krx_auto_json cJSON *raw = cJSON_CreateObject();
    for (size_t i = 0; raw && i < KRX_COUNT(parts); i++)
        add_part(call, &maker, raw, parts[i].key,
                 krx_oci_path(arena, &backend->store, "containers", c->id, parts[i].file));
    if (raw && is_up(c))
        add_state(call, arena, backend, c, &maker, raw);
    krx_autofree char *text = raw && !maker.failed ? cJSON_PrintUnformatted(raw) : NULL;
    const krx_replica *replica = krx_oci_replica(arena, c, NULL);
    krx_instance *item = replica ? krx_replica_instance(arena, replica, c->restart_policy) : NULL;
    if (!text || !item)
        return krx_no_memory(call);
    item->raw = text;
    return krx_emit(out, KRX_ITEM_INSTANCE, item);
}

int32_t krx_oci_inspect_op(krx_call *call, void *backend, const krx_container_req *req,
                           krx_sink *instance)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const krx_oci_runtime *runtime;
    krx_oci_container **items = NULL;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_backend_ready(call, backend, &runtime);
    if (!code)
        code = krx_oci_resolve(call, arena, backend, &req->ref, &items);
    for (size_t i = 0; !code && items[i]; i++)
        code = inspect_one(call, arena, backend, items[i], instance);
    return code;
}
