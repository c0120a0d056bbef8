/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splits the output of a program into lines for each stream; with `timestamps` each begins with
 * RFC 3339 time. Lines longer than 64 KiB come in pieces with partial set.
 */
#ifndef KRX_LOGS_LINES_H
#define KRX_LOGS_LINES_H

#include <kranix/call.h>

#include "lib/base/str.h"

typedef struct krx_log_line {
    uint32_t stream; /* 1 standard output, 2 standard error */
    bool partial;
    int64_t time_ns;  /* KRX_UNSET when unknown */
    const char *text; /* without newline; not NUL-terminated */
    size_t length;
} krx_log_line;
/* Anything but 0 stops, and is what feed answers. */
typedef int32_t krx_log_line_fn(void *ctx, const krx_log_line *line);

/* Puts pieces of output together to lines. Set the first three members, then init. */
typedef struct krx_line_maker {
    krx_log_line_fn *fn;
    void *ctx;
    bool timestamps;
    struct {
        krx_str text;
        size_t stamp_at; /* where in text a time stamp may begin */
        int64_t time_ns;
        bool begun;     /* the line has begun */
        bool continued; /* an earlier part of it was handed out */
        bool stamped;   /* the time stamp was taken off, or there is none */
    } streams[2];
} krx_line_maker;

void krx_line_maker_init(krx_line_maker *m);
int32_t krx_line_maker_feed(krx_call *call, krx_line_maker *m, uint32_t stream, bool first,
                            const char *data, size_t length);
/* Hands out what is left without a newline. */
int32_t krx_line_maker_end(krx_line_maker *m);
void krx_line_maker_free(krx_line_maker *m);

#endif
