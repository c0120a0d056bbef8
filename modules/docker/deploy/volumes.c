/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/deploy/volumes.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/model/wanted.h"
#include "lib/replicas/plan.h"
#include "modules/docker/backend/jsonw.h"

static const char *namespace_of(const krx_workload *spec)
{
    return krx_blank(spec->namespace_) ? "default" : spec->namespace_;
}

static bool label_is(const cJSON *volume, const char *key, const char *value)
{
    return krx_streq(krx_json_text(krx_json_object(volume, "Labels"), key), value);
}

int32_t krx_dk_volume_look(krx_call *call, krx_dk_backend *backend, const krx_workload *spec,
                           const char *name, bool *exists)
{
    KRX_DK_PATH(path, "/volumes", name, NULL);
    krx_auto_json cJSON *json = NULL;
    *exists = false;
    int32_t code = krx_dk_look(call, backend, krx_str_get(&path), "volume", name, &json);
    if (code || !json)
        return code;
    *exists = true;
    if (label_is(json, KRX_LABEL_MANAGED_BY, KRX_LABEL_KRANIX) &&
        label_is(json, KRX_LABEL_WORKLOAD, spec->name) &&
        label_is(json, KRX_LABEL_NAMESPACE, namespace_of(spec)))
        return 0;
    krx_fail(call, KRX_E_ALREADY_EXISTS,
             "the volume name '%s' is taken by one that does not "
             "belong to workload '%s'",
             name, spec->name);
    return krx_hint(call,
                    "give the volume another name, or remove the old one: docker volume rm "
                    "%s",
                    name);
}

static void write_volume(krx_dk_json *json, const krx_workload *spec, const krx_volume *volume,
                         const char *name, const char *generation)
{
    krx_dk_json_open(json, NULL, '{');
    krx_dk_json_text(json, "Name", name);
    krx_dk_json_open(json, "Labels", '{');
    krx_dk_json_text(json, KRX_LABEL_MANAGED_BY, KRX_LABEL_KRANIX);
    krx_dk_json_text(json, KRX_LABEL_WORKLOAD, spec->name);
    krx_dk_json_text(json, KRX_LABEL_NAMESPACE, namespace_of(spec));
    krx_dk_json_text(json, KRX_LABEL_VOLUME, volume->name);
    krx_dk_json_text(json, KRX_LABEL_AUTO_CLEANUP, volume->auto_cleanup == 1 ? "true" : "false");
    krx_dk_json_text(json, KRX_LABEL_GENERATION, generation);
    krx_dk_json_close(json, '}');
    krx_dk_json_close(json, '}');
}

int32_t krx_dk_volume_create(krx_call *call, krx_dk_backend *backend, const krx_workload *spec,
                             const krx_volume *volume, const char *name, const char *generation)
{
    krx_auto_dk_json krx_dk_json json = {0};
    krx_auto_str krx_str what = {0};
    write_volume(&json, spec, volume, name, generation);
    krx_str_addf(&what, "creating volume %s", name);
    if (krx_str_failed(&json.text) || krx_str_failed(&what))
        return krx_no_memory(call);
    krx_tell_progress(call, "create", name, "creating volume");
    return krx_dk_post(call, backend, "/volumes/create", krx_str_get(&what),
                       krx_str_get(&json.text), NULL);
}

int32_t krx_dk_volume_remove(krx_call *call, krx_dk_backend *backend, const char *name)
{
    KRX_DK_PATH(path, "/volumes", name, NULL);
    krx_auto_str krx_str what = {0};
    krx_str_addf(&what, "removing volume %s", name);
    if (krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(call);
    int32_t code = krx_engine_delete(call, backend->engine, krx_str_get(&path), krx_str_get(&what));
    return code == KRX_E_NOT_FOUND ? krx_forgive(call) : code;
}

int32_t krx_dk_volumes_json(krx_call *call, krx_dk_backend *backend, const char *const *labels,
                            cJSON **out, const cJSON **volumes)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_str krx_str path = {0};
    const char *filter = arena ? krx_dk_label_filter(arena, labels) : NULL;
    krx_str_add(&path, "/volumes");
    krx_url_query(&path, "filters", filter);
    if (!filter || krx_str_failed(&path))
        return krx_no_memory(call);
    int32_t code =
        krx_engine_get(call, backend->engine, krx_str_get(&path), "listing volumes", out);
    *volumes = code ? NULL : krx_json_array(*out, "Volumes");
    return code;
}

/* ------------------------------------------------------------------------------------- cleaning */

static bool goes_with_it(const cJSON *volume, const cJSON *spec)
{
    const cJSON *labels = krx_json_object(volume, "Labels");
    return krx_replica_volume_goes(spec, krx_json_text(labels, KRX_LABEL_VOLUME),
                                   label_is(volume, KRX_LABEL_AUTO_CLEANUP, "true"));
}

