/* SPDX-License-Identifier: Apache-2.0 */
/* Signals of the program and the state of its terminal. */
#ifndef KRX_CLI_SIGNALS_H
#define KRX_CLI_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * SIGINT and SIGTERM make the descriptor answered readable; a second one ends the program, with
 * the terminal put back. SIGPIPE is ignored. -1 with errno when that can't be set up.
 */
int krx_cli_signals_init(void);
bool krx_cli_interrupted(void);

/* A descriptor that becomes readable when the window changed. -1: none. */
int krx_cli_watch_window(void);
void krx_cli_window_size(void *ctx, uint32_t *rows, uint32_t *columns);

/* Standard input raw, until restored by the call, exit or a deadly signal. */
bool krx_cli_terminal_raw(void);
void krx_cli_terminal_restore(void);

#endif
