/* SPDX-License-Identifier: Apache-2.0 */
/* Files of KEY=VALUE lines, as docker reads them: no quotes, no expansion. */
#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/model/parse.h"

#define FILE_MAX_BYTES (1024u * 1024)
#define VARIABLES_MAX 10000u

typedef struct env_set {
    krx_parser *p;
    krx_ptrs pairs;
} env_set;

/* Relative to the folder of the spec. */
static char *resolve(const char *spec, const char *path)
{
    const char *slash = strrchr(spec, '/');
    if (*path == '/')
        return krx_format("%s", path);
    return slash ? krx_format("%.*s/%s", (int)(slash - spec), spec, path)
                 : krx_format("./%s", path);
}

static void complain(env_set *set, const char *file, uint32_t line, const char *hint,
                     const char *message)
{
    krx_node at = {.line = line, .column = 1};
    krx_diags_add(set->p->diags, file, line ? &at : NULL, "", hint, "%s", message);
}

static void add_line(env_set *set, const char *file, uint32_t number, const char *line,
                     size_t length)
{
    while (length && isspace((unsigned char)*line)) {
        line++;
        length--;
    }
    while (length && line[length - 1] == '\r')
        length--;
    if (length == 0 || *line == '#')
        return;
    const char *equals = memchr(line, '=', length);
    size_t key = equals ? (size_t)(equals - line) : length;
    for (size_t i = 0; i < key; i++)
        if (isspace((unsigned char)line[i])) {
            complain(set, file, number, NULL, "the name of a variable must not contain blanks");
            return;
        }
    if (!equals || key == 0) {
        complain(set, file, number, "write KEY= for an empty value", "must be KEY=VALUE");
        return;
    }
    char *value = krx_arena_strndup(set->p->arena, equals + 1, length - key - 1);
    krx_kv *kv = value ? krx_new_kv(set->p->arena, line, key, value) : NULL;
    if (!kv || krx_ptrs_add(set->p->arena, &set->pairs, kv) < 0)
        set->p->no_memory = true;
}

static void add_text(env_set *set, const char *file, const char *text, size_t length)
{
    uint32_t number = 1;
    size_t bad;
    if (!krx_utf8_valid(text, length, &bad)) {
        for (size_t i = 0; i < bad; i++)
            number += text[i] == '\n';
        complain(set, file, number, NULL, "not valid UTF-8");
        return;
    }
    size_t skip = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (size_t start = skip; start < length; number++) {
        const char *end = memchr(text + start, '\n', length - start);
        size_t n = end ? (size_t)(end - text) - start : length - start;
        if (set->pairs.count >= VARIABLES_MAX) {
            complain(set, file, number, NULL, "more than 10000 variables");
            return;
        }
        add_line(set, file, number, text + start, n);
        start += n + 1;
    }
}

static void add_file(env_set *set, size_t index, const char *path)
{
    krx_parser *p = set->p;
    krx_auto_str krx_str text = {0};
    krx_autofree char *name = resolve(p->file, path);
    krx_autofree char *where = krx_format("envFile[%zu]", index);
    const krx_node *at = krx_node_get(p->root, "envFile");
    struct stat st;
    if (!name || !where) {
        p->no_memory = true;
        return;
    }
    if (at && at->type == KRX_NODE_LIST && index < at->count)
        at = at->items[index];
    /* a pipe would be waited for */
    if (stat(name, &st) == 0 && !S_ISREG(st.st_mode))
        krx_diags_add(p->diags, p->file, at, where, NULL, "%s is not a regular file", name);
    else if (krx_read_file(p->call, name, FILE_MAX_BYTES, &text) != 0)
        krx_diags_add(p->diags, p->file, at, where, NULL, "%s", p->call->error->message);
    else
        add_text(set, name, krx_str_get(&text), text.length);
}

typedef struct ranked {
    const krx_kv *kv;
    size_t rank;
} ranked;

static int by_key(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    int order = strcmp(x->kv->key, y->kv->key);
    return order ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* Of several values for a key the last one stays. */
static void keep_last(env_set *set)
{
    size_t count = set->pairs.count, kept = 0;
    if (count < 2)
        return;
    krx_autofree ranked *all = malloc(count * sizeof *all);
    if (!all) {
        set->p->no_memory = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        all[i] = (ranked){set->pairs.items[i], i};
    qsort(all, count, sizeof *all, by_key);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || strcmp(all[i].kv->key, all[i + 1].kv->key) != 0)
            all[kept++] = all[i];
    qsort(all, kept, sizeof *all, by_rank);
    set->pairs.count = 0;
    for (size_t i = 0; i < kept; i++)
        if (krx_ptrs_add(set->p->arena, &set->pairs, all[i].kv) < 0)
            set->p->no_memory = true;
    set->pairs.items[kept] = NULL;
}

void krx_env_files_merge(krx_parser *p, krx_workload *workload)
{
    env_set set = {.p = p};
    if (!workload->env_file)
        return;
    for (size_t i = 0; workload->env_file[i]; i++)
        add_file(&set, i, workload->env_file[i]);
    for (size_t i = 0; workload->env && workload->env[i]; i++)
        if (krx_ptrs_add(p->arena, &set.pairs, workload->env[i]) < 0)
            p->no_memory = true;
    keep_last(&set);
    workload->env_file = NULL;
    workload->env = set.pairs.count ? (const krx_kv *const *)set.pairs.items : NULL;
}
