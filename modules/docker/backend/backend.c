/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/backend/backend.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"

#define SHORT_ID 12u
#define REMOVAL_LOOKS 100
#define REMOVAL_LOOK_NS (100 * KRX_NS_PER_MS)

void krx_dk_path(krx_str *path, const char *kind, const char *id, const char *tail)
{
    krx_str_add(path, kind);
    if (id)
        krx_url_segment(path, id);
    if (tail)
        krx_str_add(path, tail);
}

/* --------------------------------------------------------------------------------------- finding
 */

int32_t krx_dk_list_json(krx_call *call, krx_dk_backend *backend, const char *const *labels,
                         bool all, cJSON **out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_str krx_str path = {0};
    const char *filter = arena && labels ? krx_dk_label_filter(arena, labels) : NULL;
    if (!arena || (labels && !filter))
        return krx_no_memory(call);
    krx_str_add(&path, "/containers/json");
    krx_url_query(&path, "all", all ? "1" : NULL);
    krx_url_query(&path, "filters", filter);
    if (krx_str_failed(&path))
        return krx_no_memory(call);
    int32_t code =
        krx_engine_get(call, backend->engine, krx_str_get(&path), "listing containers", out);
    if (!code && !cJSON_IsArray(*out))
        return krx_fail(call, KRX_E_DATA_LOSS, "the engine's list of containers is no list");
    return code;
}

void krx_dk_found_free(krx_dk_found *found)
{
    cJSON_Delete(found->json);
    krx_arena_free(found->arena);
    *found = (krx_dk_found){0};
}

int32_t krx_dk_find(krx_call *call, krx_dk_backend *backend, const char *namespace_,
                    const char *workload, krx_dk_found *found)
{
    found->arena = krx_arena_new();
    if (!found->arena)
        return krx_no_memory(call);
    const char *labels[] = {KRX_LABEL_MANAGED_BY "=" KRX_LABEL_KRANIX,
                            krx_arena_printf(found->arena, KRX_LABEL_WORKLOAD "=%s", workload),
                            krx_arena_printf(found->arena, KRX_LABEL_NAMESPACE "=%s", namespace_),
                            NULL};
    if (!labels[1] || !labels[2])
        return krx_no_memory(call);
    int32_t code = krx_dk_list_json(call, backend, labels, true, &found->json);
    if (code)
        return code;
    krx_replica **all = krx_dk_containers_listed(found->arena, found->json);
    krx_replica_group **groups = all ? krx_replicas_group(found->arena, all) : NULL;
    if (!groups)
        return krx_no_memory(call);
    for (size_t i = 0; groups[i]; i++)
        if (krx_streq(groups[i]->name, workload) && krx_streq(groups[i]->namespace_, namespace_))
            found->workload = groups[i];
    return 0;
}

int32_t krx_dk_not_found(krx_call *call, const char *namespace_, const char *workload)
{
    return krx_fail(call, KRX_E_NOT_FOUND, "there is no workload '%s' in namespace '%s'", workload,
                    namespace_);
}

int32_t krx_dk_inspect_json(krx_call *call, krx_dk_backend *backend, const char *id, cJSON **out)
{
    KRX_DK_PATH(path, "/containers", id, "/json");
    krx_auto_str krx_str what = {0};
    krx_str_addf(&what, "inspecting container %s", id);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(call);
    int32_t code =
        krx_engine_get(call, backend->engine, krx_str_get(&path), krx_str_get(&what), out);
    if (code == KRX_E_NOT_FOUND)
        return krx_fail(call, KRX_E_NOT_FOUND, "there is no container '%s'", id);
    if (!code && !cJSON_IsObject(*out))
        return krx_fail(call, KRX_E_DATA_LOSS, "inspecting container %s: no object came", id);
    return code;
}

