/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to standard output: tables, JSON, YAML, names. */
#ifndef KRX_CLI_OUTPUT_H
#define KRX_CLI_OUTPUT_H

#include <cjson/cJSON.h>

#include "programs/kranix/clean.h"
#include "programs/kranix/cli.h"

#define KRX_CLI_COLUMNS_MAX 24

/* A table is filled cell by cell, row after row, and printed with aligned columns. */
typedef struct krx_cli_table {
    const char *const *titles;
    size_t columns;
    size_t widths[KRX_CLI_COLUMNS_MAX];
    krx_str cells; /* each with its NUL */
    size_t count;
} krx_cli_table;

void krx_cli_table_init(krx_cli_table *table, const char *const *titles, size_t columns);
void krx_cli_table_add(krx_cli_table *table, const char *text); /* NULL and "" show as "-" */
KRX_PRINTF(2, 3) void krx_cli_table_addf(krx_cli_table *table, const char *format, ...);
/* To a string; states are coloured when `color`. False when out of memory. */
bool krx_cli_table_text(const krx_cli_table *table, bool color, krx_str *out);
void krx_cli_table_print(const krx_cli_table *table, bool color);
void krx_cli_table_free(krx_cli_table *table);
#define krx_auto_table KRX_CLEANUP(krx_cli_table_free)

/* Prints a value as JSON or YAML, as -o says, and deletes it. NULL means out of memory. */
int krx_cli_print_json(krx_cli *cli, cJSON *value);

/* A list of any length, printed item by item. */
typedef struct krx_cli_array {
    krx_cli *cli;
    size_t count;
    bool failed;
} krx_cli_array;
/* Takes the item over; NULL: there was no memory for it. */
void krx_cli_array_add(krx_cli_array *array, cJSON *item);
int krx_cli_array_end(krx_cli_array *array);

void krx_cli_yaml(const cJSON *value, krx_str *out);
/* True for -o json and -o yaml. */
bool krx_cli_structured(const krx_cli *cli);

/* "5s", "3h", "2d"; "-" when unknown. */
const char *krx_cli_age(int64_t since_ns, int64_t now_ns, char out[24]);
/* "1.2GiB" for people. */
const char *krx_cli_size(int64_t bytes, char out[24]);

/* Flushes standard output: 0, or an exit status after saying why. A reader that left is fine. */
int krx_cli_finish(krx_cli *cli, int status);

#endif
