/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of values, keys and strings: copied, dropped, or handed over as an item. */
#include <endian.h>
#include <string.h>

#include "lib/json/items_machine.h"

#define VALUES_MAX ((size_t)400000) /* of one item */

/* --------------------------------------------------------------------------------------- errors */

int32_t krx_items_fail_syntax(krx_json_items *m, krx_call *call)
{
    return krx_fail(call, KRX_E_DATA_LOSS, "%s answered something that is not JSON", m->label);
}

int32_t krx_items_fail_size(krx_json_items *m, krx_call *call)
{
    if (m->sink->length + 65536 < m->sink->limit / 2)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory for the answer of %s",
                        m->label);
    return krx_fail(call, KRX_E_DATA_LOSS, "%s answered %s of more than %zu KiB", m->label,
                    m->sink == &m->item ? "an item" : "a document", m->sink->limit / 1024);
}

/* -------------------------------------------------------------------------------------- copying */

/* Position in the sink, counting what is not copied yet. */
static size_t position(const krx_json_items *m, const krx_items_piece *p)
{
    return m->sink->length + (p->run ? (size_t)(p->at - p->run) : 0);
}

void krx_items_flush(krx_json_items *m, krx_items_piece *p)
{
    if (p->run && p->at > p->run)
        krx_str_addn(m->sink, p->run, (size_t)(p->at - p->run));
    p->run = NULL;
}

void krx_items_copy(krx_json_items *m, krx_items_piece *p)
{
    m->copying = true;
    p->run = p->at;
}

static void stop_copying(krx_json_items *m, krx_items_piece *p)
{
    krx_items_flush(m, p);
    m->copying = false;
}

/* Takes back what came after the mark, and copies no more. */
static void cut_back(krx_json_items *m, krx_items_piece *p, size_t mark)
{
    if (mark > m->sink->length)
        krx_str_addn(m->sink, p->run, mark - m->sink->length);
    else if (m->sink->data) {
        m->sink->length = mark;
        m->sink->data[mark] = '\0';
    }
    p->run = NULL;
    m->copying = false;
}

/* --------------------------------------------------------------------------------------- values */

static bool bit(const uint64_t *bits, uint32_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *bits, uint32_t i, bool on)
{
    uint64_t mask = UINT64_C(1) << (i % 64);
    bits[i / 64] = on ? bits[i / 64] | mask : bits[i / 64] & ~mask;
}

/* Inside a container, the innermost is at depth - 1. */
static bool in_object(const krx_json_items *m)
{
    return bit(m->is_object, m->depth - 1);
}

static int32_t deliver(krx_json_items *m, krx_items_piece *p)
{
    const char *end = NULL;
    stop_copying(m, p);
    m->in_item = false;
    if (krx_str_failed(&m->item))
        return krx_items_fail_size(m, p->call);
    if (m->values > VALUES_MAX)
        return krx_fail(p->call, KRX_E_DATA_LOSS, "%s answered an item of more than %zu values",
                        m->label, VALUES_MAX);
    krx_auto_json cJSON *item = cJSON_ParseWithLengthOpts(m->item.data, m->item.length, &end, 0);
    if (!item || end != m->item.data + m->item.length)
        return krx_items_fail_syntax(m, p->call);
    return m->on_item(m->ctx, item);
}

int32_t krx_items_end_value(krx_json_items *m, krx_items_piece *p)
{
    int32_t code = 0;
    if (m->dropping) {
        m->dropping = false;
        krx_items_copy(m, p);
    } else if (m->in_item && m->depth == m->item_depth) {
        code = deliver(m, p);
    }
    m->state = m->depth ? AFTER : OUTSIDE;
    if (!m->depth)
        stop_copying(m, p);
    return code;
}

void krx_items_begin_item(krx_json_items *m, krx_items_piece *p)
{
    m->sink = &m->item;
    krx_str_reset(&m->item);
    krx_items_copy(m, p);
    m->in_item = true;
    m->values = 0;
    m->value_node = krx_keep_root(&m->keep);
}

static int32_t push(krx_json_items *m, krx_items_piece *p, bool object)
{
    if (m->depth == KRX_ITEMS_DEPTH_MAX)
        return krx_fail(p->call, KRX_E_DATA_LOSS, "%s answered JSON nested deeper than %u levels",
                        m->label, KRX_ITEMS_DEPTH_MAX);
    set_bit(m->is_object, m->depth, object);
    set_bit(m->has_member, m->depth, false);
    m->node[m->depth] = m->value_node;
    m->depth++;
    m->values++;
    m->state = object ? KEY_OR_END : VALUE_OR_END;
    return 0;
}

int32_t krx_items_open(krx_json_items *m, krx_items_piece *p)
{
    bool object = *p->at == '{', items = m->items_next && !object;
    m->items_next = false;
    if (m->dropping) {
        m->drop_depth = m->depth;
        m->state = NEST;
        return 0;
    }
    int32_t code = push(m, p, object);
    p->at++;
    if (items && code == 0) {
        m->in_items = true;
        stop_copying(m, p);
    }
    if (object)
        m->member_mark = position(m, p);
    return code;
}

