/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kranix SDK: the call context, first argument of every op.
 *
 * It is the host's and lives until the op returns. Only the thread that runs the op may use it;
 * helper threads of a module get what they need copied and are joined before the op returns.
 */
#ifndef KRANIX_CALL_H
#define KRANIX_CALL_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <kranix/abi.h>
#include <kranix/errors.h>
#include <kranix/host.h>
#include <kranix/sink.h>

KRX_BEGIN_DECLS

#define KRX_NO_DEADLINE INT64_MAX

struct krx_call {
    uint32_t struct_size;
    int32_t cancel_fd;   /* becomes and stays readable when the call is given up; -1: never */
    int64_t deadline_ns; /* CLOCK_MONOTONIC, KRX_NO_DEADLINE for none */
    const char *prefix;  /* for log lines, such as "docker/deploy#17"; never NULL */
    krx_error *error;    /* never NULL */
    const krx_host *host;
    krx_sink *progress; /* takes krx_progress at any time; NULL when nobody watches */
    void *host_data;    /* the host's own, do not touch */
};

/*
 * Fills the slot and returns `code`, so that failing is one line:
 *     return krx_fail(call, KRX_E_NOT_FOUND, "container '%s' does not exist", id);
 * The text says what failed, on which object and why. The last call wins.
 */
KRX_PRINTF(3, 4)
static inline int32_t krx_fail(krx_call *call, int32_t code, const char *format, ...)
{
    va_list args;
    call->error->code = code;
    call->error->hint[0] = '\0';
    va_start(args, format);
    (void)vsnprintf(call->error->message, sizeof call->error->message, format, args);
    va_end(args);
    return code;
}

/* Adds what to try; returns the code already in the slot. */
KRX_PRINTF(2, 3)
static inline int32_t krx_hint(krx_call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(call->error->hint, sizeof call->error->hint, format, args);
    va_end(args);
    return call->error->code;
}

/* Puts context in front of the message already there ("pulling web:1: ..."); returns its code. */
KRX_PRINTF(2, 3)
static inline int32_t krx_wrap(krx_call *call, const char *format, ...)
{
    char old[KRX_ERROR_MESSAGE_MAX];
    char *text = call->error->message;
    size_t used, length;
    va_list args;
    memcpy(old, text, sizeof old);
    old[sizeof old - 1] = '\0';
    va_start(args, format);
    (void)vsnprintf(text, sizeof old, format, args);
    va_end(args);
    used = strlen(text);
    length = strlen(old);
    if (used + 3 > sizeof old)
        return call->error->code;
    if (length > sizeof old - used - 3)
        length = sizeof old - used - 3;
    memcpy(text + used, ": ", 2);
    memcpy(text + used + 2, old, length);
    text[used + 2 + length] = '\0';
    return call->error->code;
}

KRX_PRINTF(3, 4)
static inline void krx_log(krx_call *call, int32_t level, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    call->host->log(call->host, call, level, text);
}

static inline int32_t krx_sleep(krx_call *call, int64_t duration_ns)
{
    return call->host->wait(call->host, call, NULL, 0, duration_ns);
}

static inline int32_t krx_check(krx_call *call)
{
    return call->host->check(call->host, call);
}

KRX_END_DECLS
#endif
