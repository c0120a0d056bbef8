/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/badmods/minimal.h"

MIN_NOTE(note_a, sizeof(krx_note), KRX_NOTE_MAGIC, KRX_NOTE_VERSION, KRX_ABI_MAJOR, KRX_ABI_MINOR,
         0, "good", "1.2.3");
MIN_NOTE(note_b, sizeof(krx_note), KRX_NOTE_MAGIC, KRX_NOTE_VERSION, KRX_ABI_MAJOR, KRX_ABI_MINOR,
         0, "good", "1.2.4");
MIN_DESCRIPTOR(.flags_may = 0)
