/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kranix/records.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"

static int32_t take(krx_sink *sink, uint32_t kind, const void *item)
{
    krx_cli_records *r = sink->ctx;
    const krx_cli_shape *shape = r->shape;
    if (kind != shape->kind || (shape->wanted && !shape->wanted(r, item)))
        return 0;
    r->count++;
    if (r->list) {
        cJSON *json = shape->json(item, r->backend);
        if (json && cJSON_AddItemToArray(r->list, json))
            return 0;
        cJSON_Delete(json);
        return KRX_E_RESOURCE_EXHAUSTED;
    }
    if (r->cli->format == KRX_FORMAT_NAME) {
        krx_autofree char *clean = krx_cli_clean(shape->name(item));
        (void)printf("%s\n", clean ? clean : "");
        return 0;
    }
    r->cell = 0;
    shape->row(r, item);
    return krx_str_failed(&r->table.cells) ? KRX_E_RESOURCE_EXHAUSTED : 0;
}

bool krx_cli_records_init(krx_cli_records *records, krx_cli *cli, const krx_cli_shape *shape)
{
    memset(records, 0, sizeof *records);
    records->cli = cli;
    records->shape = shape;
    records->now_ns = krx_now_unix();
    records->sink = (krx_sink){
        .struct_size = sizeof records->sink, .kind = shape->kind, .emit = take, .ctx = records};
    krx_cli_table_init(&records->table, shape->titles,
                       cli->format == KRX_FORMAT_WIDE ? shape->wide : shape->plain);
    if (!krx_cli_structured(cli))
        return true;
    records->list = cJSON_CreateArray();
    return records->list != NULL;
}

void krx_cli_records_cell(krx_cli_records *records, const char *text)
{
    if (records->cell++ < records->table.columns)
        krx_cli_table_add(&records->table, text);
}

void krx_cli_records_cellf(krx_cli_records *records, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    krx_cli_records_cell(records, text);
}

int krx_cli_records_print(krx_cli_records *records, bool one)
{
    krx_cli *cli = records->cli;
    if (records->list) {
        cJSON *list = records->list;
        records->list = NULL;
        if (!one || cJSON_GetArraySize(list) != 1)
            return krx_cli_print_json(cli, list);
        cJSON *only = cJSON_DetachItemFromArray(list, 0);
        cJSON_Delete(list);
        return krx_cli_print_json(cli, only);
    }
    if (cli->format != KRX_FORMAT_NAME && (!cli->quiet || records->count))
        krx_cli_table_print(&records->table, cli->color_out);
    return 0;
}

void krx_cli_records_free(krx_cli_records *records)
{
    cJSON_Delete(records->list);
    krx_cli_table_free(&records->table);
}

int krx_cli_records_run(krx_cli_records *records, const char *backend, uint32_t op, const void *req,
                        krx_cli_op *memory, int64_t default_ns)
{
    krx_cli *cli = records->cli;
    krx_backend *opened = NULL;
    krx_cli_call call;
    if (!req)
        return krx_cli_no_memory(cli);
    krx_cli_call_init(cli, &call, default_ns);
    int32_t code = krx_cli_backend(cli, &call.call, backend, &opened);
    if (!code) {
        records->backend = krx_backend_name(opened);
        code = krx_cli_invoke(&call.call, opened, op, req, &records->sink, memory);
    }
    return code ? krx_cli_error(cli, &call.error) : 0;
}
