/* SPDX-License-Identifier: Apache-2.0 */
/* Text from elsewhere, made fit for a terminal. */
#ifndef KRX_CLI_CLEAN_H
#define KRX_CLI_CLEAN_H

/* Control characters become '?', tabs and newlines blanks. To be freed; NULL for NULL. */
char *krx_cli_clean(const char *text);

#endif
