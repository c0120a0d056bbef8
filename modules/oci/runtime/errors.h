/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: reading what a runtime complains of. */
#ifndef KRX_OCI_RUNTIME_ERRORS_H
#define KRX_OCI_RUNTIME_ERRORS_H

#include "modules/oci/runtime/runtime.h"

/* What a complaint means; *hint may be NULL. */
int32_t krx_oci_error_code(const char *text, const char **hint);
/* The complaint itself, one line, from a log of JSON objects or lines. */
void krx_oci_error_text(const char *log_text, krx_str *out);

#endif
