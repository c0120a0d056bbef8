/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ops.h"

#define OP_THUNK(group_, op_, req_, item_)                                                         \
    static bool has_##group_##_##op_(const krx_module *module)                                     \
    {                                                                                              \
        return module->group_ && module->group_->op_;                                              \
    }                                                                                              \
    static int32_t run_##group_##_##op_(const krx_module *module, krx_call *call, void *handle,    \
                                        const void *req, krx_sink *out)                            \
    {                                                                                              \
        return module->group_->op_(call, handle, (const req_ *)req, out);                          \
    }
KRX_OP_TABLE(OP_THUNK)

#define OP_ROW(group_, op_, req_, item_)                                                           \
    [KRX_OP_##group_##_##op_] = {.name = #group_ "." #op_,                                         \
                                 .group = #group_,                                                 \
                                 .verb = #op_,                                                     \
                                 .item = KRX_ITEM_##item_,                                         \
                                 .req_size = sizeof(req_),                                         \
                                 .has = has_##group_##_##op_,                                      \
                                 .run = run_##group_##_##op_},
static const krx_op ops[KRX_OP_COUNT_] = {KRX_OP_TABLE(OP_ROW)};

/*
 * Every slot of every table is in KRX_OP_TABLE: the slots counted by group, and a row exists only
 * where the struct has a member of that name.
 */
typedef void (*slot)(void);
#define SLOTS(type) ((sizeof(type) - 2 * sizeof(uint32_t)) / sizeof(slot))

enum { GROUP_driver, GROUP_node, GROUP_extended, GROUP_container, GROUP_image };
#define COUNT_IN(group_, wanted) +(GROUP_##group_ == (wanted))
#define COUNT_DRIVER(g, o, r, i) COUNT_IN(g, GROUP_driver)
#define COUNT_NODE(g, o, r, i) COUNT_IN(g, GROUP_node)
#define COUNT_EXTENDED(g, o, r, i) COUNT_IN(g, GROUP_extended)
#define COUNT_CONTAINER(g, o, r, i) COUNT_IN(g, GROUP_container)
#define COUNT_IMAGE(g, o, r, i) COUNT_IN(g, GROUP_image)
_Static_assert((0 KRX_OP_TABLE(COUNT_DRIVER)) == SLOTS(krx_driver_ops), "a driver op has no row");
_Static_assert((0 KRX_OP_TABLE(COUNT_NODE)) == SLOTS(krx_node_ops), "a node op has no row");
_Static_assert((0 KRX_OP_TABLE(COUNT_EXTENDED)) == SLOTS(krx_extended_ops),
               "an extended op has no row");
_Static_assert((0 KRX_OP_TABLE(COUNT_CONTAINER)) == SLOTS(krx_container_ops),
               "a container op has no row");
_Static_assert((0 KRX_OP_TABLE(COUNT_IMAGE)) == SLOTS(krx_image_ops), "an image op has no row");

const krx_op *krx_op_get(uint32_t op)
{
    return op < KRX_OP_COUNT_ ? &ops[op] : NULL;
}

const char *krx_op_name(uint32_t op)
{
    return op < KRX_OP_COUNT_ ? ops[op].name : "unknown";
}

bool krx_op_streams(uint32_t op, const void *req)
{
    switch (op) {
    case KRX_OP_driver_stream_logs:
    case KRX_OP_driver_deploy: /* pulls */
    case KRX_OP_node_drain_node:
    case KRX_OP_container_exec:
    case KRX_OP_container_attach:
    case KRX_OP_container_events:
    case KRX_OP_image_pull:
    case KRX_OP_image_push:
    case KRX_OP_image_import:
        return true;
    case KRX_OP_container_stats:
        return ((const krx_stats_req *)req)->stream != 0;
    default:
        return false;
    }
}
