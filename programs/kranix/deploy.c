/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kranix/deploy.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/results.h"
#include "programs/kranix/bulk.h"
#include "programs/kranix/output.h"
#include "programs/kranix/specs.h"

static int read_specs(krx_cli *cli, krx_specs *specs)
{
    static const int without_file[] = {KRX_OPT_NAME,        KRX_OPT_IMAGE,   KRX_OPT_PORT,
                                       KRX_OPT_CPU,         KRX_OPT_MEMORY,  KRX_OPT_ENV,
                                       KRX_OPT_REPLICAS,    KRX_OPT_NETWORK, KRX_OPT_RUNTIME,
                                       KRX_OPT_INTERACTIVE, KRX_OPT_TTY};
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

/* Several at the same time. */
typedef struct deploy_run {
    krx_cli *cli;
    krx_cli_target *targets;
    cJSON *results;
    krx_cli_progress progress;
    bool dry_run;
    bool wait;
    atomic_bool interrupted;
    int status;
} deploy_run;

static void work(void *ctx, size_t i)
{
    deploy_run *run = ctx;
    krx_cli_target *target = &run->targets[i];
    krx_cli_call call;
    target->skipped = atomic_load(&run->interrupted);
    target->result = target->skipped ? KRX_EXIT_INTERRUPTED : 0;
    if (target->skipped)
        return;
    krx_cli_call_init(run->cli, &call, KRX_CLI_FOREVER);
    int32_t code = krx_cli_deploy_run(&call, target, run->dry_run, &run->progress);
    target->error = call.error;
    target->error.code = code;
    if (code == KRX_E_CANCELLED)
        atomic_store(&run->interrupted, true);
}

static void done(void *ctx, size_t i)
{
    deploy_run *run = ctx;
    krx_cli_target *target = &run->targets[i];
    krx_cli_progress_end(&run->progress);
    if (target->error.code < 0)
        target->result = krx_cli_deploy_error(run->cli, target, &target->error);
    else if (!target->skipped && (!run->wait || !krx_cli_structured(run->cli)))
        print_result(run->cli, target, run->dry_run, run->results);
    run->status = run->status ? run->status : target->result;
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

static int diff_all(krx_cli *cli, krx_cli_target *targets, size_t count, cJSON *results)
{
    int status = 0;
    for (size_t i = 0; i < count; i++) {
        int one = krx_cli_deploy_diff(cli, &targets[i], results);
        if (!status || status == KRX_EXIT_CHANGED)
            status = one ? one : status;
        if (one == KRX_EXIT_INTERRUPTED)
            return status;
    }
    return status;
}

static int deploy_all(krx_cli *cli, krx_cli_target *targets, size_t count, cJSON *results)
{
    deploy_run run = {.cli = cli, .targets = targets, .results = results};
    run.dry_run = krx_cli_flag(cli, KRX_OPT_DRY_RUN);
    run.wait = krx_cli_flag(cli, KRX_OPT_WAIT) && !run.dry_run;
    krx_cli_progress_init(&run.progress, cli, "");
    krx_cli_parallel(count, (size_t)krx_cli_int(cli, KRX_OPT_PARALLEL, KRX_CLI_PARALLEL), work,
                     done, &run);
    if (run.wait && !atomic_load(&run.interrupted)) {
        int waited = wait_all(cli, targets, count, results);
        run.status = run.status ? run.status : waited;
    }
    return run.status;
}

static int deploy_specs(krx_cli *cli, const krx_specs *specs)
{
    krx_cli_target *targets = calloc(specs->count + 1, sizeof *targets);
    cJSON *results = cJSON_CreateArray();
    int status = targets && results ? find_backends(cli, targets, specs) : krx_cli_no_memory(cli);
    if (!status)
        status = krx_cli_check_capabilities(cli, targets, specs->count);
    if (!status && krx_cli_flag(cli, KRX_OPT_DIFF))
        status = diff_all(cli, targets, specs->count, results);
    else if (!status)
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
