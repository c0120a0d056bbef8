/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/report.h"
#include "lib/base/str.h"
#include "lib/model/differences.h"
#include "lib/replicas/internal.h"
#include "lib/replicas/names.h"

static bool is_scaling(const krx_difference *why)
{
    return krx_streq(why->path, "replicas");
}

static bool in_place(const krx_difference *why)
{
    return krx_has_prefix(why->path, "resources.") || krx_has_prefix(why->path, "restart");
}

static bool concerns(const krx_difference *why, uint32_t action)
{
    if (action == KRX_CHANGE_CREATE || action == KRX_CHANGE_REMOVE)
        return is_scaling(why);
    if (action == KRX_CHANGE_UPDATE)
        return in_place(why);
    return action == KRX_CHANGE_REPLACE && !is_scaling(why);
}

/* One item for each container, with the first field that is a cause. */
static int32_t tell_step(const krx_replica_deploy *d, const krx_replica_step *step,
                         const krx_ptrs *all)
{
    krx_difference image = {"image", NULL, d->image_id};
    const krx_difference *cause = NULL;
    for (size_t i = 0; i < all->count && !cause && !step->surplus; i++)
        if (concerns(all->items[i], step->action))
            cause = all->items[i];
    if (!cause && step->action == KRX_CHANGE_REPLACE && !krx_blank(d->image_id) &&
        !krx_streq(d->image_id, step->old->image_id)) {
        image.old_value = step->old->image_id;
        cause = &image;
    }
    return krx_emit_change(d->req->changes, step->action, "container", step->name, cause);
}

/* Changes that touch no container: they are only kept. */
static int32_t tell_rest(const krx_replica_deploy *d, const krx_ptrs *all)
{
    for (size_t i = 0; d->steps[i]; i++)
        if (d->steps[i]->action != KRX_CHANGE_NONE)
            return 0;
    if (!d->group)
        return krx_emit_change(d->req->changes, KRX_CHANGE_CREATE, "workload",
                               krx_replica_base_name(d->arena, d->spec->namespace_, d->spec->name),
                               NULL);
    for (size_t i = 0; i < all->count; i++) {
        int32_t code = krx_emit_change(
            d->req->changes, KRX_CHANGE_UPDATE, "workload",
            krx_replica_base_name(d->arena, d->spec->namespace_, d->spec->name), all->items[i]);
        if (code)
            return code;
    }
    return 0;
}

static int32_t tell_volumes(const krx_replica_deploy *d)
{
    int32_t code = 0;
    for (size_t i = 0; i < d->new_volumes.count && !code; i++) {
        const krx_volume *volume = d->new_volumes.items[i];
        char *name =
            krx_replica_volume_name(d->arena, d->spec->namespace_, d->spec->name, volume->name);
        if (!name)
            return krx_no_memory(d->call);
        code = krx_emit_change(d->req->changes, KRX_CHANGE_CREATE, "volume", name, NULL);
    }
    return code;
}

int32_t krx_replicas_announce(const krx_replica_deploy *deploy)
{
    krx_ptrs all = {0};
    if (!deploy->req->changes)
        return 0;
    const krx_replica_group *group = deploy->group;
    int32_t code = krx_spec_differences(
        deploy->call, deploy->arena, group ? group->current->spec_json : NULL, deploy->spec, &all);
    if (!code && deploy->pull)
        code = krx_emit_change(deploy->req->changes, KRX_CHANGE_PULL, "image", deploy->spec->image,
                               NULL);
    if (!code)
        code = tell_volumes(deploy);
    for (size_t i = 0; deploy->steps[i] && !code; i++)
        code = tell_step(deploy, deploy->steps[i], &all);
    return code ? code : tell_rest(deploy, &all);
}
