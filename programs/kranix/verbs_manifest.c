/* SPDX-License-Identifier: Apache-2.0 */
/* manifest: the Kubernetes objects that a workload is, or would be. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/model/results.h"
#include "programs/kranix/output.h"
#include "programs/kranix/specs.h"

#define MANIFEST_BACKEND "kubernetes"

typedef struct manifest {
    krx_sink sink;
    krx_cli *cli;
    cJSON *items;
    bool broken;
} manifest;

static void take_list(manifest *m, cJSON *json)
{
    cJSON *items = cJSON_GetObjectItemCaseSensitive(json, "items"), *item;
    if (!cJSON_IsArray(items)) {
        cJSON_AddItemToArray(m->items, json);
        return;
    }
    while ((item = cJSON_DetachItemFromArray(items, 0)) != NULL)
        cJSON_AddItemToArray(m->items, item);
    cJSON_Delete(json);
}

static int32_t take_text(krx_sink *sink, uint32_t kind, const void *item)
{
    manifest *m = sink->ctx;
    if (kind != KRX_ITEM_TEXT)
        return 0;
    cJSON *json = cJSON_Parse(((const krx_text *)item)->text);
    m->broken = m->broken || !json;
    if (json)
        take_list(m, json);
    return 0;
}

static int print(krx_cli *cli, manifest *m)
{
    krx_auto_str krx_str text = {0};
    const cJSON *item;
    if (cli->format == KRX_FORMAT_NAME) {
        cJSON_ArrayForEach (item, m->items) {
            const cJSON *kind = cJSON_GetObjectItemCaseSensitive(item, "kind");
            const cJSON *meta = cJSON_GetObjectItemCaseSensitive(item, "metadata");
            const cJSON *name = cJSON_GetObjectItemCaseSensitive(meta, "name");
            (void)printf("%s/%s\n", cJSON_IsString(kind) ? kind->valuestring : "",
                         cJSON_IsString(name) ? name->valuestring : "");
        }
        return 0;
    }
    if (cli->format == KRX_FORMAT_JSON) {
        cJSON *list = cJSON_CreateObject();
        cJSON_AddStringToObject(list, "apiVersion", "v1");
        cJSON_AddStringToObject(list, "kind", "List");
        cJSON_AddItemToObject(list, "items", cJSON_Duplicate(m->items, true));
        return krx_cli_print_json(cli, list);
    }
    cJSON_ArrayForEach (item, m->items) {
        if (text.length)
            krx_str_add(&text, "---\n");
        krx_cli_yaml(item, &text);
    }
    if (krx_str_failed(&text))
        return krx_cli_no_memory(cli);
    (void)fputs(krx_str_get(&text), stdout);
    return 0;
}

/* spec NULL: of what is deployed under `name`. */
static int32_t ask(krx_cli *cli, krx_call *call, krx_backend *backend, manifest *m, krx_spec *spec,
                   const char *name, bool by_instance)
{
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_manifest_req *req = op ? krx_arena_new_of(op->arena, krx_manifest_req) : NULL;
    if (!req)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    *req = (krx_manifest_req){.struct_size = sizeof *req};
    req->ref = krx_cli_ref(cli, op, name, spec ? krx_cli_spec_namespace(spec) : NULL);
    if (by_instance) {
        req->ref.instance = req->ref.workload;
        req->ref.workload = NULL;
    }
    if (spec) {
        op->spec = krx_spec_ref(spec);
        req->spec = spec->workload;
        req->spec_json = spec->json;
    }
    int32_t code =
        krx_cli_invoke(call, backend, KRX_OP_container_export_manifest, req, &m->sink, op);
    if (code == 0 && m->broken)
        return krx_fail(call, KRX_E_INTERNAL, "backend '%s' answered a manifest that is no JSON",
                        krx_backend_name(backend));
    return code;
}

static int of_spec(krx_cli *cli, manifest *m, krx_spec *spec, bool deployed)
{
    krx_backend *backend = NULL;
    krx_cli_call call;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    /* whatever backend the spec is for, or is on: the manifest is Kubernetes' */
    int32_t code = deployed
                       ? krx_runtime_backend(&call.call, cli->runtime, MANIFEST_BACKEND, &backend)
                       : krx_cli_backend(cli, &call.call, MANIFEST_BACKEND, &backend);
    if (!code)
        code = ask(cli, &call.call, backend, m, spec, spec->workload->name, false);
    return code ? krx_cli_error_on(cli, spec->workload->name, &call.error) : 0;
}

