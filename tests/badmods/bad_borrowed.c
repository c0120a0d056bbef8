/* SPDX-License-Identifier: Apache-2.0 */
/* Its descriptor is in a library that it needs, not in itself. */
#include "tests/badmods/minimal.h"

MIN_GOOD_NOTE;

int krx_test_dependency(void);
KRX_PUBLIC int krx_test_borrowed(void);
int krx_test_borrowed(void)
{
    return krx_test_dependency();
}
