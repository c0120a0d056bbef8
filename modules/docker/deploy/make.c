/* SPDX-License-Identifier: Apache-2.0 */
/* Making one container of a deploy. */
#include <string.h>

#include "modules/docker/deploy/change.h"

int32_t krx_dk_moved(krx_replica_deploy *d, int32_t code, const char *name)
{
    if (code != KRX_E_NOT_FOUND)
        return code;
    return krx_fail(d->call, KRX_E_ABORTED,
                    "container %s vanished: somebody else is "
                    "changing workload '%s'",
                    name, d->spec->name);
}

static bool is_this_workload(const krx_replica_deploy *d, const krx_replica *c)
{
    return c->ours && krx_streq(c->workload, d->spec->name) &&
           krx_streq(c->namespace_, d->namespace_);
}

/* Made from the same spec for the same purpose: as good as one that we make. */
static bool is_as_wanted(const krx_replica *c, const krx_dk_identity *who)
{
    return !who->record && !c->record && c->replica == who->replica &&
           krx_streq(c->hash, who->hash) && krx_streq(c->spec_json, who->spec_json);
}

/*
 * The name is taken: by ours that another deploy just made, or by a stranger. What the other
 * deploy made from the same spec is used, so that equal deploys end equally.
 */
static int32_t name_taken(krx_replica_deploy *d, const char *name, const krx_dk_identity *who,
                          const char **id)
{
    krx_side_call scratch;
    krx_auto_json cJSON *json = NULL;
    krx_replica holder = {0};
    krx_undo_call(&scratch, d->call);
    int32_t code = krx_dk_inspect_json(&scratch.call, krx_dk_own(d)->backend, name, &json);
    if (code && code != KRX_E_NOT_FOUND)
        return code == scratch.error.code ? krx_fail(d->call, code, "%s", scratch.error.message)
                                          : code;
    bool known = !code && krx_dk_container_inspected(d->arena, json, &holder);
    if (!known || is_this_workload(d, &holder)) {
        if (known && is_as_wanted(&holder, who)) {
            *id = krx_arena_strdup(d->arena, holder.id);
            return *id ? krx_forgive(d->call) : krx_no_memory(d->call);
        }
        return krx_fail(d->call, KRX_E_ABORTED,
                        "container %s was made meanwhile: somebody else is "
                        "deploying workload '%s'",
                        name, d->spec->name);
    }
    krx_fail(d->call, KRX_E_ALREADY_EXISTS,
             "the container name '%s' is taken by one that does not "
             "belong to workload '%s'",
             name, d->spec->name);
    return krx_hint(d->call, "choose another name, or remove that container: docker rm %s", name);
}

static int32_t send_create(krx_replica_deploy *d, const char *name, const char *body,
                           int32_t *status, cJSON **answer)
{
    krx_auto_str krx_str path = {0}, what = {0};
    int32_t api = 0;
    int32_t code = krx_engine_api(d->call, krx_dk_own(d)->backend->engine, &api);
    if (code)
        return code;
    krx_str_add(&path, "/containers/create");
    krx_url_query(&path, "name", name);
    if (api >= KRX_ENGINE_API(1, 41))
        krx_url_query(&path, "platform", krx_dk_platform(d->arena, d->spec, false));
    krx_str_addf(&what, "creating container %s", name);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(d->call);
    krx_engine_request request = {.method = "POST",
                                  .path = krx_str_get(&path),
                                  .what = krx_str_get(&what),
                                  .body = body,
                                  .body_length = strlen(body),
                                  .status = status};
    return krx_engine_call(d->call, krx_dk_own(d)->backend->engine, &request, answer);
}

static void log_warnings(krx_replica_deploy *d, const char *name, const cJSON *answer)
{
    const cJSON *warning;
    cJSON_ArrayForEach (warning, krx_json_array(answer, "Warnings")) {
        if (cJSON_IsString(warning))
            krx_log(d->call, KRX_LOG_WARN, "container %s: %s", name, warning->valuestring);
    }
}

int32_t krx_dk_create(krx_replica_deploy *d, const char *name, int64_t replica, bool record,
                      const char **id)
{
    krx_auto_json cJSON *answer = NULL;
    krx_dk_identity who = {.replica = replica,
                           .spec_json = d->req->spec_json,
                           .hash = d->hash,
                           .generation = krx_dk_own(d)->generation,
                           .record = record};
    char *body = krx_dk_create_body(d->arena, d->spec, &who);
    if (!body)
        return krx_no_memory(d->call);
    int32_t status = 0;
    int32_t code = send_create(d, name, body, &status, &answer);
    if (status == 409)
        return name_taken(d, name, &who, id);
    if (code)
        return code;
    *id = krx_arena_strdup(d->arena, krx_json_text(answer, "Id"));
    if (!*id)
        return krx_no_memory(d->call);
    if (!**id)
        return krx_fail(d->call, KRX_E_DATA_LOSS,
                        "creating container %s: the engine gave no "
                        "id",
                        name);
    if (!record)
        log_warnings(d, name, answer);
    return 0;
}
