/* SPDX-License-Identifier: Apache-2.0 */
/* Making one container of a workload. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/model/wanted.h"
#include "lib/replicas/names.h"
#include "modules/oci/bundle/bundle.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/deploy/change.h"
#include "modules/oci/deploy/deploy.h"
#include "modules/oci/deploy/volumes.h"
#include "modules/oci/net/net.h"
#include "modules/oci/runtime/table.h"
#include "modules/oci/store/events.h"
#include "modules/oci/store/fields.h"

/* ------------------------------------------------------------------------------------- beforehand
 */

int32_t krx_oci_making_init(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                            const krx_workload *spec, const char *spec_json, int64_t generation,
                            krx_oci_making *out)
{
    *out =
        (krx_oci_making){.backend = backend,
                         .spec = spec,
                         .spec_json = spec_json,
                         .namespace_ = krx_blank(spec->namespace_) ? "default" : spec->namespace_,
                         .base = krx_replica_base_name(arena, spec->namespace_, spec->name),
                         .network = krx_blank(spec->network) ? backend->network : spec->network,
                         .generation = generation};
    krx_oci_spec_hash(spec, out->hash);
    if (!out->base || !out->hash[0])
        return krx_no_memory(call);
    int32_t code = krx_oci_runtime_named(call, arena, backend, spec->runtime, &out->runtime);
    if (code)
        return code;
    out->conmon = krx_oci_find_program(arena, backend->conmon_path);
    if (out->conmon)
        return 0;
    krx_fail(call, KRX_E_UNAVAILABLE, "the program %s, which supervises containers, is not there",
             backend->conmon_path);
    return krx_hint(call, "install conmon, or say where it is with the setting conmon_path");
}

/* ------------------------------------------------------------------------------- what is written
 */

static const char *generation_text(krx_arena *arena, int64_t generation)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    char text[16], *c = text + sizeof text - 1;
    *c = '\0';
    for (uint64_t rest = (uint64_t)generation; rest || !*c; rest /= 36)
        *--c = digits[rest % 36];
    return krx_arena_strdup(arena, c);
}

void krx_oci_fill_policy(const krx_oci_making *making, krx_oci_container *container)
{
    const krx_workload *spec = making->spec;
    int64_t retries = krx_replica_restart_retries(spec);
    int asked = krx_blank(spec->stop_signal) ? 0 : krx_oci_signal_number(spec->stop_signal);
    if (!asked && !krx_blank(making->image.stop_signal))
        asked = krx_oci_signal_number(making->image.stop_signal);
    container->restart_policy = krx_replica_restart_policy(spec);
    container->restart_retries = retries ? retries : KRX_UNSET;
    container->stop_signal = asked ? asked : SIGTERM;
    container->stop_grace_ns = spec->stop_grace_period_ns == KRX_UNSET
                                   ? making->backend->stop_grace_ns
                                   : spec->stop_grace_period_ns;
}

static int32_t fill_container(krx_call *call, krx_arena *arena, const krx_oci_making *m,
                              int64_t replica, krx_oci_container *out)
{
    *out =
        (krx_oci_container){.id = krx_arena_printf(arena, "%s-%lld-%s", m->base, (long long)replica,
                                                   generation_text(arena, m->generation)),
                            .name = krx_replica_name(arena, m->namespace_, m->spec->name, replica),
                            .workload = m->spec->name,
                            .namespace_ = m->namespace_,
                            .image = m->spec->image,
                            .image_id = m->image.id,
                            .hash = m->hash,
                            .runtime = m->runtime.name,
                            .network = m->network,
                            .replica = replica,
                            .generation = m->generation,
                            .created_ns = krx_now_unix(),
                            .labels = krx_replica_labels(arena, m->spec),
                            .phase = KRX_OCI_CREATED,
                            .started_ns = KRX_UNSET,
                            .finished_ns = KRX_UNSET,
                            .exit_code = KRX_UNSET};
    krx_oci_fill_policy(m, out);
    return out->id && out->name && out->labels && !krx_arena_failed(arena) ? 0
                                                                           : krx_no_memory(call);
}

/* Those that are published. */
static const krx_oci_port *const *published(krx_arena *arena, const krx_workload *spec)
{
    krx_ptrs list = {0};
    for (const krx_port *const *p = spec->ports; p && *p; p++) {
        if ((*p)->host_port == KRX_UNSET)
            continue;
        krx_oci_port *port = krx_arena_new_of(arena, krx_oci_port);
        if (!port || krx_ptrs_add(arena, &list, port) < 0)
            return NULL;
        *port = (krx_oci_port){.host_port = (*p)->host_port,
                               .container_port = (*p)->container_port,
                               .protocol = krx_blank((*p)->protocol) ? "tcp" : (*p)->protocol,
                               .host_ip = krx_blank((*p)->host_ip) ? NULL : (*p)->host_ip};
    }
    return (const krx_oci_port *const *)krx_ptrs_end(arena, &list);
}

