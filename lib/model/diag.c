/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/model/doc.h"

#define TEXT_MAX 512

void krx_diags_init(krx_diags *diags)
{
    *diags = (krx_diags){.arena = krx_arena_new()};
}

void krx_diags_free(krx_diags *diags)
{
    krx_arena_free(diags->arena);
    *diags = (krx_diags){0};
}

/* What people see on a terminal: cut at a character's edge, without control characters. */
static const char *tidy(krx_arena *arena, const char *text)
{
    if (!text)
        return NULL;
    size_t length = strnlen(text, TEXT_MAX);
    bool cut = text[length] != '\0';
    while (cut && length && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    char *copy = krx_arena_alloc(arena, length + 4);
    if (!copy)
        return NULL;
    for (size_t i = 0; i < length; i++)
        copy[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    memcpy(copy + length, cut ? "..." : "", cut ? 4 : 1);
    return copy;
}

void krx_diags_add(krx_diags *diags, const char *file, const krx_node *at, const char *path,
                   const char *hint, const char *format, ...)
{
    char text[TEXT_MAX * 2];
    va_list args;
    if (!diags->items && diags->arena)
        diags->items = krx_arena_alloc(diags->arena, KRX_DIAGS_MAX * sizeof *diags->items);
    if (!diags->items || diags->count >= KRX_DIAGS_MAX) {
        diags->more++;
        return;
    }
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    krx_diag diag = {
        .file = tidy(diags->arena, file),
        .line = at ? at->line : 0,
        .column = at ? at->column : 0,
        .path = tidy(diags->arena, path ? path : ""),
        .message = tidy(diags->arena, text),
        .hint = tidy(diags->arena, hint),
    };
    if (diag.path && diag.message)
        diags->items[diags->count++] = diag;
    else
        diags->more++;
}

static void add_text(krx_str *s, const krx_diag *diag)
{
    if (diag->file)
        krx_str_add(s, diag->file);
    if (diag->line)
        krx_str_addf(s, ":%u:%u", diag->line, diag->column);
    if (diag->file || diag->line)
        krx_str_add(s, ": ");
    if (*diag->path)
        krx_str_addf(s, "%s: ", diag->path);
    krx_str_add(s, diag->message);
    if (diag->hint)
        krx_str_addf(s, " (%s)", diag->hint);
}

char *krx_diag_text(const krx_diag *diag)
{
    krx_str s = {0};
    add_text(&s, diag);
    return krx_str_take(&s);
}

int32_t krx_diags_fail(krx_call *call, const krx_diags *diags, const char *what)
{
    size_t all = diags->count + diags->more, shown = 0;
    krx_auto_str krx_str list = {.limit = 4 * KRX_ERROR_MESSAGE_MAX};
    if (all == 0)
        return 0;
    for (; shown < diags->count; shown++) {
        size_t before = list.length;
        if (shown)
            krx_str_add(&list, "; ");
        add_text(&list, &diags->items[shown]);
        if (shown && (krx_str_failed(&list) || list.length > KRX_ERROR_MESSAGE_MAX - 200)) {
            list.length = before;
            list.failed = false;
            if (list.data)
                list.data[before] = '\0';
            break;
        }
    }
    if (shown < all && shown)
        krx_str_addf(&list, "; and %zu more", all - shown);
    if (all == 1)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s", krx_str_get(&list));
    return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s: %zu mistakes: %s", what, all,
                    krx_str_get(&list));
}
