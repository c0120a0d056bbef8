/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/badmods/minimal.h"

static const krx_driver_ops driver = {.struct_size = 4};
MIN_GOOD_NOTE;
MIN_DESCRIPTOR(.driver = &driver)
