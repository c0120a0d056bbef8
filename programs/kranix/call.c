/* SPDX-License-Identifier: Apache-2.0 */
/* Calls into the host: deadlines, memory that outlives a call, and items collected. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/model/results.h"
#include "programs/kranix/cli.h"

static int verbosity(const krx_cli *cli)
{
    int count = 0;
    for (size_t i = 0; i < cli->options.given_count; i++)
        count += cli->options.given[i].option->id == KRX_OPT_VERBOSE;
    return count;
}

krx_runtime *krx_cli_runtime(krx_cli *cli, int *status)
{
    krx_error error = {.struct_size = sizeof error};
    krx_call call;
    if (cli->runtime)
        return cli->runtime;
    int verbose = verbosity(cli);
    krx_runtime_options options = {
        .struct_size = sizeof options,
        .log_level = verbose > 1  ? KRX_LOG_DEBUG
                     : verbose    ? KRX_LOG_INFO
                     : cli->quiet ? KRX_LOG_ERROR
                                  : 0,
        .config_file = krx_cli_value(cli, KRX_OPT_CONFIG),
        .state_dir = krx_cli_value(cli, KRX_OPT_STATE_DIR),
    };
    krx_call_init(&call, &error);
    if (krx_runtime_new(&call, &options, &cli->runtime) < 0) {
        cli->runtime = NULL;
        *status = krx_cli_error(cli, &error);
    }
    return cli->runtime;
}

void krx_cli_call_init(krx_cli *cli, krx_cli_call *call, int64_t default_ns)
{
    int64_t timeout = krx_cli_duration(cli, KRX_OPT_TIMEOUT, default_ns);
    memset(call, 0, sizeof *call);
    call->error.struct_size = sizeof call->error;
    krx_host_call_init(cli->runtime, &call->call, &call->error, timeout, cli->cancel_fd);
}

krx_cli_op *krx_cli_op_new(void)
{
    krx_cli_op *op = calloc(1, sizeof *op);
    if (!op)
        return NULL;
    op->refs = 1;
    op->arena = krx_arena_new();
    if (!op->arena) {
        free(op);
        return NULL;
    }
    return op;
}

void krx_cli_op_unref(krx_cli_op *op)
{
    if (!op || __atomic_sub_fetch(&op->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    krx_spec_unref(op->spec);
    krx_arena_free(op->arena);
    free(op);
}

static void release_op(void *ctx)
{
    krx_cli_op_unref(ctx);
}

int32_t krx_cli_invoke(krx_call *call, krx_backend *backend, uint32_t op, const void *req,
                       krx_sink *out, krx_cli_op *memory)
{
    krx_invoke_options options = {
        .struct_size = sizeof options, .release = release_op, .release_ctx = memory};
    __atomic_add_fetch(&memory->refs, 1, __ATOMIC_RELAXED);
    return krx_invoke(call, backend, op, req, out, &options);
}

const char *krx_cli_namespace(const krx_cli *cli)
{
    const char *given = krx_cli_value(cli, KRX_OPT_NAMESPACE);
    return given ? given : "default";
}

bool krx_cli_namespace_implied(const krx_cli *cli)
{
    return !krx_cli_value(cli, KRX_OPT_NAMESPACE);
}

krx_ref krx_cli_ref(krx_cli *cli, krx_cli_op *op, const char *name, const char *ns)
{
    krx_ref ref = {.struct_size = sizeof ref};
    ref.workload = krx_arena_strdup(op->arena, name);
    ref.namespace_ = krx_arena_strdup(op->arena, ns ? ns : krx_cli_namespace(cli));
    ref.namespace_implied = !ns && krx_cli_namespace_implied(cli);
    ref.replica = krx_cli_int(cli, KRX_OPT_REPLICA, 0);
    return ref;
}

const char *krx_cli_spec_namespace(const krx_spec *spec)
{
    return spec->namespace_implied ? NULL : spec->workload->namespace_;
}

int32_t krx_cli_backend(krx_cli *cli, krx_call *call, const char *name, krx_backend **out)
{
    const char *given = krx_cli_value(cli, KRX_OPT_BACKEND);
    return krx_runtime_backend(call, cli->runtime, given ? given : name, out);
}

static int32_t take_item(krx_sink *sink, uint32_t kind, const void *item)
{
    krx_cli_items *items = sink->ctx;
    const void *copy = kind == KRX_ITEM_STATUS ? (const void *)krx_status_copy(items->arena, item)
                                               : krx_instance_copy(items->arena, item);
    if (!copy || krx_ptrs_add(items->arena, &items->list, copy) < 0)
        return KRX_E_RESOURCE_EXHAUSTED;
    return 0;
}

void krx_cli_items_init(krx_cli_items *items, krx_arena *arena, uint32_t kind)
{
    memset(items, 0, sizeof *items);
    items->sink = (krx_sink){
        .struct_size = sizeof items->sink, .kind = kind, .emit = take_item, .ctx = items};
    items->arena = arena;
}

int32_t krx_cli_get_status(krx_cli *cli, krx_call *call, krx_backend *backend, krx_cli_op *op,
                           const char *name, const char *ns, krx_status **out)
{
    krx_cli_items items;
    krx_status_req *req = krx_arena_new_of(op->arena, krx_status_req);
    if (!req)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    *req = (krx_status_req){.struct_size = sizeof *req, .with_instances = 1};
    req->ref = krx_cli_ref(cli, op, name, ns);
    req->ref.replica = 0;
    krx_cli_items_init(&items, op->arena, KRX_ITEM_STATUS);
    int32_t code = krx_cli_invoke(call, backend, KRX_OP_driver_get_status, req, &items.sink, op);
    if (code < 0)
        return code;
    if (items.list.count == 0)
        return krx_fail(call, KRX_E_INTERNAL, "backend '%s' answered nothing about workload '%s'",
                        krx_backend_name(backend), name);
    *out = items.list.items[0];
    return 0;
}