static int of_files(krx_cli *cli, manifest *m)
{
    krx_specs specs KRX_CLEANUP(krx_specs_free) = {0};
    int status = krx_cli_read_specs(cli, &specs);
    for (size_t i = 0; i < specs.count && !status; i++)
        status = of_spec(cli, m, specs.items[i], false);
    return status;
}

/* What another backend kept of it, as it would be on Kubernetes. */
static int of_kept_spec(krx_cli *cli, manifest *m, krx_backend *from)
{
    const char *name = cli->options.args[0];
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_diags diags KRX_CLEANUP(krx_diags_free) = {0};
    krx_specs specs KRX_CLEANUP(krx_specs_free) = {0};
    krx_status *status = NULL;
    krx_cli_call call;
    krx_diags_init(&diags);
    if (!op)
        return krx_cli_no_memory(cli);
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    int32_t code = krx_cli_get_status(cli, &call.call, from, op, name, NULL, &status);
    if (!code && krx_blank(status->spec_json)) {
        code = krx_fail(&call.call, KRX_E_FAILED_PRECONDITION,
                        "backend '%s' does not know the spec that '%s' was deployed from",
                        krx_backend_name(from), name);
        (void)krx_hint(&call.call, "give the spec itself: kranix manifest -f FILE");
    }
    if (!code)
        code = krx_specs_parse(&call.call, "deployed", status->spec_json, strlen(status->spec_json),
                               KRX_SPEC_NO_FILES, &specs, &diags);
    if (code || specs.count != 1)
        return krx_cli_error_on(cli, name, &call.error);
    krx_workload copy = *specs.items[0]->workload;
    krx_spec *spec = NULL;
    copy.namespace_ = krx_blank(status->namespace_) ? krx_cli_namespace(cli) : status->namespace_;
    if (krx_spec_from_workload(&call.call, &copy, &spec, &diags) < 0)
        return krx_cli_error_on(cli, name, &call.error);
    int result = of_spec(cli, m, spec, true);
    krx_spec_unref(spec);
    return result;
}

static int of_name(krx_cli *cli, manifest *m)
{
    const char *name = cli->options.args[0];
    krx_backend *backend = NULL;
    krx_cli_call call, second;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    int32_t code = krx_cli_backend(cli, &call.call, NULL, &backend);
    if (code)
        return krx_cli_error(cli, &call.error);
    const krx_module *module = krx_backend_module(backend);
    if (!module->container || !module->container->export_manifest)
        return of_kept_spec(cli, m, backend);
    code = ask(cli, &call.call, backend, m, NULL, name, false);
    if (code == KRX_E_NOT_FOUND) {
        krx_cli_call_init(cli, &second, KRX_CLI_UNARY_NS);
        int32_t again = ask(cli, &second.call, backend, m, NULL, name, true);
        if (again != KRX_E_NOT_FOUND) {
            code = again;
            call.error = second.error;
        }
    }
    return code ? krx_cli_error(cli, &call.error) : 0;
}

int krx_cli_manifest(krx_cli *cli)
{
    bool files = krx_cli_flag(cli, KRX_OPT_FILE);
    manifest m = {.cli = cli};
    int status = 0;
    if (files && cli->options.arg_count)
        return krx_cli_usage(cli, NULL, "a name and --file exclude each other");
    if (!files && !cli->options.arg_count)
        return krx_cli_usage(cli, "usage: kranix manifest NAME | -f FILE...",
                             "kranix manifest needs a name or a file");
    if (!krx_cli_runtime(cli, &status))
        return status;
    m.items = cJSON_CreateArray();
    m.sink = (krx_sink){
        .struct_size = sizeof m.sink, .kind = KRX_ITEM_TEXT, .emit = take_text, .ctx = &m};
    status = !m.items ? krx_cli_no_memory(cli) : files ? of_files(cli, &m) : of_name(cli, &m);
    if (!status)
        status = print(cli, &m);
    cJSON_Delete(m.items);
    return status;
}
