/* SPDX-License-Identifier: Apache-2.0 */
/* Everything here reads files; no module is loaded. */
#include <stdlib.h>
#include <string.h>

#include "programs/kranix/output.h"

typedef struct plugin_list {
    krx_cli *cli;
    cJSON *json;
    size_t count;
    krx_cli_table table;
} plugin_list;

static void add_text(cJSON *json, const char *key, const char *value)
{
    cJSON_AddItemToObject(json, key, value ? cJSON_CreateString(value) : cJSON_CreateNull());
}

static cJSON *plugin_json(const krx_plugin_info *info)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "name", info->name);
    add_text(json, "version", info->version);
    add_text(json, "description", info->description);
    cJSON_AddBoolToObject(json, "builtin", info->builtin);
    cJSON_AddBoolToObject(json, "enabled", info->enabled);
    add_text(json, "state", info->state);
    add_text(json, "path", info->path);
    add_text(json, "sha256", info->sha256);
    add_text(json, "message", info->message);
    add_text(json, "allowFile", info->allow_file);
    add_text(json, "pinned", info->pinned);
    add_text(json, "abi", info->abi);
    add_text(json, "isolation", info->isolation);
    cJSON_AddBoolToObject(json, "critical", info->critical);
    if (info->error_code)
        cJSON_AddStringToObject(json, "code", krx_error_name(info->error_code));
    return json;
}

static int32_t add_with_digest(void *ctx, const krx_plugin_info *info)
{
    return cJSON_AddItemToArray(ctx, plugin_json(info)) ? 0 : KRX_E_RESOURCE_EXHAUSTED;
}

static int32_t take_row(void *ctx, const krx_plugin_info *info)
{
    plugin_list *list = ctx;
    list->count++;
    if (krx_cli_structured(list->cli)) {
        krx_cli_call call; /* only this form of the list shows the digests, which take time */
        krx_cli_call_init(list->cli, &call, KRX_CLI_UNARY_NS);
        if (krx_plugin_show(&call.call, list->cli->runtime, info->name, add_with_digest,
                            list->json) < 0)
            cJSON_AddItemToArray(list->json, plugin_json(info));
    } else if (list->cli->format == KRX_FORMAT_NAME) {
        (void)printf("%s\n", info->name);
    } else {
        krx_cli_table_add(&list->table, info->name);
        krx_cli_table_add(&list->table, info->version);
        krx_cli_table_add(&list->table, info->state);
        krx_cli_table_add(&list->table, info->abi);
        krx_cli_table_add(&list->table, info->description);
        krx_cli_table_add(&list->table, info->message);
        if (list->cli->format == KRX_FORMAT_WIDE) {
            krx_cli_table_add(&list->table, info->path);
            krx_cli_table_add(&list->table, info->allow_file);
        }
    }
    return 0;
}

int krx_cli_plugins_list(krx_cli *cli)
{
    static const char *const titles[] = {"NAME",        "VERSION", "STATE", "ABI",
                                         "DESCRIPTION", "MESSAGE", "PATH",  "ALLOW FILE"};
    plugin_list list = {.cli = cli};
    krx_cli_call call;
    int status = 0;
    if (!krx_cli_runtime(cli, &status))
        return status;
    list.json = cJSON_CreateArray();
    krx_cli_table_init(&list.table, titles,
                       KRX_COUNT(titles) - (cli->format == KRX_FORMAT_WIDE ? 0 : 2));
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    if (krx_plugins_each(&call.call, cli->runtime, take_row, &list) < 0) {
        status = krx_cli_error(cli, &call.error);
        cJSON_Delete(list.json);
    } else if (krx_cli_structured(cli)) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddItemToObject(json, "plugins", list.json);
        cJSON_AddNumberToObject(json, "count", (double)list.count);
        status = krx_cli_print_json(cli, json);
    } else {
        cJSON_Delete(list.json);
        if (cli->format <= KRX_FORMAT_WIDE)
            krx_cli_table_print(&list.table, cli->color_out);
    }
    krx_cli_table_free(&list.table);
    return status;
}

static void print_field(const char *name, const char *value)
{
    krx_autofree char *clean = krx_cli_clean(value);
    if (!krx_blank(clean))
        (void)printf("%-12s %s\n", name, clean);
}

static int32_t show_one(void *ctx, const krx_plugin_info *info)
{
    krx_cli *cli = ctx;
    if (krx_cli_structured(cli)) {
        (void)krx_cli_print_json(cli, plugin_json(info));
        return 0;
    }
    if (cli->format == KRX_FORMAT_NAME) {
        (void)printf("%s\n", info->name);
        return 0;
    }
    print_field("Name:", info->name);
    print_field("Version:", info->version);
    print_field("Description:", info->description);
    print_field("State:", info->state);
    print_field("Enabled:", info->enabled ? "yes" : "no");
    print_field("Built in:", info->builtin ? "yes" : "no");
    print_field("Critical:", info->critical ? "yes" : "no");
    print_field("Isolation:", info->isolation);
    print_field("ABI:", info->abi);
    print_field("Module:", info->path);
    print_field("Allow file:", info->allow_file);
    print_field("SHA-256:", info->sha256);
    print_field("Pinned to:", info->pinned);
    print_field("Message:", info->message);
    return 0;
}

