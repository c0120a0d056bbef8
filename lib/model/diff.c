/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/model/emit.h"
#include "lib/model/kinds.h"

typedef struct comparison {
    void (*differ)(void *ctx, const char *path, const char *old_value, const char *new_value);
    void *ctx;
    krx_str path;
    size_t count;
} comparison;

static void report(comparison *c, const char *old_value, const char *new_value)
{
    if (krx_streq(old_value, new_value))
        return;
    c->count++;
    if (c->differ)
        c->differ(c->ctx, krx_str_get(&c->path), old_value, new_value);
}

static void leave(comparison *c, size_t before)
{
    if (!c->path.data)
        return;
    c->path.length = before;
    c->path.data[before] = '\0';
}

/* Value of a member as text, NULL for absent; an absent struct has only absent members. */
static const char *scalar(const krx_field_info *field, const void *object, krx_str *text)
{
    if (!object || krx_member_absent(field, object))
        return NULL;
    krx_scalar_text(field, object, text);
    return krx_str_get(text);
}

static void compare_scalars(comparison *c, const krx_field_info *field, const void *a,
                            const void *b)
{
    krx_auto_str krx_str x = {0}, y = {0};
    const char *old_value = scalar(field, a, &x), *new_value = scalar(field, b, &y);
    /* a struct that is not there is not different from one that holds the default */
    if ((!a && krx_streq(new_value, field->def)) || (!b && krx_streq(old_value, field->def)))
        return;
    report(c, old_value, new_value);
}

static const char *strings(const char *const *list, krx_str *text)
{
    if (!list || !*list)
        return NULL;
    krx_str_addc(text, '[');
    for (size_t i = 0; list[i]; i++) {
        krx_str_add(text, i ? ", " : "");
        krx_emit_quoted(list[i], text);
    }
    krx_str_addc(text, ']');
    return krx_str_get(text);
}

static const void *member(const krx_field_info *field, const void *object)
{
    return object ? krx_member_ptr(field, object) : NULL;
}

static void compare_strings(comparison *c, const krx_field_info *field, const void *a,
                            const void *b)
{
    krx_auto_str krx_str x = {0}, y = {0};
    report(c, strings(member(field, a), &x), strings(member(field, b), &y));
}

static size_t pair_count(const krx_kv *const *list)
{
    size_t n = 0;
    while (list && list[n])
        n++;
    return n;
}

static int by_key(const void *a, const void *b)
{
    const krx_kv *x = *(const krx_kv *const *)a, *y = *(const krx_kv *const *)b;
    return strcmp(x->key, y->key);
}

/* A sorted copy, to be freed; NULL for none. */
static const krx_kv **sorted(const krx_kv *const *list, size_t count)
{
    const krx_kv **copy = count ? malloc(count * sizeof *copy) : NULL;
    if (copy) {
        memcpy(copy, list, count * sizeof *copy);
        qsort(copy, count, sizeof *copy, by_key);
    }
    return copy;
}

static void compare_pair(comparison *c, const krx_kv *a, const krx_kv *b)
{
    size_t before = c->path.length;
    krx_str_addf(&c->path, ".%s", a ? a->key : b->key);
    report(c, a ? a->value : NULL, b ? b->value : NULL);
    leave(c, before);
}

static void compare_pairs(comparison *c, const krx_field_info *field, const void *a, const void *b)
{
    const krx_kv *const *old_list = member(field, a), *const *new_list = member(field, b);
    size_t n = pair_count(old_list), m = pair_count(new_list), i = 0, k = 0;
    krx_autofree const krx_kv **x = sorted(old_list, n);
    krx_autofree const krx_kv **y = sorted(new_list, m);
    if ((n && !x) || (m && !y)) {
        report(c, "?", "out of memory");
        return;
    }
    while (i < n || k < m) {
        int order = i == n ? 1 : k == m ? -1 : strcmp(x[i]->key, y[k]->key);
        compare_pair(c, order <= 0 ? x[i] : NULL, order >= 0 ? y[k] : NULL);
        i += order <= 0;
        k += order >= 0;
    }
}

static void compare_structs(comparison *c, const krx_struct_info *type, const void *a,
                            const void *b);

