/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint, restore, checkpoints. */
#include <string.h>

#include "lib/model/results.h"
#include "programs/kranix/progress.h"
#include "programs/kranix/records.h"

static cJSON *checkpoint_json(const void *item, const char *backend)
{
    cJSON *json = krx_checkpoint_to_json(item);
    if (json && backend)
        cJSON_AddStringToObject(json, "backend", backend);
    return json;
}

static const char *checkpoint_name(const void *item)
{
    return ((const krx_checkpoint *)item)->id;
}

static void checkpoint_row(krx_cli_records *r, const void *item)
{
    const krx_checkpoint *c = item;
    char age[24], size[24];
    krx_cli_records_cell(r, c->id);
    krx_cli_records_cell(r, c->workload);
    krx_cli_records_cell(r, c->namespace_);
    krx_cli_records_cell(r, c->state);
    krx_cli_records_cell(r, krx_cli_age(c->created_ns, r->now_ns, age));
    krx_cli_records_cell(r, krx_cli_size(c->size_bytes, size));
    krx_cli_records_cell(r, c->comment);
    krx_cli_records_cell(r, c->message);
}

static const char *const titles[] = {"ID",  "WORKLOAD", "NAMESPACE", "STATE",
                                     "AGE", "SIZE",     "COMMENT",   "MESSAGE"};
static const krx_cli_shape shape = {.kind = KRX_ITEM_CHECKPOINT,
                                    .titles = titles,
                                    .plain = 7,
                                    .wide = KRX_COUNT(titles),
                                    .json = checkpoint_json,
                                    .name = checkpoint_name,
                                    .row = checkpoint_row};

static uint32_t flags_of(const krx_cli *cli)
{
    static const struct {
        int option;
        uint32_t flag;
    } table[] = {{KRX_OPT_LEAVE_RUNNING, KRX_CHECKPOINT_LEAVE_RUNNING},
                 {KRX_OPT_TCP_ESTABLISHED, KRX_CHECKPOINT_TCP_ESTABLISHED},
                 {KRX_OPT_TCP_SKIP_IN_FLIGHT, KRX_CHECKPOINT_SKIP_IN_FLIGHT},
                 {KRX_OPT_LINK_REMAP, KRX_CHECKPOINT_LINK_REMAP}};
    uint32_t flags = 0;
    for (size_t i = 0; i < KRX_COUNT(table); i++)
        flags |= krx_cli_flag(cli, table[i].option) ? table[i].flag : 0;
    return flags;
}

static krx_checkpoint_req *request(krx_cli *cli, krx_cli_op *op)
{
    const krx_cli_options *o = &cli->options;
    bool restore = o->verb->op == KRX_OP_extended_restore;
    bool list = o->verb->op == KRX_OP_extended_list_checkpoints;
    const char *name = krx_cli_value(cli, KRX_OPT_NAME);
    krx_checkpoint_req *req = op ? krx_arena_new_of(op->arena, krx_checkpoint_req) : NULL;
    if (!req)
        return NULL;
    const char *file = krx_cli_value(cli, restore ? KRX_OPT_IMPORT : KRX_OPT_EXPORT);
    *req = (krx_checkpoint_req){
        .struct_size = sizeof *req,
        .flags = flags_of(cli),
        .ref = krx_cli_ref(cli, op, o->arg_count ? o->args[0] : NULL, NULL),
        .id = krx_arena_strdup(op->arena, restore && o->arg_count > 1 ? o->args[1] : NULL),
        .file = krx_arena_strdup(op->arena, file),
        .comment = krx_arena_strdup(op->arena, krx_cli_value(cli, KRX_OPT_COMMENT)),
        .new_name = krx_arena_strdup(op->arena, name)};
    if (list && krx_cli_flag(cli, KRX_OPT_ALL_NAMESPACES))
        req->ref.namespace_ = NULL;
    return req;
}

