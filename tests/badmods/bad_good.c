/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing wrong: the others are this with one change. */
#include "tests/badmods/minimal.h"

KRX_MODULE(good, "good", "1.2.3", 0, MIN_MEMBERS);
