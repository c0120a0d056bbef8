/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of what a program asks for, before any module sees it. */
#include <stdio.h>

#include "core/ops.h"
#include "lib/base/cleanup.h"
#include "lib/base/str.h"

enum { REF_NONE = 0, REF_ONE, REF_WORKLOAD, REF_MAY };

/* One demand on a request: the pointer at `offset` must be set. */
typedef struct need {
    uint32_t op;
    size_t offset;
    const char *what;
} need;

#define NEED(op_, req, member, what_)                                                              \
    {                                                                                              \
        KRX_OP_##op_, offsetof(req, member), what_                                                 \
    }
static const need needs[] = {
    NEED(driver_deploy, krx_deploy_req, spec, "a spec"),
    NEED(driver_deploy, krx_deploy_req, spec_json, "the spec as JSON"),
    NEED(node_cordon, krx_node_req, node, "a node"),
    NEED(node_uncordon, krx_node_req, node, "a node"),
    NEED(node_drain_node, krx_drain_req, node, "a node"),
    NEED(extended_provision_volumes, krx_volumes_req, spec, "a spec"),
    NEED(container_exec, krx_exec_req, argv, "a command"),
    NEED(image_pull, krx_image_req, image, "an image"),
    NEED(image_tag, krx_image_req, image, "an image"),
    NEED(image_tag, krx_image_req, target, "a new name"),
    NEED(image_push, krx_image_req, image, "an image"),
    NEED(image_remove, krx_image_req, image, "an image"),
    NEED(image_inspect, krx_image_req, image, "an image"),
    NEED(image_import, krx_image_req, file, "a file"),
};

typedef struct ref_rule {
    uint32_t op;
    int rule;
    size_t offset;
} ref_rule;

#define REF(op_, req, rule_)                                                                       \
    {                                                                                              \
        KRX_OP_##op_, rule_, offsetof(req, ref)                                                    \
    }
static const ref_rule ref_rules[] = {
    REF(driver_destroy, krx_destroy_req, REF_ONE),
    REF(driver_restart, krx_restart_req, REF_ONE),
    REF(driver_get_status, krx_status_req, REF_WORKLOAD),
    REF(driver_stream_logs, krx_logs_req, REF_ONE),
    REF(extended_checkpoint, krx_checkpoint_req, REF_ONE),
    REF(extended_restore, krx_checkpoint_req, REF_MAY),
    REF(extended_list_checkpoints, krx_checkpoint_req, REF_MAY),
    REF(extended_cleanup_volumes, krx_volumes_req, REF_ONE),
    REF(extended_set_bandwidth, krx_bandwidth_req, REF_ONE),
    REF(container_start, krx_container_req, REF_ONE),
    REF(container_stop, krx_container_req, REF_ONE),
    REF(container_pause, krx_container_req, REF_ONE),
    REF(container_unpause, krx_container_req, REF_ONE),
    REF(container_kill, krx_container_req, REF_ONE),
    REF(container_exec, krx_exec_req, REF_ONE),
    REF(container_attach, krx_exec_req, REF_ONE),
    REF(container_inspect, krx_container_req, REF_ONE),
    REF(container_export_manifest, krx_manifest_req, REF_MAY),
    REF(container_forward, krx_forward_req, REF_ONE),
    REF(extended_list_revisions, krx_revision_req, REF_WORKLOAD),
    REF(extended_rollback, krx_revision_req, REF_WORKLOAD),
    REF(extended_list_volumes, krx_volumes_req, REF_MAY),
};

static const ref_rule *find_ref(uint32_t op)
{
    for (size_t i = 0; i < KRX_COUNT(ref_rules); i++)
        if (ref_rules[i].op == op)
            return &ref_rules[i];
    return NULL;
}

static const krx_ref *ref_of(const ref_rule *rule, const void *req)
{
    return (const krx_ref *)(const void *)((const char *)req + rule->offset);
}

