/* SPDX-License-Identifier: Apache-2.0 */
/* The request of each op, built in guarded memory from what a test asks. */
#include <string.h>

#include "programs/conformance/kit.h"

typedef struct maker {
    krx_kit *kit;
    krx_box *box;
    const krx_kit_ask *ask;
    krx_sink *second;
} maker;

static krx_ref ref_of(const maker *m)
{
    const krx_kit_ask *a = m->ask;
    krx_ref ref = {.struct_size = sizeof ref, .replica = a->replica};
    ref.namespace_ =
        krx_box_str(m->box, a->namespace_ ? a->namespace_ : m->kit->options->namespace_);
    ref.instance = krx_box_str(m->box, a->instance);
    ref.workload = a->instance ? NULL : krx_box_str(m->box, a->workload ? a->workload : "");
    return ref;
}

static const krx_ref *boxed_ref(const maker *m)
{
    krx_ref *ref = krx_box_take(m->box, sizeof *ref);
    if (ref)
        *ref = ref_of(m);
    return ref;
}

static int64_t or_unset(int64_t value)
{
    return value ? value : KRX_UNSET;
}

static int32_t fd_or_none(int fd)
{
    return fd > 0 ? fd : -1;
}

#define MAKER(type) static const void *make_##type(const maker *m)
#define MAKE(type, ...)                                                                            \
    do {                                                                                           \
        type *req_ = krx_box_take(m->box, sizeof *req_);                                           \
        if (req_)                                                                                  \
            *req_ = (type){.struct_size = sizeof *req_, __VA_ARGS__};                              \
        return req_;                                                                               \
    } while (0)

MAKER(krx_deploy_req)
{
    krx_auto_str krx_str json = {0};
    krx_workload_json(m->ask->spec, 0, &json);
    MAKE(krx_deploy_req, .flags = m->ask->flags,
         .spec = krx_box_object(m->box, krx_schema_workload(), m->ask->spec),
         .spec_json = krx_box_str(m->box, krx_str_get(&json)), .changes = m->second);
}

MAKER(krx_destroy_req)
{
    MAKE(krx_destroy_req, .remove_volumes = m->ask->remove_volumes, .ref = ref_of(m),
         .grace_ns = or_unset(m->ask->grace));
}

MAKER(krx_restart_req)
{
    MAKE(krx_restart_req, .ref = ref_of(m), .grace_ns = or_unset(m->ask->grace));
}

MAKER(krx_status_req)
{
    MAKE(krx_status_req, .with_instances = m->ask->with_instances, .ref = ref_of(m));
}

MAKER(krx_list_req)
{
    const krx_kit_ask *a = m->ask;
    const char *space = a->namespace_ ? a->namespace_ : m->kit->options->namespace_;
    MAKE(krx_list_req, .with_instances = a->with_instances, .unmanaged = a->unmanaged,
         .all = a->all, .namespace_ = a->any_namespace ? NULL : krx_box_str(m->box, space),
         .selector = krx_box_kvs(m->box, a->selector));
}

MAKER(krx_logs_req)
{
    const krx_kit_ask *a = m->ask;
    MAKE(krx_logs_req, .follow = a->follow, .timestamps = a->timestamps, .streams = a->streams,
         .previous = a->previous, .ref = ref_of(m), .tail = or_unset(a->tail),
         .since_ns = or_unset(a->since));
}

MAKER(krx_ping_req)
{
    MAKE(krx_ping_req, .reserved_ = 0);
}

MAKER(krx_backend_req)
{
    MAKE(krx_backend_req, .capabilities = m->second);
}

MAKER(krx_node_req)
{
    MAKE(krx_node_req, .node = krx_box_str(m->box, m->ask->node));
}

MAKER(krx_drain_req)
{
    MAKE(krx_drain_req, .ignore_daemonsets = 1, .delete_empty_dir = m->ask->force,
         .force = m->ask->force, .node = krx_box_str(m->box, m->ask->node),
         .reason = krx_box_str(m->box, "conformance kit"), .grace_ns = or_unset(m->ask->grace));
}

