/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a configuration file. */
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "lib/base/local_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static int32_t visit(void *ctx, const char *name, const krx_config_entry *entry)
{
    (void)ctx;
    require(*name != '\0' && entry->value && entry->origin);
    return 0;
}

/* What was taken must be sound: every row keeps a value and a place, lists end. */
static void check(const krx_config *config)
{
    for (size_t i = 0; i < krx_config_row_count; i++) {
        const krx_config_entry *entry = &config->rows[i];
        require(entry->value && entry->origin && entry->row == &krx_config_rows[i]);
        if (entry->row->type == KRX_CONFIG_BOOL)
            require(krx_streq(entry->value, "true") || krx_streq(entry->value, "false"));
    }
    for (size_t i = 0; config->plugins[i]; i++)
        require(config->plugins[i]->name && config->plugins[i]->origin);
    require(krx_config_settings(config, "docker", visit, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    krx_auto_config krx_config *config = krx_config_new();
    krx_error error;
    krx_call call;
    krx_diags diags;
    if (!config)
        return 0;
    krx_call_init(&call, &error);
    krx_diags_init(&diags);
    int32_t code = krx_config_parse(&call, config, "config.yaml", (const char *)data, size, &diags);
    require(code == 0 || code == KRX_E_RESOURCE_EXHAUSTED);
    check(config);
    krx_diags_free(&diags);
    return 0;
}