static int32_t check_ref(krx_call *call, const char *op, const krx_ref *ref, int rule)
{
    int named = !krx_blank(ref->workload) + !krx_blank(ref->instance);
    if (rule == REF_MAY && named == 0)
        return 0;
    if (ref->struct_size < sizeof *ref)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s: the reference has no struct_size", op);
    if (rule == REF_WORKLOAD && krx_blank(ref->workload))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s needs the name of a workload", op);
    if (named != 1)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                        "%s needs either a workload or an instance, and got %s", op,
                        named ? "both" : "none");
    if (!ref->namespace_)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s: the reference has no namespace", op);
    if (ref->replica < 0)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s: replica %lld is below 0", op,
                        (long long)ref->replica);
    return 0;
}

static int32_t check_selector(krx_call *call, const char *op, const krx_list_req *req)
{
    for (size_t i = 0; req->selector && req->selector[i]; i++)
        if (krx_blank(req->selector[i]->key) || !req->selector[i]->value)
            return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s: a selector has no key or value", op);
    return 0;
}

static int32_t check_special(krx_call *call, uint32_t op, const char *name, const void *req)
{
    if (op == KRX_OP_container_exec && !((const krx_exec_req *)req)->argv[0])
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s needs a command", name);
    if (op == KRX_OP_driver_list_workloads || op == KRX_OP_container_list)
        return check_selector(call, name, req);
    if (op == KRX_OP_container_stats) {
        const krx_ref *const *refs = ((const krx_stats_req *)req)->refs;
        int32_t code = 0;
        for (size_t i = 0; refs && refs[i] && code == 0; i++)
            code = check_ref(call, name, refs[i], REF_ONE);
        return code;
    }
    if (op == KRX_OP_container_export_manifest) {
        const krx_manifest_req *r = req;
        if (!r->spec && krx_blank(r->ref.workload) && krx_blank(r->ref.instance))
            return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s needs a workload or a spec", name);
    }
    if (op == KRX_OP_extended_restore) {
        const krx_checkpoint_req *r = req;
        if (krx_blank(r->ref.workload) && krx_blank(r->ref.instance) && !r->id && !r->file)
            return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                            "%s needs a workload, the id of a checkpoint or a file", name);
    }
    return 0;
}

int32_t krx_request_check(krx_call *call, uint32_t op, const void *req)
{
    const krx_op *info = krx_op_get(op);
    uint32_t size = 0;
    if (!info)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "op number %u does not exist", op);
    if (req)
        memcpy(&size, req, sizeof size);
    if (size < info->req_size)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                        "%s: the request has %u bytes where %zu are needed", info->name, size,
                        info->req_size);
    for (size_t i = 0; i < KRX_COUNT(needs); i++) {
        const void *value = NULL;
        if (needs[i].op != op)
            continue;
        memcpy(&value, (const char *)req + needs[i].offset, sizeof value);
        if (!value)
            return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s needs %s", info->name, needs[i].what);
    }
    const ref_rule *rule = find_ref(op);
    int32_t code = rule ? check_ref(call, info->name, ref_of(rule, req), rule->rule) : 0;
    return code ? code : check_special(call, op, info->name, req);
}

void krx_request_subject(uint32_t op, const void *req, char *out, size_t size)
{
    const ref_rule *rule = find_ref(op);
    const krx_ref *ref = rule ? ref_of(rule, req) : NULL;
    const char *name = NULL, *kind = "";
    out[0] = '\0';
    if (op == KRX_OP_driver_deploy) {
        const krx_workload *spec = ((const krx_deploy_req *)req)->spec;
        (void)snprintf(out, size, "workload %s/%s", spec->namespace_ ? spec->namespace_ : "default",
                       spec->name ? spec->name : "?");
    } else if (ref && !krx_blank(ref->workload)) {
        (void)snprintf(out, size, "workload %s/%s", ref->namespace_, ref->workload);
    } else if (ref && !krx_blank(ref->instance)) {
        kind = "instance", name = ref->instance;
    } else if (op == KRX_OP_node_drain_node) {
        kind = "node", name = ((const krx_drain_req *)req)->node;
    } else if (op == KRX_OP_node_cordon || op == KRX_OP_node_uncordon) {
        kind = "node", name = ((const krx_node_req *)req)->node;
    } else if (op >= KRX_OP_image_list && op <= KRX_OP_image_inspect) {
        kind = "image", name = ((const krx_image_req *)req)->image;
    }
    if (!krx_blank(name))
        (void)snprintf(out, size, "%s %s", kind, name);
}