MAKER(krx_checkpoint_req)
{
    MAKE(krx_checkpoint_req, .flags = m->ask->flags, .ref = ref_of(m),
         .id = krx_box_str(m->box, m->ask->id), .file = krx_box_str(m->box, m->ask->file));
}

MAKER(krx_volumes_req)
{
    MAKE(krx_volumes_req, .ref = ref_of(m),
         .spec = krx_box_object(m->box, krx_schema_workload(), m->ask->spec));
}

MAKER(krx_bandwidth_req)
{
    MAKE(krx_bandwidth_req, .ref = ref_of(m), .egress_bps = or_unset(m->ask->egress),
         .ingress_bps = KRX_UNSET);
}

MAKER(krx_revision_req)
{
    MAKE(krx_revision_req, .ref = ref_of(m), .revision = or_unset(m->ask->revision));
}

MAKER(krx_setup_req)
{
    MAKE(krx_setup_req, .flags = m->ask->flags);
}

MAKER(krx_manifest_req)
{
    krx_auto_str krx_str json = {0};
    if (m->ask->spec)
        krx_workload_json(m->ask->spec, 0, &json);
    MAKE(krx_manifest_req, .ref = ref_of(m),
         .spec = krx_box_object(m->box, krx_schema_workload(), m->ask->spec),
         .spec_json = m->ask->spec ? krx_box_str(m->box, krx_str_get(&json)) : NULL);
}

MAKER(krx_forward_req)
{
    MAKE(krx_forward_req, .fd = fd_or_none(m->ask->fds[0]), .ref = ref_of(m), .port = m->ask->port);
}

MAKER(krx_container_req)
{
    MAKE(krx_container_req, .ref = ref_of(m), .grace_ns = or_unset(m->ask->grace),
         .signal = krx_box_str(m->box, m->ask->signal));
}

MAKER(krx_exec_req)
{
    const krx_kit_ask *a = m->ask;
    MAKE(krx_exec_req, .ref = ref_of(m), .argv = krx_box_strs(m->box, a->argv),
         .env = krx_box_kvs(m->box, a->env), .tty = a->tty,
         .working_dir = krx_box_str(m->box, a->working_dir), .stdin_fd = fd_or_none(a->fds[0]),
         .stdout_fd = fd_or_none(a->fds[1]), .stderr_fd = fd_or_none(a->fds[2]), .resize_fd = -1);
}

MAKER(krx_stats_req)
{
    const krx_ref **refs = krx_box_take(m->box, 2 * sizeof *refs);
    if (!refs)
        return NULL;
    refs[0] = m->ask->workload || m->ask->instance ? boxed_ref(m) : NULL;
    refs[1] = NULL;
    MAKE(krx_stats_req, .stream = m->ask->follow, .refs = refs,
         .namespace_ = krx_box_str(m->box, m->ask->namespace_));
}

MAKER(krx_events_req)
{
    const krx_kit_ask *a = m->ask;
    MAKE(krx_events_req, .follow = a->follow,
         .namespace_ = krx_box_str(m->box, m->kit->options->namespace_),
         .since_ns = or_unset(a->since), .until_ns = or_unset(a->until));
}

MAKER(krx_image_req)
{
    const krx_kit_ask *a = m->ask;
    MAKE(krx_image_req, .force = a->force, .image = krx_box_str(m->box, a->image),
         .target = krx_box_str(m->box, a->target), .file = krx_box_str(m->box, a->file),
         .all = a->all);
}

const void *krx_kit_request(krx_kit *kit, krx_box *box, int op, const krx_kit_ask *ask,
                            krx_sink *second)
{
    maker m = {kit, box, ask, second};
    switch (op) {
#define CASE_(group, name, type, kind, flags)                                                      \
    case KRX_OP_##group##_##name:                                                                  \
        return make_##type(&m);
        KRX_KIT_OPS(CASE_)
    default:
        return NULL;
    }
}
