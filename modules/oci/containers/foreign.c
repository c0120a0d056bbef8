/* SPDX-License-Identifier: Apache-2.0 */
/* What else lies in the folders of the runtimes that we use: made by others, or by hand. */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "lib/json/json.h"
#include "modules/oci/containers/status.h"

static int phase_of(const char *status)
{
    static const struct {
        const char *status;
        int phase;
    } phases[] = {{"running", KRX_REPLICA_RUNNING},
                  {"paused", KRX_REPLICA_PAUSED},
                  {"created", KRX_REPLICA_CREATED},
                  {"creating", KRX_REPLICA_CREATED},
                  {"stopped", KRX_REPLICA_EXITED}};
    for (size_t i = 0; i < KRX_COUNT(phases); i++)
        if (krx_streq(phases[i].status, status))
            return phases[i].phase;
    return KRX_REPLICA_OTHER;
}

static bool is_ours(krx_oci_container *const *ours, const char *id)
{
    for (; *ours; ours++)
        if (krx_streq((*ours)->id, id))
            return true;
    return false;
}

static int32_t add(krx_call *call, krx_arena *arena, const cJSON *item, krx_ptrs *list)
{
    static const krx_kv *const none[] = {NULL};
    krx_replica *r = krx_arena_new_of(arena, krx_replica);
    if (!r)
        return krx_no_memory(call);
    *r = (krx_replica){.id = krx_arena_strdup(arena, krx_json_text(item, "id")),
                       .status = krx_arena_strdup(arena, krx_json_text(item, "status")),
                       .created_ns = KRX_UNSET,
                       .started_ns = KRX_UNSET,
                       .restarts = KRX_UNSET,
                       .exit_code = KRX_UNSET,
                       .labels = none};
    r->name = r->id;
    if (!krx_time_parse(krx_json_text(item, "created"), &r->created_ns))
        r->created_ns = KRX_UNSET;
    if (!r->id || !r->status || krx_ptrs_add(arena, list, r) < 0)
        return krx_no_memory(call);
    r->phase = phase_of(r->status);
    return 0;
}

static int32_t list_runtime(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                            const char *name, krx_oci_container *const *ours, krx_ptrs *list)
{
    static const char *const options[] = {"--format=json", NULL};
    krx_oci_container asked = {.runtime = name};
    krx_oci_command command = {
        .keeper = backend->choice.keeper, .name = "list", .options = options};
    krx_oci_runtime runtime;
    krx_auto_str krx_str answer = {0};
    krx_auto_json cJSON *json = NULL;
    const cJSON *item;
    int32_t code = krx_oci_runtime_of(call, arena, backend, &asked, &runtime);
    if (!code)
        code = krx_oci_runtime_run(call, &runtime, &command, &answer);
    if (!code)
        code = krx_json_parse(call, name, krx_str_get(&answer), answer.length, &json);
    cJSON_ArrayForEach (item, json) {
        const char *id = krx_json_text(item, "id");
        if (!code && *id && !is_ours(ours, id))
            code = add(call, arena, item, list);
    }
    return code;
}

/* A runtime that can't be asked costs its own containers, not the list. */
int32_t krx_oci_foreign(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                        krx_replica ***out)
{
    krx_ptrs list = {0};
    krx_oci_container **ours = NULL;
    const krx_oci_runtime *runtime;
    int32_t failed = krx_oci_backend_ready(call, backend, &runtime);
    if (!failed)
        failed = krx_oci_containers(call, arena, backend, &ours);
    if (failed)
        return failed;
    const char *name;
    for (size_t i = 0; (name = krx_oci_runtime_name(i)); i++) {
        krx_side_call side;
        const char *root = krx_oci_run_path(arena, &backend->store, "runtime", name, NULL);
        if (!root)
            return krx_no_memory(call);
        if (access(root, F_OK) != 0)
            continue;
        krx_side_call_init(&side, call);
        int32_t code = list_runtime(&side.call, arena, backend, name, ours, &list);
        if (code && krx_check(call) < 0)
            return call->error->code;
        if (code)
            krx_log(call, KRX_LOG_WARN, "listing what %s has: %s", name, side.error.message);
    }
    *out = (krx_replica **)krx_ptrs_end(arena, &list);
    return *out ? 0 : krx_no_memory(call);
}
