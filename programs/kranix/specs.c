/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kranix/specs.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"

static int append(krx_cli *cli, krx_specs *all, const krx_specs *more)
{
    size_t count = all->count + more->count;
    krx_spec **items = realloc(all->items, (count + 1) * sizeof *items);
    if (!items)
        return krx_cli_no_memory(cli);
    all->items = items;
    for (size_t i = 0; i < more->count; i++)
        items[all->count++] = krx_spec_ref(more->items[i]);
    return 0;
}

/* The spec with its namespace set: its own, or the one asked for. */
static int32_t set_namespace(krx_cli *cli, krx_call *call, const char *file, krx_spec **spec,
                             krx_diags *diags)
{
    const krx_workload *workload = (*spec)->workload;
    const char *wanted = krx_cli_value(cli, KRX_OPT_NAMESPACE);
    if (!krx_blank(workload->namespace_)) {
        if (wanted && strcmp(wanted, workload->namespace_) != 0)
            krx_diags_add(diags, file, NULL, "namespace", NULL,
                          "workload '%s' says '%s', --namespace says '%s'", workload->name,
                          workload->namespace_, wanted);
        return 0;
    }
    krx_workload copy = *workload;
    krx_spec *changed = NULL;
    copy.namespace_ = krx_cli_namespace(cli);
    int32_t code = krx_spec_from_workload(call, &copy, &changed, diags);
    if (code < 0)
        return code;
    changed->namespace_implied = !wanted;
    krx_spec_unref(*spec);
    *spec = changed;
    return 0;
}

static void find_twins(const krx_cli *cli, const krx_specs *specs, const char *const *files,
                       krx_diags *diags)
{
    bool to_one = krx_cli_flag(cli, KRX_OPT_BACKEND);
    for (size_t i = 0; i < specs->count; i++) {
        const krx_workload *a = specs->items[i]->workload;
        for (size_t k = 0; k < i; k++) {
            const krx_workload *b = specs->items[k]->workload;
            if (strcmp(a->name, b->name) == 0 && krx_streq(a->namespace_, b->namespace_) &&
                (to_one || krx_streq(a->backend, b->backend))) {
                bool same = strcmp(files[i], files[k]) == 0;
                krx_diags_add(diags, files[i], NULL, "name", "give one of them another name",
                              "workload '%s' is described twice in namespace '%s'%s%s", a->name,
                              a->namespace_, same ? "" : ", first in ", same ? "" : files[k]);
                break;
            }
        }
    }
}

static int read_one(krx_cli *cli, const char *file, krx_specs *out, krx_diags *diags)
{
    krx_error error = {.struct_size = sizeof error};
    krx_call call;
    krx_auto_str krx_str text = {0};
    krx_specs specs = {0};
    krx_call_init(&call, &error);
    call.cancel_fd = cli->cancel_fd;
    const char *shown = strcmp(file, "-") == 0 ? "<stdin>" : file;
    if (krx_read_file(&call, file, KRX_DOC_BYTES_MAX, &text) < 0) {
        (void)krx_cli_error(cli, &error);
        return KRX_EXIT_USAGE;
    }
    size_t before = diags->count;
    int32_t code = krx_specs_parse(&call, shown, krx_str_get(&text), text.length, 0, &specs, diags);
    for (size_t i = 0; code == 0 && i < specs.count; i++)
        code = set_namespace(cli, &call, shown, &specs.items[i], diags);
    if (code == 0 && specs.count == 0)
        krx_diags_add(diags, shown, NULL, "", NULL, "there is no workload in it");
    int status = 0;
    if (code == 0)
        status = append(cli, out, &specs);
    else if (diags->count == before)
        status = krx_cli_error(cli, &error);
    krx_specs_free(&specs);
    return status;
}

int krx_cli_read_specs(krx_cli *cli, krx_specs *out)
{
    krx_diags diags KRX_CLEANUP(krx_diags_free) = {0};
    const char *file;
    krx_autofree const char **files = NULL; /* where each spec comes from */
    size_t noted = 0;
    int status = 0, stdin_used = 0;
    krx_diags_init(&diags);
    for (size_t n = 0; (file = krx_cli_nth(cli, KRX_OPT_FILE, n)) != NULL; n++) {
        if (strcmp(file, "-") == 0 && stdin_used++)
            return krx_cli_usage(cli, NULL, "standard input can be read once only");
        int one = read_one(cli, file, out, &diags);
        status = status ? status : one;
        const char **more = realloc(files, (out->count + 1) * sizeof *files);
        if (!more)
            return krx_cli_no_memory(cli);
        for (files = more; noted < out->count; noted++)
            files[noted] = strcmp(file, "-") == 0 ? "<stdin>" : file;
    }
    if (diags.count == 0 && status == 0)
        find_twins(cli, out, files, &diags);
    if (diags.count)
        return krx_cli_diags(cli, &diags);
    return status;
}
