/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config_rows.h"

#include "core/config_table.h"

#define CONFIG_ROW(type_, key_, def_, allowed_, secret_, help_)                                    \
    {.key = key_,                                                                                  \
     .def = def_,                                                                                  \
     .allowed = allowed_,                                                                          \
     .help = help_,                                                                                \
     .type = KRX_CONFIG_##type_,                                                                   \
     .secret = secret_},
const krx_config_row krx_config_rows[] = {KRX_CONFIG_TABLE(CONFIG_ROW)};
const size_t krx_config_row_count = KRX_COUNT(krx_config_rows);

const char *krx_config_type_name(int type)
{
    static const char *const names[] = {
        [KRX_CONFIG_STRING] = "string",     [KRX_CONFIG_PATH] = "path",
        [KRX_CONFIG_INT] = "int",           [KRX_CONFIG_BOOL] = "bool",
        [KRX_CONFIG_DURATION] = "duration", [KRX_CONFIG_SIZE] = "size",
        [KRX_CONFIG_LIST] = "list",         [KRX_CONFIG_PLUGINS] = "list",
    };
    return names[type];
}

void krx_config_markdown(krx_str *out)
{
    krx_str_add(out, "| key | type | default | allowed | meaning |\n"
                     "| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < krx_config_row_count; i++) {
        const krx_config_row *row = &krx_config_rows[i];
        krx_str_addf(out, "| `%s` | %s | %s%s%s | ", row->key, krx_config_type_name(row->type),
                     *row->def ? "`" : "", *row->def ? row->def : "(empty)", *row->def ? "`" : "");
        for (const char *p = row->allowed ? row->allowed : ""; *p; p++)
            if (*p == '|')
                krx_str_add(out, ", ");
            else
                krx_str_addc(out, *p);
        krx_str_addf(out, " | %s%s |\n", row->help, row->secret ? " (secret: never shown)" : "");
    }
}
