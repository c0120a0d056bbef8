/* SPDX-License-Identifier: Apache-2.0 */
/* The same thing done to many, a few at a time. */
#ifndef KRX_CLI_BULK_H
#define KRX_CLI_BULK_H

#include <stddef.h>

/*
 * Calls work(ctx, i) for 0..count-1, at most `width` at the same time and from several threads, and
 * done(ctx, i) in order, one at a time, as soon as it and all before it are worked. Answers when
 * all is done.
 */
void krx_cli_parallel(size_t count, size_t width, void (*work)(void *ctx, size_t i),
                      void (*done)(void *ctx, size_t i), void *ctx);

#define KRX_CLI_PARALLEL 5

#endif
