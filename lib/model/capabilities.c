/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/capabilities.h"

#include <string.h>

#include "lib/model/model.h"

typedef struct emission {
    const krx_capability_table *table;
    krx_sink *out;
} emission;

/* How well a name fits: the longer the better, 0 for not at all. */
static size_t fit(const char *name, const char *path)
{
    size_t length = strlen(name);
    if (strcmp(name, path) == 0)
        return length + 2;
    if (length > 2 && strcmp(name + length - 2, ".*") == 0 && strncmp(name, path, length - 1) == 0)
        return length - 1;
    return 0;
}

uint32_t krx_field_level(const krx_capability_table *table, const char *path, const char **reason)
{
    const krx_capability_row *best = NULL;
    size_t best_fit = 0;
    for (size_t i = 0; i < table->field_count; i++) {
        size_t found = fit(table->fields[i].name, path);
        if (found > best_fit) {
            best_fit = found;
            best = &table->fields[i];
        }
    }
    *reason = best ? best->reason : NULL;
    return best ? best->level : KRX_CAP_NATIVE;
}

static int emit_field(void *ctx, const char *path, const krx_field_info *field)
{
    const emission *e = ctx;
    krx_capability item = {.struct_size = sizeof item, .kind = KRX_CAP_FIELD, .name = path};
    (void)field;
    item.level = krx_field_level(e->table, path, &item.reason);
    return krx_emit(e->out, KRX_ITEM_CAPABILITY, &item);
}

int32_t krx_capabilities_emit(const krx_capability_table *table, krx_sink *out)
{
    emission e = {table, out};
    int32_t code = krx_schema_walk(emit_field, &e);
    for (size_t i = 0; i < table->op_count && !code; i++) {
        krx_capability item = {.struct_size = sizeof item,
                               .kind = KRX_CAP_OP,
                               .name = table->ops[i].name,
                               .level = table->ops[i].level,
                               .reason = table->ops[i].reason};
        code = krx_emit(out, KRX_ITEM_CAPABILITY, &item);
    }
    return code;
}
