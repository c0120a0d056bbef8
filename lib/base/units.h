/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantities as people write them. Each parser takes the whole text (surrounding blanks are fine),
 * refuses signs and overflow, and answers NULL, or what would be allowed when the text is wrong.
 */
#ifndef KRX_BASE_UNITS_H
#define KRX_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

const char *krx_parse_cpu(const char *text, int64_t *milli);   /* 500m 1.5 2 */
const char *krx_parse_bytes(const char *text, int64_t *bytes); /* 256Mi 1G 512MB 1048576 */
const char *krx_parse_bitrate(const char *text, int64_t *bps); /* 10Mbit 1Gbit 10 (= 10Mbit) */
const char *krx_parse_duration(const char *text, int64_t *ns); /* 500ms 30s 1h30m 2d 30 (= 30s) */

#define KRX_UNIT_TEXT_MAX 48
/* The shortest exact spelling, which the parser reads back as the same value. */
const char *krx_cpu_text(int64_t milli, char out[KRX_UNIT_TEXT_MAX]);
const char *krx_bytes_text(int64_t bytes, char out[KRX_UNIT_TEXT_MAX]);
const char *krx_bitrate_text(int64_t bps, char out[KRX_UNIT_TEXT_MAX]);
const char *krx_duration_text(int64_t ns, char out[KRX_UNIT_TEXT_MAX]);

#endif
