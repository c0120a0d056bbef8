/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/model/parse.h"

/* One workload takes no more than this. */
#define SPEC_MEMORY_MAX (48u * 1024 * 1024)
#define WORKLOADS_MAX 10000u

krx_spec *krx_spec_ref(krx_spec *spec)
{
    __atomic_add_fetch(&spec->refs, 1, __ATOMIC_RELAXED);
    return spec;
}

void krx_spec_unref(krx_spec *spec)
{
    if (spec && __atomic_sub_fetch(&spec->refs, 1, __ATOMIC_ACQ_REL) == 0)
        krx_arena_free(spec->arena);
}

KRX_DEFINE_CLEANUP(spec, krx_spec, krx_spec_unref)
#define krx_auto_spec KRX_CLEANUP(krx_cleanup_spec_)

void krx_specs_free(krx_specs *specs)
{
    for (size_t i = 0; i < specs->count; i++)
        krx_spec_unref(specs->items[i]);
    free(specs->items);
    *specs = (krx_specs){0};
}

/* The spec lives in its own arena. */
static krx_spec *new_spec(void)
{
    krx_arena *arena = krx_arena_new_limited(SPEC_MEMORY_MAX);
    krx_spec *spec = arena ? krx_arena_new_of(arena, krx_spec) : NULL;
    if (!spec) {
        krx_arena_free(arena);
        return NULL;
    }
    spec->arena = arena;
    spec->refs = 1;
    return spec;
}

static void finish(krx_parser *p, krx_spec *spec, krx_workload *workload)
{
    krx_auto_str krx_str json = {.limit = SPEC_MEMORY_MAX};
    if (!workload) {
        p->no_memory = true;
        return;
    }
    krx_checks_run(p, workload);
    if (!(p->flags & KRX_SPEC_NO_FILES))
        krx_env_files_merge(p, workload);
    krx_workload_json(workload, 0, &json);
    spec->workload = workload;
    spec->json = krx_str_failed(&json) ? NULL : krx_arena_strdup(spec->arena, krx_str_get(&json));
    if (!spec->json)
        p->no_memory = true;
}

typedef struct reader {
    krx_call *call;
    const char *file;
    uint32_t flags;
    krx_specs *out;
    krx_diags *diags;
} reader;

static int32_t too_large(const reader *r)
{
    return krx_fail(r->call, KRX_E_RESOURCE_EXHAUSTED, "%s takes too much memory", r->file);
}

static int32_t keep(const reader *r, krx_spec *spec)
{
    krx_spec **items = realloc(r->out->items, (r->out->count + 1) * sizeof *items);
    if (!items)
        return too_large(r);
    r->out->items = items;
    items[r->out->count++] = spec;
    return 0;
}

static int32_t read_workload(const reader *r, const krx_node *root)
{
    krx_auto_spec krx_spec *spec = new_spec();
    if (r->out->count >= WORKLOADS_MAX) {
        krx_diags_add(r->diags, r->file, root, "", "split it", "more than %u workloads",
                      WORKLOADS_MAX);
        return KRX_E_INVALID_ARGUMENT;
    }
    krx_parser p = {
        .call = r->call, .diags = r->diags, .file = r->file, .root = root, .flags = r->flags};
    if (!spec)
        return too_large(r);
    p.arena = spec->arena;
    if (root->type != KRX_NODE_MAP)
        krx_parse_complain(&p, root, "start with 'name:' and 'image:'",
                           "a workload must be a map of fields");
    else if (!krx_parse_foreign(&p, root))
        finish(&p, spec, krx_parse_struct(&p, root, krx_schema_workload()));
    krx_str_free(&p.path);
    if (p.no_memory || krx_arena_failed(spec->arena))
        return too_large(r);
    if (!spec->workload)
        return 0; /* complained about */
    int32_t rc = keep(r, spec);
    if (rc == 0)
        (void)krx_move_ptr(spec);
    return rc;
}

static int32_t read_root(const reader *r, const krx_node *root)
{
    int32_t rc = 0;
    if (root->type != KRX_NODE_LIST)
        return read_workload(r, root);
    for (size_t i = 0; i < root->count && rc == 0; i++)
        rc = read_workload(r, root->items[i]);
    return rc;
}

/* The file's own complaints by place, then those of the files that it names. */
static int order(const krx_diag *a, const krx_diag *b, const char *file)
{
    int first = !krx_streq(a->file, file), second = !krx_streq(b->file, file);
    if (first != second || first)
        return first - second;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

/* At most KRX_DIAGS_MAX, and equal ones keep their order. */
static void sort_complaints(krx_diags *diags, size_t first, const char *file)
{
    for (size_t i = first + 1; i < diags->count; i++) {
        krx_diag moving = diags->items[i];
        size_t k = i;
        for (; k > first && order(&diags->items[k - 1], &moving, file) > 0; k--)
            diags->items[k] = diags->items[k - 1];
        diags->items[k] = moving;
    }
}

int32_t krx_specs_parse(krx_call *call, const char *file, const char *text, size_t length,
                        uint32_t flags, krx_specs *out, krx_diags *diags)
{
    krx_auto_arena krx_arena *arena = krx_arena_new_limited(2 * KRX_DOC_MEMORY_MAX);
    size_t first = diags->count, before = diags->count + diags->more;
    krx_node **roots = NULL;
    reader r = {call, file, flags, out, diags};
    *out = (krx_specs){0};
    if (!arena)
        return too_large(&r);
    int32_t rc = krx_doc_parse(call, arena, file, text, length, &roots, diags);
    bool whole = rc == 0;
    if (rc == KRX_E_INVALID_ARGUMENT)
        rc = 0;
    for (size_t i = 0; rc == 0 && roots && roots[i]; i++)
        rc = read_root(&r, roots[i]);
    if (rc == KRX_E_INVALID_ARGUMENT)
        rc = 0;
    if (rc == 0 && whole && out->count == 0 && diags->count + diags->more == before)
        krx_diags_add(diags, file, NULL, "", "start with 'name:' and 'image:'",
                      "holds no workload");
    sort_complaints(diags, first, file);
    if (rc == 0 && diags->count + diags->more > before)
        rc = krx_diags_fail(call, diags, file);
    if (rc != 0)
        krx_specs_free(out);
    return rc;
}

int32_t krx_spec_from_workload(krx_call *call, const krx_workload *workload, krx_spec **out,
                               krx_diags *diags)
{
    krx_specs specs = {0};
    krx_auto_str krx_str json = {.limit = KRX_DOC_BYTES_MAX};
    size_t first = diags->count;
    *out = NULL;
    krx_workload_json(workload, 0, &json);
    if (krx_str_failed(&json))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "the workload is too large");
    int32_t rc =
        krx_specs_parse(call, "workload", krx_str_get(&json), json.length, 0, &specs, diags);
    /* a place in a text that nobody wrote helps nobody */
    for (size_t i = first; i < diags->count; i++)
        diags->items[i].line = diags->items[i].column = 0;
    if (rc == KRX_E_INVALID_ARGUMENT)
        return krx_diags_fail(call, diags, "workload");
    if (rc != 0)
        return rc;
    *out = specs.items[0];
    free(specs.items);
    return 0;
}
