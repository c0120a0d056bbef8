/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/deploy/deploy.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/model/image.h"
#include "lib/model/wanted.h"
#include "lib/replicas/announce.h"
#include "modules/docker/containers/status.h"
#include "modules/docker/deploy/change.h"
#include "modules/docker/deploy/volumes.h"
#include "modules/docker/images/image.h"

/* The engine finishes what it was asked to make also for one who is gone, a busy one late. */
#define PATIENCE_NS (60 * KRX_NS_PER_S)
#define RETRY_NS (200 * KRX_NS_PER_MS)
#define RETRY_MAX_NS (2 * KRX_NS_PER_S)

/* ------------------------------------------------------------------------- before anything else */

/* What only a backend can take that works on this machine's own files. */
static int32_t check_files(krx_call *call, const krx_workload *spec)
{
    krx_image_form form;
    if (krx_image_form_read(spec->image, &form) || form.kind != KRX_IMAGE_REFERENCE) {
        krx_fail(call, KRX_E_UNSUPPORTED,
                 "workload '%s': Docker can't run the image '%s' from where it lies", spec->name,
                 spec->image);
        return krx_hint(call, "deploy it to oci, or load it: kranix images import FILE");
    }
    if (spec->network && krx_has_prefix(spec->network, "ns:")) {
        krx_fail(call, KRX_E_UNSUPPORTED,
                 "workload '%s': Docker can't join the network namespace '%s'", spec->name,
                 spec->network + strlen("ns:"));
        return krx_hint(call, "deploy it to oci, or use network bridge, host or none");
    }
    return 0;
}

static int32_t check_spec(krx_call *call, const krx_workload *spec)
{
    int32_t code = check_files(call, spec);
    if (code)
        return code;
    if (krx_cron_active(spec)) {
        krx_fail(call, KRX_E_UNSUPPORTED,
                 "workload '%s' has a cronSchedule, and Docker has no "
                 "scheduler that would run it",
                 spec->name);
        return krx_hint(call, "deploy it to kubernetes, or set cronSchedule.suspended to run it "
                              "continuously");
    }
    return krx_replica_check_ports(call, spec);
}

/* ----------------------------------------------------------------------------------- looking */

static bool wrong_platform(const krx_dk_deploy *d, const krx_dk_image *image)
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

