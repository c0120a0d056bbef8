/* SPDX-License-Identifier: Apache-2.0 */
/* A program that answers something on its standard output, such as a credential helper. */
#ifndef KRX_BASE_PROGRAM_H
#define KRX_BASE_PROGRAM_H

#include <kranix/call.h>

#include "lib/base/str.h"

typedef struct krx_program {
    const char *const *argv;
    const char *const *env; /* NULL: the host's */
    int32_t stdin_fd;       /* borrowed; -1: none, as the next */
    int32_t stderr_fd;
    size_t limit; /* of the answer, RESOURCE_EXHAUSTED beyond */
} krx_program;

/*
 * Runs it to its end, within deadline and cancel of the call. *answer may be secret: it gets one
 * block of memory, which krx_secret_free wipes. NOT_FOUND when there is no such program.
 */
int32_t krx_program_run(krx_call *call, const krx_program *program, krx_str *answer,
                        int32_t *status);

/* The read end of a pipe that holds the text, which is at most 4 KiB long; -1 with errno. */
int krx_filled_pipe(const char *text);

#endif
