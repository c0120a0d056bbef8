/* SPDX-License-Identifier: Apache-2.0 */
/* What the builders share: refusals, and texts that live as long as the building goes on. */
#include "modules/kubernetes/objects/build.h"

#include <stdarg.h>
#include <string.h>

KRX_PRINTF(4, 0)
static void refuse(krx_k8s_build *b, int32_t code, const char *field, const char *format,
                   va_list args)
{
    char text[500];
    if (b->code)
        return;
    (void)vsnprintf(text, sizeof text, format, args);
    b->code = krx_fail(b->call, code, "workload '%s' can't run on Kubernetes as it is: %s: %s",
                       b->spec->name, field, text);
}

void krx_k8s_refuse(krx_k8s_build *b, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(b, KRX_E_INVALID_ARGUMENT, field, format, args);
    va_end(args);
}

void krx_k8s_refuse_as(krx_k8s_build *b, int32_t code, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(b, code, field, format, args);
    va_end(args);
}

void krx_k8s_advise(krx_k8s_build *b, const char *format, ...)
{
    char text[300];
    va_list args;
    if (!b->code || b->call->error->hint[0])
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)krx_hint(b->call, "%s", text);
}

const char *krx_k8s_text(krx_k8s_build *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *out = length < 0 ? NULL : krx_arena_alloc(b->arena, (size_t)length + 1);
    if (out)
        (void)vsnprintf(out, (size_t)length + 1, format, again);
    else
        b->maker.failed = true;
    va_end(again);
    va_end(args);
    return out ? out : "";
}

void krx_k8s_put(krx_k8s_build *b, cJSON *map, const char *key, const char *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(map, key);
    krx_json_add_text(&b->maker, map, key, value);
}

/* $(NAME) is a variable of Kubernetes and $$ a '$'; on other backends they are what they are. */
const char *krx_k8s_literal(krx_k8s_build *b, const char *text)
{
    krx_auto_str krx_str out = {0};
    if (!strstr(text, "$$") && !strstr(text, "$("))
        return text;
    for (; *text; text++) {
        krx_str_addc(&out, *text);
        if (*text == '$' && (text[1] == '$' || text[1] == '('))
            krx_str_addc(&out, '$');
    }
    char *kept = krx_str_failed(&out) ? NULL : krx_arena_strdup(b->arena, krx_str_get(&out));
    if (!kept)
        b->maker.failed = true;
    return kept ? kept : "";
}
