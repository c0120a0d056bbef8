/* SPDX-License-Identifier: Apache-2.0 */
/* Any text through the document reader that configuration and allow files use, too. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/model/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const krx_node *node, unsigned depth, size_t *values)
{
    if (depth > KRX_DOC_DEPTH_MAX || ++*values > KRX_DOC_NODES_MAX || node->line == 0 ||
        node->column == 0)
        abort();
    if (node->type == KRX_NODE_SCALAR && strlen(node->text) > KRX_DOC_BYTES_MAX)
        abort();
    for (size_t i = 0; i < node->count; i++) {
        if (node->type == KRX_NODE_MAP)
            walk(node->keys[i], depth + 1, values);
        walk(node->items[i], depth + 1, values);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    krx_error error;
    krx_call call;
    krx_diags diags;
    krx_node **roots;
    krx_arena *arena = krx_arena_new();
    size_t values = 0;
    if (!arena)
        return 0;
    krx_call_init(&call, &error);
    krx_diags_init(&diags);
    int32_t rc = krx_doc_parse(&call, arena, "fuzz", (const char *)data, size, &roots, &diags);
    if ((rc == 0) != (diags.count == 0) || krx_arena_used(arena) > 2 * KRX_DOC_MEMORY_MAX)
        abort();
    for (size_t i = 0; roots && roots[i]; i++)
        walk(roots[i], 0, &values);
    for (size_t i = 0; i < diags.count; i++)
        free(krx_diag_text(&diags.items[i]));
    krx_diags_free(&diags);
    krx_arena_free(arena);
    return 0;
}
