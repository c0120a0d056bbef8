/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/deploy/deploy.h"

#include <inttypes.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/model/model.h"
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

/* --------------------------------------------------------------------------------------- looking
 */

static int32_t look_at_image(krx_oci_deploy *d)
{
    const krx_workload *spec = d->making.spec;
    int32_t code = krx_oci_image_look(d->call, d->arena, &d->images, spec->image,
                                      krx_oci_platform(d->arena, spec), &d->making.image);
    d->image_here = code == 0;
    if (code && code != KRX_E_NOT_FOUND)
        return code;
    if (code && krx_strcaseeq(spec->pull_policy, "Never")) {
        krx_fail(d->call, KRX_E_NOT_FOUND, "image '%s' is not here, and pullPolicy is Never",
                 spec->image);
        return krx_hint(d->call, "kranix images pull or import it, or use pullPolicy IfNotPresent");
    }
    bool folder = d->image_here && d->making.image.from == KRX_OCI_FROM_FOLDER;
    d->pull = code || (krx_strcaseeq(spec->pull_policy, "Always") && !folder);
    return krx_oci_forgive(d->call);
}

static int32_t look_at_volumes(krx_oci_deploy *d)
{
    const krx_workload *spec = d->making.spec;
    for (size_t i = 0; spec->volumes && spec->volumes[i]; i++) {
        bool exists = false;
        int32_t code =
            krx_oci_volume_look(d->call, d->making.backend, spec, spec->volumes[i], &exists);
        if (code)
            return code;
        if (!exists && krx_ptrs_add(d->arena, &d->new_volumes, spec->volumes[i]) < 0)
            return krx_oci_no_memory(d->call);
    }
    return 0;
}

/* From the spec that a container was made of. One whose spec can't be read is made anew. */
static int32_t compare_with(krx_oci_deploy *d, const char *id, int *out)
{
    krx_specs specs KRX_CLEANUP(krx_specs_free) = {0};
    krx_diags diags KRX_CLEANUP(krx_diags_free) = {0};
    krx_side_call scratch;
    krx_call *call = krx_side_call_init(&scratch, d->call);
    char *text = NULL;
    krx_diags_init(&diags);
    int32_t code = krx_oci_spec_read(call, d->arena, &d->making.backend->store, id, &text);
    *out = KRX_REPLICA_SAME;
    if (!code && krx_streq(text, d->making.spec_json))
        return 0;
    if (!code)
        code = krx_specs_parse(call, "spec", text, strlen(text), KRX_SPEC_NO_FILES, &specs, &diags);
    if (code || specs.count != 1) {
        *out = KRX_REPLICA_ANEW;
        return krx_check(d->call);
    }
    *out = krx_oci_compare(specs.items[0]->workload, d->making.spec);
    return 0;
}

static int32_t can_update(krx_oci_deploy *d, const krx_replica *replica, bool *out)
{
    krx_oci_container c;
    krx_oci_runtime runtime;
    *out = !krx_oci_replica_up(replica) || !krx_oci_limits_given(d->making.spec);
    if (*out)
        return 0;
    int32_t code =
        krx_oci_container_read(d->call, d->arena, &d->making.backend->store, replica->id, &c);
    if (!code)
        code = krx_oci_runtime_of(d->call, d->arena, d->making.backend, &c, &runtime);
    *out = !code && runtime.can & KRX_OCI_CAN_UPDATE;
    return code;
}

/* One for each container of the workload; all SAME for a new one. */
static int32_t look_at_limits(krx_oci_deploy *d, int **out)
{
    const krx_replica_group *g = d->group;
    *out = krx_arena_alloc(d->arena, sizeof **out * (g ? g->count + 1 : 1));
    if (!*out)
        return krx_oci_no_memory(d->call);
    for (size_t i = 0; g && i < g->count; i++) {
        bool updatable = true;
        if (!krx_streq(g->containers[i]->hash, d->making.hash))
            continue; /* made anew anyway */
        int32_t code = compare_with(d, g->containers[i]->id, &(*out)[i]);
        if (!code && (*out)[i] == KRX_REPLICA_IN_PLACE)
            code = can_update(d, g->containers[i], &updatable);
        if (code)
            return code;
        if (!updatable)
            (*out)[i] = KRX_REPLICA_ANEW;
    }
    return 0;
}

/* ----------------------------------------------------------------------------------------- ports
 */

static bool same_port(const krx_oci_port *taken, const krx_port *wanted)
{
    bool anywhere = krx_blank(taken->host_ip) || krx_blank(wanted->host_ip) ||
                    krx_streq(taken->host_ip, "0.0.0.0") || krx_streq(wanted->host_ip, "0.0.0.0");
    return taken->host_port == wanted->host_port &&
           krx_strcaseeq(taken->protocol, krx_blank(wanted->protocol) ? "tcp" : wanted->protocol) &&
           (anywhere || krx_streq(taken->host_ip, wanted->host_ip));
}

static bool is_own(const krx_oci_deploy *d, const krx_oci_container *c)
{
    return krx_streq(c->workload, d->making.spec->name) &&
           krx_streq(krx_blank(c->namespace_) ? "default" : c->namespace_, d->making.namespace_);
}

/* Another workload's port is better found before anything was pulled or made. */
static int32_t check_port(krx_oci_deploy *d, krx_oci_container *const *all, const krx_port *port)
{
    for (; port->host_port > 0 && *all; all++) {
        int phase = krx_oci_container_phase(*all);
        bool up = phase == KRX_OCI_RUNNING || phase == KRX_OCI_PAUSED || phase == KRX_OCI_WAITING;
        for (const krx_oci_port *const *p = (*all)->ports; up && p && *p; p++) {
            if (!same_port(*p, port) || is_own(d, *all))
                continue;
            krx_fail(d->call, KRX_E_FAILED_PRECONDITION,
                     "host port %" PRId64 " is taken by container %s", port->host_port,
                     (*all)->name);
            return krx_hint(d->call, "choose another hostPort, or 0 for any free one");
        }
    }
    return 0;
}

static int32_t check_ports(krx_oci_deploy *d)
{
    krx_oci_container **all;
    const krx_workload *spec = d->making.spec;
    if (!krx_replica_plan_creates(d->steps) || !spec->ports)
        return 0;
    int32_t code = krx_oci_containers_read(d->call, d->arena, &d->making.backend->store, &all);
    for (size_t i = 0; !code && spec->ports[i]; i++)
        code = check_port(d, all, spec->ports[i]);
    return code;
}

/* ------------------------------------------------------------------------------------------ plan
 */

static int32_t make_plan(krx_oci_deploy *d, const char *image_id)
{
    int *limits;
    int32_t code = look_at_limits(d, &limits);
    if (code)
        return code;
    d->steps =
        krx_replica_plan(d->arena, d->making.spec, d->making.hash, image_id, d->group, limits);
    return d->steps ? 0 : krx_oci_no_memory(d->call);
}

static int32_t look(krx_oci_deploy *d)
{
    const krx_workload *spec = d->making.spec;
    int32_t code = krx_oci_group(d->call, d->arena, d->making.backend, d->making.namespace_,
                                 spec->name, &d->group);
    if (!code)
        code = look_at_image(d);
    if (!code)
        code = look_at_volumes(d);
    if (!code)
        code = make_plan(d, d->pull ? NULL : d->making.image.id);
    return code ? code : check_ports(d);
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
    return code ? code : make_plan(d, d->making.image.id);
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
    int32_t code = look(d);
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
