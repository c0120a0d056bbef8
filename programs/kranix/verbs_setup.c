/* SPDX-License-Identifier: Apache-2.0 */
/* backends setup: what workloads may refer to, put into the backend itself. */
#include "lib/model/results.h"
#include "programs/kranix/deploy.h"
#include "programs/kranix/output.h"

static bool wants_change(const krx_cli_target *target)
{
    for (size_t i = 0; i < target->changes.count; i++)
        if (((const krx_change *)target->changes.items[i])->action != KRX_CHANGE_NONE)
            return true;
    return false;
}

static int print(krx_cli *cli, const krx_cli_target *target, bool dry_run)
{
    const char *name = krx_backend_name(target->backend);
    if (krx_cli_structured(cli)) {
        cJSON *list = cJSON_CreateArray();
        for (size_t i = 0; i < target->changes.count; i++)
            cJSON_AddItemToArray(list, krx_change_to_json(target->changes.items[i]));
        return krx_cli_print_json(cli, list);
    }
    for (size_t i = 0; i < target->changes.count; i++) {
        const krx_change *change = target->changes.items[i];
        krx_autofree char *text = krx_cli_change_text(change);
        krx_autofree char *object = krx_cli_clean(change->object);
        if (cli->format == KRX_FORMAT_NAME)
            (void)printf("%s\n", object ? object : "");
        else if (!cli->quiet || dry_run)
            (void)printf("  %s\n", text ? text : "");
    }
    if (cli->format != KRX_FORMAT_NAME && !cli->quiet)
        (void)printf("%s %s%s\n", name, wants_change(target) ? "set up" : "unchanged",
                     dry_run ? " (dry run)" : "");
    return 0;
}

int krx_cli_backends_setup(krx_cli *cli)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_setup_req *req = op ? krx_arena_new_of(op->arena, krx_setup_req) : NULL;
    krx_cli_target target = {.op = op};
    bool dry_run = krx_cli_flag(cli, KRX_OPT_DRY_RUN);
    krx_cli_call call;
    int status = 0;
    if (!req)
        return krx_cli_no_memory(cli);
    if (!krx_cli_runtime(cli, &status))
        return status;
    *req = (krx_setup_req){.struct_size = sizeof *req, .flags = dry_run ? KRX_DEPLOY_DRY_RUN : 0};
    krx_cli_changes_into(&target);
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS * 2);
    int32_t code =
        krx_runtime_backend(&call.call, cli->runtime, cli->options.args[0], &target.backend);
    if (!code)
        code = krx_cli_invoke(&call.call, target.backend, KRX_OP_extended_setup, req,
                              &target.changes_sink, op);
    return code ? krx_cli_error(cli, &call.error) : print(cli, &target, dry_run);
}