/* The folder of criu, which the runtime looks for in PATH. */
static const char *const *search_path(krx_arena *arena, const krx_oci_runtime *runtime)
{
    krx_ptrs list = {0};
    const char *slash = runtime->criu ? strrchr(runtime->criu, '/') : NULL;
    if (!slash)
        return NULL;
    char *folder = krx_arena_strndup(arena, runtime->criu, (size_t)(slash - runtime->criu));
    return folder && krx_ptrs_add(arena, &list, folder) == 0 ? (const char *const *)list.items
                                                             : NULL;
}

#define HOSTNAME_MAX 63

static const char *hostname_of(krx_arena *arena, const krx_oci_making *m,
                               const krx_oci_container *container)
{
    if (!krx_blank(m->spec->hostname))
        return m->spec->hostname;
    size_t length = strlen(container->name);
    return length <= HOSTNAME_MAX
               ? container->name
               : krx_arena_strdup(arena, container->name + length - HOSTNAME_MAX);
}

static bool raw_sockets(const krx_workload *spec)
{
    const char *const *drop = spec->capabilities ? spec->capabilities->drop : NULL;
    for (; drop && *drop; drop++)
        if (krx_streq(*drop, "NET_RAW") || krx_streq(*drop, "ALL"))
            return false;
    return true;
}

/* "NAME:/place" */
static const char *const *volume_places(krx_arena *arena, const krx_oci_making *m)
{
    krx_ptrs list = {0};
    for (const krx_volume *const *v = m->spec->volumes; v && *v; v++) {
        char *name = krx_replica_volume_name(arena, m->namespace_, m->spec->name, (*v)->name);
        const char *place = krx_volume_path(arena, *v);
        (void)krx_ptrs_add(arena, &list, krx_arena_printf(arena, "%s:%s", name, place));
    }
    return (const char *const *)list.items;
}

int32_t krx_oci_fill_launch(krx_call *call, krx_arena *arena, const krx_oci_making *making,
                            const krx_oci_container *container, krx_oci_launch *out)
{
    const krx_workload *spec = making->spec;
    const krx_oci_backend *be = making->backend;
    bool gpu = spec->resources && spec->resources->gpu;
    *out = (krx_oci_launch){.runtime = making->runtime.name,
                            .runtime_path = making->runtime.path,
                            .runtime_args = krx_oci_runtime_args(
                                arena, &making->runtime, making->network, gpu, raw_sockets(spec)),
                            .conmon_path = making->conmon,
                            .layers = making->layers,
                            .rootfs = making->image.rootfs,
                            .search_path = search_path(arena, &making->runtime),
                            .volumes = volume_places(arena, making),
                            .storage = be->storage,
                            .shed = making->runtime.shed,
                            .rootless = be->rootless,
                            .stdin_open = spec->stdin_open == 1,
                            .terminal = spec->tty == 1,
                            .log_size_max = be->log_size_max,
                            .network = making->network,
                            .subnet = be->subnet,
                            .cni_path = be->cni_path,
                            .hostname = hostname_of(arena, making, container),
                            .extra_hosts = spec->extra_hosts,
                            .ports = published(arena, spec)};
    krx_oci_rates(spec, &out->egress_bps, &out->ingress_bps);
    return out->runtime_args && out->ports && !krx_arena_failed(arena) ? 0 : krx_no_memory(call);
}

static const krx_oci_bind *const *volume_binds(krx_arena *arena, const krx_oci_making *m)
{
    krx_ptrs list = {0};
    for (const krx_volume *const *v = m->spec->volumes; v && *v; v++) {
        char *name = krx_replica_volume_name(arena, m->namespace_, m->spec->name, (*v)->name);
        krx_oci_bind *bind = krx_arena_new_of(arena, krx_oci_bind);
        if (!name || !bind || krx_ptrs_add(arena, &list, bind) < 0)
            return NULL;
        *bind = (krx_oci_bind){.source =
                                   krx_oci_path(arena, &m->backend->store, "volumes", name, "data"),
                               .target = krx_volume_path(arena, *v),
                               .read_only = krx_strcaseeq((*v)->access_mode, "ReadOnlyMany")};
    }
    return (const krx_oci_bind *const *)krx_ptrs_end(arena, &list);
}

