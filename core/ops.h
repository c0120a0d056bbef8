/* SPDX-License-Identifier: Apache-2.0 */
/* What the host knows about every op: its name, what it takes and emits, and how to call it. */
#ifndef KRX_CORE_OPS_H
#define KRX_CORE_OPS_H

#include <stdbool.h>

#include "core/kranix.h"

typedef struct krx_op {
    const char *name;  /* "driver.deploy" */
    const char *group; /* "driver" */
    const char *verb;  /* "deploy" */
    uint32_t item;     /* KRX_ITEM_* */
    size_t req_size;   /* as this host compiled it; also the least that it takes */
    bool (*has)(const krx_module *module);
    int32_t (*run)(const krx_module *module, krx_call *call, void *handle, const void *req,
                   krx_sink *out);
} krx_op;

/* NULL for a number that is none. */
const krx_op *krx_op_get(uint32_t op);

/* True for what runs as long as it has something to say: the allow file's timeout does not count.
 */
bool krx_op_streams(uint32_t op, const void *req);

/* Whether the request keeps the rules of <kranix/ops.h>. KRX_E_INVALID_ARGUMENT. */
int32_t krx_request_check(krx_call *call, uint32_t op, const void *req);

/* "workload default/web", "instance 3f2a", "node n1", or "" for what names nothing. */
void krx_request_subject(uint32_t op, const void *req, char *out, size_t size);

#endif