int krx_cli_checkpoints(krx_cli *cli)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_auto_records krx_cli_records records = {0};
    int status = 0;
    if (krx_cli_flag(cli, KRX_OPT_ALL_NAMESPACES) &&
        (cli->options.arg_count || krx_cli_flag(cli, KRX_OPT_NAMESPACE)))
        return krx_cli_usage(cli, NULL, "--all-namespaces takes neither a name nor --namespace");
    if (!krx_cli_records_init(&records, cli, &shape))
        return krx_cli_no_memory(cli);
    if (!krx_cli_runtime(cli, &status))
        return status;
    status = krx_cli_records_run(&records, NULL, KRX_OP_extended_list_checkpoints, request(cli, op),
                                 op, KRX_CLI_UNARY_NS);
    return status ? status : krx_cli_records_print(&records, false);
}

/* --------------------------------------------------------------------------- checkpoint, restore
 */

typedef struct deed {
    krx_sink sink;
    krx_cli *cli;
    const char *backend;
    cJSON *list;
    size_t count;
} deed;

static int32_t take_deed(krx_sink *sink, uint32_t kind, const void *item)
{
    deed *d = sink->ctx;
    const krx_checkpoint *c = item;
    if (kind != KRX_ITEM_CHECKPOINT)
        return 0;
    d->count++;
    if (krx_cli_structured(d->cli)) {
        cJSON_AddItemToArray(d->list, checkpoint_json(item, d->backend));
        return 0;
    }
    krx_autofree char *id = krx_cli_clean(c->id), *name = krx_cli_clean(c->workload);
    krx_autofree char *message = krx_cli_clean(c->message);
    if (d->cli->format == KRX_FORMAT_NAME || d->cli->quiet)
        (void)printf("%s\n", id ? id : "");
    else if (d->cli->options.verb->op == KRX_OP_extended_restore)
        (void)printf("%s restored from %s\n", krx_blank(name) ? "workload" : name, id ? id : "");
    else
        (void)printf("%s %s as %s\n", krx_blank(name) ? "workload" : name,
                     krx_blank(c->state) ? "checkpointed" : c->state, id ? id : "");
    if (!krx_blank(message))
        krx_cli_note(d->cli, "note", "%s", message);
    return 0;
}

static int run_deed(krx_cli *cli)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_checkpoint_req *req = request(cli, op);
    krx_backend *backend = NULL;
    krx_cli_progress progress;
    krx_cli_call call;
    deed d = {.cli = cli, .list = cJSON_CreateArray()};
    int status = 0;
    if (!req || !d.list) {
        cJSON_Delete(d.list);
        return krx_cli_no_memory(cli);
    }
    d.sink = (krx_sink){
        .struct_size = sizeof d.sink, .kind = KRX_ITEM_CHECKPOINT, .emit = take_deed, .ctx = &d};
    const char *name = cli->options.arg_count ? cli->options.args[0] : "checkpoint";
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS * 5);
    krx_cli_progress_init(&progress, cli, name);
    call.call.progress = &progress.sink;
    int32_t code = krx_cli_backend(cli, &call.call, NULL, &backend);
    if (!code) {
        d.backend = krx_backend_name(backend);
        code = krx_cli_invoke(&call.call, backend, cli->options.verb->op, req, &d.sink, op);
    }
    krx_cli_progress_end(&progress);
    if (code)
        status = krx_cli_error(cli, &call.error);
    else if (krx_cli_structured(cli))
        status = krx_cli_print_json(cli, cJSON_GetArraySize(d.list) == 1
                                             ? cJSON_DetachItemFromArray(d.list, 0)
                                             : cJSON_Duplicate(d.list, true));
    cJSON_Delete(d.list);
    return status;
}

int krx_cli_checkpoint(krx_cli *cli)
{
    int status = 0;
    if (cli->options.verb->op == KRX_OP_extended_restore) {
        bool import = krx_cli_flag(cli, KRX_OPT_IMPORT);
        if (!import && !cli->options.arg_count)
            return krx_cli_usage(cli, "usage: kranix restore NAME [ID] | --import FILE",
                                 "kranix restore needs a name or a file");
        if (import && cli->options.arg_count > 1)
            return krx_cli_usage(cli, NULL,
                                 "--import and the id of a checkpoint exclude each other");
    }
    return krx_cli_runtime(cli, &status) ? run_deed(cli) : status;
}
