/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/badmods/minimal.h"

KRX_MODULE(good, "good", "1.2.3", KRX_ABI_MINOR + 1, MIN_MEMBERS);
