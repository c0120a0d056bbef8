/* SPDX-License-Identifier: Apache-2.0 */
#include "core/host_table.h"

#include <config.h>

#include "lib/base/local_host.h"

/* Values of programs are in a space whose name no module can have. */
#define PROGRAM_SPACE "/program"

const char *krx_version(void)
{
    return PACKAGE_VERSION;
}

static const char *space_of(const krx_host_table *table)
{
    return table->module ? table->module : PROGRAM_SPACE;
}

static void write_log(const krx_host *host, const krx_call *call, int32_t level, const char *text)
{
    const krx_host_table *table = host->ctx;
    krx_log_write(table->log, level, table->module, call ? call->prefix : NULL, text);
}

static int32_t get(const krx_host *host, krx_call *call, const char *key, krx_sink *out)
{
    const krx_host_table *table = host->ctx;
    return krx_store_read(call, table->store, space_of(table), key, out);
}

static int32_t put(const krx_host *host, krx_call *call, const char *key, const char *value)
{
    const krx_host_table *table = host->ctx;
    return krx_store_write(call, table->store, space_of(table), key, value);
}

void krx_host_table_fill(krx_host_table *table, const krx_logger *log, krx_store *store,
                         const char *module)
{
    *table = (krx_host_table){
        .host =
            {
                .struct_size = sizeof table->host,
                .abi_major = KRX_ABI_MAJOR,
                .abi_minor = KRX_ABI_MINOR,
                .version = krx_version(),
                .ctx = table,
                .log = write_log,
                .wait = krx_local_wait,
                .check = krx_local_check,
                .spawn = krx_local_spawn,
                .reap = krx_local_reap,
                .store_get = get,
                .store_put = put,
            },
        .log = log,
        .store = store,
        .module = module,
    };
}