int32_t krx_dk_look(krx_call *call, krx_dk_backend *backend, const char *path, const char *kind,
                    const char *name, cJSON **out)
{
    krx_auto_str krx_str what = {0};
    krx_str_addf(&what, "inspecting %s %s", kind, name);
    if (!*path || krx_str_failed(&what))
        return krx_no_memory(call);
    int32_t code = krx_engine_get(call, backend->engine, path, krx_str_get(&what), out);
    if (code == KRX_E_NOT_FOUND)
        return krx_forgive(call);
    if (!code && !cJSON_IsObject(*out))
        return krx_fail(call, KRX_E_DATA_LOSS, "%s: no object came", krx_str_get(&what));
    return code;
}

/* --------------------------------------------------------------------------------------- targets
 */

void krx_dk_targets_free(krx_dk_targets *targets)
{
    krx_dk_found_free(&targets->found);
}

static int32_t resolve_instance(krx_call *call, krx_dk_backend *backend, const char *name,
                                krx_dk_targets *out)
{
    krx_dk_found *found = &out->found;
    found->arena = krx_arena_new();
    if (!found->arena)
        return krx_no_memory(call);
    int32_t code = krx_dk_inspect_json(call, backend, name, &found->json);
    if (code)
        return code;
    krx_replica *c = krx_arena_new_of(found->arena, krx_replica);
    out->items = krx_arena_alloc(found->arena, 2 * sizeof *out->items);
    if (!c || !out->items)
        return krx_no_memory(call);
    if (!krx_dk_container_inspected(found->arena, found->json, c))
        return krx_fail(call, KRX_E_DATA_LOSS, "inspecting container %s: no id or name came", name);
    bool by_id = strlen(name) >= SHORT_ID && krx_has_prefix(c->id, name);
    if (!by_id && !krx_streq(c->name, name))
        return krx_fail(call, KRX_E_NOT_FOUND, "there is no container '%s'", name);
    out->items[0] = c;
    out->count = 1;
    return 0;
}

int32_t krx_dk_resolve(krx_call *call, krx_dk_backend *backend, const krx_ref *ref,
                       krx_dk_targets *out)
{
    if (!krx_blank(ref->instance))
        return resolve_instance(call, backend, ref->instance, out);
    int32_t code = krx_dk_find(call, backend, ref->namespace_, ref->workload, &out->found);
    if (code)
        return code;
    const krx_replica_group *workload = out->found.workload;
    if (!workload)
        return krx_dk_not_found(call, ref->namespace_, ref->workload);
    out->items = krx_arena_alloc(out->found.arena, (workload->count + 1) * sizeof *out->items);
    if (!out->items)
        return krx_no_memory(call);
    for (size_t i = 0; i < workload->count; i++)
        if (!ref->replica || workload->containers[i]->replica == ref->replica)
            out->items[out->count++] = workload->containers[i];
    if (!out->count && ref->replica)
        return krx_fail(call, KRX_E_NOT_FOUND, "workload '%s' has no replica %" PRId64,
                        ref->workload, ref->replica);
    if (!out->count) {
        krx_fail(call, KRX_E_FAILED_PRECONDITION,
                 "workload '%s' has no instances: it is scaled "
                 "to 0 replicas",
                 ref->workload);
        return krx_hint(call, "deploy it with replicas of 1 or more");
    }
    return 0;
}

/* --------------------------------------------------------------------------------- single calls */

int32_t krx_dk_post(krx_call *call, krx_dk_backend *backend, const char *path, const char *what,
                    const char *body, cJSON **out)
{
    krx_engine_request request = {.method = "POST",
                                  .path = path,
                                  .what = what,
                                  .body = body,
                                  .body_length = body ? strlen(body) : 0};
    return krx_engine_call(call, backend->engine, &request, out);
}

static int32_t act(krx_call *call, krx_dk_backend *backend, const char *id, const char *tail,
                   const char *verb, const char *name)
{
    KRX_DK_PATH(path, "/containers", id, tail);
    krx_auto_str krx_str what = {0};
    krx_str_addf(&what, "%s container %s", verb, name);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(call);
    return krx_dk_post(call, backend, krx_str_get(&path), krx_str_get(&what), NULL, NULL);
}

