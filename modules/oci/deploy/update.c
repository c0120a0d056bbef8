/* SPDX-License-Identifier: Apache-2.0 */
/* Changing limits and policies of a container that stays. */
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "lib/base/str.h"
#include "modules/oci/bundle/bundle.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/deploy/change.h"
#include "modules/oci/store/fields.h"
#include "modules/oci/store/lock.h"

/* The limits of the groups that it runs in. */
static int32_t update_running(krx_replica_deploy *d, const krx_oci_container *c)
{
    const krx_oci_making *m = krx_oci_own(d);
    krx_oci_runtime runtime;
    int32_t code = krx_oci_runtime_of(d->call, d->arena, m->backend, c, &runtime);
    if (code)
        return code;
    char *file = krx_oci_path(d->arena, &m->backend->store, "containers", c->id, "update.json");
    char *resources = krx_oci_resources_json(d->arena, m->spec);
    if (!file || !resources)
        return krx_no_memory(d->call);
    const char *options[] = {"--resources", file, NULL};
    krx_oci_command command = {.keeper = m->backend->choice.keeper,
                               .name = "update",
                               .options = options,
                               .id = c->id,
                               .inside = runtime.rootless ? c->conmon.pid : 0};
    code = krx_oci_replace(d->call, file, resources);
    if (!code)
        code = krx_oci_runtime_run(d->call, &runtime, &command, NULL);
    (void)unlink(file);
    return code ? krx_wrap(d->call, "updating container %s", c->name) : 0;
}

static const char *rate_text(krx_arena *arena, int64_t bps)
{
    return krx_arena_printf(arena, "%" PRId64, bps == KRX_UNSET ? 0 : bps);
}

/* Before the rest, so that a failure is tried again; the keeper takes the lock itself. */
static int32_t update_wire(krx_replica_deploy *d, const char *id)
{
    const krx_oci_backend *be = krx_oci_own(d)->backend;
    krx_oci_store store = be->store;
    krx_oci_launch launch;
    krx_oci_container c;
    int64_t egress, ingress;
    krx_oci_rates(d->spec, &egress, &ingress);
    int32_t code = krx_oci_launch_read(d->call, d->arena, &store, id, &launch);
    if (!code)
        code = krx_oci_container_read(d->call, d->arena, &store, id, &c);
    if (code || (launch.egress_bps == egress && launch.ingress_bps == ingress))
        return code;
    int phase = krx_oci_container_phase(&c);
    if (phase != KRX_OCI_RUNNING && phase != KRX_OCI_PAUSED)
        return 0;
    const char *args[] = {krx_oci_path(d->arena, &store, "containers", id, NULL),
                          rate_text(d->arena, egress), rate_text(d->arena, ingress), NULL};
    krx_oci_keeper_job job = {
        .keeper = be->choice.keeper, .verb = "bandwidth", .args = args, .stdin_fd = -1};
    if (!args[0] || !args[1] || !args[2])
        return krx_no_memory(d->call);
    return krx_oci_keeper_run(d->call, d->arena, &job, NULL);
}

/* What it begins with when it is started again. */
static int32_t update_files(krx_replica_deploy *d, krx_oci_container *c)
{
    const krx_oci_making *m = krx_oci_own(d);
    krx_oci_store store = m->backend->store;
    krx_oci_launch launch;
    char *spec_path = krx_oci_path(d->arena, &store, "containers", c->id, "spec.json");
    int32_t code = krx_oci_launch_read(d->call, d->arena, &store, c->id, &launch);
    krx_oci_rates(m->spec, &launch.egress_bps, &launch.ingress_bps);
    if (!code)
        code = krx_oci_launch_write(d->call, &store, c->id, &launch);
    if (!code)
        code = krx_oci_write_bundle(d->call, d->arena, m, c, &launch);
    if (!code)
        code =
            spec_path ? krx_oci_replace(d->call, spec_path, m->spec_json) : krx_no_memory(d->call);
    if (code)
        return code;
    krx_oci_fill_policy(m, c);
    return krx_oci_container_write(d->call, &store, c);
}

int32_t krx_oci_update_step(krx_replica_deploy *d, krx_replica_step *step)
{
    const krx_oci_store *store = &krx_oci_own(d)->backend->store;
    krx_oci_container container;
    int32_t code = update_wire(d, step->old->id);
    if (code)
        return code;
    code = krx_oci_lock_container(d->call, store, step->old->id);
    if (code < 0)
        return code;
    krx_autoclose int lock = code;
    code = krx_oci_container_read(d->call, d->arena, store, step->old->id, &container);
    if (code)
        return code;
    int phase = krx_oci_container_phase(&container);
    bool up = phase == KRX_OCI_RUNNING || phase == KRX_OCI_PAUSED;
    if (up && krx_oci_limits_given(d->spec))
        code = update_running(d, &container);
    if (!code)
        code = update_files(d, &container);
    (void)lock;
    return code;
}