int krx_cli_plugins_show(krx_cli *cli)
{
    krx_cli_call call;
    int status = 0;
    if (!krx_cli_runtime(cli, &status))
        return status;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    if (krx_plugin_show(&call.call, cli->runtime, cli->options.args[0], show_one, cli) < 0)
        return krx_cli_error(cli, &call.error);
    return 0;
}

/* -------------------------------------------------------------- check enable disable verify pin */

static int32_t compare_digest(void *ctx, const krx_plugin_info *info)
{
    krx_call *call = ctx;
    if (krx_blank(info->pinned)) {
        (void)krx_fail(call, KRX_E_PERMISSION_DENIED, "module '%s' is not pinned to a digest",
                       info->name);
        return krx_hint(call, "kranix plugins pin %s", info->name);
    }
    if (krx_blank(info->sha256))
        return krx_fail(call, KRX_E_NOT_FOUND, "module '%s' can't be read%s%s", info->name,
                        info->message ? ": " : "", info->message ? info->message : "");
    if (!krx_strcaseeq(info->pinned, info->sha256)) {
        (void)krx_fail(call, KRX_E_PERMISSION_DENIED,
                       "module '%s' has digest %s, its allow file demands %s", info->name,
                       info->sha256, info->pinned);
        return krx_hint(call, "find out who changed %s; if it is right: kranix plugins pin %s",
                        info->path ? info->path : "it", info->name);
    }
    return 0;
}

static int32_t check_one(krx_cli *cli, krx_call *call, const char *name)
{
    return krx_plugin_check(call, cli->runtime, name);
}

static int32_t enable_one(krx_cli *cli, krx_call *call, const char *name)
{
    return krx_plugin_enable(call, cli->runtime, name, 1);
}

static int32_t disable_one(krx_cli *cli, krx_call *call, const char *name)
{
    return krx_plugin_enable(call, cli->runtime, name, 0);
}

static int32_t verify_one(krx_cli *cli, krx_call *call, const char *name)
{
    return krx_plugin_show(call, cli->runtime, name, compare_digest, call);
}

static int32_t pin_one(krx_cli *cli, krx_call *call, const char *name)
{
    return krx_plugin_pin(call, cli->runtime, name);
}

typedef struct plugin_deed {
    const char *sub, *past;
    int32_t (*run)(krx_cli *cli, krx_call *call, const char *name);
} plugin_deed;

static const plugin_deed deeds[] = {
    {"check", "ok", check_one},           {"enable", "enabled", enable_one},
    {"disable", "disabled", disable_one}, {"verify", "verified", verify_one},
    {"pin", "pinned", pin_one},
};

typedef struct name_list {
    krx_arena *arena;
    krx_ptrs names;
    bool pinned; /* those with a pin, else those that are enabled */
} name_list;

static int32_t take_name(void *ctx, const krx_plugin_info *info)
{
    name_list *list = ctx;
    if (list->pinned ? krx_blank(info->pinned) : !info->enabled)
        return 0;
    return krx_ptrs_add(list->arena, &list->names, krx_arena_strdup(list->arena, info->name));
}

static int do_one(krx_cli *cli, const plugin_deed *deed, const char *name, cJSON *results)
{
    krx_cli_call call;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    if (deed->run(cli, &call.call, name) < 0)
        return krx_cli_error(cli, &call.error);
    if (krx_cli_structured(cli)) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddStringToObject(json, "name", name);
        cJSON_AddStringToObject(json, "result", deed->past);
        cJSON_AddItemToArray(results, json);
    } else if (cli->format == KRX_FORMAT_NAME) {
        (void)printf("%s\n", name);
    } else if (!cli->quiet) {
        (void)printf("%s %s\n", name, deed->past);
    }
    return 0;
}

static int do_all(krx_cli *cli, const plugin_deed *deed, const char *const *names, size_t count)
{
    cJSON *results = cJSON_CreateArray();
    int status = 0;
    for (size_t i = 0; i < count; i++) {
        int one = do_one(cli, deed, names[i], results);
        status = status ? status : one;
    }
    if (krx_cli_structured(cli))
        return krx_cli_print_json(cli, results) ? KRX_EXIT_FAILED : status;
    cJSON_Delete(results);
    return status;
}

int krx_cli_plugins_change(krx_cli *cli)
{
    const krx_cli_options *o = &cli->options;
    const plugin_deed *deed = deeds;
    krx_cli_call call;
    int status = 0;
    while (strcmp(deed->sub, o->verb->sub) != 0)
        deed++;
    if (!krx_cli_runtime(cli, &status))
        return status;
    if (o->arg_count)
        return do_all(cli, deed, o->args, o->arg_count);
    krx_auto_arena krx_arena *arena = krx_arena_new();
    name_list list = {.arena = arena, .pinned = strcmp(deed->sub, "verify") == 0};
    if (!arena)
        return krx_cli_no_memory(cli);
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    if (krx_plugins_each(&call.call, cli->runtime, take_name, &list) < 0)
        return krx_cli_error(cli, &call.error);
    return do_all(cli, deed, (const char *const *)list.names.items, list.names.count);
}