static int32_t report_volume(krx_sink *out, const cJSON *volume, const char *state)
{
    const cJSON *labels = krx_json_object(volume, "Labels");
    int64_t created;
    krx_volume_result item = {
        .struct_size = sizeof item,
        .workload = krx_json_text(labels, KRX_LABEL_WORKLOAD),
        .namespace_ = krx_json_text(labels, KRX_LABEL_NAMESPACE),
        .name = krx_json_text(labels, KRX_LABEL_VOLUME),
        .volume_id = krx_json_text(volume, "Name"),
        .state = state,
        .size_bytes = KRX_UNSET,
        .created_ns =
            krx_time_parse(krx_json_text(volume, "CreatedAt"), &created) ? created : KRX_UNSET};
    return krx_emit(out, KRX_ITEM_VOLUME, &item);
}

int32_t krx_dk_volumes_clean(krx_call *call, krx_dk_backend *backend, const char *namespace_,
                             const char *workload, const char *spec_json, bool all,
                             krx_sink *released, size_t *removed)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *json = NULL, *spec = krx_blank(spec_json) ? NULL : cJSON_Parse(spec_json);
    const cJSON *volumes, *volume;
    if (!arena)
        return krx_no_memory(call);
    const char *labels[] = {KRX_LABEL_MANAGED_BY "=" KRX_LABEL_KRANIX,
                            krx_arena_printf(arena, KRX_LABEL_WORKLOAD "=%s", workload),
                            krx_arena_printf(arena, KRX_LABEL_NAMESPACE "=%s", namespace_), NULL};
    if (!labels[1] || !labels[2])
        return krx_no_memory(call);
    int32_t code = krx_dk_volumes_json(call, backend, labels, &json, &volumes);
    cJSON_ArrayForEach (volume, volumes) {
        if (code || !(all || goes_with_it(volume, spec)))
            continue;
        code = krx_dk_volume_remove(call, backend, krx_json_text(volume, "Name"));
        if (!code) {
            ++*removed;
            code = report_volume(released, volume, "released");
        }
    }
    return code;
}

/* ------------------------------------------------------------------------------------------ ops */

static int32_t provision_one(krx_call *call, krx_dk_backend *backend, const krx_workload *spec,
                             const krx_volume *volume, krx_sink *out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    bool exists;
    char *name =
        arena ? krx_replica_volume_name(arena, namespace_of(spec), spec->name, volume->name) : NULL;
    const char *path = arena ? krx_volume_path(arena, volume) : NULL;
    if (!name || !path)
        return krx_no_memory(call);
    int32_t code = krx_dk_volume_look(call, backend, spec, name, &exists);
    if (!code && !exists)
        code = krx_dk_volume_create(call, backend, spec, volume, name, "0");
    if (code)
        return code;
    krx_volume_result item = {.struct_size = sizeof item,
                              .workload = spec->name,
                              .namespace_ = namespace_of(spec),
                              .name = volume->name,
                              .volume_id = name,
                              .mount_path = path,
                              .state = "bound",
                              .size_bytes = KRX_UNSET,
                              .created_ns = KRX_UNSET};
    return krx_emit(out, KRX_ITEM_VOLUME, &item);
}

static int32_t provision_volumes(krx_call *call, void *backend, const krx_volumes_req *req,
                                 krx_sink *out)
{
    if (!req->spec)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "provisioning volumes needs a spec");
    for (size_t i = 0; req->spec->volumes && req->spec->volumes[i]; i++) {
        int32_t code = provision_one(call, backend, req->spec, req->spec->volumes[i], out);
        if (code)
            return code;
    }
    return 0;
}

static int32_t cleanup_volumes(krx_call *call, void *backend, const krx_volumes_req *req,
                               krx_sink *out)
{
    size_t removed = 0;
    const char *workload = req->spec ? req->spec->name : req->ref.workload;
    const char *namespace_ = req->spec ? namespace_of(req->spec) : req->ref.namespace_;
    if (krx_blank(workload))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "cleaning volumes needs a workload");
    return krx_dk_volumes_clean(call, backend, namespace_, workload, NULL, true, out, &removed);
}

static int32_t list_volumes(krx_call *call, void *backend, const krx_volumes_req *req,
                            krx_sink *out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *json = NULL;
    const cJSON *volumes, *volume;
    const char *labels[4] = {KRX_LABEL_MANAGED_BY "=" KRX_LABEL_KRANIX};
    size_t count = 1;
    if (arena && !krx_blank(req->ref.workload))
        labels[count++] = krx_arena_printf(arena, KRX_LABEL_WORKLOAD "=%s", req->ref.workload);
    if (arena && !krx_blank(req->ref.namespace_))
        labels[count++] = krx_arena_printf(arena, KRX_LABEL_NAMESPACE "=%s", req->ref.namespace_);
    if (!arena || !labels[count - 1])
        return krx_no_memory(call);
    int32_t code = krx_dk_volumes_json(call, backend, labels, &json, &volumes);
    cJSON_ArrayForEach (volume, volumes) {
        if (!code)
            code = report_volume(out, volume, "bound");
    }
    return code;
}

const krx_extended_ops krx_dk_extended_ops = {.struct_size = sizeof krx_dk_extended_ops,
                                              .provision_volumes = provision_volumes,
                                              .cleanup_volumes = cleanup_volumes,
                                              .list_volumes = list_volumes};
