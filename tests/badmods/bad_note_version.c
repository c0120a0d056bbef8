/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/badmods/minimal.h"

MIN_NOTE(note, sizeof(krx_note), KRX_NOTE_MAGIC, 2, KRX_ABI_MAJOR, KRX_ABI_MINOR, 0, "good",
         "1.2.3");
MIN_DESCRIPTOR(.flags_may = 0)
