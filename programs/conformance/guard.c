/* SPDX-License-Identifier: Apache-2.0 */
/* Requests live here: read-only while the op runs, unreachable afterwards. */
#include <string.h>
#include <sys/mman.h>

#include "programs/conformance/kit.h"

bool krx_box_init(krx_box *box, size_t size)
{
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *box = (krx_box){.base = base == MAP_FAILED ? NULL : base, .size = size};
    return box->base != NULL;
}

void *krx_box_take(krx_box *box, size_t size)
{
    size_t at = (box->used + 15) & ~(size_t)15;
    if (!box->base || at > box->size || size > box->size - at)
        return NULL;
    box->used = at + size;
    return box->base + at;
}

char *krx_box_str(krx_box *box, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = krx_box_take(box, size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

const char *const *krx_box_strs(krx_box *box, const char *const *list)
{
    size_t n = 0;
    if (!list)
        return NULL;
    while (list[n])
        n++;
    const char **copy = krx_box_take(box, (n + 1) * sizeof *copy);
    for (size_t i = 0; copy && i <= n; i++)
        copy[i] = krx_box_str(box, list[i]);
    return copy;
}

static const krx_kv *box_kv(krx_box *box, const krx_kv *kv)
{
    krx_kv *copy = krx_box_take(box, sizeof *copy);
    if (copy)
        *copy = (krx_kv){.struct_size = sizeof *copy,
                         .key = krx_box_str(box, kv->key),
                         .value = krx_box_str(box, kv->value)};
    return copy;
}

const krx_kv *const *krx_box_kvs(krx_box *box, const krx_kv *const *list)
{
    size_t n = 0;
    if (!list)
        return NULL;
    while (list[n])
        n++;
    const krx_kv **copy = krx_box_take(box, (n + 1) * sizeof *copy);
    for (size_t i = 0; copy && i <= n; i++)
        copy[i] = list[i] ? box_kv(box, list[i]) : NULL;
    return copy;
}

static const void *box_objects(krx_box *box, const krx_struct_info *type, const void *const *list)
{
    size_t n = 0;
    if (!list)
        return NULL;
    while (list[n])
        n++;
    const void **copy = krx_box_take(box, (n + 1) * sizeof *copy);
    for (size_t i = 0; copy && i <= n; i++)
        copy[i] = list[i] ? krx_box_object(box, type, list[i]) : NULL;
    return copy;
}

static const void *box_member(krx_box *box, const krx_field_info *field, const void *value)
{
    switch (field->kind) {
    case KRX_KIND_STR:
    case KRX_KIND_ENUM:
        return krx_box_str(box, value);
    case KRX_KIND_STRS:
    case KRX_KIND_WORDS:
        return krx_box_strs(box, value);
    case KRX_KIND_MAP:
    case KRX_KIND_ENV:
        return krx_box_kvs(box, value);
    case KRX_KIND_OBJ:
        return krx_box_object(box, field->type, value);
    default:
        return box_objects(box, field->type, value);
    }
}

static bool is_pointer(int kind)
{
    return kind == KRX_KIND_STR || kind == KRX_KIND_ENUM || kind >= KRX_KIND_STRS;
}

const void *krx_box_object(krx_box *box, const krx_struct_info *type, const void *object)
{
    char *copy = object ? krx_box_take(box, type->size) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, object, type->size);
    for (size_t i = 0; i < type->count; i++) {
        const krx_field_info *field = &type->fields[i];
        const void *value;
        if (!is_pointer(field->kind))
            continue;
        memcpy(&value, copy + field->offset, sizeof value);
        value = box_member(box, field, value);
        memcpy(copy + field->offset, &value, sizeof value);
    }
    return copy;
}

void krx_box_seal(krx_box *box)
{
    if (box->base)
        (void)mprotect(box->base, box->size, PROT_READ);
}

/* Stays mapped, so that nothing else can come to lie there. */
void krx_box_drop(krx_box *box)
{
    if (box->base)
        (void)mprotect(box->base, box->size, PROT_NONE);
    box->base = NULL;
}
