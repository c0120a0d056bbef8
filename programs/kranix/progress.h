/* SPDX-License-Identifier: Apache-2.0 */
/* Shows on standard error what takes time: a line per part on a terminal, else plain lines. */
#ifndef KRX_CLI_PROGRESS_H
#define KRX_CLI_PROGRESS_H

#include "programs/kranix/cli.h"

#define KRX_CLI_PROGRESS_LINES 24

typedef struct krx_cli_progress_line {
    char id[64];
    char phase[24];
    char text[320];
    int64_t current;
    int64_t total;
    bool bytes;
    bool done;
} krx_cli_progress_line;

typedef struct krx_cli_progress {
    krx_sink sink;
    const char *subject; /* name of the workload or image, in front of plain lines */
    bool quiet;
    bool tty;
    krx_cli_progress_line lines[KRX_CLI_PROGRESS_LINES];
    size_t count;
    size_t drawn; /* lines on the screen now */
    int64_t last_draw_ns;
} krx_cli_progress;

void krx_cli_progress_init(krx_cli_progress *progress, const krx_cli *cli, const char *subject);
/* One line for the whole, from the program itself. */
KRX_PRINTF(2, 3)
void krx_cli_progress_say(krx_cli_progress *progress, const char *format, ...);
/* Takes the lines off the screen. */
void krx_cli_progress_end(krx_cli_progress *progress);

#endif
