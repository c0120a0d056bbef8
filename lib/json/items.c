/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine that reads byte by byte in principle, and strings and dropped members by the run. What
 * is wanted of an item is gathered in one buffer and parsed when the item is whole.
 */
#include "lib/json/items.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/json/keep.h"

#define DEPTH_MAX 256u
#define ITEM_MAX ((size_t)4 << 20)
#define REST_MAX ((size_t)1 << 20)
#define VALUES_MAX ((size_t)400000) /* of one item */

enum state {
    OUTSIDE, /* before, between and after documents */
    VALUE,
    VALUE_OR_END, /* after '[' */
    KEY,
    KEY_OR_END, /* after '{' */
    COLON,
    AFTER, /* a value */
    SCALAR,
    STRING,
    KEY_STRING,
    NEST, /* somewhere in a container that is dropped */
    NEST_STRING
};

struct krx_json_items {
    char *label;
    char *member;
    krx_json_item_fn *on_item;
    void *ctx;
    krx_keep keep;
    enum state state;
    bool escaped;  /* the string's last byte was a backslash */
    bool in_items; /* inside the array whose elements are the items */
    bool in_item;
    bool items_next; /* the value to come is that array */
    bool dropping;   /* the value to come or under way is dropped */
    bool copying;    /* bytes go to *sink */
    bool broken;
    uint32_t depth;
    uint32_t item_depth; /* where items begin */
    uint32_t drop_depth;
    uint64_t is_object[DEPTH_MAX / 64];
    uint64_t has_member[DEPTH_MAX / 64]; /* that was kept */
    uint16_t node[DEPTH_MAX];
    uint16_t value_node; /* of the value to come */
    size_t values;
    size_t documents;
    size_t member_mark; /* where the sink is cut when the member is dropped */
    size_t key_mark;
    krx_str item;
    krx_str rest;
    krx_str *sink;
};

/* The piece that is being fed: bytes of [run, at) are copied, but not yet. */
typedef struct piece {
    krx_call *call;
    const char *at;
    const char *end;
    const char *run;
} piece;

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

/* --------------------------------------------------------------------------------------- errors */

static int32_t fail_syntax(krx_json_items *m, krx_call *call)
{
    return krx_fail(call, KRX_E_DATA_LOSS, "%s answered something that is not JSON", m->label);
}

static int32_t fail_size(krx_json_items *m, krx_call *call)
{
    if (m->sink->length + 65536 < m->sink->limit / 2)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory for the answer of %s",
                        m->label);
    return krx_fail(call, KRX_E_DATA_LOSS, "%s answered %s of more than %zu KiB", m->label,
                    m->sink == &m->item ? "an item" : "a document", m->sink->limit / 1024);
}

/* -------------------------------------------------------------------------------------- copying */

/* Position in the sink, counting what is not copied yet. */
static size_t position(const krx_json_items *m, const piece *p)
{
    return m->sink->length + (p->run ? (size_t)(p->at - p->run) : 0);
}

static void flush(krx_json_items *m, piece *p)
{
    if (p->run && p->at > p->run)
        krx_str_addn(m->sink, p->run, (size_t)(p->at - p->run));
    p->run = NULL;
}

static void copy_from_here(krx_json_items *m, piece *p)
{
    m->copying = true;
    p->run = p->at;
}

static void stop_copying(krx_json_items *m, piece *p)
{
    flush(m, p);
    m->copying = false;
}

/* Takes back what came after the mark, and copies no more. */
static void cut_back(krx_json_items *m, piece *p, size_t mark)
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

static int32_t deliver(krx_json_items *m, piece *p)
{
    const char *end = NULL;
    stop_copying(m, p);
    m->in_item = false;
    if (krx_str_failed(&m->item))
        return fail_size(m, p->call);
    if (m->values > VALUES_MAX)
        return krx_fail(p->call, KRX_E_DATA_LOSS, "%s answered an item of more than %zu values",
                        m->label, VALUES_MAX);
    krx_auto_json cJSON *item = cJSON_ParseWithLengthOpts(m->item.data, m->item.length, &end, 0);
    if (!item || end != m->item.data + m->item.length)
        return fail_syntax(m, p->call);
    return m->on_item(m->ctx, item);
}

/* A value has ended just before `at`. */
static int32_t end_value(krx_json_items *m, piece *p)
{
    int32_t code = 0;
    if (m->dropping) {
        m->dropping = false;
        copy_from_here(m, p);
    } else if (m->in_item && m->depth == m->item_depth) {
        code = deliver(m, p);
    }
    m->state = m->depth ? AFTER : OUTSIDE;
    if (!m->depth)
        stop_copying(m, p);
    return code;
}

static void begin_item(krx_json_items *m, piece *p)
{
    m->sink = &m->item;
    krx_str_reset(&m->item);
    copy_from_here(m, p);
    m->in_item = true;
    m->values = 0;
    m->value_node = krx_keep_root(&m->keep);
}

static int32_t push(krx_json_items *m, piece *p, bool object)
{
    if (m->depth == DEPTH_MAX)
        return krx_fail(p->call, KRX_E_DATA_LOSS, "%s answered JSON nested deeper than %u levels",
                        m->label, DEPTH_MAX);
    set_bit(m->is_object, m->depth, object);
    set_bit(m->has_member, m->depth, false);
    m->node[m->depth] = m->value_node;
    m->depth++;
    m->values++;
    m->state = object ? KEY_OR_END : VALUE_OR_END;
    return 0;
}

