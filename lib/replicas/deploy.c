/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/replicas/deploy.h"

#include <inttypes.h>

#include "lib/base/report.h"
#include "lib/base/str.h"
#include "lib/replicas/internal.h"

/* --------------------------------------------------------------------------------------- looking
 */

static int32_t look_at_volumes(krx_replica_deploy *d)
{
    for (size_t i = 0; d->spec->volumes && d->spec->volumes[i]; i++) {
        bool exists = false;
        int32_t code = d->deeds->volume_look(d, d->spec->volumes[i], &exists);
        if (code)
            return code;
        if (!exists && krx_ptrs_add(d->arena, &d->new_volumes, d->spec->volumes[i]) < 0)
            return krx_no_memory(d->call);
    }
    return 0;
}

static int32_t plan(krx_replica_deploy *d, const char *image_id)
{
    const krx_replica_group *g = d->group;
    int *limits = krx_arena_alloc(d->arena, sizeof *limits * (g ? g->count + 1 : 1));
    if (!limits)
        return krx_no_memory(d->call);
    for (size_t i = 0; g && i < g->count; i++) {
        limits[i] = KRX_REPLICA_SAME;
        if (!krx_streq(g->containers[i]->hash, d->hash))
            continue; /* made anew anyway */
        int32_t code = d->deeds->compare(d, g->containers[i], &limits[i]);
        if (code)
            return code;
    }
    d->steps = krx_replica_plan(d->arena, d->spec, d->hash, image_id, g, limits);
    return d->steps ? 0 : krx_no_memory(d->call);
}

static int32_t look(krx_replica_deploy *d)
{
    int32_t code = d->deeds->find(d);
    if (!code)
        code = d->deeds->image(d);
    if (!code)
        code = look_at_volumes(d);
    if (!code)
        code = plan(d, d->pull ? NULL : d->image_id);
    return code ? code : d->deeds->check(d);
}

/* ----------------------------------------------------------------------------------------- doing
 */

/* A fetched image may be another one than the containers run: the plan is made again with it. */
static int32_t fetch_image(krx_replica_deploy *d)
{
    int32_t code = d->deeds->fetch(d);
    if (!code)
        code = plan(d, d->image_id);
    return code ? code : krx_replicas_announce(d);
}

static int32_t prepare(krx_replica_deploy *d)
{
    int32_t code = d->deeds->prepare ? d->deeds->prepare(d) : 0;
    for (size_t i = 0; i < d->new_volumes.count && !code; i++)
        code = d->deeds->volume_make(d, d->new_volumes.items[i]);
    return code;
}

/* What the error is about, and how far the change got. */
static void explain(krx_replica_deploy *d, int32_t code)
{
    bool given_up = code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED;
    if (given_up || (d->kept.count && code != KRX_E_ABORTED))
        krx_wrap(d->call, "deploying '%s' (%zu of %" PRId64 " replicas were replaced before)",
                 d->spec->name, d->kept.count, d->spec->replicas);
}

int32_t krx_replicas_deploy(krx_replica_deploy *deploy)
{
    int32_t code = look(deploy);
    bool dry = deploy->req->flags & KRX_DEPLOY_DRY_RUN;
    if (!code && !(deploy->pull && !dry))
        code = krx_replicas_announce(deploy);
    if (code || dry)
        return code;
    if (deploy->pull && (code = fetch_image(deploy)) != 0)
        return code;
    code = prepare(deploy);
    if (!code)
        code = krx_replicas_execute(deploy);
    if (!code)
        return 0;
    explain(deploy, code);
    krx_replicas_take_back(deploy);
    return code;
}
