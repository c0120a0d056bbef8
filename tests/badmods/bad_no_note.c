/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/badmods/minimal.h"

MIN_DESCRIPTOR(.flags_may = 0)
