/* SPDX-License-Identifier: Apache-2.0 */
/* A spec out of --name, --image and their like. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/base/units.h"
#include "programs/kranix/specs.h"
#include "programs/kranix/values.h"

static const krx_struct_info *type_of(const char *path)
{
    const krx_struct_info *workload = krx_schema_workload();
    for (size_t i = 0; i < workload->count; i++)
        if (strcmp(workload->fields[i].key, path) == 0)
            return workload->fields[i].type;
    return NULL;
}

static bool add_port(krx_arena *arena, krx_ptrs *ports, const char *text)
{
    krx_cli_port parsed;
    krx_port *port = krx_arena_new_of(arena, krx_port);
    if (!port || krx_cli_parse_port(text, &parsed))
        return false;
    krx_struct_init(type_of("ports"), port, true);
    port->container_port = parsed.port;
    port->protocol = krx_arena_strdup(arena, parsed.protocol);
    if (parsed.host_port >= 0)
        port->host_port = parsed.host_port;
    if (*parsed.ip)
        port->host_ip = krx_arena_strdup(arena, parsed.ip);
    return port->protocol && krx_ptrs_add(arena, ports, port) == 0;
}

static bool add_env(krx_arena *arena, krx_ptrs *env, const char *text)
{
    const char *equals = strchr(text, '=');
    const char *value = equals ? equals + 1 : getenv(text);
    if (!value)
        return true; /* not set here: not set there */
    krx_kv *kv = krx_arena_new_of(arena, krx_kv);
    if (!kv)
        return false;
    kv->struct_size = sizeof *kv;
    kv->key = krx_arena_strndup(arena, text, equals ? (size_t)(equals - text) : strlen(text));
    kv->value = krx_arena_strdup(arena, value);
    return kv->key && kv->value && krx_ptrs_add(arena, env, kv) == 0;
}

static bool add_resources(krx_cli *cli, krx_arena *arena, krx_workload *workload)
{
    const char *cpu = krx_cli_value(cli, KRX_OPT_CPU), *memory = krx_cli_value(cli, KRX_OPT_MEMORY);
    if (!cpu && !memory)
        return true;
    krx_resources *resources = krx_arena_new_of(arena, krx_resources);
    if (!resources)
        return false;
    krx_struct_init(type_of("resources"), resources, true);
    if (cpu)
        (void)krx_parse_cpu(cpu, &resources->cpu_limit_milli);
    if (memory)
        (void)krx_parse_bytes(memory, &resources->memory_limit_bytes);
    workload->resources = resources;
    return true;
}

static bool fill(krx_cli *cli, krx_arena *arena, krx_workload *workload)
{
    krx_ptrs ports = {0}, env = {0};
    const char *text;
    krx_struct_init(krx_schema_workload(), workload, true);
    workload->name = krx_cli_value(cli, KRX_OPT_NAME);
    workload->namespace_ = krx_cli_namespace(cli);
    workload->image = krx_cli_value(cli, KRX_OPT_IMAGE);
    workload->backend = krx_cli_value(cli, KRX_OPT_BACKEND);
    workload->network = krx_cli_value(cli, KRX_OPT_NETWORK);
    workload->runtime = krx_cli_value(cli, KRX_OPT_RUNTIME);
    if (krx_cli_flag(cli, KRX_OPT_INTERACTIVE))
        workload->stdin_open = 1;
    if (krx_cli_flag(cli, KRX_OPT_TTY))
        workload->tty = 1;
    workload->replicas = krx_cli_int(cli, KRX_OPT_REPLICAS, workload->replicas);
    workload->args = cli->options.command && cli->options.command[0] ? cli->options.command : NULL;
    for (size_t n = 0; (text = krx_cli_nth(cli, KRX_OPT_PORT, n)) != NULL; n++)
        if (!add_port(arena, &ports, text))
            return false;
    for (size_t n = 0; (text = krx_cli_nth(cli, KRX_OPT_ENV, n)) != NULL; n++)
        if (!add_env(arena, &env, text))
            return false;
    workload->ports = (const krx_port *const *)ports.items;
    workload->env = (const krx_kv *const *)env.items;
    return add_resources(cli, arena, workload);
}

int krx_cli_spec_of_options(krx_cli *cli, krx_specs *out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_diags diags KRX_CLEANUP(krx_diags_free) = {0};
    krx_error error = {.struct_size = sizeof error};
    krx_workload workload;
    krx_call call;
    krx_call_init(&call, &error);
    krx_diags_init(&diags);
    if (!krx_cli_value(cli, KRX_OPT_NAME) || !krx_cli_value(cli, KRX_OPT_IMAGE))
        return krx_cli_usage(cli, "see 'kranix deploy --help'",
                             "give -f FILE, or --name NAME and --image IMAGE");
    out->items = calloc(1, sizeof *out->items);
    if (!arena || !out->items || !fill(cli, arena, &workload))
        return krx_cli_no_memory(cli);
    int32_t code = krx_spec_from_workload(&call, &workload, &out->items[0], &diags);
    if (code == 0) {
        out->items[0]->namespace_implied = krx_cli_namespace_implied(cli);
        out->count = 1;
    } else if (!diags.count)
        return krx_cli_error(cli, &error);
    return code ? krx_cli_diags(cli, &diags) : 0;
}
