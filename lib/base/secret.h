/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in memory, which are wiped before they are freed, and base64, in which they come. */
#ifndef KRX_BASE_SECRET_H
#define KRX_BASE_SECRET_H

#include "lib/base/str.h"

/* Wipes the text and frees it; s is empty then. */
void krx_secret_free(krx_str *secret);
#define krx_auto_secret KRX_CLEANUP(krx_secret_free)

/* All malloc'd, NULL when out of memory or (decode) not base64. Decoded text has a NUL added. */
char *krx_base64_encode(const void *data, size_t length);
char *krx_base64url_encode(const void *data, size_t length);
char *krx_base64_decode(const char *text, size_t *length);

#endif
