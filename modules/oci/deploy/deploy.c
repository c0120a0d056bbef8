/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/deploy/deploy.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/model/wanted.h"
#include "lib/replicas/announce.h"
#include "lib/replicas/names.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/containers/status.h"
#include "modules/oci/deploy/change.h"
#include "modules/oci/deploy/volumes.h"
#include "modules/oci/store/lock.h"

/* ------------------------------------------------------------------------- before anything else */

static int32_t check_spec(krx_call *call, const krx_workload *spec)
{
    if (krx_cron_active(spec)) {
        krx_fail(call, KRX_E_UNSUPPORTED,
                 "workload '%s' has a cronSchedule, and the oci backend has no scheduler that "
                 "would run it",
                 spec->name);
        return krx_hint(call, "deploy it to kubernetes, or set cronSchedule.suspended to run it "
                              "continuously");
    }
    return krx_replica_check_ports(call, spec);
}

static int32_t announce(const krx_oci_deploy *d)
{
    return krx_replica_announce(&(krx_replica_news){.call = d->call,
                                                    .arena = d->arena,
                                                    .changes = d->req->changes,
                                                    .spec = d->making.spec,
                                                    .group = d->group,
                                                    .steps = d->steps,
                                                    .image_id = d->making.image.id,
                                                    .pull = d->pull,
                                                    .new_volumes = &d->new_volumes});
}

/* ------------------------------------------------------------------------------------- preparing
 */

/* A fetched image may be another one than the containers run: the plan is made again with it. */
static int32_t fetch_image(krx_oci_deploy *d)
{
    const krx_workload *spec = d->making.spec;
    int32_t code = krx_oci_image_fetch(d->call, d->arena, &d->images, spec->image,
                                       krx_oci_platform(d->arena, spec), &d->making.image);
    return code ? code : krx_oci_plan(d, d->making.image.id);
}

/* Layers, and folders of volumes, before the first container. */
static int32_t prepare(krx_oci_deploy *d)
{
    int32_t code = 0;
    bool needed = krx_replica_plan_creates(d->steps);
    if (needed)
        code = krx_oci_image_layers(d->call, d->arena, &d->images, &d->making.image,
                                    &d->making.layers);
    for (size_t i = 0; i < d->new_volumes.count && !code; i++)
        code = krx_oci_volume_make(d->call, d->making.backend, d->making.spec,
                                   d->new_volumes.items[i], d->making.generation);
    return code;
}

/* ---------------------------------------------------------------------------------------- record
 */

static bool anything_changed(const krx_oci_deploy *d)
{
    for (size_t i = 0; d->steps[i]; i++)
        if (d->steps[i]->action != KRX_CHANGE_NONE)
            return true;
    return false;
}

/* What it was goes to the front of the earlier ones. */
static int32_t revise(krx_oci_deploy *d, krx_oci_record *record)
{
    krx_ptrs earlier = {0};
    krx_oci_revision *last = krx_arena_new_of(d->arena, krx_oci_revision);
    if (!last)
        return krx_oci_no_memory(d->call);
    *last = (krx_oci_revision){.number = record->revision,
                               .created_ns = record->revised_ns,
                               .spec_json = record->spec_json};
    bool failed = krx_ptrs_add(d->arena, &earlier, last) < 0;
    for (size_t i = 0; record->earlier && record->earlier[i] && !failed; i++)
        failed = krx_ptrs_add(d->arena, &earlier, record->earlier[i]) < 0;
    record->earlier = (const krx_oci_revision *const *)earlier.items;
    record->revision++;
    record->revised_ns = d->making.generation;
    return failed ? krx_oci_no_memory(d->call) : 0;
}

static int32_t keep_record(krx_oci_deploy *d)
{
    krx_side_call scratch;
    krx_oci_record record;
    const krx_oci_store *store = &d->making.backend->store;
    int32_t code = krx_oci_record_read(krx_side_call_init(&scratch, d->call), d->arena, store,
                                       d->making.base, &record);
    bool same = !code && krx_streq(record.spec_json, d->making.spec_json);
    if (same && !anything_changed(d))
        return 0;
    if (code) { /* none, or one that can't be read */
        record = (krx_oci_record){
            .created_ns = d->making.generation, .revision = 1, .revised_ns = d->making.generation};
        code = 0;
    } else if (!same) {
        code = revise(d, &record);
    }
    record.name = d->making.spec->name;
    record.namespace_ = d->making.namespace_;
    record.spec_json = d->making.spec_json;
    record.hash = d->making.hash;
    record.generation = d->making.generation;
    record.labels = krx_replica_labels(d->arena, d->making.spec);
    if (!code && !record.labels)
        code = krx_oci_no_memory(d->call);
    return code ? code : krx_oci_record_write(d->call, store, d->making.base, &record);
}

/* ---------------------------------------------------------------------------------------- the op
 */

/* What the error is about, and how far the change got. */
static int32_t explain(krx_oci_deploy *d, int32_t code)
{
    const krx_workload *spec = d->making.spec;
    if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED || d->kept.count)
        krx_wrap(d->call, "deploying '%s' (%zu of %" PRId64 " replicas were replaced before)",
                 spec->name, d->kept.count, spec->replicas);
    return code;
}

static int32_t change(krx_oci_deploy *d)
{
    int32_t code = krx_oci_look(d);
    bool dry = d->req->flags & KRX_DEPLOY_DRY_RUN;
    if (!code && !(d->pull && !dry))
        code = announce(d);
    if (code || dry)
        return code;
    if (d->pull) {
        code = fetch_image(d);
        if (!code)
            code = announce(d);
        if (code)
            return code;
    }
    code = prepare(d);
    if (!code)
        code = krx_oci_execute(d);
    if (!code)
        return keep_record(d);
    code = explain(d, code);
    krx_oci_take_back(d);
    return code;
}

/* Of two deploys of one workload the second one waits. A dry run writes nothing, so it needs no
 * lock either. */
static int32_t change_alone(krx_oci_deploy *d)
{
    if (d->req->flags & KRX_DEPLOY_DRY_RUN)
        return change(d);
    int32_t code = krx_oci_lock_workload(d->call, &d->making.backend->store, d->making.base);
    if (code < 0)
        return code;
    krx_autoclose int lock = code;
    /* layers are unpacked before a container names them */
    krx_autoclose int hold = krx_oci_images_hold(d->call, &d->images);
    d->making.generation = krx_now_unix();
    code = hold < 0 ? hold : change(d);
    (void)lock;
    return code;
}

int32_t krx_oci_deploy_op(krx_call *call, void *backend, const krx_deploy_req *req,
                          krx_sink *status)
{
    krx_oci_backend *be = backend;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_deploy d = {.call = call, .arena = arena, .req = req};
    if (!arena)
        return krx_oci_no_memory(call);
    int32_t code = check_spec(call, req->spec);
    if (!code)
        code = krx_oci_backend_ready(call, be, NULL);
    if (!code)
        code = krx_oci_making_init(call, arena, be, req->spec, req->spec_json, krx_now_unix(),
                                   &d.making);
    if (code)
        return code;
    krx_oci_images_of(be, &d.images);
    code = change_alone(&d);
    if (code || req->flags & KRX_DEPLOY_DRY_RUN || !status)
        return code;
    return krx_oci_emit_status(call, be, d.making.namespace_, req->spec->name, true, status);
}
