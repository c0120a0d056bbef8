/* SPDX-License-Identifier: Apache-2.0 */
/* Shows on standard error what takes time: a line per part on a terminal, else plain lines. */
#ifndef KRX_CLI_PROGRESS_H
#define KRX_CLI_PROGRESS_H

#include <pthread.h>

#include "programs/kranix/cli.h"

#define KRX_CLI_PROGRESS_LINES 24

typedef struct krx_cli_progress_line {
    char id[160];
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
    pthread_mutex_t lock; /* against the parts of a whole */
} krx_cli_progress;

/* One of several things that go on at the same time. */
typedef struct krx_cli_progress_part {
    krx_sink sink;
    krx_cli_progress *whole;
    const char *subject;
} krx_cli_progress_part;

void krx_cli_progress_init(krx_cli_progress *progress, const krx_cli *cli, const char *subject);
/* One line for the whole, from the program itself. */
KRX_PRINTF(2, 3)
void krx_cli_progress_say(krx_cli_progress *progress, const char *format, ...);
/* May be used from any thread, as long as the whole is there. */
void krx_cli_progress_part_init(krx_cli_progress_part *part, krx_cli_progress *whole,
                                const char *subject);
/* Takes the lines off the screen; what goes on draws its own again. */
void krx_cli_progress_end(krx_cli_progress *progress);

#endif
