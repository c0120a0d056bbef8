/* SPDX-License-Identifier: Apache-2.0 */
/* Built before there was an image table, and with fewer node ops. What lies behind is not ours. */
#include "tests/badmods/minimal.h"

static int32_t list_backend_health(krx_call *call, void *backend, const krx_node_req *req,
                                   krx_sink *out)
{
    (void)backend;
    (void)req;
    (void)out;
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "list_backend_health");
}

static const krx_node_ops node = {
    .struct_size = offsetof(krx_node_ops, list_node_health),
    .list_backend_health = list_backend_health,
    .list_node_health = list_backend_health,
};

MIN_GOOD_NOTE;
MIN_DESCRIPTOR(.struct_size = offsetof(krx_module, image), .node = &node,
               .image = (const krx_image_ops *)0x10)
