/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/side_call.h"

#include "lib/base/clock.h"

#define UNDO_TIME (20 * KRX_NS_PER_S)

krx_call *krx_side_call_init(krx_side_call *side, const krx_call *from)
{
    side->call = *from;
    side->error = (krx_error){.struct_size = sizeof side->error};
    side->call.error = &side->error;
    side->call.progress = NULL;
    return &side->call;
}

krx_call *krx_undo_call(krx_side_call *side, const krx_call *from)
{
    krx_side_call_init(side, from);
    side->call.cancel_fd = -1;
    side->call.deadline_ns = krx_now_monotonic() + UNDO_TIME;
    return &side->call;
}
