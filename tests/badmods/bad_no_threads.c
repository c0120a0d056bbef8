/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/badmods/minimal.h"

MIN_GOOD_NOTE;
MIN_DESCRIPTOR(.thread_model = 0)
