/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kranix/capabilities.h"

#include <string.h>

static int32_t take_capability(krx_sink *sink, uint32_t kind, const void *item)
{
    krx_cli_caps *caps = sink->ctx;
    const krx_capability *from = item;
    krx_arena *arena = caps->op->arena;
    if (kind != KRX_ITEM_CAPABILITY)
        return 0;
    krx_capability *copy = krx_arena_new_of(arena, krx_capability);
    if (!copy)
        return KRX_E_RESOURCE_EXHAUSTED;
    *copy = (krx_capability){.struct_size = sizeof *copy,
                             .kind = from->kind,
                             .level = from->level,
                             .name = krx_arena_strdup(arena, from->name),
                             .reason = krx_arena_strdup(arena, from->reason)};
    return copy->name && krx_ptrs_add(arena, &caps->list, copy) == 0 ? 0 : KRX_E_RESOURCE_EXHAUSTED;
}

static const char *const *copy_strings(krx_arena *arena, const char *const *list)
{
    krx_ptrs out = {0};
    for (size_t i = 0; list && list[i]; i++)
        if (krx_ptrs_add(arena, &out, krx_arena_strdup(arena, list[i])) < 0)
            return NULL;
    return (const char *const *)krx_ptrs_end(arena, &out);
}

static int32_t take_info(krx_sink *sink, uint32_t kind, const void *item)
{
    krx_cli_caps *caps = sink->ctx;
    const krx_backend_info *from = item;
    krx_arena *arena = caps->op->arena;
    if (kind != KRX_ITEM_BACKEND)
        return 0;
    krx_backend_info *copy = krx_arena_new_of(arena, krx_backend_info);
    if (!copy)
        return KRX_E_RESOURCE_EXHAUSTED;
    *copy = (krx_backend_info){.struct_size = sizeof *copy,
                               .name = krx_arena_strdup(arena, from->name),
                               .version = krx_arena_strdup(arena, from->version),
                               .api_version = krx_arena_strdup(arena, from->api_version),
                               .endpoint = krx_arena_strdup(arena, from->endpoint),
                               .os = krx_arena_strdup(arena, from->os),
                               .architecture = krx_arena_strdup(arena, from->architecture),
                               .warnings = copy_strings(arena, from->warnings)};
    caps->info = copy;
    return 0;
}

int32_t krx_cli_caps_load(krx_cli *cli, krx_call *call, krx_backend *backend, krx_cli_caps *caps)
{
    (void)cli;
    caps->op = krx_cli_op_new();
    krx_backend_req *req = caps->op ? krx_arena_new_of(caps->op->arena, krx_backend_req) : NULL;
    if (!req)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    caps->caps_sink = (krx_sink){.struct_size = sizeof caps->caps_sink,
                                 .kind = KRX_ITEM_CAPABILITY,
                                 .emit = take_capability,
                                 .ctx = caps};
    caps->info_sink = (krx_sink){.struct_size = sizeof caps->info_sink,
                                 .kind = KRX_ITEM_BACKEND,
                                 .emit = take_info,
                                 .ctx = caps};
    *req = (krx_backend_req){.struct_size = sizeof *req, .capabilities = &caps->caps_sink};
    return krx_cli_invoke(call, backend, KRX_OP_driver_backend, req, &caps->info_sink, caps->op);
}

void krx_cli_caps_free(krx_cli_caps *caps)
{
    krx_cli_op_unref(caps->op);
    memset(caps, 0, sizeof *caps);
}

static void strip_indexes(const char *path, char *out, size_t size)
{
    size_t used = 0;
    for (; *path && used + 1 < size; path++) {
        if (*path == '[')
            while (*path && *path != ']')
                path++;
        else
            out[used++] = *path;
        if (!*path)
            break;
    }
    out[used] = '\0';
}

static const krx_capability *find_exact(const krx_cli_caps *caps, const char *path)
{
    for (size_t i = 0; i < caps->list.count; i++) {
        const krx_capability *cap = caps->list.items[i];
        if (cap->kind == KRX_CAP_FIELD && strcmp(cap->name, path) == 0)
            return cap;
    }
    return NULL;
}

const krx_capability *krx_cli_caps_find(const krx_cli_caps *caps, const char *path)
{
    char plain[512];
    strip_indexes(path, plain, sizeof plain);
    for (;;) {
        const krx_capability *found = find_exact(caps, plain);
        char *dot = strrchr(plain, '.');
        if (found || !dot)
            return found;
        *dot = '\0';
    }
}
