/* SPDX-License-Identifier: Apache-2.0 */
/* Changing one line of an allow file and nothing else. */
#ifndef KRX_CORE_ALLOW_EDIT_H
#define KRX_CORE_ALLOW_EDIT_H

#include "core/allow.h"
#include "lib/base/str.h"

/*
 * Writes `text` to *out with the top-level `key` set to `value` (a plain word): its line is
 * replaced, a comment behind it kept; without one a line is put after that of `after`, or at the
 * end. Every other byte stays. A text in which this can't be done by line comes out unchanged.
 */
void krx_allow_edit(const char *text, size_t length, const char *key, const char *value,
                    const char *after, krx_str *out);

#endif
