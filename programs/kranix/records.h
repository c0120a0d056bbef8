/* SPDX-License-Identifier: Apache-2.0 */
/* Items of an op as rows of a table, JSON or names: what most verbs that list something do. */
#ifndef KRX_CLI_RECORDS_H
#define KRX_CLI_RECORDS_H

#include "programs/kranix/output.h"

typedef struct krx_cli_records krx_cli_records;

/* How one kind of item is shown. Columns beyond `plain` only with -o wide. */
typedef struct krx_cli_shape {
    uint32_t kind; /* KRX_ITEM_* */
    const char *const *titles;
    size_t plain;
    size_t wide;
    cJSON *(*json)(const void *item, const char *backend);
    const char *(*name)(const void *item);
    /* Adds `wide` cells. */
    void (*row)(krx_cli_records *records, const void *item);
    bool (*wanted)(const krx_cli_records *records, const void *item); /* NULL: all are */
} krx_cli_shape;

struct krx_cli_records {
    krx_sink sink;
    krx_cli *cli;
    const krx_cli_shape *shape;
    const char *backend; /* of the next items */
    cJSON *list;         /* -o json and yaml */
    krx_cli_table table;
    size_t cell; /* of the row being filled */
    size_t count;
    int64_t now_ns;
};

/* False when out of memory. */
bool krx_cli_records_init(krx_cli_records *records, krx_cli *cli, const krx_cli_shape *shape);
/* For shape->row: the next cell of the row. */
void krx_cli_records_cell(krx_cli_records *records, const char *text);
KRX_PRINTF(2, 3)
void krx_cli_records_cellf(krx_cli_records *records, const char *format, ...);
/* All that was taken; `one`: a single item is the object itself. Names were printed already. */
int krx_cli_records_print(krx_cli_records *records, bool one);
void krx_cli_records_free(krx_cli_records *records);
#define krx_auto_records KRX_CLEANUP(krx_cli_records_free)

/* One op with its items into the records, an error printed: 0 or an exit status. `backend`: NULL
 * for that of --backend or the configured one. */
int krx_cli_records_run(krx_cli_records *records, const char *backend, uint32_t op, const void *req,
                        krx_cli_op *memory, int64_t default_ns);

/* verbs_nodes.c */
extern const krx_cli_shape krx_cli_node_shape;

#endif