/* `at` is at the bracket that opens a container. */
static int32_t open_container(krx_json_items *m, piece *p)
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

static int32_t close_container(krx_json_items *m, piece *p)
{
    if (in_object(m) != (*p->at == '}'))
        return fail_syntax(m, p->call);
    if (m->in_items && m->depth == 2) {
        m->in_items = false;
        m->sink = &m->rest;
        copy_from_here(m, p);
    }
    m->depth--;
    p->at++;
    return end_value(m, p);
}

static int32_t begin_value(krx_json_items *m, piece *p)
{
    char c = *p->at;
    if (m->in_items && !m->in_item && m->depth == m->item_depth)
        begin_item(m, p);
    else if (!in_object(m))
        m->value_node = m->node[m->depth - 1];
    if (c == '{' || c == '[')
        return open_container(m, p);
    m->items_next = false;
    if (c == '"') {
        m->state = STRING;
        p->at++;
        return 0;
    }
    if (c != '-' && c != 't' && c != 'f' && c != 'n' && (c < '0' || c > '9'))
        return fail_syntax(m, p->call);
    m->state = SCALAR;
    return 0;
}

/* ----------------------------------------------------------------------------------------- keys */

static void begin_key(krx_json_items *m, piece *p)
{
    p->at++;
    m->key_mark = position(m, p);
    m->state = KEY_STRING;
}

/* `at` is at the quote that ends the key. */
static void end_key(krx_json_items *m, piece *p)
{
    if (m->key_mark < m->sink->length) { /* it began in an earlier piece */
        flush(m, p);
        copy_from_here(m, p);
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

static int32_t after_value(krx_json_items *m, piece *p)
{
    char c = *p->at;
    if (c == '}' || c == ']')
        return close_container(m, p);
    if (c != ',')
        return fail_syntax(m, p->call);
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
            copy_from_here(m, p);
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

/* True with `at` at the quote that ends the string. */
static bool string_ends(krx_json_items *m, piece *p)
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

static int32_t nest_bracket(krx_json_items *m, piece *p, char c)
{
    if (c == '{' || c == '[') {
        int32_t code = push(m, p, c == '{');
        m->state = NEST;
        return code;
    }
    if (in_object(m) != (c == '}'))
        return fail_syntax(m, p->call);
    m->depth--;
    return 0;
}

/* Brackets and strings only: what is between them does not matter. */
static int32_t in_nest(krx_json_items *m, piece *p)
{
    while (p->at < p->end) {
        char c = *p->at++;
        if (c == '"') {
            m->state = NEST_STRING;
            if (!string_ends(m, p))
                return 0;
            p->at++;
            m->state = NEST;
        } else if ((c | 0x20) == '{' || (c | 0x20) == '}') { /* [ ] { } */
            int32_t code = nest_bracket(m, p, c);
            if (code)
                return code;
            if (m->depth == m->drop_depth)
                return end_value(m, p);
        }
    }
    return 0;
}

/* ------------------------------------------------------------------------------------- the machine
 */

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static int32_t in_scalar(krx_json_items *m, piece *p)
{
    while (p->at < p->end) {
        char c = *p->at;
        if (c == ',' || c == '}' || c == ']' || is_blank(c))
            return end_value(m, p);
        p->at++;
    }
    return 0;
}

static int32_t begin_document(krx_json_items *m, piece *p)
{
    if (*p->at != '{' || (m->member && m->documents))
        return fail_syntax(m, p->call);
    m->documents++;
    m->value_node = KRX_KEEP_ALL;
    if (!m->member) {
        begin_item(m, p);
    } else {
        m->sink = &m->rest;
        copy_from_here(m, p);
    }
    return open_container(m, p);
}

/* One byte that is no blank, between values. */
static int32_t structure(krx_json_items *m, piece *p)
{
    char c = *p->at;
    switch (m->state) {
    case OUTSIDE:
        return begin_document(m, p);
    case VALUE_OR_END:
        if (c == ']')
            return close_container(m, p);
        return begin_value(m, p);
    case VALUE:
        return begin_value(m, p);
    case KEY_OR_END:
        if (c == '}')
            return close_container(m, p);
        break;
    case COLON:
        if (c != ':')
            return fail_syntax(m, p->call);
        m->state = VALUE;
        p->at++;
        return 0;
    case AFTER:
        return after_value(m, p);
    default:
        break;
    }
    if (c != '"')
        return fail_syntax(m, p->call);
    begin_key(m, p);
    return 0;
}

static int32_t step(krx_json_items *m, piece *p)
{
    switch (m->state) {
    case STRING:
        if (!string_ends(m, p))
            return 0;
        p->at++;
        return end_value(m, p);
    case KEY_STRING:
        if (string_ends(m, p))
            end_key(m, p);
        return 0;
    case NEST_STRING:
        if (!string_ends(m, p))
            return 0;
        p->at++;
        m->state = NEST;
        return 0;
    case NEST:
        return in_nest(m, p);
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
    piece p = {.call = call, .at = data, .end = data + length};
    int32_t code = 0;
    if (items->broken)
        return fail_syntax(items, call);
    if (items->copying)
        p.run = p.at;
    while (p.at < p.end && code == 0)
        code = step(items, &p);
    flush(items, &p);
    if (code == 0 && krx_str_failed(items->sink))
        code = fail_size(items, call);
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
