/* SPDX-License-Identifier: Apache-2.0 */
#include <kranix/results.h>

#include "modules/oci/containers/logs.h"

#define PIECE ((size_t)32 << 10)

int32_t krx_oci_log_flush(krx_oci_log_out *out)
{
    krx_log_chunk chunk = {.struct_size = sizeof chunk,
                           .stream = out->stream,
                           .instance = out->name,
                           .replica = out->replica,
                           .time_ns = out->timestamps ? out->time_ns : KRX_UNSET,
                           .data = krx_str_get(&out->text),
                           .length = out->text.length};
    if (krx_str_failed(&out->text))
        return KRX_E_RESOURCE_EXHAUSTED;
    if (!out->text.length)
        return 0;
    int32_t code = krx_emit(out->sink, KRX_ITEM_LOG, &chunk);
    krx_str_reset(&out->text);
    return code;
}

int32_t krx_oci_log_put(void *ctx, const krx_log_line *line)
{
    krx_oci_log_out *out = ctx;
    int32_t code = 0;
    if (out->timestamps || out->stream != line->stream || out->text.length >= PIECE)
        code = krx_oci_log_flush(out);
    out->stream = line->stream;
    out->time_ns = line->time_ns;
    krx_str_addn(&out->text, line->text, line->length);
    if (!line->partial)
        krx_str_addc(&out->text, '\n');
    return code;
}

char *krx_oci_log_path(krx_arena *arena, const krx_oci_backend *backend, const char *id)
{
    return krx_oci_path(arena, &backend->store, "containers", id, "log");
}
