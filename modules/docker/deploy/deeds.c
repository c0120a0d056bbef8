/* SPDX-License-Identifier: Apache-2.0 */
/* How the engine does the single things that a deploy consists of. */
#include "lib/base/clock.h"
#include "modules/docker/deploy/change.h"
#include "modules/docker/deploy/volumes.h"
#include "modules/docker/images/image.h"

#define RENAME_TRIES 6
#define SETTLE_NS (500 * KRX_NS_PER_MS)
#define HEALTH_TIME_MAX (86400 * KRX_NS_PER_S)
#define HEALTH_TRIES_MAX 1000
#define HEALTH_MARGIN_NS (10 * KRX_NS_PER_S)

/* ------------------------------------------------------------------------------------- preparing
 */

static int32_t fetch(krx_replica_deploy *d)
{
    krx_dk_image image;
    krx_dk_backend *backend = krx_dk_own(d)->backend;
    int32_t code = krx_dk_image_fetch(d->call, backend, d->spec->image,
                                      krx_dk_platform(d->arena, d->spec, true));
    if (!code)
        code = krx_dk_image_look(d->call, backend, d->arena, d->spec->image, &image);
    if (code)
        return code;
    if (!image.present)
        return krx_fail(d->call, KRX_E_NOT_FOUND, "image '%s' is not there after it was pulled",
                        d->spec->image);
    d->image_id = image.id;
    return 0;
}

static int32_t volume_make(krx_replica_deploy *d, const krx_volume *volume)
{
    const krx_dk_deploy *own = krx_dk_own(d);
    char *name = krx_replica_volume_name(d->arena, d->namespace_, d->spec->name, volume->name);
    return name
               ? krx_dk_volume_create(d->call, own->backend, d->spec, volume, name, own->generation)
               : krx_no_memory(d->call);
}

/* ------------------------------------------------------------------------------------ containers
 */

static int32_t make(krx_replica_deploy *d, const char *name, int64_t replica, const char **id)
{
    return krx_dk_create(d, name, replica, false, id);
}

/* The engine also says 404 for what a container needs and is not there. */
static int32_t start(krx_replica_deploy *d, const char *id, const char *name)
{
    krx_side_call scratch;
    krx_auto_json cJSON *json = NULL;
    krx_dk_backend *backend = krx_dk_own(d)->backend;
    int32_t code = krx_dk_start(d->call, backend, id, name);
    if (code != KRX_E_NOT_FOUND)
        return code;
    krx_undo_call(&scratch, d->call);
    bool gone = krx_dk_inspect_json(&scratch.call, backend, id, &json) == KRX_E_NOT_FOUND;
    return gone ? krx_dk_moved(d, code, name) : code;
}

static int32_t stop(krx_replica_deploy *d, const char *id, const char *name)
{
    return krx_dk_moved(d, krx_dk_stop(d->call, krx_dk_own(d)->backend, id, name, KRX_UNSET), name);
}

static int32_t unpause(krx_replica_deploy *d, const char *id, const char *name)
{
    return krx_dk_moved(d, krx_dk_unpause(d->call, krx_dk_own(d)->backend, id, name), name);
}

static int32_t remove_(krx_replica_deploy *d, const char *id, const char *name)
{
    return krx_dk_remove(d->call, krx_dk_own(d)->backend, id, name);
}

static int32_t update(krx_replica_deploy *d, krx_replica_step *step)
{
    KRX_DK_PATH(path, "/containers", step->old->id, "/update");
    krx_auto_str krx_str what = {0};
    char *body = krx_dk_update_body(d->arena, d->spec);
    krx_str_addf(&what, "updating container %s", step->old->name);
    if (!body || krx_str_failed(&path) || krx_str_failed(&what))
        return krx_no_memory(d->call);
    int32_t code = krx_dk_post(d->call, krx_dk_own(d)->backend, krx_str_get(&path),
                               krx_str_get(&what), body, NULL);
    return krx_dk_moved(d, code, step->old->name);
}

static bool has_name(krx_replica_deploy *d, const char *id, const char *name)
{
    krx_side_call scratch;
    krx_auto_json cJSON *json = NULL;
    krx_replica c;
    krx_undo_call(&scratch, d->call);
    return !krx_dk_inspect_json(&scratch.call, krx_dk_own(d)->backend, id, &json) &&
           krx_dk_container_inspected(d->arena, json, &c) && krx_streq(c.name, name);
}

/*
 * Not at once while the container restarts just then, or while somebody else's removal of the one
 * that has the name still runs. Somebody else may also have done it for us.
 */
static int32_t take_name(krx_replica_deploy *d, const char *id, const char *from, const char *name)
{
    for (int i = 0;; i++) {
        int32_t code = krx_dk_rename(d->call, krx_dk_own(d)->backend, id, from, name);
        if (!code || has_name(d, id, name))
            return code ? krx_forgive(d->call) : 0;
        if (code != KRX_E_UNKNOWN && code != KRX_E_FAILED_PRECONDITION)
            return krx_dk_moved(d, code, from);
        if (i + 1 == RENAME_TRIES)
            return code == KRX_E_UNKNOWN ? code : (d->call->error->code = KRX_E_ABORTED);
        krx_forgive(d->call);
        if (krx_sleep(d->call, SETTLE_NS) < 0)
            return d->call->error->code;
    }
}

