/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine that reads byte by byte in principle, and strings and dropped members by the run. What
 * is wanted of an item is gathered in one buffer and parsed when the item is whole.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/json/items_machine.h"

#define ITEM_MAX ((size_t)4 << 20)
#define REST_MAX ((size_t)1 << 20)

/* ---------------------------------------------------------------------------------------- making
 */

krx_json_items *krx_json_items_new(const krx_json_items_options *options)
{
    krx_auto_json_items krx_json_items *items = calloc(1, sizeof *items);
    if (!items)
        return NULL;
    items->label = strdup(options->label ? options->label : "the server");
    items->member = options->member ? strdup(options->member) : NULL;
    if (!items->label || (options->member && !items->member) ||
        !krx_keep_init(&items->keep, options->keep, options->skip))
        return NULL;
    items->on_item = options->on_item;
    items->ctx = options->ctx;
    items->item_depth = options->member ? 2 : 0;
    items->item.limit = options->item_max ? options->item_max : ITEM_MAX;
    items->rest.limit = options->rest_max ? options->rest_max : REST_MAX;
    items->sink = &items->rest;
    return krx_move_ptr(items);
}

void krx_json_items_free(krx_json_items *items)
{
    if (!items)
        return;
    krx_keep_free(&items->keep);
    krx_str_free(&items->item);
    krx_str_free(&items->rest);
    free(items->label);
    free(items->member);
    free(items);
}

/* ------------------------------------------------------------------------------------- the machine
 */

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static int32_t in_scalar(krx_json_items *m, krx_items_piece *p)
{
    while (p->at < p->end) {
        char c = *p->at;
        if (c == ',' || c == '}' || c == ']' || is_blank(c))
            return krx_items_end_value(m, p);
        p->at++;
    }
    return 0;
}

static int32_t begin_document(krx_json_items *m, krx_items_piece *p)
{
    if (*p->at != '{' || (m->member && m->documents))
        return krx_items_fail_syntax(m, p->call);
    m->documents++;
    m->value_node = KRX_KEEP_ALL;
    if (!m->member) {
        krx_items_begin_item(m, p);
    } else {
        m->sink = &m->rest;
        krx_items_copy(m, p);
    }
    return krx_items_open(m, p);
}

/* One byte that is no blank, between values. */
static int32_t structure(krx_json_items *m, krx_items_piece *p)
{
    char c = *p->at;
    switch (m->state) {
    case OUTSIDE:
        return begin_document(m, p);
    case VALUE_OR_END:
        if (c == ']')
            return krx_items_close(m, p);
        return krx_items_begin_value(m, p);
    case VALUE:
        return krx_items_begin_value(m, p);
    case KEY_OR_END:
        if (c == '}')
            return krx_items_close(m, p);
        break;
    case COLON:
        if (c != ':')
            return krx_items_fail_syntax(m, p->call);
        m->state = VALUE;
        p->at++;
        return 0;
    case AFTER:
        return krx_items_after_value(m, p);
    default:
        break;
    }
    if (c != '"')
        return krx_items_fail_syntax(m, p->call);
    krx_items_begin_key(m, p);
    return 0;
}

static int32_t step(krx_json_items *m, krx_items_piece *p)
{
    switch (m->state) {
    case STRING:
        if (!krx_items_string_ends(m, p))
            return 0;
        p->at++;
        return krx_items_end_value(m, p);
    case KEY_STRING:
        if (krx_items_string_ends(m, p))
            krx_items_end_key(m, p);
        return 0;
    case NEST_STRING:
        if (!krx_items_string_ends(m, p))
            return 0;
        p->at++;
        m->state = NEST;
        return 0;
    case NEST:
        return krx_items_in_nest(m, p);
    case SCALAR:
        return in_scalar(m, p);
    default:
        break;
    }
    if (!is_blank(*p->at))
        return structure(m, p);
    p->at++;
    return 0;
}

int32_t krx_json_items_feed(krx_call *call, krx_json_items *items, const char *data, size_t length)
{
    krx_items_piece p = {.call = call, .at = data, .end = data + length};
    int32_t code = 0;
    if (items->broken)
        return krx_items_fail_syntax(items, call);
    if (items->copying)
        p.run = p.at;
    while (p.at < p.end && code == 0)
        code = step(items, &p);
    krx_items_flush(items, &p);
    if (code == 0 && krx_str_failed(items->sink))
        code = krx_items_fail_size(items, call);
    items->broken = code != 0;
    return code;
}

int32_t krx_json_items_end(krx_call *call, krx_json_items *items, cJSON **rest)
{
    if (rest)
        *rest = NULL;
    if (items->broken || items->state != OUTSIDE || (items->member && !items->documents))
        return krx_fail(call, KRX_E_DATA_LOSS, "%s answered %s", items->label,
                        items->documents ? "half a JSON document" : "nothing");
    if (!rest || !items->rest.length)
        return 0;
    return krx_json_parse(call, items->label, items->rest.data, items->rest.length, rest);
}
