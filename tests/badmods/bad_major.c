/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/badmods/minimal.h"

MIN_NOTE(note, sizeof(krx_note), KRX_NOTE_MAGIC, KRX_NOTE_VERSION, KRX_ABI_MAJOR + 1, 0, 0, "good",
         "1.2.3");
MIN_DESCRIPTOR(.abi_major = KRX_ABI_MAJOR + 1)
