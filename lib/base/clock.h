/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks in nanoseconds and RFC 3339. */
#ifndef KRX_BASE_CLOCK_H
#define KRX_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KRX_NS_PER_MS INT64_C(1000000)
#define KRX_NS_PER_S INT64_C(1000000000)

int64_t krx_now_monotonic(void);
int64_t krx_now_unix(void);

#define KRX_TIME_TEXT_MAX 40
/* "2026-11-21T22:49:07Z", with a fraction only when there is one. */
const char *krx_time_text(int64_t unix_ns, char out[KRX_TIME_TEXT_MAX]);
/* Any RFC 3339 form with up to nanoseconds and any offset. False when it is none. */
bool krx_time_parse(const char *text, int64_t *unix_ns);

#endif
