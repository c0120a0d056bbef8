/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of list and status. */
#ifndef KRX_CLI_LIST_H
#define KRX_CLI_LIST_H

#include "programs/kranix/cli.h"
#include "programs/kranix/output.h"

/* One backend's answer. */
typedef struct krx_cli_answer {
    const char *backend; /* asked for; NULL for the configured one */
    krx_cli_op *op;
    krx_cli_items items;
    int32_t code;
    krx_error error;
} krx_cli_answer;

/* Workloads or (for --instances) containers, sorted; `list` gets the items of all answers. */
typedef struct krx_cli_rows {
    const void **items;
    const char **backends; /* of each item */
    size_t count;
} krx_cli_rows;

void krx_cli_sort_statuses(krx_cli_rows *rows);
void krx_cli_sort_instances(krx_cli_rows *rows);
bool krx_cli_status_table(krx_cli *cli, const krx_cli_rows *rows, krx_str *out);
bool krx_cli_instance_table(krx_cli *cli, const krx_cli_rows *rows, krx_str *out);

#endif
