/* SPDX-License-Identifier: Apache-2.0 */
/* The X-macro table as data. */
#include <stdio.h>
#include <string.h>

#include "lib/model/kinds.h"

#define TYPE_STR(t) NULL
#define TYPE_ENUM(t) NULL
#define TYPE_BOOL(t) NULL
#define TYPE_INT(t) NULL
#define TYPE_NUM(t) NULL
#define TYPE_CPU(t) NULL
#define TYPE_BYTES(t) NULL
#define TYPE_BITRATE(t) NULL
#define TYPE_DURATION(t) NULL
#define TYPE_STRS(t) NULL
#define TYPE_WORDS(t) NULL
#define TYPE_MAP(t) NULL
#define TYPE_ENV(t) NULL
#define TYPE_OBJ(t) &info_##t
#define TYPE_OBJS(t) &info_##t

/*
 * A row does not know its struct, so the text in front of it (see TABLE) opens the initialiser
 * with the address of the member in a struct at address 0, which is its offset.
 */
#define ROW(k, m, key_, t, d, a, f, h)                                                             \
    m, .kind = KRX_KIND_##k, .key = key_, .type = TYPE_##k(t), .def = d, .allowed = a, .flags = f, \
       .help = h                                                                                   \
    }                                                                                              \
    ,
#define TABLE(name_, help_)                                                                        \
    static const krx_field_info fields_##name_[] = {                                               \
        KRX_FIELDS_##name_({.offset = (size_t) & ((krx_##name_ *)0)->ROW)};                        \
    static const krx_struct_info info_##name_ = {                                                  \
        .name = #name_,                                                                            \
        .help = help_,                                                                             \
        .size = sizeof(krx_##name_),                                                               \
        .fields = fields_##name_,                                                                  \
        .count = KRX_COUNT(fields_##name_),                                                        \
    };

/* clang-format off */
KRX_SCHEMA_STRUCTS(TABLE)
/* clang-format on */

const krx_struct_info *krx_schema_workload(void)
{
    return &info_workload;
}

typedef int visitor(void *ctx, const char *path, const krx_field_info *field);

static int walk(const krx_struct_info *type, krx_str *path, visitor *visit, void *ctx)
{
    for (size_t i = 0; i < type->count; i++) {
        const krx_field_info *field = &type->fields[i];
        size_t before = path->length;
        krx_str_addf(path, "%s%s", before ? "." : "", field->key);
        int answer = krx_str_failed(path) ? -1 : visit(ctx, krx_str_get(path), field);
        if (answer == 0 && field->type)
            answer = walk(field->type, path, visit, ctx);
        if (answer != 0)
            return answer;
        path->length = before;
        path->data[before] = '\0';
    }
    return 0;
}

int krx_schema_walk(visitor *visit, void *ctx)
{
    krx_auto_str krx_str path = {0};
    return walk(&info_workload, &path, visit, ctx);
}

void krx_struct_init(const krx_struct_info *type, void *object, bool defaults)
{
    uint32_t size = (uint32_t)type->size;
    memset(object, 0, type->size);
    memcpy(object, &size, sizeof size);
    for (size_t i = 0; i < type->count; i++)
        krx_member_clear(&type->fields[i], object);
    if (!defaults)
        return;
    for (size_t i = 0; i < type->count; i++)
        krx_member_set_default(&type->fields[i], object);
}
