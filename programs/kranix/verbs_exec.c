/* SPDX-License-Identifier: Apache-2.0 */
/* exec, and attach to the main process. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "programs/kranix/output.h"
#include "programs/kranix/signals.h"

typedef struct exec_result {
    krx_sink sink;
    bool ended;
    int32_t exit_code;
} exec_result;

static int32_t take_result(krx_sink *sink, uint32_t kind, const void *item)
{
    exec_result *result = sink->ctx;
    if (kind == KRX_ITEM_EXEC) {
        result->ended = true;
        result->exit_code = ((const krx_exec_result *)item)->exit_code;
    }
    return 0;
}

static const krx_kv *const *environment(krx_cli *cli, krx_arena *arena)
{
    krx_ptrs list = {0};
    const char *text;
    for (size_t n = 0; (text = krx_cli_nth(cli, KRX_OPT_ENV, n)) != NULL; n++) {
        const char *equals = strchr(text, '='), *value = equals ? equals + 1 : getenv(text);
        krx_kv *kv = krx_arena_new_of(arena, krx_kv);
        if (!value)
            continue;
        if (!kv)
            return NULL;
        kv->struct_size = sizeof *kv;
        kv->key = krx_arena_strndup(arena, text, equals ? (size_t)(equals - text) : strlen(text));
        kv->value = krx_arena_strdup(arena, value);
        (void)krx_ptrs_add(arena, &list, kv);
    }
    return (const krx_kv *const *)list.items;
}

/* The command after "--", or without it the words after the name. */
static const char *const *command(const krx_cli *cli)
{
    const krx_cli_options *o = &cli->options;
    if (o->command && o->command[0])
        return o->command;
    return o->arg_count > 1 ? (const char *const *)&o->args[1] : NULL;
}

static void fill(krx_cli *cli, krx_cli_op *op, bool by_instance, krx_exec_req *req)
{
    bool tty = krx_cli_flag(cli, KRX_OPT_TTY);
    *req = (krx_exec_req){
        .struct_size = sizeof *req,
        .tty = tty,
        .argv = command(cli),
        .env = environment(cli, op->arena),
        .working_dir = krx_cli_value(cli, KRX_OPT_WORKDIR),
        .user = krx_cli_value(cli, KRX_OPT_USER),
        .stdin_fd = krx_cli_flag(cli, KRX_OPT_INTERACTIVE) ? STDIN_FILENO : -1,
        .stdout_fd = STDOUT_FILENO,
        .stderr_fd = STDERR_FILENO,
        .resize_fd = tty ? krx_cli_watch_window() : -1,
        .window_size = tty ? krx_cli_window_size : NULL,
    };
    req->ref = krx_cli_ref(cli, op, cli->options.args[0], NULL);
    if (by_instance) {
        req->ref.instance = req->ref.workload;
        req->ref.workload = NULL;
        req->ref.replica = 0;
    }
}

static int32_t run(krx_cli *cli, krx_cli_call *call, krx_cli_op *op, bool by_instance,
                   exec_result *result)
{
    krx_backend *backend = NULL;
    krx_exec_req *req = krx_arena_new_of(op->arena, krx_exec_req);
    krx_cli_call_init(cli, call, KRX_CLI_FOREVER);
    if (!req)
        return krx_fail(&call->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (krx_cli_backend(cli, &call->call, NULL, &backend) < 0)
        return call->error.code;
    fill(cli, op, by_instance, req);
    (void)fflush(stdout);
    bool raw = req->tty && req->stdin_fd >= 0 && krx_cli_terminal_raw();
    int32_t code =
        krx_cli_invoke(&call->call, backend, cli->options.verb->op, req, &result->sink, op);
    if (raw)
        krx_cli_terminal_restore();
    return code;
}

static int check_usage(krx_cli *cli)
{
    bool attach = cli->options.verb->op == KRX_OP_container_attach;
    if (!attach && !command(cli))
        return krx_cli_usage(cli, "usage: kranix exec NAME [-it] -- COMMAND...",
                             "kranix exec needs a command");
    if (cli->options.command && cli->options.arg_count > 1)
        return krx_cli_usage(cli, "one workload at a time", "unexpected argument '%s'",
                             cli->options.args[1]);
    if (krx_cli_flag(cli, KRX_OPT_TTY) && krx_cli_flag(cli, KRX_OPT_INTERACTIVE) &&
        isatty(STDIN_FILENO) != 1)
        return krx_cli_usage(cli, "leave --tty out", "standard input is not a terminal");
    return 0;
}

int krx_cli_exec(krx_cli *cli)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    exec_result result = {.sink = {.struct_size = sizeof result.sink,
                                   .kind = KRX_ITEM_EXEC,
                                   .emit = take_result,
                                   .ctx = &result}};
    krx_cli_call call, second;
    int status = 0;
    if (!op)
        return krx_cli_no_memory(cli);
    if ((status = check_usage(cli)) != 0)
        return status;
    if (!krx_cli_runtime(cli, &status))
        return status;
    int32_t code = run(cli, &call, op, false, &result);
    if (code == KRX_E_NOT_FOUND && !krx_cli_flag(cli, KRX_OPT_REPLICA)) {
        int32_t again = run(cli, &second, op, true, &result);
        if (again != KRX_E_NOT_FOUND) {
            code = again;
            call.error = second.error;
        }
    }
    if (code)
        return krx_cli_error(cli, &call.error);
    /* who only watched has seen all there was */
    if (!result.ended && cli->options.verb->op == KRX_OP_container_attach)
        return 0;
    if (!result.ended) {
        (void)krx_fail(&call.call, KRX_E_DATA_LOSS, "the command's exit status is not known");
        return krx_cli_error(cli, &call.error);
    }
    return result.exit_code & 0xff;
}
