/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines on standard error: each is one write(), so lines of threads never mix. */
#ifndef KRX_CORE_LOG_H
#define KRX_CORE_LOG_H

#include <stdbool.h>

#include "core/kranix.h"
#include "lib/base/str.h"

typedef struct krx_logger {
    int fd;
    int32_t level; /* KRX_LOG_*: the most detailed that is written */
    uint32_t format;
} krx_logger;

bool krx_log_wanted(const krx_logger *logger, int32_t level);
/* One line. origin (a module's name or "") and prefix (of the call, or "") may be NULL. */
void krx_log_write(const krx_logger *logger, int32_t level, const char *origin, const char *prefix,
                   const char *text);

/* The line without writing it; for the tests and for other destinations. */
void krx_log_line(krx_str *out, uint32_t format, int64_t unix_ns, int32_t level, const char *origin,
                  const char *prefix, const char *text);

/* error, warn, info, debug; 0 for any other word. */
int32_t krx_log_level_of(const char *word);
const char *krx_log_level_name(int32_t level);

#endif
