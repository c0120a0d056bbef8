/* SPDX-License-Identifier: Apache-2.0 */
/* Needs a function that nobody has. */
#include "tests/badmods/minimal.h"

int32_t krx_nobody_has_this(krx_call *call, const krx_host *host);

MIN_GOOD_NOTE;
MIN_DESCRIPTOR(.load = krx_nobody_has_this)
