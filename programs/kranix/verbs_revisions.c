/* SPDX-License-Identifier: Apache-2.0 */
/* history and rollback. */
#include <string.h>

#include "lib/model/results.h"
#include "programs/kranix/deploy.h"
#include "programs/kranix/progress.h"
#include "programs/kranix/records.h"

static cJSON *revision_json(const void *item, const char *backend)
{
    (void)backend;
    return krx_revision_to_json(item);
}

static const char *revision_name(const void *item)
{
    static _Thread_local char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)((const krx_revision *)item)->revision);
    return text;
}

static void revision_row(krx_cli_records *r, const void *item)
{
    const krx_revision *v = item;
    char age[24];
    krx_cli_records_cell(r, revision_name(item));
    krx_cli_records_cell(r, v->current ? "yes" : "no");
    krx_cli_records_cell(r, krx_cli_age(v->created_ns, r->now_ns, age));
    krx_cli_records_cell(r, v->image);
    krx_cli_records_cell(r, v->message);
}

static const char *const titles[] = {"REVISION", "CURRENT", "AGE", "IMAGE", "MESSAGE"};
static const krx_cli_shape shape = {.kind = KRX_ITEM_REVISION,
                                    .titles = titles,
                                    .plain = KRX_COUNT(titles),
                                    .wide = KRX_COUNT(titles),
                                    .json = revision_json,
                                    .name = revision_name,
                                    .row = revision_row};

static krx_revision_req *request(krx_cli *cli, krx_cli_op *op)
{
    krx_revision_req *req = op ? krx_arena_new_of(op->arena, krx_revision_req) : NULL;
    if (req)
        *req = (krx_revision_req){.struct_size = sizeof *req,
                                  .ref = krx_cli_ref(cli, op, cli->options.args[0], NULL),
                                  .revision = krx_cli_int(cli, KRX_OPT_TO, KRX_UNSET)};
    return req;
}

int krx_cli_history(krx_cli *cli)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_auto_records krx_cli_records records = {0};
    int status = 0;
    if (!krx_cli_records_init(&records, cli, &shape))
        return krx_cli_no_memory(cli);
    if (!krx_cli_runtime(cli, &status))
        return status;
    status = krx_cli_records_run(&records, NULL, KRX_OP_extended_list_revisions, request(cli, op),
                                 op, KRX_CLI_UNARY_NS);
    return status ? status : krx_cli_records_print(&records, false);
}

typedef struct now {
    krx_sink sink;
    krx_cli *cli;
    cJSON *json;
    int64_t revision;
} now;

static int32_t take_now(krx_sink *sink, uint32_t kind, const void *item)
{
    now *n = sink->ctx;
    if (kind != KRX_ITEM_REVISION)
        return 0;
    n->revision = ((const krx_revision *)item)->revision;
    if (krx_cli_structured(n->cli) && !n->json)
        n->json = krx_revision_to_json(item);
    return 0;
}

static int wait_after(krx_cli *cli, krx_backend *backend, const char *name)
{
    krx_cli_waited w = {.name = name, .backend = backend};
    int status = krx_cli_flag(cli, KRX_OPT_WAIT) ? krx_cli_wait(cli, &w) : 0;
    krx_cli_op_unref(w.status_op);
    return status;
}

int krx_cli_rollback(krx_cli *cli)
{
    const char *name = cli->options.args[0];
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_revision_req *req = request(cli, op);
    krx_backend *backend = NULL;
    krx_cli_progress progress;
    krx_cli_call call;
    now n = {.cli = cli, .revision = KRX_UNSET};
    int status = 0;
    if (!req)
        return krx_cli_no_memory(cli);
    n.sink = (krx_sink){
        .struct_size = sizeof n.sink, .kind = KRX_ITEM_REVISION, .emit = take_now, .ctx = &n};
    if (!krx_cli_runtime(cli, &status))
        return status;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS * 2);
    krx_cli_progress_init(&progress, cli, name);
    call.call.progress = &progress.sink;
    int32_t code = krx_cli_backend(cli, &call.call, NULL, &backend);
    if (!code)
        code = krx_cli_invoke(&call.call, backend, KRX_OP_extended_rollback, req, &n.sink, op);
    krx_cli_progress_end(&progress);
    if (code) {
        cJSON_Delete(n.json);
        return krx_cli_error(cli, &call.error);
    }
    if (krx_cli_structured(cli)) {
        status = wait_after(cli, backend, name);
        int printed = krx_cli_print_json(cli, n.json ? n.json : cJSON_CreateObject());
        return status ? status : printed;
    }
    if (cli->format == KRX_FORMAT_NAME)
        (void)printf("%s\n", name);
    else if (!cli->quiet && n.revision == KRX_UNSET)
        (void)printf("%s rolled back\n", name);
    else if (!cli->quiet)
        (void)printf("%s rolled back, now revision %lld\n", name, (long long)n.revision);
    return wait_after(cli, backend, name);
}
