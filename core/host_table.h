/* SPDX-License-Identifier: Apache-2.0 */
/* The services that a module, and a program's own calls, get from this host. */
#ifndef KRX_CORE_HOST_TABLE_H
#define KRX_CORE_HOST_TABLE_H

#include <kranix/host.h>

#include "core/log.h"
#include "core/store.h"

typedef struct krx_host_table {
    krx_host host; /* ctx is this table */
    const krx_logger *log;
    krx_store *store;
    const char *module; /* whose it is; NULL: the program's own */
} krx_host_table;

/* The parts are borrowed; the table must stay where it is. */
void krx_host_table_fill(krx_host_table *table, const krx_logger *log, krx_store *store,
                         const char *module);

#endif
