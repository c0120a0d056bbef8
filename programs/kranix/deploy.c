/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kranix/deploy.h"

#include <stdlib.h>
#include <string.h>

#include "lib/model/results.h"
#include "programs/kranix/output.h"
#include "programs/kranix/specs.h"

static int read_specs(krx_cli *cli, krx_specs *specs)
{
    static const int without_file[] = {KRX_OPT_NAME,   KRX_OPT_IMAGE, KRX_OPT_PORT,    KRX_OPT_CPU,
                                       KRX_OPT_MEMORY, KRX_OPT_ENV,   KRX_OPT_REPLICAS};
    if (!krx_cli_flag(cli, KRX_OPT_FILE))
        return krx_cli_spec_of_options(cli, specs);
    for (size_t i = 0; i < KRX_COUNT(without_file); i++)
        if (krx_cli_flag(cli, without_file[i]))
            return krx_cli_usage(cli, "write it into the file",
                                 "--file and options that describe a workload exclude each other");
    if (cli->options.command)
        return krx_cli_usage(cli, "write it into the file as args",
                             "--file and a command exclude each other");
    return krx_cli_read_specs(cli, specs);
}

static int find_backends(krx_cli *cli, krx_cli_target *targets, const krx_specs *specs)
{
    for (size_t i = 0; i < specs->count; i++) {
        krx_cli_call call;
        targets[i].spec = specs->items[i];
        targets[i].op = krx_cli_op_new();
        if (!targets[i].op)
            return krx_cli_no_memory(cli);
        krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
        if (krx_cli_backend(cli, &call.call, specs->items[i]->workload->backend,
                            &targets[i].backend) < 0)
            return krx_cli_error(cli, &call.error);
    }
    return 0;
}

static void print_changes(const krx_cli_target *target)
{
    for (size_t i = 0; i < target->changes.count; i++) {
        const krx_change *change = target->changes.items[i];
        if (change->action == KRX_CHANGE_NONE)
            continue;
        krx_autofree char *text = krx_cli_change_text(change);
        (void)printf("  %s\n", text ? text : "");
    }
}

static void print_result(krx_cli *cli, const krx_cli_target *target, bool dry_run, cJSON *results)
{
    const char *name = target->spec->workload->name;
    if (krx_cli_structured(cli)) {
        cJSON_AddItemToArray(results, krx_cli_target_json(target));
        return;
    }
    if (cli->format == KRX_FORMAT_NAME) {
        (void)printf("%s\n", name);
        return;
    }
    if (!cli->quiet || dry_run)
        (void)printf("%s %s%s\n", name, krx_cli_deploy_word(target), dry_run ? " (dry run)" : "");
    if (dry_run)
        print_changes(target);
    (void)fflush(stdout);
}

static int deploy_one(krx_cli *cli, krx_cli_target *target, cJSON *results)
{
    krx_cli_call call;
    bool dry_run = krx_cli_flag(cli, KRX_OPT_DRY_RUN);
    if (krx_cli_flag(cli, KRX_OPT_DIFF))
        return krx_cli_deploy_diff(cli, target, results);
    krx_cli_call_init(cli, &call, KRX_CLI_FOREVER);
    if (krx_cli_deploy_run(cli, &call, target, dry_run) < 0)
        return krx_cli_deploy_error(cli, target, &call.error);
    bool wait = krx_cli_flag(cli, KRX_OPT_WAIT) && !dry_run;
    if (!wait || !krx_cli_structured(cli))
        print_result(cli, target, dry_run, results);
    return 0;
}

/* Waiting begins when everything is deployed, so that workloads come up side by side. */
static int wait_all(krx_cli *cli, krx_cli_target *targets, size_t count, cJSON *results)
{
    int status = 0;
    for (size_t i = 0; i < count; i++) {
        if (targets[i].result)
            continue;
        int one = krx_cli_deploy_wait(cli, &targets[i]);
        status = status ? status : one;
        if (krx_cli_structured(cli))
            cJSON_AddItemToArray(results, krx_cli_target_json(&targets[i]));
    }
    return status;
}

static int deploy_all(krx_cli *cli, krx_cli_target *targets, size_t count, cJSON *results)
{
    int status = 0;
    for (size_t i = 0; i < count; i++) {
        targets[i].result = deploy_one(cli, &targets[i], results);
        if (!status || status == KRX_EXIT_CHANGED)
            status = targets[i].result ? targets[i].result : status;
        if (targets[i].result == KRX_EXIT_INTERRUPTED)
            return status;
    }
    if (krx_cli_flag(cli, KRX_OPT_WAIT) && !krx_cli_flag(cli, KRX_OPT_DRY_RUN) &&
        !krx_cli_flag(cli, KRX_OPT_DIFF)) {
        int waited = wait_all(cli, targets, count, results);
        status = status ? status : waited;
    }
    return status;
}

static int deploy_specs(krx_cli *cli, const krx_specs *specs)
{
    krx_cli_target *targets = calloc(specs->count + 1, sizeof *targets);
    cJSON *results = cJSON_CreateArray();
    int status = targets && results ? find_backends(cli, targets, specs) : krx_cli_no_memory(cli);
    if (!status)
        status = krx_cli_check_capabilities(cli, targets, specs->count);
    if (!status)
        status = deploy_all(cli, targets, specs->count, results);
    if (krx_cli_structured(cli) && cJSON_GetArraySize(results) > 0) {
        bool one = specs->count == 1;
        (void)krx_cli_print_json(cli, one ? cJSON_DetachItemFromArray(results, 0)
                                          : cJSON_Duplicate(results, true));
    }
    for (size_t i = 0; targets && i < specs->count; i++) {
        krx_cli_op_unref(targets[i].op);
        krx_cli_op_unref(targets[i].status_op);
    }
    cJSON_Delete(results);
    free(targets);
    return status;
}

int krx_cli_deploy(krx_cli *cli)
{
    krx_specs specs KRX_CLEANUP(krx_specs_free) = {0};
    int status = 0;
    if (krx_cli_flag(cli, KRX_OPT_DIFF) && krx_cli_flag(cli, KRX_OPT_DRY_RUN))
        return krx_cli_usage(cli, "--diff changes nothing either",
                             "--diff and --dry-run exclude each other");
    if ((status = read_specs(cli, &specs)) != 0)
        return status;
    if (!krx_cli_runtime(cli, &status))
        return status;
    return deploy_specs(cli, &specs);
}