/* ------------------------------------------------------------------------------------------ fate
 */

static int64_t figure(const cJSON *object, const char *key, int64_t absent, int64_t most)
{
    int64_t value = krx_json_int(object, key, absent);
    return value < 0 ? 0 : value > most ? most : value;
}

/* By then the engine has made up its mind about the container's health. */
static int64_t health_limit(const cJSON *config)
{
    const cJSON *check = krx_json_object(config, "Healthcheck");
    int64_t each = figure(check, "Interval", 0, HEALTH_TIME_MAX) +
                   figure(check, "Timeout", 0, HEALTH_TIME_MAX);
    return figure(check, "StartPeriod", 0, HEALTH_TIME_MAX) +
           each * (figure(check, "Retries", 3, HEALTH_TRIES_MAX) + 1) + HEALTH_MARGIN_NS;
}

static int32_t fate(krx_replica_deploy *d, const char *id, const char *name, krx_replica_fate *out)
{
    krx_auto_json cJSON *json = NULL;
    krx_replica c;
    int32_t code = krx_dk_inspect_json(d->call, krx_dk_own(d)->backend, id, &json);
    if (code)
        return krx_dk_moved(d, code, name);
    if (!krx_dk_container_inspected(d->arena, json, &c))
        return krx_fail(d->call, KRX_E_DATA_LOSS, "inspecting container %s: no id came", name);
    const char *error = krx_json_text(krx_json_object(json, "State"), "Error");
    *out = (krx_replica_fate){.phase = c.phase,
                              .restarts = c.restarts,
                              .exit_code = c.exit_code,
                              .health = krx_arena_strdup(d->arena, c.health),
                              .error = krx_arena_strdup(d->arena, error),
                              .decided_ns = health_limit(krx_json_object(json, "Config"))};
    return krx_arena_failed(d->arena) ? krx_no_memory(d->call) : 0;
}

/* ---------------------------------------------------------------------------------------- record
 */

/*
 * Labels of a container never change. When no container was made although the spec is another one
 * (scaled down, updated in place), one that never runs carries it; when one was, none is needed.
 */
static int32_t record(krx_replica_deploy *d)
{
    const krx_replica_group *w = d->group;
    const krx_replica *carrier = w ? w->record : NULL;
    const char *id;
    bool made = krx_replica_plan_creates(d->steps);
    bool current = w && krx_streq(w->current->spec_json, d->req->spec_json);
    for (size_t i = 0; current && !w->current->record && d->steps[i]; i++)
        if (d->steps[i]->action == KRX_CHANGE_REMOVE && d->steps[i]->old == w->current)
            current = false;
    if (current && !made)
        return 0;
    int32_t code = carrier ? remove_(d, carrier->id, carrier->name) : 0;
    if (code || made)
        return code;
    char *name = krx_dk_record_name(d->arena, d->namespace_, d->spec->name);
    return name ? krx_dk_create(d, name, 0, true, &id) : krx_no_memory(d->call);
}

/* ------------------------------------------------------------------------------------ taking back
 */

static const char *const *marks(const krx_replica_deploy *d, const char *labels[3])
{
    labels[0] = KRX_LABEL_MANAGED_BY "=" KRX_LABEL_KRANIX;
    labels[1] = krx_arena_printf(d->arena, KRX_LABEL_GENERATION "=%s", krx_dk_own(d)->generation);
    labels[2] = NULL;
    return labels[1] ? labels : NULL;
}

static int32_t made(krx_replica_deploy *d, krx_ptrs *ids)
{
    const char *labels[3];
    krx_auto_json cJSON *list = NULL;
    const cJSON *item;
    if (!marks(d, labels))
        return krx_no_memory(d->call);
    int32_t code = krx_dk_list_json(d->call, krx_dk_own(d)->backend, labels, true, &list);
    if (code)
        return code;
    cJSON_ArrayForEach (item, list) {
        const char *id = krx_arena_strdup(d->arena, krx_json_text(item, "Id"));
        if (!id || (*id && krx_ptrs_add(d->arena, ids, id) < 0))
            return krx_no_memory(d->call);
    }
    return 0;
}

static void forget_volumes(krx_replica_deploy *d)
{
    const char *labels[3];
    krx_auto_json cJSON *json = NULL;
    const cJSON *item, *volumes = NULL;
    krx_dk_backend *backend = krx_dk_own(d)->backend;
    if (!marks(d, labels) || krx_dk_volumes_json(d->call, backend, labels, &json, &volumes))
        return;
    cJSON_ArrayForEach (item, volumes)
        (void)krx_dk_volume_remove(d->call, backend, krx_json_text(item, "Name"));
}

const krx_replica_deeds krx_dk_deeds = {
    .find = krx_dk_look_find,
    .image = krx_dk_look_image,
    .volume_look = krx_dk_look_volume,
    .compare = krx_dk_look_limits,
    .check = krx_dk_look_names,
    .fetch = fetch,
    .volume_make = volume_make,
    .make = make,
    .start = start,
    .stop = stop,
    .unpause = unpause,
    .remove = remove_,
    .update = update,
    .fate = fate,
    .take_name = take_name,
    .record = record,
    .made = made,
    .forget_volumes = forget_volumes,
    .kept_hint = "the old container was kept; see what the new one says with docker run, or deploy "
                 "under another name",
};
