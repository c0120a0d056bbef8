/* SPDX-License-Identifier: Apache-2.0 */
/* What every cmocka program starts with. */
#ifndef KRX_TESTS_UNIT_H
#define KRX_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* What mkdtemp and mkstemp want. It lies where the run of the test throws all away at its end. */
static inline char *unit_template(char *out, size_t size, const char *name)
{
    const char *folder = getenv("KRX_UNIT_FOLDER");
    int length = snprintf(out, size, "%s/%s-XXXXXX", folder ? folder : "/tmp", name);
    assert_true(length > 0 && (size_t)length < size);
    return out;
}

#endif
