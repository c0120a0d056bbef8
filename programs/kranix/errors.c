/* SPDX-License-Identifier: Apache-2.0 */
/* Errors for people and for programs, and the exit status that each stands for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "programs/kranix/clean.h"
#include "programs/kranix/cli.h"

static const struct {
    int32_t code;
    int status;
} statuses[] = {
    {KRX_E_CANCELLED, KRX_EXIT_INTERRUPTED},   {KRX_E_INVALID_ARGUMENT, KRX_EXIT_USAGE},
    {KRX_E_OUT_OF_RANGE, KRX_EXIT_USAGE},      {KRX_E_DEADLINE_EXCEEDED, KRX_EXIT_DEADLINE},
    {KRX_E_NOT_FOUND, KRX_EXIT_NOT_FOUND},     {KRX_E_PERMISSION_DENIED, KRX_EXIT_REFUSED},
    {KRX_E_UNAUTHENTICATED, KRX_EXIT_REFUSED}, {KRX_E_UNAVAILABLE, KRX_EXIT_UNAVAILABLE},
    {KRX_E_DATA_LOSS, KRX_EXIT_UNAVAILABLE},   {KRX_E_METRICS_UNAVAILABLE, KRX_EXIT_UNAVAILABLE},
    {KRX_E_UNSUPPORTED, KRX_EXIT_UNSUPPORTED}, {KRX_E_UNIMPLEMENTED, KRX_EXIT_UNSUPPORTED},
};

int krx_cli_exit_status(int32_t code)
{
    if (code == 0)
        return KRX_EXIT_OK;
    for (size_t i = 0; i < KRX_COUNT(statuses); i++)
        if (statuses[i].code == code)
            return statuses[i].status;
    return KRX_EXIT_FAILED;
}

static void print_json_error(const char *object, const char *code, const char *message,
                             const char *hint, cJSON *details)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "error", message);
    cJSON_AddStringToObject(json, "code", code);
    if (!details)
        details = cJSON_CreateObject();
    if (object)
        cJSON_AddStringToObject(details, "object", object);
    cJSON_AddItemToObject(json, "details", details);
    cJSON_AddStringToObject(json, "hint", hint ? hint : "");
    krx_autofree char *text = cJSON_PrintUnformatted(json);
    (void)fprintf(stderr, "%s\n", text ? text : "{\"error\":\"out of memory\"}");
    cJSON_Delete(json);
}

static void print_error(krx_cli *cli, const char *object, const char *code, const char *message,
                        const char *hint)
{
    (void)fflush(stdout);
    if (cli->format == KRX_FORMAT_JSON) {
        print_json_error(object, code, message, hint, NULL);
        return;
    }
    krx_autofree char *clean = krx_cli_clean(message), *clean_hint = krx_cli_clean(hint);
    const char *red = cli->color_err ? "\033[31m" : "", *off = cli->color_err ? "\033[0m" : "";
    (void)fprintf(stderr, "%skranix:%s %s%s%s\n", red, off, object ? object : "",
                  object ? ": " : "", clean ? clean : "out of memory");
    if (clean_hint && *clean_hint)
        (void)fprintf(stderr, "  hint: %s\n", clean_hint);
}

int krx_cli_error_on(krx_cli *cli, const char *object, const krx_error *error)
{
    const char *message = *error->message ? error->message : "the operation failed";
    print_error(cli, object, krx_error_name(error->code), message, error->hint);
    return krx_cli_exit_status(error->code);
}

int krx_cli_error(krx_cli *cli, const krx_error *error)
{
    return krx_cli_error_on(cli, NULL, error);
}

int krx_cli_usage(krx_cli *cli, const char *hint, const char *format, ...)
{
    char text[KRX_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_error(cli, NULL, "INVALID_ARGUMENT", text, hint);
    return KRX_EXIT_USAGE;
}

int krx_cli_no_memory(krx_cli *cli)
{
    print_error(cli, NULL, "RESOURCE_EXHAUSTED", "out of memory", NULL);
    return KRX_EXIT_FAILED;
}

void krx_cli_note(krx_cli *cli, const char *kind, const char *format, ...)
{
    char text[KRX_ERROR_MESSAGE_MAX];
    va_list args;
    if (cli->quiet)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    krx_autofree char *clean = krx_cli_clean(text);
    (void)fflush(stdout);
    (void)fprintf(stderr, "kranix: %s: %s\n", kind, clean ? clean : "");
}

static cJSON *diag_json(const krx_diag *diag)
{
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "file", diag->file ? diag->file : "");
    cJSON_AddNumberToObject(item, "line", diag->line);
    cJSON_AddNumberToObject(item, "column", diag->column);
    cJSON_AddStringToObject(item, "path", diag->path ? diag->path : "");
    cJSON_AddStringToObject(item, "message", diag->message);
    if (diag->hint)
        cJSON_AddStringToObject(item, "hint", diag->hint);
    return item;
}

static void diags_json(const krx_diags *diags, const char *summary)
{
    cJSON *details = cJSON_CreateObject(), *list = cJSON_CreateArray();
    for (size_t i = 0; i < diags->count; i++)
        cJSON_AddItemToArray(list, diag_json(&diags->items[i]));
    cJSON_AddItemToObject(details, "mistakes", list);
    print_json_error(NULL, "INVALID_ARGUMENT", summary, "nothing was created or changed", details);
}

int krx_cli_diags(krx_cli *cli, const krx_diags *diags)
{
    size_t total = diags->count + diags->more;
    char summary[128];
    (void)snprintf(summary, sizeof summary, "%zu mistake%s found; nothing was created or changed",
                   total, total == 1 ? "" : "s");
    if (cli->format == KRX_FORMAT_JSON) {
        diags_json(diags, summary);
        return KRX_EXIT_USAGE;
    }
    for (size_t i = 0; i < diags->count; i++) {
        krx_autofree char *line = krx_diag_text(&diags->items[i]);
        krx_autofree char *clean = krx_cli_clean(line);
        (void)fprintf(stderr, "%s\n", clean ? clean : "out of memory");
    }
    if (diags->more)
        (void)fprintf(stderr, "... and %zu more\n", diags->more);
    print_error(cli, NULL, "INVALID_ARGUMENT", summary, NULL);
    return KRX_EXIT_USAGE;
}
