/* SPDX-License-Identifier: Apache-2.0 */
/* How the single things are done that a deploy consists of. */
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/deploy/change.h"
#include "modules/oci/deploy/volumes.h"

#define HEALTH_MARGIN_NS (10 * KRX_NS_PER_S)

/* ------------------------------------------------------------------------------------- preparing
 */

static int32_t fetch(krx_replica_deploy *d)
{
    krx_oci_image *image = &krx_oci_own(d)->image;
    int32_t code = krx_oci_image_fetch(d->call, d->arena, krx_oci_own_images(d), d->spec->image,
                                       krx_oci_platform(d->arena, d->spec), image);
    d->image_id = image->id;
    return code;
}

static int32_t prepare(krx_replica_deploy *d)
{
    krx_oci_making *m = krx_oci_own(d);
    if (!krx_replica_plan_creates(d->steps))
        return 0;
    return krx_oci_image_layers(d->call, d->arena, krx_oci_own_images(d), &m->image, &m->layers);
}

static int32_t volume_make(krx_replica_deploy *d, const krx_volume *volume)
{
    const krx_oci_making *m = krx_oci_own(d);
    return krx_oci_volume_make(d->call, m->backend, d->spec, volume, m->generation);
}

/* ------------------------------------------------------------------------------------ containers
 */

static int32_t make(krx_replica_deploy *d, const char *name, int64_t replica, const char **id)
{
    (void)name; /* that of the replica: an id of its own tells one from the other */
    return krx_oci_make(d->call, d->arena, krx_oci_own(d), replica, id);
}

static int32_t start(krx_replica_deploy *d, const char *id, const char *name)
{
    (void)name;
    return krx_oci_start(d->call, krx_oci_own(d)->backend, id);
}

static int32_t stop(krx_replica_deploy *d, const char *id, const char *name)
{
    (void)name;
    return krx_oci_stop(d->call, krx_oci_own(d)->backend, id, KRX_UNSET);
}

static int32_t unpause(krx_replica_deploy *d, const char *id, const char *name)
{
    (void)name;
    return krx_oci_pause(d->call, krx_oci_own(d)->backend, id, false);
}

static int32_t remove_(krx_replica_deploy *d, const char *id, const char *name)
{
    (void)name;
    return krx_oci_remove(d->call, krx_oci_own(d)->backend, id);
}

/* ------------------------------------------------------------------------------------------ fate
 */

/* By then a probe has made up its mind. */
static int64_t probe_limit(const krx_probe *probe)
{
    if (!probe)
        return 0;
    int64_t seconds =
        probe->initial_delay_seconds + (probe->period_seconds + probe->timeout_seconds) *
                                           (probe->failure_threshold + probe->success_threshold);
    return seconds * KRX_NS_PER_S;
}

static int64_t health_limit(const krx_probes *p)
{
    int64_t live = probe_limit(p->liveness), ready = probe_limit(p->readiness);
    return probe_limit(p->startup) + (live > ready ? live : ready) + HEALTH_MARGIN_NS;
}

static int32_t fate(krx_replica_deploy *d, const char *id, const char *name, krx_replica_fate *out)
{
    krx_oci_container c;
    const krx_probes *probes = d->spec->probes;
    (void)name;
    int32_t code =
        krx_oci_container_read(d->call, d->arena, &krx_oci_own(d)->backend->store, id, &c);
    if (code)
        return code;
    const krx_replica *replica = krx_oci_replica(d->arena, &c, NULL);
    if (!replica)
        return krx_no_memory(d->call);
    *out = (krx_replica_fate){.phase = replica->phase,
                              .restarts = replica->restarts,
                              .exit_code = replica->exit_code,
                              .error = c.error};
    if (replica->phase != KRX_REPLICA_RUNNING || !probes ||
        !(probes->startup || probes->liveness || probes->readiness))
        return 0;
    out->health = replica->health ? replica->health : "starting";
    out->decided_ns = health_limit(probes);
    return 0;
}

/* ------------------------------------------------------------------------------------ taking back
 */

static int32_t made(krx_replica_deploy *d, krx_ptrs *ids)
{
    krx_replica_group *group = NULL;
    const krx_oci_making *m = krx_oci_own(d);
    int32_t code =
        krx_oci_group(d->call, d->arena, m->backend, d->namespace_, d->spec->name, &group);
    for (size_t i = 0; !code && group && i < group->count; i++)
        if (group->containers[i]->generation == m->generation &&
            krx_ptrs_add(d->arena, ids, group->containers[i]->id) < 0)
            return krx_no_memory(d->call);
    return code;
}

static void forget_volumes(krx_replica_deploy *d)
{
    krx_oci_volumes_forget(d->call, krx_oci_own(d)->backend, krx_oci_own(d)->generation);
}

/* The workload's lock is held: nobody else works on it, and no name is ever in the way. */
const krx_replica_deeds krx_oci_deeds = {
    .find = krx_oci_look_find,
    .image = krx_oci_look_image,
    .volume_look = krx_oci_look_volume,
    .compare = krx_oci_look_limits,
    .check = krx_oci_look_ports,
    .fetch = fetch,
    .prepare = prepare,
    .volume_make = volume_make,
    .make = make,
    .start = start,
    .stop = stop,
    .unpause = unpause,
    .remove = remove_,
    .update = krx_oci_update_step,
    .fate = fate,
    .record = krx_oci_keep_record,
    .made = made,
    .forget_volumes = forget_volumes,
    .kept_hint = "the old container was kept; to see what the new one says deploy it under another "
                 "name",
};
