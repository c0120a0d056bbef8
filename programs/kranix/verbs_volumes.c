/* SPDX-License-Identifier: Apache-2.0 */
/* volumes list, create, remove. */
#include <string.h>

#include "lib/model/results.h"
#include "programs/kranix/records.h"
#include "programs/kranix/specs.h"

static cJSON *volume_json(const void *item, const char *backend)
{
    cJSON *json = krx_volume_result_to_json(item);
    if (json && backend)
        cJSON_AddStringToObject(json, "backend", backend);
    return json;
}

static const char *volume_name(const void *item)
{
    const krx_volume_result *v = item;
    return krx_blank(v->volume_id) ? v->name : v->volume_id;
}

static void volume_row(krx_cli_records *r, const void *item)
{
    const krx_volume_result *v = item;
    char age[24], size[24];
    krx_cli_records_cell(r, v->name);
    krx_cli_records_cell(r, v->workload);
    krx_cli_records_cell(r, v->namespace_);
    krx_cli_records_cell(r, v->state);
    krx_cli_records_cell(r, krx_cli_size(v->size_bytes, size));
    krx_cli_records_cell(r, krx_cli_age(v->created_ns, r->now_ns, age));
    krx_cli_records_cell(r, v->volume_id);
    krx_cli_records_cell(r, v->mount_path);
}

static const char *const titles[] = {"NAME", "WORKLOAD", "NAMESPACE", "STATE",
                                     "SIZE", "AGE",      "ID",        "MOUNT PATH"};
static const krx_cli_shape shape = {.kind = KRX_ITEM_VOLUME,
                                    .titles = titles,
                                    .plain = 7,
                                    .wide = KRX_COUNT(titles),
                                    .json = volume_json,
                                    .name = volume_name,
                                    .row = volume_row};

static krx_volumes_req *request(krx_cli *cli, krx_cli_op *op, const char *name)
{
    krx_volumes_req *req = op ? krx_arena_new_of(op->arena, krx_volumes_req) : NULL;
    if (req)
        *req =
            (krx_volumes_req){.struct_size = sizeof *req, .ref = krx_cli_ref(cli, op, name, NULL)};
    return req;
}

static int list(krx_cli *cli, krx_cli_records *records)
{
    const krx_cli_options *o = &cli->options;
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    bool all = krx_cli_flag(cli, KRX_OPT_ALL_NAMESPACES);
    if (all && (o->arg_count || krx_cli_flag(cli, KRX_OPT_NAMESPACE)))
        return krx_cli_usage(cli, NULL, "--all-namespaces takes neither a name nor --namespace");
    krx_volumes_req *req = request(cli, op, o->arg_count ? o->args[0] : NULL);
    if (req && all)
        req->ref.namespace_ = NULL;
    return krx_cli_records_run(records, NULL, KRX_OP_extended_list_volumes, req, op,
                               KRX_CLI_UNARY_NS);
}

static int create_one(krx_cli *cli, krx_cli_records *records, krx_spec *spec)
{
    const krx_workload *workload = spec->workload;
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_volumes_req *req = request(cli, op, workload->name);
    if (!req)
        return krx_cli_no_memory(cli);
    op->spec = krx_spec_ref(spec);
    req->spec = workload;
    req->ref = krx_cli_ref(cli, op, workload->name, krx_cli_spec_namespace(spec));
    if (!workload->volumes || !workload->volumes[0])
        krx_cli_note(cli, "note", "%s: its spec has no volumes", workload->name);
    return krx_cli_records_run(records, workload->backend, KRX_OP_extended_provision_volumes, req,
                               op, KRX_CLI_UNARY_NS * 5);
}

static int create(krx_cli *cli, krx_cli_records *records)
{
    krx_specs specs KRX_CLEANUP(krx_specs_free) = {0};
    if (!krx_cli_flag(cli, KRX_OPT_FILE))
        return krx_cli_usage(cli, "usage: kranix volumes create -f FILE...",
                             "kranix volumes create needs a file");
    int status = krx_cli_read_specs(cli, &specs);
    for (size_t i = 0; i < specs.count && !status; i++)
        status = create_one(cli, records, specs.items[i]);
    return status;
}

static int remove_all(krx_cli *cli, krx_cli_records *records)
{
    const krx_cli_options *o = &cli->options;
    int status = 0;
    for (size_t i = 0; i < o->arg_count; i++) {
        krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
        int one = krx_cli_records_run(records, NULL, KRX_OP_extended_cleanup_volumes,
                                      request(cli, op, o->args[i]), op, KRX_CLI_UNARY_NS * 5);
        status = status ? status : one;
    }
    return status;
}

int krx_cli_volumes(krx_cli *cli)
{
    uint32_t which = cli->options.verb->op;
    krx_auto_records krx_cli_records records = {0};
    int status = 0;
    if (!krx_cli_records_init(&records, cli, &shape))
        return krx_cli_no_memory(cli);
    if (!krx_cli_runtime(cli, &status))
        return status;
    status = which == KRX_OP_extended_list_volumes        ? list(cli, &records)
             : which == KRX_OP_extended_provision_volumes ? create(cli, &records)
                                                          : remove_all(cli, &records);
    if (status && !records.count)
        return status;
    int printed = krx_cli_records_print(&records, false);
    return status ? status : printed;
}
