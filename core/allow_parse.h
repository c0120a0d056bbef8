/* SPDX-License-Identifier: Apache-2.0 */
/* What one allow file says. */
#ifndef KRX_CORE_ALLOW_PARSE_H
#define KRX_CORE_ALLOW_PARSE_H

#include <stdbool.h>

#include <kranix/module.h>

#include "lib/base/arena.h"
#include "lib/model/doc.h"

typedef struct krx_allow {
    const char *name; /* of the module; of the file as it is when that is no valid name */
    const char *file; /* the file that decided, absolute */
    bool admin;       /* it is in the administrator's folder */
    int enabled;
    const char *sha256;      /* lower-case hex that the module file must have, or NULL */
    const char *min_version; /* or NULL */
    const char *isolation;   /* "none" or "process" */
    int critical;
    int log_calls;
    int64_t timeout_ns;            /* KRX_UNSET: none of its own */
    const krx_kv *const *settings; /* NULL-terminated, never NULL */
    const krx_node *settings_node; /* the same with their places in the file, or NULL */
    const char *description;       /* or NULL */
    int32_t error_code;            /* 0, or why this file lets nothing be loaded */
    const char *message;           /* what is wrong; NULL when nothing is */
    const char *hint;              /* what to do about it, or NULL */
} krx_allow;

/* One file's text; what the fuzzer calls. Wrong text makes an entry with error_code and answers 0;
 * only running out of memory fails. */
int32_t krx_allow_parse(krx_call *call, krx_arena *arena, const char *name, const char *file,
                        const char *text, size_t length, krx_allow *out);

#endif