int32_t krx_items_close(krx_json_items *m, krx_items_piece *p)
{
    if (in_object(m) != (*p->at == '}'))
        return krx_items_fail_syntax(m, p->call);
    if (m->in_items && m->depth == 2) {
        m->in_items = false;
        m->sink = &m->rest;
        krx_items_copy(m, p);
    }
    m->depth--;
    p->at++;
    return krx_items_end_value(m, p);
}

int32_t krx_items_begin_value(krx_json_items *m, krx_items_piece *p)
{
    char c = *p->at;
    if (m->in_items && !m->in_item && m->depth == m->item_depth)
        krx_items_begin_item(m, p);
    else if (!in_object(m))
        m->value_node = m->node[m->depth - 1];
    if (c == '{' || c == '[')
        return krx_items_open(m, p);
    m->items_next = false;
    if (c == '"') {
        m->state = STRING;
        p->at++;
        return 0;
    }
    if (c != '-' && c != 't' && c != 'f' && c != 'n' && (c < '0' || c > '9'))
        return krx_items_fail_syntax(m, p->call);
    m->state = SCALAR;
    return 0;
}

/* ----------------------------------------------------------------------------------------- keys */

void krx_items_begin_key(krx_json_items *m, krx_items_piece *p)
{
    p->at++;
    m->key_mark = position(m, p);
    m->state = KEY_STRING;
}

void krx_items_end_key(krx_json_items *m, krx_items_piece *p)
{
    if (m->key_mark < m->sink->length) { /* it began in an earlier piece */
        krx_items_flush(m, p);
        krx_items_copy(m, p);
    }
    size_t length = position(m, p) - m->key_mark;
    const char *key = m->key_mark < m->sink->length ? m->sink->data + m->key_mark
                                                    : p->run + (m->key_mark - m->sink->length);
    uint16_t node = KRX_KEEP_ALL;
    if (m->in_item)
        node = krx_keep_member(&m->keep, m->node[m->depth - 1], key, length);
    else if (m->member && m->depth == 1)
        m->items_next = strlen(m->member) == length && memcmp(key, m->member, length) == 0;
    m->value_node = node;
    m->state = COLON;
    if (node == KRX_KEEP_NONE) {
        cut_back(m, p, m->member_mark);
        m->dropping = true;
    } else {
        set_bit(m->has_member, m->depth - 1, true);
    }
    p->at++;
}

int32_t krx_items_after_value(krx_json_items *m, krx_items_piece *p)
{
    char c = *p->at;
    if (c == '}' || c == ']')
        return krx_items_close(m, p);
    if (c != ',')
        return krx_items_fail_syntax(m, p->call);
    m->values++;
    m->state = VALUE;
    if (in_object(m)) {
        m->state = KEY;
        bool first = !bit(m->has_member, m->depth - 1);
        if (first) /* all before it were dropped, and so is the comma */
            stop_copying(m, p);
        m->member_mark = position(m, p);
        p->at++;
        if (first)
            krx_items_copy(m, p);
        return 0;
    }
    p->at++;
    return 0;
}

/* -------------------------------------------------------------------------------------- strings */

#define EVERY(c) (UINT64_C(0x0101010101010101) * (unsigned char)(c))

static inline uint64_t zero_bytes(uint64_t v)
{
    return (v - EVERY(1)) & ~v & EVERY(0x80);
}

/* The next quote or backslash. */
static inline const char *string_stop(const char *at, const char *end)
{
#if __BYTE_ORDER == __LITTLE_ENDIAN
    while (end - at >= 8) {
        uint64_t v;
        memcpy(&v, at, sizeof v);
        uint64_t hit = zero_bytes(v ^ EVERY('"')) | zero_bytes(v ^ EVERY('\\'));
        if (hit)
            return at + __builtin_ctzll(hit) / 8;
        at += 8;
    }
#endif
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

bool krx_items_string_ends(krx_json_items *m, krx_items_piece *p)
{
    while (p->at < p->end) {
        if (m->escaped) {
            m->escaped = false;
            p->at++;
            continue;
        }
        p->at = string_stop(p->at, p->end);
        if (p->at == p->end)
            return false;
        if (*p->at == '"')
            return true;
        m->escaped = true;
        p->at++;
    }
    return false;
}

/* -------------------------------------------------------------------------------- dropped values
 */

static int32_t nest_bracket(krx_json_items *m, krx_items_piece *p, char c)
{
    if (c == '{' || c == '[') {
        int32_t code = push(m, p, c == '{');
        m->state = NEST;
        return code;
    }
    if (in_object(m) != (c == '}'))
        return krx_items_fail_syntax(m, p->call);
    m->depth--;
    return 0;
}

int32_t krx_items_in_nest(krx_json_items *m, krx_items_piece *p)
{
    while (p->at < p->end) {
        char c = *p->at++;
        if (c == '"') {
            m->state = NEST_STRING;
            if (!krx_items_string_ends(m, p))
                return 0;
            p->at++;
            m->state = NEST;
        } else if ((c | 0x20) == '{' || (c | 0x20) == '}') { /* [ ] { } */
            int32_t code = nest_bracket(m, p, c);
            if (code)
                return code;
            if (m->depth == m->drop_depth)
                return krx_items_end_value(m, p);
        }
    }
    return 0;
}
