/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of the configuration that the host knows, one row each. */
#ifndef KRX_CORE_CONFIG_ROWS_H
#define KRX_CORE_CONFIG_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/str.h"

enum {
    KRX_CONFIG_STRING = 1,
    KRX_CONFIG_PATH,
    KRX_CONFIG_INT,
    KRX_CONFIG_BOOL,
    KRX_CONFIG_DURATION,
    KRX_CONFIG_SIZE,
    KRX_CONFIG_LIST,
    KRX_CONFIG_PLUGINS
};

typedef struct krx_config_row {
    const char *key;
    const char *def;
    const char *allowed;
    const char *help;
    int type; /* KRX_CONFIG_* */
    bool secret;
} krx_config_row;

extern const krx_config_row krx_config_rows[];
extern const size_t krx_config_row_count;

const char *krx_config_type_name(int type);
/* The reference page, in Markdown. */
void krx_config_markdown(krx_str *out);

#endif
