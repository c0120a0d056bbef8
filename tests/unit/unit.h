/* SPDX-License-Identifier: Apache-2.0 */
/* What every cmocka program starts with. */
#ifndef KRX_TESTS_UNIT_H
#define KRX_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
