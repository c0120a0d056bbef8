/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/differences.h"

#include <string.h>

#include "lib/base/side_call.h"
#include "lib/base/str.h"
#include "lib/model/model.h"

typedef struct listing {
    krx_arena *arena;
    krx_ptrs *out;
    bool failed;
} listing;

static void note(void *ctx, const char *path, const char *old_value, const char *new_value)
{
    listing *all = ctx;
    krx_difference *d = krx_arena_new_of(all->arena, krx_difference);
    if (!d || krx_ptrs_add(all->arena, all->out, d) < 0) {
        all->failed = true;
        return;
    }
    d->path = krx_arena_strdup(all->arena, path);
    d->old_value = krx_arena_strdup(all->arena, old_value);
    d->new_value = krx_arena_strdup(all->arena, new_value);
}

int32_t krx_spec_differences(krx_call *call, krx_arena *arena, const char *old_json,
                             const krx_workload *now, krx_ptrs *out)
{
    krx_side_call side;
    krx_specs old = {0};
    krx_diags diags;
    listing all = {.arena = arena, .out = out};
    if (krx_blank(old_json))
        return 0;
    krx_diags_init(&diags);
    krx_side_call_init(&side, call);
    int32_t code = krx_specs_parse(&side.call, "deployed", old_json, strlen(old_json),
                                   KRX_SPEC_NO_FILES, &old, &diags);
    if (!code && old.count == 1)
        krx_workload_diff(old.items[0]->workload, now, note, &all);
    krx_specs_free(&old);
    krx_diags_free(&diags);
    if (all.failed || krx_arena_failed(arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return 0;
}

int32_t krx_emit_change(krx_sink *changes, uint32_t action, const char *kind, const char *object,
                        const krx_difference *why)
{
    krx_change item = {.struct_size = sizeof item,
                       .action = action,
                       .kind = kind,
                       .object = object,
                       .field = why ? why->path : NULL,
                       .old_value = why ? why->old_value : NULL,
                       .new_value = why ? why->new_value : NULL};
    return krx_emit(changes, KRX_ITEM_CHANGE, &item);
}