/* As compare_structs; one that comes or goes is a difference even when it holds nothing. */
static void compare_presence(comparison *c, const krx_struct_info *type, const void *a,
                             const void *b)
{
    size_t before = c->count;
    if (!a && !b)
        return;
    compare_structs(c, type, a, b);
    if ((!a || !b) && c->count == before)
        report(c, a ? "{}" : NULL, b ? "{}" : NULL);
}

static void compare_objects(comparison *c, const krx_field_info *field, const void *a,
                            const void *b)
{
    const void *const *x = member(field, a), *const *y = member(field, b);
    for (size_t i = 0; (x && *x) || (y && *y); i++) {
        size_t before = c->path.length;
        krx_str_addf(&c->path, "[%zu]", i);
        compare_presence(c, field->type, x && *x ? *x++ : NULL, y && *y ? *y++ : NULL);
        leave(c, before);
    }
}

static void compare_structs(comparison *c, const krx_struct_info *type, const void *a,
                            const void *b)
{
    for (size_t i = 0; i < type->count; i++) {
        const krx_field_info *field = &type->fields[i];
        size_t before = c->path.length;
        krx_str_addf(&c->path, "%s%s", before ? "." : "", field->key);
        if (krx_kind_scalar(field->kind))
            compare_scalars(c, field, a, b);
        else if (krx_kind_strings(field->kind))
            compare_strings(c, field, a, b);
        else if (krx_kind_pairs(field->kind))
            compare_pairs(c, field, a, b);
        else if (field->kind == KRX_KIND_OBJS)
            compare_objects(c, field, a, b);
        else
            compare_presence(c, field->type, member(field, a), member(field, b));
        leave(c, before);
    }
}

size_t krx_workload_diff(const krx_workload *old_spec, const krx_workload *new_spec,
                         void (*differ)(void *ctx, const char *path, const char *old_value,
                                        const char *new_value),
                         void *ctx)
{
    comparison c = {.differ = differ, .ctx = ctx};
    compare_structs(&c, krx_schema_workload(), old_spec, new_spec);
    krx_str_free(&c.path);
    return c.count;
}

typedef struct tour {
    int (*visit)(void *ctx, const char *path, const krx_field_info *field);
    void *ctx;
    krx_str path;
} tour;

static bool is_set(const krx_field_info *field, const void *object)
{
    return !krx_member_absent(field, object) && !krx_member_default(field, object);
}

/* All structs that stand under a field of several structs. */
static int collect(const krx_field_info *field, const void *const *objects, size_t count,
                   krx_arena *arena, krx_ptrs *below)
{
    for (size_t i = 0; i < count; i++) {
        const void *value = krx_member_ptr(field, objects[i]);
        if (!value)
            continue;
        if (field->kind == KRX_KIND_OBJ && krx_ptrs_add(arena, below, value) < 0)
            return -1;
        const void *const *list = field->kind == KRX_KIND_OBJS ? value : NULL;
        for (; list && *list; list++)
            if (krx_ptrs_add(arena, below, *list) < 0)
                return -1;
    }
    return 0;
}

/* A field of a list counts once, however many items set it. */
static int visit_structs(tour *t, const krx_struct_info *type, const void *const *objects,
                         size_t count)
{
    int answer = 0;
    for (size_t i = 0; i < type->count && answer == 0; i++) {
        const krx_field_info *field = &type->fields[i];
        size_t before = t->path.length, at = 0;
        while (at < count && !is_set(field, objects[at]))
            at++;
        if (at == count)
            continue;
        krx_str_addf(&t->path, "%s%s", before ? "." : "", field->key);
        answer = krx_str_failed(&t->path) ? -1 : t->visit(t->ctx, krx_str_get(&t->path), field);
        if (answer == 0 && field->type) {
            krx_auto_arena krx_arena *arena = krx_arena_new();
            krx_ptrs below = {0};
            answer = arena ? collect(field, objects, count, arena, &below) : -1;
            if (answer == 0)
                answer =
                    visit_structs(t, field->type, (const void *const *)below.items, below.count);
        }
        if (t->path.data) {
            t->path.length = before;
            t->path.data[before] = '\0';
        }
    }
    return answer;
}

int krx_workload_visit_set(const krx_workload *workload,
                           int (*visit)(void *ctx, const char *path, const krx_field_info *field),
                           void *ctx)
{
    tour t = {.visit = visit, .ctx = ctx};
    const void *objects[] = {workload};
    int answer = visit_structs(&t, krx_schema_workload(), objects, 1);
    krx_str_free(&t.path);
    return answer;
}
