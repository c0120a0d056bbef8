/* SPDX-License-Identifier: Apache-2.0 */
/* What is there, and what stands in the way: before anything is written. */
#include <string.h>

#include "modules/docker/deploy/change.h"
#include "modules/docker/deploy/volumes.h"
#include "modules/docker/images/image.h"

int32_t krx_dk_look_find(krx_replica_deploy *d)
{
    krx_dk_deploy *own = krx_dk_own(d);
    int32_t code = krx_dk_find(d->call, own->backend, d->namespace_, d->spec->name, &own->found);
    d->group = own->found.workload;
    return code;
}

static bool wrong_platform(const krx_replica_deploy *d, const krx_dk_image *image)
{
    const char *wanted = krx_dk_platform(d->arena, d->spec, false);
    if (!wanted || krx_blank(image->architecture))
        return false;
    char *architecture = krx_arena_printf(d->arena, "linux/%s", image->architecture);
    if (!architecture || !krx_has_prefix(wanted, architecture))
        return architecture != NULL;
    char next = wanted[strlen(architecture)]; /* "linux/arm" is not "linux/arm64" */
    return next != '\0' && next != '/';
}

int32_t krx_dk_look_image(krx_replica_deploy *d)
{
    krx_dk_image image;
    const char *reference = d->spec->image;
    int32_t code = krx_dk_image_look(d->call, krx_dk_own(d)->backend, d->arena, reference, &image);
    if (code)
        return code;
    if (image.present && wrong_platform(d, &image))
        image.present = false;
    d->image_id = image.present ? image.id : NULL;
    if (krx_strcaseeq(d->spec->pull_policy, "Always")) {
        d->pull = true;
    } else if (!image.present && krx_strcaseeq(d->spec->pull_policy, "Never")) {
        krx_fail(d->call, KRX_E_NOT_FOUND, "the engine has no image '%s', and pullPolicy is Never",
                 reference);
        return krx_hint(d->call, "load or build it there, or use pullPolicy IfNotPresent");
    } else {
        d->pull = !image.present;
    }
    return 0;
}

int32_t krx_dk_look_volume(krx_replica_deploy *d, const krx_volume *volume, bool *exists)
{
    char *name = krx_replica_volume_name(d->arena, d->namespace_, d->spec->name, volume->name);
    return name ? krx_dk_volume_look(d->call, krx_dk_own(d)->backend, d->spec, name, exists)
                : krx_no_memory(d->call);
}

int32_t krx_dk_look_limits(krx_replica_deploy *d, const krx_replica *replica, int *limits)
{
    krx_auto_json cJSON *json = NULL;
    int32_t code = krx_dk_inspect_json(d->call, krx_dk_own(d)->backend, replica->id, &json);
    if (code)
        return krx_dk_moved(d, code, replica->name);
    *limits = krx_dk_compare_limits(d->spec, krx_json_object(json, "HostConfig"));
    return 0;
}

/* A foreign container on one of the names is better found before anything was pulled or made. */
static int32_t check_name(krx_replica_deploy *d, const char *name)
{
    krx_side_call scratch;
    krx_auto_json cJSON *json = NULL;
    krx_replica holder;
    krx_side_call_init(&scratch, d->call);
    if (krx_dk_inspect_json(&scratch.call, krx_dk_own(d)->backend, name, &json) ||
        !krx_dk_container_inspected(d->arena, json, &holder) || !krx_streq(holder.name, name))
        return krx_check(d->call);
    if (holder.ours && krx_streq(holder.workload, d->spec->name) &&
        krx_streq(holder.namespace_, d->namespace_))
        return 0;
    krx_fail(d->call, KRX_E_ALREADY_EXISTS,
             "the container name '%s' is taken by %s that does not "
             "belong to workload '%s'",
             name, holder.ours ? "another workload's container" : "a container", d->spec->name);
    return krx_hint(d->call, "choose another name, or remove that container: docker rm %s", name);
}

int32_t krx_dk_look_names(krx_replica_deploy *d)
{
    int32_t code = 0;
    for (size_t i = 0; d->steps[i] && !code; i++)
        if (d->steps[i]->action == KRX_CHANGE_CREATE)
            code = check_name(d, d->steps[i]->name);
    return code;
}
