/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/badmods/minimal.h"

MIN_GOOD_NOTE;
MIN_DESCRIPTOR(.abi_minor = KRX_ABI_MINOR + 1)
