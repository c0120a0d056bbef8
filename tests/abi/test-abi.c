/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boundary keeps its layout. What is wrong is seen at compile time; at run time the table of
 * the model is held against the structs that the compiler made.
 */
#include <stdio.h>
#include <string.h>

#include <kranix/module.h>

#include "lib/model/model.h"

#if defined(__x86_64__) || defined(__aarch64__)
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), "size of " #type);
#define OFFSET(type, member, offset)                                                               \
    _Static_assert(offsetof(type, member) == (offset), "offset of " #type "." #member);
#else
#define SIZE(type, size)
#define OFFSET(type, member, offset)
#endif
#define VALUE(name, value) _Static_assert((name) == (value), "value of " #name);
#include "tests/abi/layout.inc"

static int failures;

static void expect(int holds, const char *what, const char *name)
{
    if (!holds) {
        fprintf(stderr, "FAIL: %s: %s\n", what, name);
        failures++;
    }
}

#define EXPECT_MEMBER_(kind_, member, key_, type, def, allowed, flags, help)                       \
    expect(n < info->count && strcmp(info->fields[n].key, key_) == 0 &&                            \
               info->fields[n].offset == offsetof(struct_, member) &&                              \
               info->fields[n].kind == KRX_KIND_##kind_,                                           \
           "the model's table disagrees", #member);                                                \
    n++;

static void check_workload(void)
{
    typedef krx_workload struct_;
    const krx_struct_info *info = krx_schema_workload();
    size_t n = 0;
    expect(info->size == sizeof(struct_), "size in the model's table", info->name);
    KRX_FIELDS_workload(EXPECT_MEMBER_) expect(n == info->count, "members", info->name);
}

/* Every struct begins with its size, so that a reader knows how far it may read. */
#define STARTS_WITH_SIZE_(name, help)                                                              \
    expect(offsetof(krx_##name, struct_size) == 0, "begins with struct_size", #name);
#define ITEM_STARTS_(name, value, type)                                                            \
    expect(offsetof(type, struct_size) == 0, "begins with struct_size", #type);

int main(void)
{
    KRX_SCHEMA_STRUCTS(STARTS_WITH_SIZE_)
    KRX_ITEM_TABLE(ITEM_STARTS_)
    check_workload();
    return failures != 0;
}
