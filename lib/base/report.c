/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/report.h"

#include <kranix/results.h>

int32_t krx_no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

int32_t krx_forgive(krx_call *call)
{
    call->error->code = 0;
    call->error->sys_errno = 0;
    call->error->message[0] = '\0';
    call->error->hint[0] = '\0';
    return 0;
}

void krx_tell_progress(krx_call *call, const char *phase, const char *id, const char *text)
{
    krx_progress item = {.struct_size = sizeof item,
                         .phase = phase,
                         .id = id,
                         .text = text,
                         .current = KRX_UNSET,
                         .total = KRX_UNSET};
    if (call->progress)
        (void)krx_emit(call->progress, KRX_ITEM_PROGRESS, &item);
}
