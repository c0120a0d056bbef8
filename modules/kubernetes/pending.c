/* SPDX-License-Identifier: Apache-2.0 */
/* Weak stand-ins while the module is being written; each goes when its file comes. */
#include "modules/kubernetes/ops.h"

#define PENDING(name, req)                                                                         \
    __attribute__((weak))                                                                          \
    int32_t krx_k8s_##name##_op(krx_call *call, void *b, const req *r, krx_sink *s)                \
    {                                                                                              \
        (void)b, (void)r, (void)s;                                                                 \
        return krx_fail(call, KRX_E_UNIMPLEMENTED, #name " is not there yet");                     \
    }

PENDING(logs, krx_logs_req)
PENDING(exec, krx_exec_req)
PENDING(attach, krx_exec_req)
PENDING(forward, krx_forward_req)
