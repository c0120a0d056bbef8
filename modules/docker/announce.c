/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "lib/model/model.h"
#include "modules/docker/change.h"
#include "modules/docker/image.h"

/* A field whose value changes. */
typedef struct difference {
    const char *path;
    const char *old_value;
    const char *new_value;
} difference;

typedef struct differences {
    krx_arena *arena;
    krx_ptrs list;
    bool failed;
} differences;

static void note_difference(void *ctx, const char *path, const char *old_value,
                            const char *new_value)
{
    differences *all = ctx;
    difference *d = krx_arena_new_of(all->arena, difference);
    if (!d || krx_ptrs_add(all->arena, &all->list, d) < 0) {
        all->failed = true;
        return;
    }
    d->path = krx_arena_strdup(all->arena, path);
    d->old_value = krx_arena_strdup(all->arena, old_value);
    d->new_value = krx_arena_strdup(all->arena, new_value);
}

/* Against the spec that is in force; nothing when that can't be read. */
static int32_t compare_specs(krx_dk_deploy *d, differences *out)
{
    krx_side_call scratch;
    krx_specs old = {0};
    krx_diags diags;
    const char *text = d->found.workload ? d->found.workload->current->spec_json : NULL;
    if (krx_blank(text))
        return 0;
    krx_diags_init(&diags);
    krx_undo_call(&scratch, d->call);
    int32_t code = krx_specs_parse(&scratch.call, "label", text, strlen(text), KRX_SPEC_NO_FILES,
                                   &old, &diags);
    if (!code && old.count == 1)
        krx_workload_diff(old.items[0]->workload, d->spec, note_difference, out);
    krx_specs_free(&old);
    krx_diags_free(&diags);
    return out->failed ? krx_dk_no_memory(d->call) : 0;
}

static int32_t tell(krx_dk_deploy *d, uint32_t action, const char *kind, const char *object,
                    const difference *why)
{
    krx_change item = {.struct_size = sizeof item,
                       .action = action,
                       .kind = kind,
                       .object = object,
                       .field = why ? why->path : NULL,
                       .old_value = why ? why->old_value : NULL,
                       .new_value = why ? why->new_value : NULL};
    return krx_emit(d->req->changes, KRX_ITEM_CHANGE, &item);
}

static bool is_scaling(const difference *why)
{
    return krx_streq(why->path, "replicas");
}

static bool in_place(const difference *why)
{
    return krx_has_prefix(why->path, "resources.") || krx_has_prefix(why->path, "restart");
}

static bool concerns(const difference *why, uint32_t action)
{
    if (action == KRX_CHANGE_CREATE || action == KRX_CHANGE_REMOVE)
        return is_scaling(why);
    if (action == KRX_CHANGE_UPDATE)
        return in_place(why);
    return action == KRX_CHANGE_REPLACE && !is_scaling(why);
}

/* One item for each container, with the first field that is a cause. */
static int32_t tell_step(krx_dk_deploy *d, const krx_dk_step *step, const differences *all)
{
    difference image = {"image", NULL, d->image_id};
    const difference *cause = NULL;
    for (size_t i = 0; i < all->list.count && !cause && !step->surplus; i++)
        if (concerns(all->list.items[i], step->action))
            cause = all->list.items[i];
    if (!cause && step->action == KRX_CHANGE_REPLACE && !krx_blank(d->image_id) &&
        !krx_streq(d->image_id, step->old->image_id)) {
        image.old_value = step->old->image_id;
        cause = &image;
    }
    return tell(d, step->action, "container", step->name, cause);
}

/* Changes that touch no container: they are only kept. */
static int32_t tell_rest(krx_dk_deploy *d, const differences *all)
{
    for (size_t i = 0; d->steps[i]; i++)
        if (d->steps[i]->action != KRX_CHANGE_NONE)
            return 0;
    if (!d->found.workload)
        return tell(d, KRX_CHANGE_CREATE, "workload",
                    krx_dk_base_name(d->arena, d->namespace_, d->spec->name), NULL);
    for (size_t i = 0; i < all->list.count; i++) {
        int32_t code =
            tell(d, KRX_CHANGE_UPDATE, "workload",
                 krx_dk_base_name(d->arena, d->namespace_, d->spec->name), all->list.items[i]);
        if (code)
            return code;
    }
    return 0;
}

static int32_t tell_volumes(krx_dk_deploy *d)
{
    int32_t code = 0;
    for (size_t i = 0; i < d->new_volumes.count && !code; i++) {
        const krx_volume *volume = d->new_volumes.items[i];
        char *name = krx_dk_volume_name(d->arena, d->namespace_, d->spec->name, volume->name);
        if (!name)
            return krx_dk_no_memory(d->call);
        code = tell(d, KRX_CHANGE_CREATE, "volume", name, NULL);
    }
    return code;
}

int32_t krx_dk_announce(krx_dk_deploy *deploy)
{
    differences all = {.arena = deploy->arena};
    if (!deploy->req->changes)
        return 0;
    int32_t code = compare_specs(deploy, &all);
    if (!code && deploy->pull)
        code = tell(deploy, KRX_CHANGE_PULL, "image", deploy->spec->image, NULL);
    if (!code)
        code = tell_volumes(deploy);
    for (size_t i = 0; deploy->steps[i] && !code; i++)
        code = tell_step(deploy, deploy->steps[i], &all);
    return code ? code : tell_rest(deploy, &all);
}
