/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "programs/kranix/output.h"

static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

void krx_cli_table_init(krx_cli_table *table, const char *const *titles, size_t columns)
{
    memset(table, 0, sizeof *table);
    table->titles = titles;
    table->columns = columns < KRX_CLI_COLUMNS_MAX ? columns : KRX_CLI_COLUMNS_MAX;
    for (size_t i = 0; i < table->columns; i++)
        table->widths[i] = width_of(titles[i]);
}

void krx_cli_table_free(krx_cli_table *table)
{
    krx_str_free(&table->cells);
    memset(table, 0, sizeof *table);
}

void krx_cli_table_add(krx_cli_table *table, const char *text)
{
    size_t *width = &table->widths[table->count % table->columns];
    krx_autofree char *clean = krx_cli_clean(krx_blank(text) ? "-" : text);
    if (!clean) {
        table->cells.failed = true;
        return;
    }
    if (width_of(clean) > *width)
        *width = width_of(clean);
    krx_str_addn(&table->cells, clean, strlen(clean) + 1);
    table->count++;
}

void krx_cli_table_addf(krx_cli_table *table, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    krx_cli_table_add(table, text);
}

static const struct {
    const char *text, *color;
} colors[] = {
    {"Running", "\033[32m"},  {"Succeeded", "\033[32m"},     {"native", "\033[32m"},
    {"yes", "\033[32m"},      {"Pending", "\033[33m"},       {"Updating", "\033[33m"},
    {"Degraded", "\033[33m"}, {"Paused", "\033[36m"},        {"emulated", "\033[33m"},
    {"Failed", "\033[31m"},   {"unsupported", "\033[31m"},   {"no", "\033[31m"},
    {"ready", "\033[32m"},    {"loaded", "\033[32m"},        {"refused", "\033[31m"},
    {"failed", "\033[31m"},   {"not-installed", "\033[33m"}, {"not-allowed", "\033[33m"},
};

static const char *color_of(const char *text)
{
    for (size_t i = 0; i < KRX_COUNT(colors); i++)
        if (strcmp(colors[i].text, text) == 0)
            return colors[i].color;
    return NULL;
}

static void add_cell(krx_str *out, const char *text, size_t pad, bool color)
{
    const char *paint = color ? color_of(text) : NULL;
    if (paint)
        krx_str_add(out, paint);
    krx_str_add(out, text);
    if (paint)
        krx_str_add(out, "\033[0m");
    for (size_t i = width_of(text); i < pad; i++)
        krx_str_addc(out, ' ');
}

bool krx_cli_table_text(const krx_cli_table *table, bool color, krx_str *out)
{
    size_t columns = table->columns, rows = table->count / columns;
    const char *cell = krx_str_get(&table->cells);
    if (krx_str_failed(&table->cells))
        return false;
    for (size_t c = 0; c < columns; c++)
        add_cell(out, table->titles[c], c + 1 < columns ? table->widths[c] + 2 : 0, false);
    krx_str_addc(out, '\n');
    for (size_t i = 0; i < rows * columns; i++) {
        bool last = i % columns + 1 == columns;
        add_cell(out, cell, last ? 0 : table->widths[i % columns] + 2, color);
        if (last)
            krx_str_addc(out, '\n');
        cell += strlen(cell) + 1;
    }
    return !krx_str_failed(out);
}

void krx_cli_table_print(const krx_cli_table *table, bool color)
{
    krx_auto_str krx_str text = {0};
    if (krx_cli_table_text(table, color, &text))
        (void)fputs(krx_str_get(&text), stdout);
    else
        (void)fputs("kranix: out of memory\n", stderr);
}