/* The engine's words for what goes wrong most often, and what to do about it. */
static void hint_for_start(krx_call *call)
{
    static const struct {
        const char *said, *hint;
    } hints[] = {
        {"address already in use", "something else has this host port: choose another hostPort"},
        {"port is already allocated", "another container has this host port: choose another "
                                      "hostPort"},
        {"executable file not found", "is the program in the image? a command of several words is "
                                      "a list: [sleep, \"10\"]"},
        {"no such file or directory", "is the program in the image? a command of several words is "
                                      "a list: [sleep, \"10\"]"},
    };
    for (size_t i = 0; i < KRX_COUNT(hints) && !*call->error->hint; i++)
        if (strstr(call->error->message, hints[i].said))
            (void)krx_hint(call, "%s", hints[i].hint);
}

int32_t krx_dk_start(krx_call *call, krx_dk_backend *backend, const char *id, const char *name)
{
    krx_tell_progress(call, "start", name, "starting");
    int32_t code = act(call, backend, id, "/start", "starting", name);
    if (code)
        hint_for_start(call);
    /* 400 is the engine's word for what fails when it is run, such as a program that isn't there */
    if (code == KRX_E_INVALID_ARGUMENT)
        return call->error->code = KRX_E_FAILED_PRECONDITION;
    /* 409: it is being removed */
    if (code == KRX_E_FAILED_PRECONDITION)
        return call->error->code = KRX_E_ABORTED;
    return code;
}

int32_t krx_dk_stop(krx_call *call, krx_dk_backend *backend, const char *id, const char *name,
                    int64_t grace_ns)
{
    krx_auto_str krx_str tail = {0};
    krx_tell_progress(call, "stop", name, "stopping");
    krx_str_add(&tail, "/stop");
    if (grace_ns != KRX_UNSET)
        krx_url_queryf(&tail, "t", "%" PRId64, (grace_ns + KRX_NS_PER_S - 1) / KRX_NS_PER_S);
    if (krx_str_failed(&tail))
        return krx_no_memory(call);
    return act(call, backend, id, krx_str_get(&tail), "stopping", name);
}

int32_t krx_dk_unpause(krx_call *call, krx_dk_backend *backend, const char *id, const char *name)
{
    return act(call, backend, id, "/unpause", "unpausing", name);
}

int32_t krx_dk_rename(krx_call *call, krx_dk_backend *backend, const char *id, const char *from,
                      const char *to)
{
    krx_auto_str krx_str tail = {0};
    krx_str_add(&tail, "/rename");
    krx_url_query(&tail, "name", to);
    if (krx_str_failed(&tail))
        return krx_no_memory(call);
    return act(call, backend, id, krx_str_get(&tail), "renaming", from);
}

/* The engine is removing it already, for somebody else or for a call that was cut off. */
static int32_t await_removal(krx_call *call, krx_dk_backend *backend, const char *id,
                             const char *path)
{
    char why[KRX_ERROR_MESSAGE_MAX];
    (void)snprintf(why, sizeof why, "%s", call->error->message);
    for (int i = 0; i < REMOVAL_LOOKS; i++) {
        krx_auto_json cJSON *json = NULL;
        krx_forgive(call);
        int32_t code = krx_dk_look(call, backend, path, "container", id, &json);
        if (code || !json)
            return code;
        if ((code = krx_sleep(call, REMOVAL_LOOK_NS)) < 0)
            return code;
    }
    return krx_fail(call, KRX_E_FAILED_PRECONDITION, "%s", why);
}

int32_t krx_dk_remove(krx_call *call, krx_dk_backend *backend, const char *id, const char *name)
{
    KRX_DK_PATH(path, "/containers", id, "?force=1&v=1");
    krx_auto_str krx_str what = {0};
    int32_t status = 0;
    krx_str_addf(&what, "removing container %s", name);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(call);
    krx_engine_request request = {.method = "DELETE",
                                  .path = krx_str_get(&path),
                                  .what = krx_str_get(&what),
                                  .status = &status};
    int32_t code = krx_engine_call(call, backend->engine, &request, NULL);
    if (status == 404)
        return krx_forgive(call);
    if (status != 409)
        return code;
    KRX_DK_PATH(look, "/containers", id, "/json");
    return await_removal(call, backend, id, krx_str_get(&look));
}
