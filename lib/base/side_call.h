/* SPDX-License-Identifier: Apache-2.0 */
/* Calls beside the one that an op was given, which keep their errors to themselves. */
#ifndef KRX_BASE_SIDE_CALL_H
#define KRX_BASE_SIDE_CALL_H

#include <kranix/call.h>

typedef struct krx_side_call {
    krx_call call;
    krx_error error;
} krx_side_call;

/* For a question whose failure is no failure of the op: the same deadline and cancel. */
krx_call *krx_side_call_init(krx_side_call *side, const krx_call *from);

/*
 * For taking back what the op began: it goes on for a while after that was cancelled or has run
 * out of time.
 */
krx_call *krx_undo_call(krx_side_call *side, const krx_call *from);

#endif
