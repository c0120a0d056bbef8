/* SPDX-License-Identifier: Apache-2.0 */
/* config show and check; version. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "programs/kranix/output.h"

typedef struct config_list {
    krx_cli *cli;
    cJSON *json;
    krx_cli_table table;
    krx_arena *arena;
    krx_ptrs keys;
} config_list;

static bool wanted(const krx_cli_options *o, const char *key)
{
    size_t length = strlen(key);
    for (size_t i = 0; i < o->arg_count; i++) {
        size_t given = strlen(o->args[i]);
        if (strncmp(key, o->args[i], given) == 0 &&
            (given == length || key[given] == '.' || key[given] == '['))
            return true;
    }
    return o->arg_count == 0;
}

static int32_t take_item(void *ctx, const krx_config_item *item)
{
    config_list *list = ctx;
    (void)krx_ptrs_add(list->arena, &list->keys, krx_arena_strdup(list->arena, item->key));
    if (!wanted(&list->cli->options, item->key))
        return 0;
    if (krx_cli_structured(list->cli)) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddStringToObject(json, "key", item->key);
        cJSON_AddStringToObject(json, "value", item->value);
        cJSON_AddStringToObject(json, "type", item->type);
        cJSON_AddStringToObject(json, "origin", item->origin);
        cJSON_AddStringToObject(json, "help", item->help);
        cJSON_AddBoolToObject(json, "secret", item->secret != 0);
        cJSON_AddItemToArray(list->json, json);
    } else if (list->cli->format == KRX_FORMAT_NAME) {
        (void)printf("%s\n", item->key);
    } else {
        krx_cli_table_add(&list->table, item->key);
        krx_cli_table_add(&list->table, item->value);
        krx_cli_table_add(&list->table, item->origin);
        if (list->cli->format == KRX_FORMAT_WIDE) {
            krx_cli_table_add(&list->table, item->type);
            krx_cli_table_add(&list->table, item->help);
        }
    }
    return 0;
}

/* Keys that were asked for and do not exist. */
static int check_keys(krx_cli *cli, const config_list *list)
{
    const krx_cli_options *o = &cli->options;
    for (size_t i = 0; i < o->arg_count; i++) {
        bool found = false;
        krx_cli_options one = {.args = &o->args[i], .arg_count = 1};
        for (size_t k = 0; k < list->keys.count && !found; k++)
            found = wanted(&one, list->keys.items[k]);
        if (found)
            continue;
        const char *close =
            krx_closest(o->args[i], (const char *const *)list->keys.items, list->keys.count);
        krx_autofree char *hint = close ? krx_format("did you mean '%s'?", close) : NULL;
        return krx_cli_usage(cli, hint, "there is no configuration key '%s'", o->args[i]);
    }
    return 0;
}

int krx_cli_config_show(krx_cli *cli)
{
    static const char *const titles[] = {"KEY", "VALUE", "ORIGIN", "TYPE", "HELP"};
    krx_auto_arena krx_arena *arena = krx_arena_new();
    config_list list = {.cli = cli, .arena = arena};
    int status = 0;
    if (!arena)
        return krx_cli_no_memory(cli);
    if (!krx_cli_runtime(cli, &status))
        return status;
    list.json = cJSON_CreateArray();
    krx_cli_table_init(&list.table, titles, cli->format == KRX_FORMAT_WIDE ? 5 : 3);
    (void)krx_config_each(cli->runtime, take_item, &list);
    status = check_keys(cli, &list);
    if (!status && krx_cli_structured(cli)) {
        status = krx_cli_print_json(cli, list.json);
        list.json = NULL;
    } else if (!status && cli->format <= KRX_FORMAT_WIDE) {
        krx_cli_table_print(&list.table, cli->color_out);
    }
    cJSON_Delete(list.json);
    krx_cli_table_free(&list.table);
    return status;
}

static void report(void *ctx, const char *line)
{
    krx_autofree char *clean = krx_cli_clean(line);
    (void)ctx;
    (void)fprintf(stderr, "%s\n", clean ? clean : "out of memory");
}

static int check_file(krx_cli *cli, const char *file, cJSON *results)
{
    krx_error error = {.struct_size = sizeof error};
    krx_call call;
    krx_call_init(&call, &error);
    if (krx_config_check(&call, file, report, cli) < 0) {
        (void)krx_cli_error_on(cli, file, &error);
        return error.code == KRX_E_PERMISSION_DENIED ? KRX_EXIT_REFUSED : KRX_EXIT_USAGE;
    }
    if (results) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddStringToObject(json, "file", file ? file : krx_paths_get()->config_file);
        cJSON_AddStringToObject(json, "result", "ok");
        cJSON_AddItemToArray(results, json);
    } else if (!cli->quiet) {
        (void)printf("%s%sok\n", file ? file : "", file ? ": " : "");
    }
    return 0;
}

/* Without a file: those that are in force. */
int krx_cli_config_check(krx_cli *cli)
{
    const krx_cli_options *o = &cli->options;
    cJSON *results = krx_cli_structured(cli) ? cJSON_CreateArray() : NULL;
    int status = 0;
    if (!o->arg_count)
        status = check_file(cli, krx_cli_value(cli, KRX_OPT_CONFIG), results);
    for (size_t i = 0; i < o->arg_count; i++) {
        int one = check_file(cli, o->args[i], results);
        status = status ? status : one;
    }
    if (results)
        (void)krx_cli_print_json(cli, results);
    return status;
}

int krx_cli_version(krx_cli *cli)
{
    const krx_paths *paths = krx_paths_get();
    const struct {
        const char *key, *value;
    } rows[] = {
        {"moduleDir", paths->module_dir},
        {"vendorAllowDir", paths->vendor_allow_dir},
        {"adminAllowDir", paths->admin_allow_dir},
        {"configFile", paths->config_file},
        {"configDir", paths->config_dir},
        {"libexecDir", paths->libexec_dir},
        {"stateDir", paths->state_dir},
    };
    char abi[32];
    (void)snprintf(abi, sizeof abi, "%d.%d", KRX_ABI_MAJOR, KRX_ABI_MINOR);
    if (krx_cli_structured(cli)) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddStringToObject(json, "name", "kranix");
        cJSON_AddStringToObject(json, "version", krx_version());
        cJSON_AddStringToObject(json, "abi", abi);
        cJSON *list = cJSON_AddObjectToObject(json, "paths");
        for (size_t i = 0; i < KRX_COUNT(rows); i++)
            cJSON_AddStringToObject(list, rows[i].key, rows[i].value ? rows[i].value : "");
        return krx_cli_print_json(cli, json);
    }
    (void)printf("kranix %s (SDK %s)\n", krx_version(), abi);
    if (cli->format == KRX_FORMAT_WIDE)
        for (size_t i = 0; i < KRX_COUNT(rows); i++)
            (void)printf("  %-16s %s\n", rows[i].key, rows[i].value ? rows[i].value : "");
    return 0;
}
