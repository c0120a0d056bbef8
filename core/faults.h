/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fault points, compiled with --enable-faults only. KRANIX_FAULTS="op:driver.ping=delay(200),
 * op:driver.*=error(UNAVAILABLE)" breaks calls on purpose:
 *   off          as if it were not named
 *   error(CODE)  the op is not called and fails with that code (a name of <kranix/errors.h>)
 *   delay(MS)    waits first, the module's own way: deadline and cancel end it
 *   hang         never returns, deaf to deadline and cancel
 * The first entry that fits decides.
 */
#ifndef KRX_CORE_FAULTS_H
#define KRX_CORE_FAULTS_H

#include <kranix/call.h>

/* Meets the faults of one op. 0 goes on with the call. */
int32_t krx_fault(krx_call *call, const char *op);
/* As above with the text given; for tests. */
int32_t krx_fault_in(krx_call *call, const char *faults, const char *op);

#endif
