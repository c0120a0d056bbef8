/* SPDX-License-Identifier: Apache-2.0 */
/* What a server or a program said, as one line that may be shown. */
#ifndef KRX_BASE_TEXT_H
#define KRX_BASE_TEXT_H

#include <stddef.h>

/* The text without user and password of any URL in it and without control characters. In place. */
void krx_url_redact(char *text);
/* Text of a server made fit for a message: no control characters, no credentials, bounded, valid
 * UTF-8, no full stop at its end. */
void krx_text_clean(char *out, size_t room, const char *text, size_t length);

#endif
