/* SPDX-License-Identifier: Apache-2.0 */
/* What many ops say through their call in the same words. */
#ifndef KRX_BASE_REPORT_H
#define KRX_BASE_REPORT_H

#include <kranix/call.h>

int32_t krx_no_memory(krx_call *call);
/* The failure was expected and is none of the caller's: empties the slot. Answers 0. */
int32_t krx_forgive(krx_call *call);
/* Nothing when nobody watches. */
void krx_tell_progress(krx_call *call, const char *phase, const char *id, const char *text);

#endif