static int32_t look_at_image(krx_dk_deploy *d)
{
    krx_dk_image image;
    const char *reference = d->spec->image;
    int32_t code = krx_dk_image_look(d->call, d->backend, d->arena, reference, &image);
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

static int32_t look_at_volumes(krx_dk_deploy *d)
{
    for (size_t i = 0; d->spec->volumes && d->spec->volumes[i]; i++) {
        const krx_volume *volume = d->spec->volumes[i];
        char *name = krx_replica_volume_name(d->arena, d->namespace_, d->spec->name, volume->name);
        bool exists = false;
        if (!name)
            return krx_dk_no_memory(d->call);
        int32_t code = krx_dk_volume_look(d->call, d->backend, d->spec, name, &exists);
        if (code)
            return code;
        if (!exists && krx_ptrs_add(d->arena, &d->new_volumes, volume) < 0)
            return krx_dk_no_memory(d->call);
    }
    return 0;
}

/* One for each container of the workload; all SAME for a new one. */
static int32_t look_at_limits(krx_dk_deploy *d, int **out)
{
    const krx_replica_group *w = d->found.workload;
    *out = krx_arena_alloc(d->arena, sizeof **out * (w ? w->count + 1 : 1));
    if (!*out)
        return krx_dk_no_memory(d->call);
    for (size_t i = 0; w && i < w->count; i++) {
        krx_auto_json cJSON *json = NULL;
        if (!krx_streq(w->containers[i]->hash, d->hash))
            continue; /* made anew anyway */
        int32_t code = krx_dk_inspect_json(d->call, d->backend, w->containers[i]->id, &json);
        if (code)
            return krx_dk_moved(d, code, w->containers[i]->name);
        (*out)[i] = krx_dk_compare_limits(d->spec, krx_json_object(json, "HostConfig"));
    }
    return 0;
}

/* A foreign container on one of the names is better found before anything was pulled or made. */
static int32_t check_name(krx_dk_deploy *d, const char *name)
{
    krx_side_call scratch;
    krx_auto_json cJSON *json = NULL;
    krx_replica holder;
    krx_side_call_init(&scratch, d->call);
    if (krx_dk_inspect_json(&scratch.call, d->backend, name, &json) ||
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

static int32_t check_names(krx_dk_deploy *d)
{
    int32_t code = 0;
    for (size_t i = 0; d->steps[i] && !code; i++)
        if (d->steps[i]->action == KRX_CHANGE_CREATE)
            code = check_name(d, d->steps[i]->name);
    return code;
}

static int32_t look(krx_dk_deploy *d)
{
    int *limits;
    krx_dk_spec_hash(d->spec, d->hash);
    if (!d->hash[0])
        return krx_dk_no_memory(d->call);
    int32_t code = krx_dk_find(d->call, d->backend, d->namespace_, d->spec->name, &d->found);
    if (!code)
        code = look_at_image(d);
    if (!code)
        code = look_at_volumes(d);
    if (!code)
        code = look_at_limits(d, &limits);
    if (code)
        return code;
    d->steps = krx_replica_plan(d->arena, d->spec, d->hash, d->pull ? NULL : d->image_id,
                                d->found.workload, limits);
    return d->steps ? check_names(d) : krx_dk_no_memory(d->call);
}

/* ------------------------------------------------------------------------------------ preparing */

/* A pulled image may be another one than the containers run: the plan is made again with it. */
static int32_t fetch_image(krx_dk_deploy *d)
{
    krx_dk_image image;
    int *limits;
    int32_t code = krx_dk_image_fetch(d->call, d->backend, d->spec->image, d->pull_platform);
    if (!code)
        code = krx_dk_image_look(d->call, d->backend, d->arena, d->spec->image, &image);
    if (code)
        return code;
    if (!image.present)
        return krx_fail(d->call, KRX_E_NOT_FOUND, "image '%s' is not there after it was pulled",
                        d->spec->image);
    d->image_id = image.id;
    code = look_at_limits(d, &limits);
    if (code)
        return code;
    d->steps = krx_replica_plan(d->arena, d->spec, d->hash, d->image_id, d->found.workload, limits);
    return d->steps ? 0 : krx_dk_no_memory(d->call);
}

static int32_t make_volumes(krx_dk_deploy *d)
{
    int32_t code = 0;
    for (size_t i = 0; i < d->new_volumes.count && !code; i++) {
        const krx_volume *volume = d->new_volumes.items[i];
        char *name = krx_replica_volume_name(d->arena, d->namespace_, d->spec->name, volume->name);
        code = name
                   ? krx_dk_volume_create(d->call, d->backend, d->spec, volume, name, d->generation)
                   : krx_dk_no_memory(d->call);
    }
    return code;
}

/* --------------------------------------------------------------------------------------- the op */

/* What the error is about, and how far the change got. */
static int32_t explain(krx_dk_deploy *d, int32_t code)
{
    if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED || d->kept.count)
        krx_wrap(d->call, "deploying '%s' (%zu of %" PRId64 " replicas were replaced before)",
                 d->spec->name, d->kept.count, d->spec->replicas);
    return code;
}

static int32_t announce(const krx_dk_deploy *d)
{
    return krx_replica_announce(&(krx_replica_news){.call = d->call,
                                                    .arena = d->arena,
                                                    .changes = d->req->changes,
                                                    .spec = d->spec,
                                                    .group = d->found.workload,
                                                    .steps = d->steps,
                                                    .image_id = d->image_id,
                                                    .pull = d->pull,
                                                    .new_volumes = &d->new_volumes});
}

static int32_t attempt(krx_dk_deploy *d)
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
    code = make_volumes(d);
    if (!code)
        code = krx_dk_execute(d);
    if (!code)
        return 0;
    if (code != KRX_E_ABORTED)
        code = explain(d, code);
    krx_dk_take_back(d);
    return code;
}

static int32_t prepare(krx_dk_deploy *d)
{
    d->arena = krx_arena_new();
    if (!d->arena)
        return krx_dk_no_memory(d->call);
    (void)snprintf(d->generation, sizeof d->generation, "%" PRId64, krx_now_unix());
    d->pull_platform = krx_dk_platform(d->arena, d->spec, true);
    return 0;
}

static void release(krx_dk_deploy *d)
{
    krx_dk_found_free(&d->found);
    krx_arena_free(d->arena);
}

static int32_t attempt_fresh(krx_call *call, krx_dk_backend *backend, const krx_deploy_req *req)
{
    krx_dk_deploy d = {.call = call, .backend = backend, .req = req, .spec = req->spec};
    d.namespace_ = krx_blank(req->spec->namespace_) ? "default" : req->spec->namespace_;
    int32_t code = prepare(&d);
    if (!code)
        code = attempt(&d);
    release(&d);
    return code;
}

/* Of uneven length, so that two deploys do not meet again and again. */
static int64_t pause_before(int attempts)
{
    int64_t longest = RETRY_NS * attempts < RETRY_MAX_NS ? RETRY_NS * attempts : RETRY_MAX_NS;
    int64_t chance = (krx_now_monotonic() / 1000 + (int64_t)getpid() * 7919) % 1000;
    return longest / 4 + longest * chance / 1000;
}

int32_t krx_dk_deploy_op(krx_call *call, void *backend, const krx_deploy_req *req, krx_sink *status)
{
    const krx_workload *spec = req->spec;
    int32_t code = check_spec(call, spec);
    krx_deploy_req again = *req;
    int64_t until = krx_now_monotonic() + PATIENCE_NS;
    if (code)
        return code;
    for (int attempts = 1;; attempts++) {
        code = attempt_fresh(call, backend, &again);
        if (code != KRX_E_ABORTED || krx_now_monotonic() > until)
            break;
        again.changes = NULL; /* told already */
        krx_dk_forgive(call);
        if (krx_sleep(call, pause_before(attempts)) < 0)
            return call->error->code;
    }
    if (code == KRX_E_ABORTED)
        return krx_hint(call,
                        "another deploy or destroy of '%s' is running: try again when it "
                        "has ended",
                        spec->name);
    if (code || (req->flags & KRX_DEPLOY_DRY_RUN))
        return code;
    return krx_dk_emit_status(call, backend,
                              krx_blank(spec->namespace_) ? "default" : spec->namespace_,
                              spec->name, true, status);
}
