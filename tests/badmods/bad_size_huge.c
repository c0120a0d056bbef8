/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/badmods/minimal.h"

MIN_GOOD_NOTE;
MIN_DESCRIPTOR(.struct_size = 0x7ffffff0)
