/* SPDX-License-Identifier: Apache-2.0 */
/* A private folder for one test, with the three folders that the host has inside. */
#ifndef KRX_TESTS_UNIT_SANDBOX_H
#define KRX_TESTS_UNIT_SANDBOX_H

#include <limits.h>

#include <kranix/call.h>

#include "tests/unit/unit.h"

typedef struct sandbox {
    krx_call call;
    krx_error error;
    char root[64];
    char modules[96];
    char vendor[96];
    char admin[96];
    char marker[96];
} sandbox;

/* For cmocka_unit_test_setup_teardown. */
int sandbox_setup(void **state);
int sandbox_teardown(void **state);

/* `path` below the root, in a buffer that the next four calls don't touch. */
const char *sandbox_path(const sandbox *box, const char *path);
void sandbox_write(const sandbox *box, const char *path, const char *text);
/* malloc'd */
char *sandbox_read(const char *path);
void copy_file(const char *from, const char *to);
/* Fails the test with both texts unless the message, or hint, contains the part. */
void assert_message(const sandbox *box, const char *part);
void assert_hint(const sandbox *box, const char *part);

#endif
