/* SPDX-License-Identifier: Apache-2.0 */
/* A test in a process of its own, seen from the runner. */
#ifndef KRX_CONFORMANCE_CHILD_H
#define KRX_CONFORMANCE_CHILD_H

#include <sys/types.h>

#include "programs/conformance/kit.h"

#define KRX_KIT_OUTPUT_MAX ((size_t)64 * 1024)

typedef struct krx_kit_child {
    krx_kit_shared *shared; /* mapped, of one child at a time */
    char *output;           /* KRX_KIT_OUTPUT_MAX + 1 */
    size_t length;
    int64_t start, took_ns;
    pid_t pid; /* 0: none runs */
    int fd;    /* what it prints */
    int status;
    bool killed; /* by us */
    bool silent; /* it prints no more */
    char why[256];
} krx_kit_child;

/* False when there can be no process. */
bool krx_kit_child_start(krx_kit_child *child, const krx_kit_options *options,
                         const krx_kit_test *test, int arg);
/* Takes what it printed, ends it when its time is over; true once it is gone. Doesn't wait. */
bool krx_kit_child_ended(krx_kit_child *child, const krx_kit_options *options);
bool krx_kit_child_passed(const krx_kit_child *child);
/* Adds the lines of TAP that tell how it ended. */
void krx_kit_child_report(const krx_kit_child *child, size_t number, const char *name,
                          krx_str *out);

#endif