int32_t krx_oci_write_bundle(krx_call *call, krx_arena *arena, const krx_oci_making *making,
                             const krx_oci_container *container, const krx_oci_launch *launch)
{
    const krx_oci_store *store = &making->backend->store;
    krx_oci_bundle bundle = {
        .spec = making->spec,
        .image = &making->image,
        .runtime = &making->runtime,
        .container = container,
        .launch = launch,
        .run_root = store->run_root,
        .folder = krx_oci_path(arena, store, "containers", container->id, NULL),
        .rootfs = making->image.rootfs,
        .netns = krx_oci_netns_path(arena, store, container->id, making->network),
        .cgroup =
            krx_oci_cgroup_usable()
                ? krx_arena_printf(arena, "%s/%s", making->backend->cgroup_parent, container->id)
                : NULL,
        .volumes = volume_binds(arena, making)};
    if (!bundle.volumes || krx_arena_failed(arena))
        return krx_no_memory(call);
    return krx_oci_bundle_write(call, &bundle);
}

/* ------------------------------------------------------------------------------------------ make
 */

static int32_t make_folders(krx_call *call, const krx_oci_store *store, const krx_oci_container *c)
{
    /* what becomes `/` of the container is looked into by all of its users */
    static const struct {
        const char *name;
        mode_t mode;
    } folders[] = {{"", 0700},      {"/bundle", 0700}, {"/bundle/rootfs", 0755}, {"/upper", 0755},
                   {"/work", 0755}, {"/exit", 0700},   {"/persist", 0700}};
    for (size_t i = 0; i < KRX_COUNT(folders); i++) {
        krx_autofree char *path =
            krx_format("%s/containers/%s%s", store->root, c->id, folders[i].name);
        if (!path)
            return krx_no_memory(call);
        if (mkdir(path, folders[i].mode) == 0 && chmod(path, folders[i].mode) == 0)
            continue;
        return krx_fail(call, errno == EEXIST ? KRX_E_ALREADY_EXISTS : KRX_E_PERMISSION_DENIED,
                        "creating folder %s of container %s: %s", path, c->name, strerror(errno));
    }
    return 0;
}

static int32_t write_files(krx_call *call, krx_arena *arena, const krx_oci_making *m,
                           const krx_oci_container *c)
{
    const krx_oci_store *store = &m->backend->store;
    krx_oci_launch launch;
    char *spec_path = krx_oci_path(arena, store, "containers", c->id, "spec.json");
    int32_t code = krx_oci_fill_launch(call, arena, m, c, &launch);
    if (!code)
        code = make_folders(call, store, c);
    if (!code)
        code = spec_path ? krx_oci_replace(call, spec_path, m->spec_json) : krx_no_memory(call);
    if (!code)
        code = krx_oci_launch_write(call, store, c->id, &launch);
    if (!code)
        code = krx_oci_write_bundle(call, arena, m, c, &launch);
    /* the last one: from now on it is listed */
    return code ? code : krx_oci_container_write(call, store, c);
}

int32_t krx_oci_make(krx_call *call, krx_arena *arena, const krx_oci_making *making,
                     int64_t replica, const char **id)
{
    krx_oci_container container;
    int32_t code = fill_container(call, arena, making, replica, &container);
    if (code)
        return code;
    code = write_files(call, arena, making, &container);
    if (code) {
        krx_side_call undo;
        if (code != KRX_E_ALREADY_EXISTS)
            (void)krx_oci_remove(krx_undo_call(&undo, call), making->backend, container.id);
        return code;
    }
    krx_oci_event_note(call, &making->backend->store, &container, "create", KRX_UNSET, NULL);
    *id = container.id;
    return 0;
}

int32_t krx_oci_make_container(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                               const krx_workload *spec, const char *spec_json, int64_t replica,
                               int64_t generation, const char **id)
{
    krx_oci_making making;
    krx_oci_images images;
    int32_t code = krx_oci_making_init(call, arena, backend, spec, spec_json, generation, &making);
    if (code)
        return code;
    krx_oci_images_of(backend, &images);
    /* layers are unpacked before the container names them */
    krx_autoclose int hold = krx_oci_images_hold(call, &images);
    if (hold < 0)
        return hold;
    const char *platform = krx_oci_platform(arena, spec);
    code = krx_oci_image_look(call, arena, &images, spec->image, platform, &making.image);
    if (code == KRX_E_NOT_FOUND && !krx_strcaseeq(spec->pull_policy, "Never")) {
        krx_forgive(call);
        code = krx_oci_image_fetch(call, arena, &images, spec->image, platform, &making.image);
    }
    if (!code)
        code = krx_oci_image_layers(call, arena, &images, &making.image, &making.layers);
    for (size_t i = 0; !code && spec->volumes && spec->volumes[i]; i++)
        code = krx_oci_volume_make(call, backend, spec, spec->volumes[i], generation);
    return code ? code : krx_oci_make(call, arena, &making, replica, id);
}
