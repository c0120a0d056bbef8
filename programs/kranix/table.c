/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "programs/kranix/output.h"

void krx_cli_table_init(krx_cli_table *table, const char *const *titles, size_t columns)
{
    memset(table, 0, sizeof *table);
    table->titles = titles;
    table->columns = columns;
}

void krx_cli_table_free(krx_cli_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    memset(table, 0, sizeof *table);
}

void krx_cli_table_add(krx_cli_table *table, const char *text)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity ? table->capacity * 2 : 64;
        char **cells = realloc(table->cells, capacity * sizeof *cells);
        if (!cells) {
            table->failed = true;
            return;
        }
        table->cells = cells;
        table->capacity = capacity;
    }
    char *clean = krx_cli_clean(krx_blank(text) ? "-" : text);
    if (!clean)
        table->failed = true;
    else
        table->cells[table->count++] = clean;
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

static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
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
    krx_autofree size_t *widths = calloc(columns, sizeof *widths);
    if (!widths || table->failed)
        return false;
    for (size_t c = 0; c < columns; c++)
        widths[c] = width_of(table->titles[c]);
    for (size_t i = 0; i < rows * columns; i++)
        if (width_of(table->cells[i]) > widths[i % columns])
            widths[i % columns] = width_of(table->cells[i]);
    for (size_t c = 0; c < columns; c++)
        add_cell(out, table->titles[c], c + 1 < columns ? widths[c] + 2 : 0, false);
    krx_str_addc(out, '\n');
    for (size_t i = 0; i < rows * columns; i++) {
        bool last = i % columns + 1 == columns;
        add_cell(out, table->cells[i], last ? 0 : widths[i % columns] + 2, color);
        if (last)
            krx_str_addc(out, '\n');
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
